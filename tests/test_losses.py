from functools import partial

import numpy as np
import pytest
from helpers import (
    LOSSES,
    MODELS,
    assert_is_gradient,
    normal,
    sample_weights,
    sum_and_gradient,
    targets,
)
from numpy.testing import assert_allclose, assert_array_equal
from rows import in_turn
from scipy import special
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn import metrics

from sknn.nn.losses import (
    Gamma,
    Heads,
    Hinge,
    Huber,
    LabelSmoothing,
    LogisticFocal,
    LogisticLogLoss,
    Loss,
    MulticlassPerceptron,
    Perceptron,
    Poisson,
    Quantile,
    RootMeanSquaredError,
    SoftmaxFocal,
    SoftmaxLogLoss,
)

N, N_OUTPUTS = 30, 4
LEVELS = np.array([0.1, 0.25, 0.5, 0.9])
HEADS = [slice(0, 3), slice(3, 4), slice(4, 6)]  # one of them of a single class
LOSSES = {
    **LOSSES,
    "huber, delta 0.3": Huber(0.3),
    "quantile, 0.8": Quantile(0.8),
    "quantile, four levels": Quantile([0.9, 0.1, 0.5, 0.25]),
    "focal softmax, gamma 0.5": SoftmaxFocal(0.5),
    "focal logistic, gamma 0.5": LogisticFocal(0.5),
    "heads": Heads(SoftmaxLogLoss(), HEADS),
    "smoothed softmax": LabelSmoothing(SoftmaxLogLoss(), 0.1),
    "smoothed logistic": LabelSmoothing(LogisticLogLoss(), 0.1),
    "smoothed perceptron": LabelSmoothing(MulticlassPerceptron(), 0.1),
    "smoothed heads": LabelSmoothing(Heads(SoftmaxLogLoss(), HEADS), 0.1),
}
LINKS = {
    "identity": lambda z: z,
    "exp": np.exp,
    "logistic": expit,
    "softmax": lambda z: softmax(z, axis=-1),
}


def per_output(metric, link="identity", **settings):
    """The weighted sum over samples of a mean that scikit-learn takes, summed over outputs."""

    def total(y, z, weight):
        columns = zip(y.T, LINKS[link](z).T, weight.T, strict=True)
        return sum(own.sum() * metric(y, p, sample_weight=own, **settings) for y, p, own in columns)

    return total


def elementwise(losses):
    """The weighted sum of losses of each output."""
    return lambda y, z, weight: np.sum(weight * losses(y, z))


def half(total):
    return lambda y, z, weight: total(y, z, weight) / 2


def pinball(y, z, weight):
    """Of each level, z holding the levels in ascending order."""
    return sum(
        own.sum() * metrics.mean_pinball_loss(y[:, 0], q, alpha=level, sample_weight=own)
        for level, q, own in zip(LEVELS, z.T, weight.T, strict=True)
    )


def brier(y, z, weight):
    """Half the squared distance of the probabilities from the one-hot targets."""
    return np.sum(weight[:, 0] * ((softmax(z, axis=1) - y) ** 2).sum(axis=1)) / 2


def cross_entropy(y, z, weight, smoothing=0.0):
    """Of smoothed targets: (1 - smoothing) on the true class and smoothing / k on every class."""
    log_p = log_softmax(z, axis=1)
    of_target = (1 - smoothing) * log_p[y == 1] + smoothing * log_p.mean(axis=1)
    return -np.sum(weight[:, 0] * of_target)


def over_heads(total):
    return lambda y, z, weight: sum(total(y[:, at], z[:, at], weight) for at in HEADS)


def softmax_focal(y, z, weight, gamma):
    """Lin et al. (2017), eq. 4, p being the probability of the true class."""
    p = softmax(z, axis=1)[y == 1]
    return -np.sum(weight[:, 0] * (1 - p) ** gamma * np.log(p))


