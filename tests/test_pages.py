"""The page of a trace, read back: each label, and its numbers computed anew by its formula."""

import re

import numpy as np
import pytest
from helpers import Shifted
from numpy.testing import assert_allclose

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, SequentialClassifier
from sknn.inspection import trace
from sknn.inspection.tracing.pages import _array, _count, _number, _numbers
from sknn.nn import SGD, BatchNorm, Conv2D, Dense, Dropout, Flatten

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def read(page):
    """([label of each line, without shapes], {label with its layer: numbers}) of a page."""
    labels, numbers, layer, part = [], {}, "", ""
    for line in page.splitlines():
        if line.startswith("      "):
            found = re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", line)
            numbers[layer, labels[-1]] += [float(number) for number in found]
            continue
        text = re.sub(r"  \(\d+(, ?\d*)*\)(, shown: .*)?$", "", line)
        if line in ("Forward", "Loss", "Backward", "Step"):
            part, layer = line, line
        elif named := re.fullmatch(r"(\w+)(: .*)?", line):
            layer = f"{part} {named[1]}"
        if text and not set(text) <= set("-="):
            labels.append(text)
            numbers[layer, text] = []
    return labels, numbers


def by_hand():
    """A network of two, two and one units, its samples, targets and weights."""
    reg = MLPRegressor(
        "squared_error",
        (2,),
        "relu",
        solver="sgd",
        momentum=0,
        learning_rate_init=0.25,
        alpha=0.5,
        l1=0.75,
        max_grad_norm=2,
    )
    reg.coefs_ = [np.array([[0.5, -1], [1.5, 0.25], [-2, 1]]), np.array([[1.25], [-0.5]])]
    reg.intercepts_ = [np.array([0.125, 1]), np.array([-0.75])]
    return reg, np.array([[1, 2, 0.5], [-1, 0.5, 1.5]]), np.array([4.0, -2.0]), np.array([1.0, 3.0])


