"""The columns of a table in the panel of notebooks."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import needs_scikit_learn
from sklearn import config_context

from sknn import TabularClassifier, TabularRegressor
from sknn.estimators.panel.html import network_html
from sknn.tabular import columns_panel

SMALL = {"n_estimators": 2, "hidden_layer_sizes": (4,), "max_iter": 3, "random_state": 0}
FRAME = pd.DataFrame({"size": np.arange(20.0), "a<b": ["x", "y"] * 10})
Y = np.arange(20.0)


def test_columns_stand_there_with_how_they_are_fed_in():
    reg = TabularRegressor(**SMALL).fit(FRAME, Y)
    html = network_html(reg)
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", html)
    assert rows == [("size", "a number, scaled and clipped"), ("a&lt;b", "two levels as +1 and -1")]
    assert f"2 members on 2 inputs, out-of-fold score {reg.oof_score_:.3f}" in html
    assert html.count("<svg") == 2
    array = TabularRegressor(**SMALL).fit(FRAME[["size"]].to_numpy(), Y)
    assert re.findall(r"<tr><td>(.*?)</td>", network_html(array)) == ["0"]


def test_curves_are_means_over_members(monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        columns_panel, "chart", lambda title, curves, unit: drawn.update({title: curves}) or ""
    )
    reg = TabularRegressor(**SMALL).fit(FRAME, Y)
    network_html(reg)
    first, second = reg.history_["loss"].T
    np.testing.assert_allclose(drawn["Loss"]["training"], (first + second) / 2)
    first, second = reg.history_["validation_loss"].T
    np.testing.assert_allclose(drawn["Loss"]["validation"], (first + second) / 2)
    first, second = reg.validation_scores_.T
    np.testing.assert_allclose(drawn["Validation score"][""], (first + second) / 2)


def test_one_member_on_one_input_without_folds():
    html = network_html(
        TabularRegressor(**{**SMALL, "n_estimators": 1}).fit([[0.0], [1.0]], [0, 1])
    )
    assert re.findall(r'sknn-note">(.*?)<', html) == ["1 member on 1 input"]


@pytest.mark.parametrize(
    ("n", "more"), [(200, ""), (201, "and 1 more column"), (203, "and 3 more columns")]
)
def test_columns_beyond_two_hundred_are_counted(n, more):
    reg = TabularRegressor(**SMALL).fit(FRAME.to_numpy(), Y)
    reg._encoding = SimpleNamespace(fed_in=lambda: ["a number"] * n)
    html = network_html(reg)
    assert html.count("<tr><td>") == 200
    assert re.findall("and .* more columns?", html) == [more] * bool(more)


@needs_scikit_learn("1.7", "panels that list the parameters")
def test_panel_of_notebooks_has_it_before_and_after_fit():
    clf = TabularClassifier(**SMALL)
    with config_context(display="diagram"):
        assert "Call fit to see how each column is encoded" in clf._repr_html_()
        clf.fit(FRAME, Y > 9)
        assert clf._repr_html_().count(network_html(clf)) == 1