def logistic_focal(y, z, gamma):
    """As torchvision.ops.sigmoid_focal_loss, without its alpha."""
    p = expit(z)
    cross_entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    p_t = p * y + (1 - p) * (1 - y)
    return cross_entropy * (1 - p_t) ** gamma


def perceptron(y, z):
    """Of each output, with signs in place of zeros and ones."""
    return np.maximum(0, -np.where(y == 1, 1, -1) * z)


def multiclass_perceptron(y, z, weight):
    """By how much the best other class beats the true one, sample by sample."""
    total = 0.0
    for wanted, outputs, own in zip(y, z, weight[:, 0], strict=True):
        total += own * max(0.0, max(outputs[wanted == 0]) - outputs[wanted == 1].item())
    return total


def smoothed_perceptron(y, z, weight):
    """max z less the mean of z under smoothed targets."""
    own = np.arange(N), targets(MulticlassPerceptron(), N, N_OUTPUTS).argmax(axis=1)
    return np.sum(weight[:, 0] * (z.max(axis=1) - 0.9 * z[own] - 0.1 * z.mean(axis=1)))


FORMULAS = {  # every loss by its id: the weighted sum, from targets and raw outputs
    "absolute_error": per_output(metrics.mean_absolute_error),
    "focal logistic": elementwise(partial(logistic_focal, gamma=2)),
    "focal logistic, gamma 0.5": elementwise(partial(logistic_focal, gamma=0.5)),
    "focal softmax": partial(softmax_focal, gamma=2),
    "focal softmax, gamma 0.5": partial(softmax_focal, gamma=0.5),
    "gamma": half(per_output(metrics.mean_gamma_deviance, "exp")),
    "heads": over_heads(cross_entropy),
    "hinge logistic": per_output(metrics.hinge_loss, labels=[0, 1]),
    "hinge softmax": per_output(metrics.hinge_loss, labels=[0, 1]),
    "huber": elementwise(lambda y, z: special.huber(1, z - y)),
    "huber, delta 0.3": elementwise(lambda y, z: special.huber(0.3, z - y)),
    "log_cosh": elementwise(lambda y, z: np.log(np.cosh(z - y))),
    "log_loss logistic": per_output(metrics.log_loss, "logistic"),
    "log_loss softmax": cross_entropy,
    "perceptron logistic": elementwise(perceptron),
    "perceptron softmax": multiclass_perceptron,
    "poisson": half(per_output(metrics.mean_poisson_deviance, "exp")),
    "quantile": half(per_output(metrics.mean_absolute_error)),  # at the level of one half
    "quantile, 0.8": per_output(metrics.mean_pinball_loss, alpha=0.8),
    "quantile, four levels": pinball,
    "root_mean_squared_error": per_output(metrics.mean_squared_error),  # the root comes last
    "smoothed heads": over_heads(partial(cross_entropy, smoothing=0.1)),
    "smoothed logistic": elementwise(
        lambda y, z: -(0.9 * y + 0.05) * log_expit(z) - (0.95 - 0.9 * y) * log_expit(-z)
    ),
    "smoothed perceptron": smoothed_perceptron,
    "smoothed softmax": partial(cross_entropy, smoothing=0.1),
    "squared_error": half(per_output(metrics.mean_squared_error)),
    "squared_error logistic": per_output(metrics.brier_score_loss, "logistic"),
    "squared_error softmax": brier,
}


def torch_cross_entropy(F, z, y, reduction="sum", **settings):
    return F.cross_entropy(z, y, reduction=reduction, **settings)


def torch_over_heads(F, z, y, **settings):
    return sum(torch_cross_entropy(F, z[:, at], y[:, at], **settings) for at in HEADS)


def torch_binary(F, z, y, reduction="sum"):
    return F.binary_cross_entropy_with_logits(z, y, reduction=reduction)


def torch_focal(losses):
    return ((1 - (-losses).exp()) ** 2 * losses).sum()