def test_page_has_every_label_and_the_numbers_of_its_formula():
    reg, X, y, weight = by_hand()
    page = str(trace(reg, X, y, weight))
    labels, numbers = read(page)
    title, line = page.splitlines()[:2]
    assert line == "=" * len(title)
    assert "\n\nForward\n-------\n\ndense1" in page
    for line in (
        "x = a of dense1  (2, 2)",
        "z = x @ weight + bias  (2, 1)",
        "a = max(z, 0)  (2, 2)",
    ):
        assert f"\n  {line}\n" in page
    (w1, w2), (b1, b2) = reg.coefs_, reg.intercepts_
    y, n = y[:, None], 4.0  # the sum of the weights
    z1 = X @ w1 + b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ w2 + b2
    delta2 = weight[:, None] * (z2 - y) / n
    delta1 = delta2 @ w2.T * (z1 > 0)
    of_w1, of_w2 = (
        x.T @ delta + 0.5 / n * w + 0.75 / n * np.sign(w)
        for x, delta, w in ((X, delta1, w1), (a1, delta2, w2))
    )
    of_b1, of_b2 = delta1.sum(axis=0), delta2.sum(axis=0)
    norm = np.sqrt(sum(np.sum(grad**2) for grad in (of_w1, of_w2, of_b1, of_b2)))
    assert norm > 2
    after = [
        param - 0.25 * grad * 2 / norm
        for param, grad in ((w1, of_w1), (b1, of_b1), (w2, of_w2), (b2, of_b2))
    ]
    data = np.sum(weight[:, None] * (z2 - y) ** 2) / 2 / n
    l2 = 0.5 / (2 * n) * (np.sum(w1**2) + np.sum(w2**2))
    l1 = 0.75 / n * (np.abs(w1).sum() + np.abs(w2).sum())
    penalty = " + alpha / n * weight + l1 / n * sign(weight)"
    wanted = [
        ("Trace of MLPRegressor: one step of training on 2 samples", []),
        (
            "dx is the derivative of the loss with respect to x, and so on. The error term, delta, "
            "is dz.",
            [],
        ),
        ("Forward", []),
        ("dense1: Dense(2, relu)", []),
        ("  x", X),
        ("  weight", w1),
        ("  bias", b1),
        ("  z = x @ weight + bias", z1),
        ("  a = max(z, 0)", a1),
        ("dense2: Dense(1, identity)", []),
        ("  x = a of dense1", []),
        ("  weight", w2),
        ("  bias", b2),
        ("  z = x @ weight + bias", z2),
        ("  prediction = z", z2),
        ("Loss", []),
        ("  y", y),
        ("  weights of the samples", weight),
        ("  loss function: 1/2 |z - y|^2, summed over outputs", []),
        (f"  data loss = {data:.8f}", []),
        (
            f"  L2 penalty = {l2:.7f} = alpha / (2 n) * sum of weight^2, alpha = 0.5, n = 4",
            [],
        ),
        (f"  L1 penalty = {l1:.1f} = l1 / n * sum of |weight|, l1 = 0.75, n = 4", []),
        (f"  loss = {data + l2 + l1:.8f}", []),
        ("Backward", []),
        ("dense2: Dense(1, identity)", []),
        ("  delta = derivative of the data loss", delta2),
        (f"  dweight = x.T @ delta{penalty}", of_w2),
        ("  dbias = sum of delta over samples", of_b2),
        ("  dx = delta @ weight.T", delta2 @ w2.T),
        ("dense1: Dense(2, relu)", []),
        ("  delta = dx of dense2 * f'(z)", delta1),
        (f"  dweight = x.T @ delta{penalty}", of_w1),
        ("  dbias = sum of delta over samples", of_b1),
        ("Step", []),
        (f"  norm of grad, the gradient of all parameters = {norm:.8f}", []),
        ("  grad is scaled down to a norm of max_grad_norm = 2", []),
        ("  SGD(momentum=0.0, nesterov=True), first step:", []),
        ("  v = momentum * v - rate * grad;  theta += v, rate = 0.25", []),
        ("dense1", []),
        ("  weight after the step", after[0]),
        ("  bias after the step", after[1]),
        ("dense2", []),
        ("  weight after the step", after[2]),
        ("  bias after the step", after[3]),
    ]
    assert labels == [label for label, _ in wanted]
    for found, (label, array) in zip(numbers.values(), wanted, strict=True):
        assert_allclose(found, np.ravel(array), atol=6e-9, err_msg=label)


def fitted(layers, X, y, kind=SequentialClassifier, **settings):
    return kind(layers, max_iter=1, random_state=0, **settings).fit(X, y)


X = np.random.default_rng(0).normal(size=(6, 4))
LABELS = np.array([0, 1, 2, 1, 1, 0])


def test_page_without_penalties_weights_or_clipping_has_none_of_them():
    clf = fitted(3, X, LABELS, MLPClassifier, alpha=0, max_grad_norm=1e6)
    labels, _ = read(str(trace(clf, X, LABELS)))
    page = "\n".join(labels)
    assert not re.search(
        "penalty|weights of|scaled down|alpha|l1 /|Dropout|BatchNorm|augment", page
    )
    assert labels.count("  dweight = x.T @ delta") == 2
    assert "  prediction = softmax(z)" in labels
    clf.set_params(l1=0.5)
    labels, _ = read(str(trace(clf, X, LABELS)))
    assert labels.count("  dweight = x.T @ delta + l1 / n * sign(weight)") == 2
    assert not any(label.startswith("  L2") for label in labels)


