"""Fitted attributes are set in one place."""

import ast
from pathlib import Path

import numpy as np
import pytest
import sklearn.neural_network

import sknn
from sknn import MLPClassifier, MLPRegressor

# What X and y say is set where they are read; what a pickle leaves out is made again after it.
READ = {"classes_", "image_scale_", "image_shape_", "n_features_in_"}
UNPICKLED = {"coefs_", "intercepts_"}

ROOT = Path(sknn.__file__).parent
X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)


def attributes_set(source):
    """(attribute, function) for every attribute ending in "_" that is assigned to."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                stored = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
                if stored and node.attr.endswith("_") and not node.attr.startswith("_"):
                    yield node.attr, function.name


def test_checker_finds_attributes_that_are_set():
    source = "def f(a):\n    a.x_, a.y = 1, 2\n    a.b.z_ += 1\n    return a.w_"
    assert set(attributes_set(source)) == {("x_", "f"), ("z_", "f")}


def test_one_module_alone_sets_what_a_fit_leaves():
    found = {}
    for path in (ROOT / "estimators").rglob("*.py"):
        for name, function in attributes_set(path.read_text(encoding="utf-8")):
            if name not in READ and not (function == "__setstate__" and name in UNPICKLED):
                found.setdefault(path.name, set()).add(name)
    assert set(found) == {"publishing.py"}
    assert found["publishing.py"] >= {"coefs_", "history_", "loss_", "n_iter_", "t_"}


class Looking:
    """A callback that keeps what attributes the estimator has while it is fitted."""

    def __init__(self):
        self.seen, self.samples = [], []

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, X, y, metadata):
        pass

    def on_fit_task_end(self, estimator, context):
        if context.task_name == "epoch":
            self.seen.append((len(estimator.history_["loss"]), estimator.coefs_[0].copy()))
            self.samples.append(estimator.t_)

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_callbacks_see_weights_and_history_of_the_epoch(solver):
    looking = Looking()
    clf = MLPClassifier((4,), solver=solver, max_iter=3, random_state=0).set_callbacks(looking)
    with pytest.warns(match="onverge"):
        clf.fit(X, Y)
    assert [n for n, _ in looking.seen] == [1, 2, 3]
    for epochs, coefs in looking.seen:
        alone = MLPClassifier((4,), solver=solver, max_iter=epochs, random_state=0)
        with pytest.warns(match="onverge"):
            np.testing.assert_array_equal(coefs, alone.fit(X, Y).coefs_[0])


def test_callbacks_see_the_samples_of_the_fits_before():
    looking = Looking()
    clf = MLPClassifier((4,), max_iter=2, warm_start=True).set_callbacks(looking)
    for _ in range(2):
        with pytest.warns(match="onverge"):
            clf.fit(X, Y)
    assert looking.samples == [0, 0, 80, 80]
    assert clf.t_ == 160


def test_stalled_epochs_are_counted_as_by_scikit_learn():
    settings = {"tol": 1e9, "max_iter": 4, "random_state": 0}
    for make in (MLPClassifier, sklearn.neural_network.MLPClassifier):
        with pytest.warns(match="onverge"):
            clf = make((4,), **settings).fit(X, Y)
        assert clf._no_improvement_count == 3


def test_a_fit_that_fails_leaves_no_attribute_behind():
    clf = MLPClassifier((4,), early_stopping=True, scoring=lambda *args: 1 / 0, max_iter=2)
    before = set(vars(clf))
    with pytest.raises(ZeroDivisionError):
        clf.fit(X, Y)
    assert set(vars(clf)) == before


def test_weights_of_validation_samples_are_called_by_their_name():
    reg = MLPRegressor(hidden_layer_sizes=(4,), max_iter=2)
    for weight, message in ((np.ones(7), "shape"), (-np.ones(10), "egative")):
        with pytest.raises(ValueError, match=f"sample_weight_val: .*{message}"):
            reg.fit(X, Y, X_val=X[:10], y_val=Y[:10], sample_weight_val=weight)