TORCH = {  # losses by id in the words of torch.nn.functional, F: sums from raw outputs and targets
    "absolute_error": lambda F, z, y: F.l1_loss(z, y, reduction="sum"),
    "focal logistic": lambda F, z, y: torch_focal(torch_binary(F, z, y, "none")),
    "focal softmax": lambda F, z, y: torch_focal(torch_cross_entropy(F, z, y, "none")),
    "heads": torch_over_heads,
    "huber": lambda F, z, y: F.huber_loss(z, y, reduction="sum"),
    "huber, delta 0.3": lambda F, z, y: F.huber_loss(z, y, delta=0.3, reduction="sum"),
    "log_loss logistic": torch_binary,
    "log_loss softmax": torch_cross_entropy,
    "poisson": lambda F, z, y: F.poisson_nll_loss(z, y, reduction="sum") + (y * y.log() - y).sum(),
    "smoothed heads": partial(torch_over_heads, label_smoothing=0.1),
    "smoothed softmax": partial(torch_cross_entropy, label_smoothing=0.1),
    "squared_error": lambda F, z, y: F.mse_loss(z, y, reduction="sum") / 2,
    "squared_error logistic": lambda F, z, y: F.mse_loss(z.sigmoid(), y, reduction="sum"),
    "squared_error softmax": lambda F, z, y: F.mse_loss(z.softmax(1), y, reduction="sum") / 2,
}
# Weights per output have a meaning where the outputs are losses of their own.
JOINT = ("perceptron softmax", "smoothed perceptron")  # of all outputs, whatever the link
SEPARABLE = [name for name in LOSSES if LOSSES[name].link != "softmax" and name not in JOINT]
each = in_turn("name", list(LOSSES))
each_weighting = in_turn(
    "name, weighting",
    [
        *[(name, weighting) for name in LOSSES for weighting in ("unweighted", "weighted")],
        *[(name, "weighted per output") for name in SEPARABLE],
    ],
)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def n_outputs_of(name):
    return HEADS[-1].stop if "heads" in name else N_OUTPUTS


def drawn(name, weighting="unweighted"):
    """(loss, y, z, weight or None)."""
    loss, k = LOSSES[name], n_outputs_of(name)
    weight = {
        "unweighted": None,
        "weighted": sample_weights(N),
        "weighted per output": sample_weights(N)[:, None] * np.arange(1, k + 1),
    }[weighting]
    return loss, targets(loss, N, k), normal(N, k, seed=1), weight


@each_weighting
def test_loss_has_the_value_of_its_formula(name, weighting):
    loss, y, z, weight = drawn(name, weighting)
    column = np.ones(N) if weight is None else weight
    column = column[:, None] if column.ndim == 1 else column
    wanted = FORMULAS[name](y, z, np.broadcast_to(column, z.shape))
    total, _ = sum_and_gradient(loss, y, z, weight)
    assert isinstance(total, float)
    assert_allclose(total, wanted, rtol=1e-12)


@each_weighting
def test_loss_gradient_is_that_of_differences(name, weighting):
    loss, y, z, weight = drawn(name, weighting)
    _, dz = sum_and_gradient(loss, y, z, weight)
    assert_is_gradient(dz, lambda z: sum_and_gradient(loss, y, z, weight)[0], z)


@each_weighting
def test_loss_leaves_its_arguments_as_they_are(name, weighting):
    loss, y, z, weight = drawn(name, weighting)
    sum_and_gradient(loss, y, z, weight)
    loss.predict(z)
    for changed, same in zip((y, z, weight), drawn(name, weighting)[1:], strict=True):
        assert_array_equal(changed, same)


@each_weighting
def test_loss_is_a_sum_so_that_halves_add_up(name, weighting):
    loss, y, z, weight = drawn(name, weighting)
    total, dz = sum_and_gradient(loss, y, z, weight)
    halves = [
        sum_and_gradient(loss, y[half], z[half], None if weight is None else weight[half])
        for half in (slice(0, 11), slice(11, N))
    ]
    assert_allclose(halves[0][0] + halves[1][0], total, rtol=1e-12)
    assert_allclose(np.concatenate([halves[0][1], halves[1][1]]), dz, rtol=1e-12, atol=1e-15)


