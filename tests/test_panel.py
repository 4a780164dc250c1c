"""A trace in a notebook: its table has the sizes of signals, and the page of text stands below."""

import numpy as np
import pytest
from test_markup import Page

from sknn import MLPClassifier, SequentialRegressor
from sknn.inspection import trace
from sknn.nn import BatchNorm, Dense, Dropout

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(6, 4))
Y = np.arange(6) % 3


def test_table_has_the_sizes_of_activations_error_terms_and_gradients():
    clf = MLPClassifier((5,), alpha=0, max_iter=1, random_state=0).fit(X, Y)
    (weight, last), (bias, last_bias) = clf.coefs_, clf.intercepts_
    a = np.maximum(X @ weight + bias, 0)
    z = a @ last + last_bias
    delta = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - np.eye(3)[Y]) / 6
    before = (delta @ last.T) * (a > 0)

    def rms(values):
        return f"{np.sqrt((values**2).mean()):.3g}"

    def norm(x, delta):
        return f"{np.sqrt(((x.T @ delta) ** 2).sum() + (delta.sum(axis=0) ** 2).sum()):.3g}"

    page = Page(trace(clf, X, Y)._repr_html_())
    heads = ["Layer", "Kind", "Input", "Output", "rms of a", "rms of delta", "norm of gradient"]
    assert page.texts[:8] == ["Trace of MLPClassifier: one step of training on 6 samples", *heads]
    times = "\N{MULTIPLICATION SIGN}"
    first = ["dense1", "Dense(5, relu)", f"6 {times} 4", f"6 {times} 5"]
    second = ["dense2", "Dense(3, identity)", f"6 {times} 5", f"6 {times} 3"]
    assert page.texts[8:15] == [*first, rms(a), rms(before), norm(X, before)]
    assert page.texts[15:22] == [*second, rms(z), rms(delta), norm(a, delta)]
    cells = [kind for tag, kind in zip(page.tags, page.classes, strict=True) if tag in ("th", "td")]
    assert cells == 3 * [*4 * [""], *3 * ["sknn-number"]]


def test_parts_of_the_page_are_folded_up_below():
    layers = [("<b>a\nb</b>", Dense(3, "tanh")), BatchNorm(), Dropout(0.5)]
    reg = SequentialRegressor(layers, max_iter=1, random_state=0).fit(X, X[:, 0])
    step = trace(reg, X, X[:, 0])
    page = Page(step._repr_html_())
    assert page.tags.count("details") == 4
    assert "<b>a b</b>" in page.texts
    wide = "6 \N{MULTIPLICATION SIGN} 3"
    at = page.texts.index("dropout1")  # whose last cell, a gradient, is empty
    assert page.texts[at + 1 : at + 4] == ["Dropout(0.5)", wide, wide]
    assert page.texts[at + 6] == "dense2"
    text, at = str(step), 0
    for part in ("Forward", "Loss", "Backward", "Step"):
        body = page.texts[page.texts.index(part) + 1]
        at = text.index(f"{part}\n{'-' * len(part)}\n", at)
        assert text[at:].split("\n", 2)[2].lstrip("\n").startswith(body)
    assert "Dropout is off, as in prediction." in page.texts
    loss = f"loss = {step.loss:.6g}, norm of the whole gradient = {step.gradient_norm:.6g}"
    assert loss in page.texts
