"""The loss of a constant: compared with formulas, and with a numerical minimum over constants."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.stats import entropy
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

from sknn.nn.constant import loss_of_constant, mean_loss
from sknn.nn.losses import (
    CLASSIFICATION_LOSSES,
    REGRESSION_LOSSES,
    Heads,
    LabelSmoothing,
    Loss,
    Quantile,
)

RNG = np.random.default_rng(0)
N = 40
NUMBERS = np.exp(RNG.normal(size=(N, 2)))
CODES = RNG.choice(3, N, p=[0.6, 0.3, 0.1])
ONE_HOT = np.eye(3)[CODES]
BINARY = (RNG.random((N, 1)) < 0.3).astype(float)
WEIGHT = RNG.integers(0, 4, (N, 1)).astype(float)
# The best constant is not among those that are tried: how far above its loss theirs may be.
NEAR = {"huber": 0.05, "log_cosh": 0.05, "focal": 0.02}
CASES = [
    *((name, loss, NUMBERS) for name, loss in REGRESSION_LOSSES.items()),
    *((name, by["softmax"], ONE_HOT) for name, by in CLASSIFICATION_LOSSES.items()),
    *((name, by["logistic"], BINARY) for name, by in CLASSIFICATION_LOSSES.items()),
    ("quantile", Quantile([0.9, 0.1]), NUMBERS[:, :1]),
    ("heads", Heads(CLASSIFICATION_LOSSES["log_loss"]["softmax"], [slice(0, 3), slice(3, 6)]),
     np.hstack([ONE_HOT, ONE_HOT[::-1]])),
]  # fmt: skip


def least_loss(loss, y, weight):
    """Of all constants, by a search from several starts."""
    n_outputs = y.shape[1] * getattr(loss, "outputs_per_target", 1)

    def of(z):
        return mean_loss(loss, y, np.tile(z, (len(y), 1)), weight)

    starts = [np.zeros(n_outputs), np.ones(n_outputs), -np.ones(n_outputs)]
    options = {"maxiter": 4000, "maxfev": 4000, "fatol": 1e-9, "xatol": 1e-6}
    return min(minimize(of, z, method="Nelder-Mead", options=options).fun for z in starts)


@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weights"])
@pytest.mark.parametrize(
    ("name", "loss", "y"),
    [case for case in CASES if case[0] != "perceptron"],
    ids=[case[0] for case in CASES if case[0] != "perceptron"],
)
def test_loss_is_that_of_the_best_constant(name, loss, y, weight):
    if weight is not None:
        y, weight = y[weight[:, 0] > 0], weight[weight > 0][:, None]
    least, found = least_loss(loss, y, weight), loss_of_constant(loss, y, weight)
    assert least * (1 - 1e-4) <= found <= least * (1 + NEAR.get(name, 0) + 1e-3)


def test_loss_of_probabilities_is_the_entropy():
    log_loss = CLASSIFICATION_LOSSES["log_loss"]
    share = np.bincount(CODES) / N
    assert_allclose(loss_of_constant(log_loss["softmax"], ONE_HOT), entropy(share))
    share = np.average(BINARY, weights=WEIGHT)
    weighted = loss_of_constant(log_loss["logistic"], BINARY, WEIGHT)
    assert_allclose(weighted, entropy([share, 1 - share]))


def test_loss_of_numbers_is_half_their_variance():
    squared = REGRESSION_LOSSES["squared_error"]
    assert_allclose(loss_of_constant(squared, NUMBERS), NUMBERS.var(axis=0).sum() / 2)
    mean = np.average(NUMBERS, axis=0, weights=WEIGHT[:, 0])
    variance = np.average((NUMBERS - mean) ** 2, axis=0, weights=WEIGHT[:, 0])
    assert_allclose(loss_of_constant(squared, NUMBERS, WEIGHT), variance.sum() / 2)


def test_loss_of_quantiles_is_scikit_learns():
    y = NUMBERS[:, 0]
    found = loss_of_constant(Quantile([0.9, 0.1]), y[:, None])
    zero = sum(mean_pinball_loss(y, np.zeros(N), alpha=level) for level in (0.1, 0.9))
    # d2 is 1 - own / constant: with predictions of zero the constant's is known
    wanted = sum(
        mean_pinball_loss(y, np.zeros(N), alpha=level)
        / (1 - d2_pinball_score(y, np.zeros(N), alpha=level))
        for level in (0.1, 0.9)
    )
    assert_allclose(found, wanted)
    assert found < zero


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (CLASSIFICATION_LOSSES["log_loss"]["softmax"], np.tile([0.0, 1, 0], (5, 1))),
        (REGRESSION_LOSSES["squared_error"], np.full((5, 1), 7.0)),
        (CLASSIFICATION_LOSSES["perceptron"]["logistic"], BINARY),  # zero is right for all
        (CLASSIFICATION_LOSSES["perceptron"]["softmax"], ONE_HOT),
    ],
)
def test_there_is_none_if_a_constant_has_no_loss(loss, y):
    assert loss_of_constant(loss, y) is None


@pytest.mark.parametrize(("rare", "constant"), [(0.9e-3, True), (1.1e-3, False)])
def test_there_is_none_if_a_thousandth_of_the_weights_lies_on_other_values(rare, constant):
    y = np.array([[0.0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 0, 1]])
    weight = np.array([rare / 2, 0.5, 0.5 - rare, rare / 2])[:, None]
    loss = CLASSIFICATION_LOSSES["log_loss"]["softmax"]
    assert (loss_of_constant(loss, y, weight) is None) == constant
    columns = np.hstack([weight, np.zeros((4, 2))])  # only the first output has weights
    assert (loss_of_constant(loss, y, columns) is None) == constant


def test_there_is_none_if_no_loss_is_a_number():
    class Nothing(Loss):
        def sum_and_gradient(self, y, z, weight, out):
            return np.nan

    assert loss_of_constant(Nothing(), NUMBERS) is None


def test_class_that_never_occurs_costs_nothing():
    y = np.hstack([ONE_HOT, np.zeros((N, 1))])
    softmax = CLASSIFICATION_LOSSES["log_loss"]["softmax"]
    assert_allclose(loss_of_constant(softmax, y), loss_of_constant(softmax, ONE_HOT))
    assert np.isfinite(loss_of_constant(LabelSmoothing(softmax, 0.1), y))