@each
def test_weight_counts_a_sample_so_many_times(name):
    loss, y, z, _ = drawn(name)
    counts = np.arange(N) % 3
    total, dz = sum_and_gradient(loss, y, z, counts.astype(float))
    repeated, _ = sum_and_gradient(loss, y.repeat(counts, axis=0), z.repeat(counts, axis=0))
    assert_allclose(total, repeated, rtol=1e-12)
    assert_array_equal(dz[counts == 0], 0)


@in_turn("name", SEPARABLE)
def test_equal_weights_of_the_outputs_are_those_of_the_sample(name):
    loss, y, z, weight = drawn(name, "weighted")
    of_outputs = np.repeat(weight[:, None], z.shape[1], axis=1)
    total, dz = sum_and_gradient(loss, y, z, of_outputs)
    wanted, wanted_dz = sum_and_gradient(loss, y, z, weight)
    assert_allclose(total, wanted, rtol=1e-14)
    assert_array_equal(dz, wanted_dz)


@each
def test_finish_scales_the_gradient_by_its_own_derivative(name):
    loss = LOSSES[name]
    total = np.array(3.7)
    _, scale = loss.finish(total, 5.0)
    assert_is_gradient(scale, lambda total: loss.finish(total, 5.0)[0], total)


def test_finish_is_the_weighted_mean_unless_a_loss_says_otherwise():
    assert Loss().finish(6.0, 4.0) == (1.5, 0.25)


@each_weighting
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_of_several_models_is_bit_for_bit_that_of_each(name, weighting, dtype):
    loss, y, z, weight = drawn(name, weighting)
    y, weight = y.astype(dtype), None if weight is None else weight.astype(dtype)
    z = normal(MODELS + 2, *z.shape).astype(dtype)
    z[1, 3] *= 200  # too far apart for one shift
    z[2, 1, 0] = np.nan
    z[3, 0] = np.inf
    with np.errstate(all="ignore"):
        totals, dz = sum_and_gradient(loss, y, z, weight)
        singles = [sum_and_gradient(loss, y, one, weight) for one in z]
        predicted = [loss.predict(one) for one in z]
        assert_array_equal(loss.predict(z), predicted)
    assert totals.dtype == np.float64
    assert_array_equal(totals, [total for total, _ in singles])
    assert_array_equal(dz, [one for _, one in singles])


@each_weighting
def test_loss_in_float32_is_that_in_float64(name, weighting):
    loss, y, z, weight = drawn(name, weighting)
    narrow = [None if array is None else array.astype(np.float32) for array in (y, z, weight)]
    total, dz = sum_and_gradient(loss, *narrow)
    wanted, wanted_dz = sum_and_gradient(loss, y, z, weight)
    assert dz.dtype == loss.predict(narrow[1]).dtype == np.float32
    assert_allclose(total, wanted, rtol=1e-5)
    assert_allclose(dz, wanted_dz, rtol=1e-5, atol=1e-6)


@each
def test_predict_applies_the_link_that_the_loss_names(name):
    loss, _, z, _ = drawn(name)
    wanted = LINKS[loss.link](z)
    if "heads" in name:
        wanted = np.hstack([softmax(z[:, at], axis=1) for at in HEADS])
    if "levels" in name:
        wanted = np.sort(z, axis=1)
    predicted = loss.predict(z)
    assert not np.shares_memory(predicted, z)
    assert_allclose(predicted, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    "name", [name for name in LOSSES if LOSSES[name].link in ("softmax", "logistic")]
)
def test_log_predict_is_the_logarithm_of_the_link(name):
    loss, _, z, _ = drawn(name)
    wanted = np.log(LINKS[loss.link](z))
    if "heads" in name:
        wanted = np.hstack([log_softmax(z[:, at], axis=1) for at in HEADS])
    assert_allclose(loss.log_predict(z), wanted, rtol=1e-12, atol=1e-15)


