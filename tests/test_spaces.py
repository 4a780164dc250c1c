"""Search spaces: names that searches know, ranges that the documentation gives, values that fit."""

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ParameterSampler
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sknn
from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    TabularClassifier,
    TabularRegressor,
)
from sknn.model_selection import search_space
from sknn.nn import SGD, Adam

NAMES = {
    MLPClassifier: "learning_rate_init alpha hidden_layer_sizes batch_size dropout",
    MLPRegressor: "learning_rate_init alpha hidden_layer_sizes batch_size dropout",
    CNNClassifier: "learning_rate_init alpha filters hidden_layer_sizes batch_size",
    CNNRegressor: "learning_rate_init alpha filters hidden_layer_sizes batch_size",
    TabularClassifier: "learning_rate_init hidden_layer_sizes batch_size dropout",
    TabularRegressor: "learning_rate_init hidden_layer_sizes batch_size dropout",
}


def ends(distribution):
    return tuple(np.round(distribution.ppf([0, 1]), 12).tolist())


@pytest.mark.parametrize("make", NAMES)
def test_names_are_parameters_and_every_draw_is_valid(make):
    space = search_space(make())
    assert list(space) == NAMES[make].split()
    for draw in ParameterSampler(space, 20, random_state=0):
        clone(make()).set_params(**draw)._validate_params()


def test_sequential_has_no_sizes():
    space = search_space(SequentialClassifier([]))
    assert list(space) == ["learning_rate_init", "alpha", "batch_size"]


@pytest.mark.parametrize(
    ("solver", "rates"),
    [
        ("nadam", (1e-4, 1e-1)),
        (Adam(), (1e-4, 1e-1)),
        ("sgd", (1e-3, 1.0)),
        (SGD(), (1e-3, 1.0)),
    ],
    ids=str,
)
def test_rates_suit_the_solver(solver, rates):
    assert ends(search_space(MLPRegressor(solver=solver))["learning_rate_init"]) == rates


def test_rates_of_tables_and_penalties_are_logarithmic():
    assert ends(search_space(TabularClassifier())["learning_rate_init"]) == (5e-3, 0.1)
    draws = search_space(MLPClassifier())["alpha"].rvs(400, random_state=0)
    assert kstest(np.log10(draws), "uniform", args=(-6, 7)).pvalue > 0.05


CHOICES = {
    MLPRegressor: [(32,), (64,), (128,), (256,), (64, 64), (128, 128), (256, 256)],
    CNNRegressor: [(), (64,), (128,)],
    TabularRegressor: [(128, 128), (256, 256), (256, 256, 256)],
}


@pytest.mark.parametrize("make", CHOICES)
def test_sizes_and_fractions_to_choose_from(make):
    space = search_space(make())
    assert space["hidden_layer_sizes"] == CHOICES[make]
    assert space["batch_size"] == [32, 64, 128, 256]
    if make is CNNRegressor:
        assert space["filters"] == [(8, 16), (16, 32), (32, 64), (16, 32, 64)]
    else:
        assert ends(space["dropout"]) == (0, 0.5)


@pytest.mark.parametrize("make", [MLPClassifier, CNNClassifier])
def test_lbfgs_has_no_rates_and_batches(make):
    names = [name for name in NAMES[make].split() if name in ("alpha", "filters")]
    assert list(search_space(make(solver="lbfgs"))) == [*names, "hidden_layer_sizes"]


def test_names_lead_to_every_network_inside():
    inner = make_pipeline(StandardScaler(), MLPClassifier(solver="lbfgs"))
    both = VotingClassifier([("table", TabularClassifier()), ("line", inner)])
    space = search_space(both)
    assert [name for name in space if name.startswith("line")] == [
        "line__mlpclassifier__alpha",
        "line__mlpclassifier__hidden_layer_sizes",
    ]
    assert "table__dropout" in space
    assert len(space) == 6
    draw = next(iter(ParameterSampler(space, 1, random_state=0)))
    both.set_params(**draw)
    assert inner[-1].alpha == draw["line__mlpclassifier__alpha"]


def test_spaces_are_new_ones():
    search_space(MLPClassifier())["hidden_layer_sizes"].clear()
    assert search_space(MLPClassifier())["hidden_layer_sizes"]


def test_what_holds_no_network_raises():
    with pytest.raises(ValueError, match="got LogisticRegression"):
        search_space(LogisticRegression())
    for wrong in (sknn.MLPClassifier, {}):
        with pytest.raises(TypeError, match="instance of an estimator, got"):
            search_space(wrong)