def test_penalties_stand_at_trainable_weights_alone():
    layers = [Dense(3, trainable=False), BatchNorm(), Dense(2, "tanh", bias=False)]
    labels, _ = read(str(trace(fitted(layers, X, LABELS, alpha=0.5), X, LABELS)))
    backward = labels[labels.index("Backward") : labels.index("Step")]
    assert [label for label in backward if label.startswith("  d")] == [
        "  delta = derivative of the data loss",
        "  dweight = x.T @ delta + alpha / n * weight",
        "  dbias = sum of delta over samples",
        "  dx = delta @ weight.T",
        "  delta = dx of dense3 * f'(z)",
        "  dweight = x.T @ delta + alpha / n * weight",
        "  dx = delta @ weight.T",
        "  delta = dx of dense2",
        "  dscale = sum of delta * (x - mean) / sqrt(variance + epsilon)",
        "  dshift = sum of delta",
        "  dx = delta through the scale, the mean and the variance",
        "  delta = dx of batchnorm1 * f'(z)",
        "  dweight = x.T @ delta",
        "  dbias = sum of delta over samples",
    ]
    assert "  x = z of batchnorm1" in labels
    assert labels[2] == (
        "BatchNorm uses the statistics of these samples, or the running statistics if there is "
        "only one sample."
    )


def test_layers_that_leave_numbers_as_they_are_do_not_repeat_them():
    clf = fitted([Dense(3), Dropout(0.5), Dense(2)], X, LABELS)
    page = str(trace(clf, X[:1], LABELS[:1]))
    labels, numbers = read(page)
    for line in ("x = a of dense1", "z = x", "delta = dx of dense2", "dx = delta"):
        assert f"\n  {line}  (1, 3)\n" in page
    assert labels[0].endswith("one step of training on 1 sample")
    assert labels[2] == "Dropout is off, as in prediction."
    assert numbers["Forward dropout1", "  z = x"] == []
    assert numbers["Backward dropout1", "  dx = delta"] == []
    assert numbers["Backward dropout1", "  delta = dx of dense2"] == []


def test_page_of_images_shows_one_channel_of_one_image_and_one_filter():
    images = np.random.default_rng(1).normal(size=(5, 3, 4, 2)).round(3)
    clf = fitted([Conv2D(3, (2, 3), activation="tanh"), Flatten()], images, LABELS[:5])
    step = trace(clf, images, LABELS[:5])
    conv, page = step[0], str(step)
    for line in (
        "  x  (5, 3, 4, 2), shown: [0, :, :, 0]",
        "  weight  (2, 3, 2, 3), shown: [:, :, 0, 0]",
        "  a = tanh(z)  (5, 3, 4, 3), shown: [0, :, :, 0]",
        "  weight after the step  (2, 3, 2, 3), shown: [:, :, 0, 0]",
    ):
        assert f"\n{line}\n" in page
    _, numbers = read(page)
    forward, backward = "Forward conv2d1", "Backward conv2d1"
    assert_allclose(numbers[forward, "  x"], images[0, ..., 0].ravel(), atol=1e-6)
    weight = conv.params["weight"][..., 0, 0].ravel()
    assert_allclose(numbers[forward, "  weight"], weight, atol=1e-7)
    gradient = next(values for key, values in numbers.items() if key[1].startswith("  dweight = s"))
    assert_allclose(gradient, conv.grads["weight"][..., 0, 0].ravel(), atol=1e-7)
    a = numbers[forward, "  a = tanh(z)"]
    assert_allclose(a, conv.a[0, ..., 0].ravel(), atol=1e-7)
    delta = numbers[backward, "  delta = dx of flatten1 * f'(z)"]
    assert_allclose(delta, conv.delta[0, ..., 0].ravel(), atol=1e-7)


def test_page_says_that_augmentation_is_left_out():
    images = np.random.default_rng(1).normal(size=(5, 3, 4, 2))
    clf = CNNClassifier(2, hidden_layer_sizes=3, augment="flip", max_iter=1)
    labels, _ = read(str(trace(clf.fit(images, LABELS[:5]), images, LABELS[:5])))
    assert labels[2] == "The images are not augmented, unlike in training."


def test_gradients_that_have_no_formula_are_shown_without():
    layers = [Dense(3), ("own", Shifted()), Dense(2)]
    _, numbers = read(str(trace(fitted(layers, X, LABELS), X, LABELS)))
    assert len(numbers["Backward own", "  dshift"]) == 3
    assert len(numbers["Backward own", "  dx"]) == 18