@each
def test_targets_of_its_own_kind_pass_the_check_of_the_loss(name):
    loss, y, _, _ = drawn(name)
    loss.check_targets(y)


@dtypes
@pytest.mark.parametrize("name", TORCH)
def test_loss_has_the_value_and_gradient_of_torch(name, dtype, torch):
    loss, y, z, _ = drawn(name)
    y, z = y.astype(dtype), (3 * z).astype(dtype)
    raw = torch.tensor(z, requires_grad=True)
    wanted = TORCH[name](torch.nn.functional, raw, torch.tensor(y))
    wanted.backward()
    total, dz = sum_and_gradient(loss, y, z)
    tolerances = {"rtol": 1e-5, "atol": 1e-5} if dtype == np.float32 else {"atol": 1e-12}
    assert_allclose(total, wanted.item(), **tolerances)
    assert_allclose(dz, raw.grad.numpy(), **tolerances)


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


@dtypes
@in_turn("name", [name for name, loss in LOSSES.items() if loss.link != "exp"])
def test_loss_and_gradient_of_extreme_outputs_are_finite(name, dtype):
    loss, k = LOSSES[name], n_outputs_of(name)
    y, z = targets(loss, N, k).astype(dtype), (1e4 * normal(N, k)).astype(dtype)
    total, dz = sum_and_gradient(loss, y, z)
    assert np.isfinite(total)
    assert np.isfinite(dz).all()


@dtypes
@in_turn("n_models", [0, 2])
@in_turn("apart", [0, 79, 81, 87, 89, 95, 103, 120, 700, 1000])
def test_softmax_of_rows_far_apart_is_as_good_as_that_of_each(apart, n_models, dtype):
    """In float32 exp overflows at 88.7, loses digits below -87.3, and is 0 below -103.9."""
    near = np.array([[0.5, -1.25, 0.75], [0.25, 0.0, 3.5]])
    z = np.concatenate([near + apart / 2, near - apart / 2]).astype(dtype)
    wanted = log_softmax(z.astype(float), axis=1)
    y = np.eye(3, dtype=dtype)[[0, 1, 2, 0]]
    if n_models:  # the rows of the second lie close together
        z, wanted = np.stack([z, 0 * z]), np.stack([wanted, np.full((4, 3), -np.log(3))])
    rtol = 1e-4 if dtype == np.float32 else 1e-12  # of float32 near 500
    assert_allclose(SoftmaxLogLoss().log_predict(z), wanted, rtol=rtol)
    total, dz = sum_and_gradient(SoftmaxLogLoss(), y, z)
    assert_allclose(total, -(y * wanted).sum(axis=(-2, -1)), rtol=rtol)
    assert_allclose(dz, np.exp(wanted) - y, rtol=rtol, atol=1e-7)


@dtypes
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("focal softmax", 0, 1e4),
        ("focal softmax, gamma 0.5", 0, 1e4),
        ("squared_error softmax", 0, 1),
    ],
)
def test_softmax_loss_is_right_for_certain_predictions(name, right, wrong, dtype):
    y, z = np.eye(2, dtype=dtype)[[0, 0]], np.array([[1e4, 0], [0, 1e4]], dtype)
    losses = [sum_and_gradient(LOSSES[name], y[[row]], z[[row]])[0] for row in (0, 1)]
    assert_allclose(losses, [right, wrong], atol=1e-30)
    _, dz = sum_and_gradient(LOSSES[name], y, z)
    steep = wrong == 1e4  # else the gradient vanishes with the probability
    assert_allclose(dz, [[0, 0], [-1.0 * steep, 1.0 * steep]], atol=1e-30)


