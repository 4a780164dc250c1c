"""Outputs as probabilities: right, possible and finite however large the raw outputs are."""

import numpy as np
import pytest
from helpers import normal, sum_and_gradient
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_expit, log_softmax, softmax

from sknn.nn.losses import LabelSmoothing, LogisticLogLoss, SoftmaxLogLoss

N, N_OUTPUTS = 30, 4
LINKS = {"logistic": expit, "softmax": lambda z: softmax(z, axis=-1)}
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@dtypes
@pytest.mark.parametrize("shift", [0, 1e4, -1e4])
def test_softmax_log_loss_is_right_for_extreme_outputs(dtype, shift):
    z = shift + np.array([[1e4, -1e4, 0], [1e4, -1e4, 0], [1e4, -1e4, 0], [0, 1, 2]], dtype)
    y = np.eye(3, dtype=dtype)[[0, 1, 2, 0]]
    wanted = [0, 2e4, 1e4, np.log(1 + np.e + np.e**2)]
    for row in range(4):
        alone, _ = sum_and_gradient(SoftmaxLogLoss(), y[row : row + 1], z[row : row + 1])
        among_others, _ = sum_and_gradient(SoftmaxLogLoss(), y, z, np.eye(4, dtype=dtype)[row])
        assert_allclose([alone, among_others], wanted[row], rtol=1e-6)
    _, dz = sum_and_gradient(SoftmaxLogLoss(), y, z)
    assert_allclose(dz[:3], [[0, 0, 0], [1, -1, 0], [1, 0, -1]], atol=1e-30)
    assert_allclose(dz[3], softmax([0, 1, 2]) - [1, 0, 0], rtol=1e-5)


@pytest.mark.parametrize("gap", [10, 79, 81, 200])
def test_softmax_log_loss_of_a_row_does_not_suffer_from_a_much_larger_one(gap):
    z = np.array([[gap, gap - 1, gap - 2], [0, 1, 2]])
    y = np.eye(3)[[0, 0]]
    total, dz = sum_and_gradient(SoftmaxLogLoss(), y.astype(np.float32), z.astype(np.float32))
    wanted = log_softmax(z, axis=1)
    assert_allclose(total, -wanted[:, 0].sum(), rtol=1e-5)
    assert_allclose(dz, np.exp(wanted) - y, rtol=1e-4)


@dtypes
def test_logistic_log_loss_is_right_for_extreme_outputs(dtype):
    z = np.array([[1e4], [1e4], [-1e4], [-1e4]], dtype)
    y = np.array([[0], [1], [0], [1]], dtype)
    wanted = [1e4, 0, 0, 1e4]
    for row in range(4):
        total, _ = sum_and_gradient(LogisticLogLoss(), y[row : row + 1], z[row : row + 1])
        assert total == wanted[row]
    _, dz = sum_and_gradient(LogisticLogLoss(), y, z)
    assert_array_equal(dz, [[1], [0], [0], [-1]])


@pytest.mark.parametrize("loss", [SoftmaxLogLoss(), LogisticLogLoss()], ids=lambda loss: loss.link)
@dtypes
def test_probabilities_of_extreme_outputs_are_possible_and_their_logarithms_finite(loss, dtype):
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [0, 90], [800, 0]], dtype)
    p, log_p = loss.predict(z), loss.log_predict(z)
    assert p.dtype == log_p.dtype == dtype
    assert np.all((p > 0) & (p <= 1))
    assert_allclose(p, LINKS[loss.link](z.astype(float)), rtol=1e-4, atol=np.finfo(dtype).tiny * 2)
    assert np.isfinite(log_p).all()
    assert_allclose(log_p, np.log(p), rtol=1e-5)


@dtypes
def test_logistic_probabilities_leave_room_for_the_other_outcome(dtype):
    p = LogisticLogLoss().predict(np.array([[-1e4, 1e4]], dtype))
    assert np.all(1 - p > 0)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [(SoftmaxLogLoss(), lambda z: log_softmax(z, axis=1)), (LogisticLogLoss(), log_expit)],
    ids=["softmax", "logistic"],
)
def test_log_predict_is_the_logarithm_where_the_probability_is_a_number(loss, formula):
    z = normal(N, N_OUTPUTS) * 20
    assert_allclose(loss.log_predict(z), formula(z), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("loss", [SoftmaxLogLoss(), LogisticLogLoss()], ids=lambda loss: loss.link)
def test_label_smoothing_predicts_as_the_loss_does(loss):
    smoothing, z = LabelSmoothing(loss, 0.1), normal(N, N_OUTPUTS)
    assert smoothing.link == loss.link
    assert_array_equal(smoothing.predict(z), loss.predict(z))
    assert_array_equal(smoothing.log_predict(z), loss.log_predict(z))
    assert smoothing.finish(6.0, 4.0) == loss.finish(6.0, 4.0)