def test_page_of_lbfgs_ends_with_the_gradient():
    clf = fitted(3, X, LABELS, MLPClassifier, solver="lbfgs")
    *_, norm, last = str(trace(clf, X, LABELS)).splitlines()
    assert norm.startswith("  norm of grad, the gradient of all parameters = ")
    assert last == (
        "  There is no single step: with solver='lbfgs', SciPy's line search takes several."
    )


class Labelled(SGD):
    """v = momentum * v - rate * grad;  theta += v."""

    def __init__(self, momentum=0.25, label="of no concern"):
        super().__init__(momentum)
        self.label = label


@pytest.mark.parametrize(
    ("solver", "line"),
    [
        (SGD(momentum=0), "  SGD(momentum=0, nesterov=True), first step:"),
        (Labelled(), "  Labelled(momentum=0.25), first step:"),
        ("adam", "  Adam(beta_1=0.9, beta_2=0.999, epsilon=1e-08), first step:"),
        ("rmsprop", "  RMSprop(decay=0.99, epsilon=1e-08), first step:"),
    ],
)
def test_page_has_the_settings_of_the_solver(solver, line):
    clf = fitted(3, X, LABELS, MLPClassifier, solver=solver, learning_rate_init=1 / 3)
    page = str(trace(clf, X, LABELS))
    assert f"\n{line}\n" in page
    assert ", rate = 0.33333333\n" in page


# Numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.0, "2"),
        (-0.125, "-0.125"),
        (1 / 3, "0.33333333"),
        (1e-4, "0.0001"),
        (-1e-4, "-0.0001"),
        (0.00012345678, "0.00012346"),  # eight digits behind the point
        (0.9e-4, "9e-05"),
        (123456.78901234567, "123456.78901235"),
        (9.9e7, "99000000"),
        (1e8, "1e+08"),
        (-1.23456789e9, "-1.2345679e+09"),
        (np.nan, "nan"),
    ],
)
def test_numbers_have_eight_digits(value, text):
    assert _number(value) == text


def test_arrays_of_36_numbers_or_8_rows_are_shown_whole():
    assert "..." not in "".join(_numbers(np.arange(36.0)[None]))
    long = "".join(_numbers(np.arange(37.0)[None]))
    assert long.split() == ["[[", "0.", "1.", "2.", "...", "34.", "35.", "36.]]"]
    assert len(_numbers(np.arange(16.0).reshape(8, 2))) == 8
    rows = _numbers(np.arange(18.0).reshape(9, 2))
    assert [" ".join(row.split()) for row in rows] == (
        ["[[ 0. 1.]", "[ 2. 3.]", "[ 4. 5.]", "...", "[12. 13.]", "[14. 15.]", "[16. 17.]]"]
    )


def test_numbers_of_many_axes_stand_in_a_row_and_zero_has_no_sign():
    assert _numbers(np.arange(8.0).reshape(2, 2, 2)) == ["[0. 1. 2. 3. 4. 5. 6. 7.]"]
    assert _numbers(np.array([[-0.0, 1.5]])) == ["[[0.  1.5]]"]
    assert _numbers(np.zeros((0, 2))) == ["[]"]


def test_small_numbers_keep_their_digits_where_all_are_small():
    assert _numbers(np.array([9.9e-4, 1e-9])) == ["[9.9e-04 1.0e-09]"]
    assert _numbers(np.array([1e-3, 1e-9])) == ["[0.001 0.   ]"]
    assert _numbers(np.array([-1e-3, 1e-9])) == ["[-0.001  0.   ]"]


def test_lines_are_as_wide_as_a_page():
    """Of 100 characters, 6 of which are the indent: eight numbers of 10 characters."""
    lines = _array("x", np.full((1, 20), 1 / 3))
    assert lines[0] == "  x  (1, 20)"
    assert [len(line) for line in lines[1:3]] == [95, 95]
    assert all(line.startswith(" " * 6 + (" " if at else "[")) for at, line in enumerate(lines[1:]))
    assert [line.count("0.33333333") for line in lines[1:]] == [8, 8, 4]


def test_counts_are_in_the_singular_for_one():
    assert [_count(n, "row") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