@pytest.mark.parametrize(
    ("focal", "log_loss"),
    [(SoftmaxFocal(0), SoftmaxLogLoss()), (LogisticFocal(0.0), LogisticLogLoss())],
    ids=["softmax", "logistic"],
)
def test_focal_loss_without_gamma_is_log_loss(focal, log_loss):
    y, z = targets(focal, N, N_OUTPUTS), 3 * normal(N, N_OUTPUTS, seed=1)
    total, dz = sum_and_gradient(focal, y, z, sample_weights(N))
    wanted, wanted_dz = sum_and_gradient(log_loss, y, z, sample_weights(N))
    assert_allclose(total, wanted, rtol=1e-12)
    assert_allclose(dz, wanted_dz, rtol=1e-12, atol=1e-15)


@dtypes
def test_perceptron_learns_from_wrong_samples_and_ties_alone(dtype):
    z = np.array([[2.0], [-2.0], [0.0], [2.0], [-2.0], [0.0]], dtype)
    y = np.array([[1], [1], [1], [0], [0], [0]], dtype)
    total, dz = sum_and_gradient(Perceptron(), y, z)
    assert total == 4
    assert_array_equal(dz.ravel(), [0, -1, -1, 1, 0, 1])


@dtypes
def test_multiclass_perceptron_moves_the_true_class_and_the_largest_other(dtype):
    z = np.array([[3, 1, 2], [3, 1, 2], [0, 0, 0], [2, 2, 1], [1, 2, 2]], dtype)
    y = np.eye(3, dtype=dtype)[[0, 2, 1, 0, 0]]
    total, dz = sum_and_gradient(MulticlassPerceptron(), y, z)
    assert total == 0 + 1 + 0 + 0 + 1
    wanted = [[0, 0, 0], [1, 0, -1], [1, -1, 0], [-1, 1, 0], [-1, 1, 0]]
    assert_array_equal(dz, wanted)


def test_multiclass_perceptron_of_two_classes_is_that_of_their_difference():
    y, z = targets(Perceptron(), N, 1), normal(N, 1, seed=1)
    wanted, wanted_dz = sum_and_gradient(Perceptron(), y, z)
    total, dz = sum_and_gradient(
        MulticlassPerceptron(), np.hstack([1 - y, y]), np.hstack([np.zeros_like(z), z])
    )
    assert_allclose(total, wanted, rtol=1e-14)
    assert_array_equal(dz, np.hstack([-wanted_dz, wanted_dz]))


def test_brier_score_of_two_classes_is_that_of_one_logistic_output():
    softmax_brier, logistic_brier = (
        LOSSES["squared_error softmax"],
        LOSSES["squared_error logistic"],
    )
    y, z = targets(logistic_brier, N, 1), normal(N, 1, seed=1)
    wanted, wanted_dz = sum_and_gradient(logistic_brier, y, z)
    both_z = np.hstack([np.zeros_like(z), z])
    total, dz = sum_and_gradient(softmax_brier, np.hstack([1 - y, y]), both_z)
    assert_allclose(total, wanted, rtol=1e-12)
    assert_allclose(dz[:, [1]], wanted_dz, rtol=1e-12)


@pytest.mark.parametrize("weight", [None, sample_weights(N)], ids=["unweighted", "weighted"])
def test_root_mean_squared_error_is_the_root_of_the_mean(weight):
    loss, y, z = RootMeanSquaredError(), normal(N, 1), normal(N, 1, seed=1)
    total, dz = sum_and_gradient(loss, y, z, weight)
    weight_sum = N if weight is None else weight.sum()
    value, scale = loss.finish(total, weight_sum)
    wanted = metrics.root_mean_squared_error(y, z, sample_weight=weight)
    assert_allclose(value, wanted, rtol=1e-12)
    # d sqrt(sum(w r^2) / W) / dz = w r / (W sqrt(...))
    share = 1 / N if weight is None else (weight / weight_sum)[:, None]
    assert_allclose(scale * dz, share * (z - y) / wanted, rtol=1e-12)


