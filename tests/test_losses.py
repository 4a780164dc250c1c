import numpy as np
import pytest
from helpers import LOSSES, MODELS, assert_is_gradient, normal, sample_weights, targets
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn import metrics

from sknn.nn.losses import LogisticLogLoss, Loss, Poisson, SoftmaxLogLoss

N, N_OUTPUTS = 30, 4
LINKS = {
    "identity": lambda z: z,
    "exp": np.exp,
    "logistic": expit,
    "softmax": lambda z: softmax(z, axis=-1),
}


def per_output(metric):
    """The weighted sum over samples of a mean that scikit-learn takes, summed over outputs."""

    def total(y, p, weight):
        columns = zip(y.T, p.T, strict=True)
        return weight.sum() * sum(metric(*column, sample_weight=weight) for column in columns)

    return total


FORMULAS = {  # every loss by its id: the weighted sum from targets and predictions
    "squared_error": per_output(lambda *a, **k: metrics.mean_squared_error(*a, **k) / 2),
    "poisson": per_output(lambda *a, **k: metrics.mean_poisson_deviance(*a, **k) / 2),
    "log_loss logistic": per_output(metrics.log_loss),
    "log_loss softmax": lambda y, p, weight: metrics.log_loss(
        y.argmax(axis=1), p, sample_weight=weight, normalize=False
    ),
}
each = pytest.mark.parametrize("name", LOSSES)
weighted = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])


def drawn(name, weighted=False):
    """(loss, y, z, weight or None)."""
    loss = LOSSES[name]
    weight = sample_weights(N) if weighted else None
    return loss, targets(loss, N, N_OUTPUTS), normal(N, N_OUTPUTS, seed=1), weight


def sum_and_gradient(loss, y, z, weight=None):
    out = np.full_like(z, np.nan)
    return loss.sum_and_gradient(y, z, weight, out), out


@each
@weighted
def test_loss_has_the_value_of_its_formula(name, weighted):
    loss, y, z, weight = drawn(name, weighted)
    wanted = FORMULAS[name](y, LINKS[loss.link](z), np.ones(N) if weight is None else weight)
    total, _ = sum_and_gradient(loss, y, z, weight)
    assert isinstance(total, float)
    assert_allclose(total, wanted, rtol=1e-12)


@each
@weighted
def test_loss_gradient_is_that_of_differences(name, weighted):
    loss, y, z, weight = drawn(name, weighted)
    _, dz = sum_and_gradient(loss, y, z, weight)
    assert_is_gradient(dz, lambda z: sum_and_gradient(loss, y, z, weight)[0], z)


@each
@weighted
def test_loss_leaves_its_arguments_as_they_are(name, weighted):
    loss, y, z, weight = drawn(name, weighted)
    sum_and_gradient(loss, y, z, weight)
    for changed, same in zip((y, z, weight), drawn(name, weighted)[1:], strict=True):
        assert_array_equal(changed, same)


@each
@weighted
def test_loss_is_a_sum_so_that_halves_add_up(name, weighted):
    loss, y, z, weight = drawn(name, weighted)
    total, dz = sum_and_gradient(loss, y, z, weight)
    halves = [
        sum_and_gradient(loss, y[half], z[half], None if weight is None else weight[half])
        for half in (slice(0, 11), slice(11, N))
    ]
    assert_allclose(halves[0][0] + halves[1][0], total, rtol=1e-12)
    assert_allclose(np.concatenate([halves[0][1], halves[1][1]]), dz, rtol=1e-12)


@each
def test_weight_counts_a_sample_so_many_times(name):
    loss, y, z, _ = drawn(name)
    counts = np.arange(N) % 3
    total, dz = sum_and_gradient(loss, y, z, counts.astype(float))
    repeated, _ = sum_and_gradient(loss, y.repeat(counts, axis=0), z.repeat(counts, axis=0))
    assert_allclose(total, repeated, rtol=1e-12)
    assert_array_equal(dz[counts == 0], 0)


@each
def test_finish_scales_the_gradient_by_its_own_derivative(name):
    loss = LOSSES[name]
    total = np.array(3.7)
    _, scale = loss.finish(total, 5.0)
    assert_is_gradient(scale, lambda total: loss.finish(total, 5.0)[0], total)


def test_finish_is_the_weighted_mean_unless_a_loss_says_otherwise():
    assert Loss().finish(6.0, 4.0) == (1.5, 0.25)


@each
@weighted
def test_loss_of_several_models_is_that_of_each(name, weighted):
    loss, y, _, weight = drawn(name, weighted)
    z = normal(MODELS, N, N_OUTPUTS)
    totals, dz = sum_and_gradient(loss, y, z, weight)
    singles = [sum_and_gradient(loss, y, one, weight) for one in z]
    assert_allclose(totals, [total for total, _ in singles], rtol=1e-12)
    assert_allclose(dz, [one for _, one in singles], rtol=1e-12)
    assert_allclose(loss.predict(z), [loss.predict(one) for one in z], rtol=1e-12)


@each
@weighted
def test_loss_in_float32_is_that_in_float64(name, weighted):
    loss, y, z, weight = drawn(name, weighted)
    narrow = [None if array is None else array.astype(np.float32) for array in (y, z, weight)]
    total, dz = sum_and_gradient(loss, *narrow)
    wanted, wanted_dz = sum_and_gradient(loss, y, z, weight)
    assert dz.dtype == loss.predict(narrow[1]).dtype == np.float32
    assert_allclose(total, wanted, rtol=1e-5)
    assert_allclose(dz, wanted_dz, rtol=1e-5, atol=1e-6)


@each
def test_predict_applies_the_link_that_the_loss_names(name):
    loss, _, z, _ = drawn(name)
    predicted = loss.predict(z)
    assert not np.shares_memory(predicted, z)
    assert_allclose(predicted, LINKS[loss.link](z), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
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
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_extreme_outputs_are_possible_and_their_logarithms_finite(loss, dtype):
    z = np.array([[1e4, -1e4], [-1e4, 1e4], [0, 90], [800, 0]], dtype)
    p, log_p = loss.predict(z), loss.log_predict(z)
    assert p.dtype == log_p.dtype == dtype
    assert np.all((p > 0) & (p <= 1))
    assert_allclose(p, LINKS[loss.link](z.astype(float)), rtol=1e-4, atol=np.finfo(dtype).tiny * 2)
    assert np.isfinite(log_p).all()
    assert_allclose(log_p, np.log(p), rtol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_poisson_is_right_for_extreme_outputs(dtype):
    y, z = np.array([[3], [0]], dtype), np.array([[-1e4], [-1e4]], dtype)
    total, dz = sum_and_gradient(Poisson(), y, z)
    assert_allclose(total, 3 * np.log(3) - 3 + 3e4, rtol=1e-6)  # mu is 0, and 0 log 0 is 0
    assert_array_equal(dz, [[-3], [0]])
    with np.errstate(over="ignore"):
        total, dz = sum_and_gradient(Poisson(), y, -z)
    assert total == np.inf
    assert_array_equal(dz, [[np.inf], [np.inf]])


def test_poisson_refuses_negative_targets():
    Poisson().check_targets(np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"requires non-negative y.*-2.*loss='squared_error'"):
        Poisson().check_targets(np.array([0, -2, 1]))


@each
def test_targets_of_its_own_kind_pass_the_check_of_the_loss(name):
    loss, y, _, _ = drawn(name)
    loss.check_targets(y)