def test_root_mean_squared_error_of_perfect_outputs_is_zero_and_so_is_its_gradient():
    value, scale = RootMeanSquaredError().finish(0.0, 5.0)
    assert (value, scale) == (0.0, 0.0)
    assert type(value) is type(scale) is float
    values, scales = RootMeanSquaredError().finish(np.array([0.0, 20.0]), 5.0)
    assert_array_equal(values, [0, 2])
    assert_array_equal(scales, [0, 1 / (2 * 2 * 5)])


def test_quantile_of_one_level_leaves_the_outputs_of_several_targets_where_they_are():
    z = np.array([[3.0, 1.0, 2.0]])
    assert Quantile(0.3).outputs_per_target == Quantile([0.3]).outputs_per_target == 1
    assert_array_equal(Quantile(0.3).predict(z), z)


def test_quantiles_of_several_levels_never_cross():
    loss = Quantile([0.9, 0.1, 0.5])
    assert loss.outputs_per_target == 3
    assert_array_equal(loss.ascending, [0.1, 0.5, 0.9])
    assert_array_equal(loss.predict(np.array([[3.0, 1.0, 2.0]])), [[1.0, 2.0, 3.0]])


def test_two_quantiles_are_sorted_and_one_level_in_a_list_is_not():
    z = np.array([[2.0, 1.0], [3.0, 4.0]])
    assert_array_equal(Quantile([0.1, 0.9]).predict(z), [[1, 2], [3, 4]])
    assert_array_equal(Quantile([0.1]).predict(z), z)


def test_quantile_loss_is_least_at_the_quantiles():
    y, loss = normal(101, 1), Quantile([0.1, 0.5, 0.9])
    best = np.quantile(y, [0.1, 0.5, 0.9])
    least, _ = sum_and_gradient(loss, y, np.tile(best, (101, 1)))
    for shift in 0.05 * np.vstack([np.eye(3), -np.eye(3)]):
        assert sum_and_gradient(loss, y, np.tile(best + shift, (101, 1)))[0] > least


def test_hinge_leaves_samples_on_the_margin_alone():
    y, z = np.array([[1.0, 0.0, 1.0]]), np.array([[1.0, -1.0, 0.5]])
    total, dz = sum_and_gradient(Hinge(), y, z)
    assert total == 0.5
    assert_array_equal(dz, [[0, 0, -1]])


@dtypes
@pytest.mark.parametrize("loss", [LOSSES["log_loss logistic"], LOSSES["focal logistic"]])
def test_probability_of_a_logistic_output_is_nearest_to_0_or_1_at_the_most(loss, dtype):
    p = loss.predict(np.array([[-1e4, 1e4]], dtype))
    assert_array_equal(p, [[np.finfo(dtype).tiny, np.nextafter(dtype(1), dtype(0))]])


def test_gamma_refuses_targets_that_are_not_positive():
    Gamma().check_targets(np.array([0.1, 2]))
    for least in (0.0, -2.0):
        with pytest.raises(ValueError, match=rf"requires positive y.*{least}.*'poisson'.*'squared"):
            Gamma().check_targets(np.array([1, least]))


@dtypes
def test_quantile_loss_has_the_slope_from_below_at_the_target(dtype):
    """(q - 1[y < z]) (y - z): at z = y the indicator is 0, which leaves -q."""
    y = normal(5, 1).astype(dtype)
    total, dz = sum_and_gradient(Quantile(0.25), y, y)
    assert total == 0
    assert_array_equal(dz, np.full((5, 1), -0.25))


def test_label_smoothing_finishes_as_its_loss_does():
    smoothed = LabelSmoothing(RootMeanSquaredError(), 0.1)
    assert smoothed.finish(20.0, 5.0) == (2.0, 1 / (2 * 2 * 5))  # the root, and its derivative
