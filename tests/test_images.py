"""Images as input: every form they may come in, and what is said of those that cannot be."""

import pickle
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_matrix, csr_array
from sklearn.base import clone, is_classifier
from sklearn.utils import get_tags

from sknn import CNNClassifier, CNNRegressor, SequentialClassifier, SequentialRegressor
from sknn.nn import Activate, BatchNorm, Conv2D, Dense, Flatten, LayerNorm, MaxPool2D

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, SHAPE = 20, (6, 5, 1)
STACK = [Conv2D(2), Flatten(), Dense(3)]
MAKES = {
    "CNNClassifier": lambda **params: CNNClassifier((2,), hidden_layer_sizes=(3,), **params),
    "CNNRegressor": lambda **params: CNNRegressor((2,), hidden_layer_sizes=(3,), **params),
    "SequentialClassifier": lambda **params: SequentialClassifier(STACK, **params),
    "SequentialRegressor": lambda **params: SequentialRegressor(STACK, **params),
}
CNNS = {name: make for name, make in MAKES.items() if name.startswith("CNN")}
every = pytest.mark.parametrize("make", MAKES.values(), ids=MAKES)
cnns = pytest.mark.parametrize("make", CNNS.values(), ids=CNNS)

PIXELS = np.random.default_rng(0).integers(0, 100, (N, *SHAPE), np.uint8)
NUMBERS = (PIXELS // 12 / 8).astype(np.float32)  # exact in float16
LABELS = np.arange(N) % 3
TARGETS = {True: LABELS, False: NUMBERS.mean(axis=(1, 2, 3))}


def fitted(make, X, **params):
    estimator = make(**{"max_iter": 2, "batch_size": 8, "random_state": 0} | params)
    return estimator.fit(X, TARGETS[is_classifier(estimator)])


def outputs(estimator, X):
    """Predicted numbers, or probabilities."""
    return getattr(estimator, "predict_proba", estimator.predict)(X)


def assert_same_weights(one, other):
    arrays = zip(one.coefs_ + one.intercepts_, other.coefs_ + other.intercepts_, strict=True)
    for a, b in arrays:
        assert_array_equal(a, b, strict=True)


def flat(X):
    return X.reshape(len(X), -1)


# The same images in other forms


FORMS = {
    "without channels": lambda X: X[..., 0],
    "list": lambda X: X.tolist(),
    "Fortran order": np.asfortranarray,
    "negative strides": lambda X: X[:, ::-1, ::-1].copy()[:, ::-1, ::-1],
    "every second column of another": lambda X: np.repeat(X, 2, axis=2)[:, :, ::2],
    "flat": flat,
    "flat list": lambda X: flat(X).tolist(),
    "flat, Fortran order": lambda X: np.asfortranarray(flat(X)),
    "flat, negative strides": lambda X: flat(X)[:, ::-1].copy()[:, ::-1],
    "compressed rows": lambda X: csr_array(flat(X)),
    "compressed columns": lambda X: csc_matrix(flat(X)),
    "other byte order": lambda X: X.astype(X.dtype.newbyteorder()),
}
INTEGERS = {dtype: lambda X, dtype=dtype: X.astype(dtype) for dtype in ("int8", "uint16", "int64")}
FLOATS = {dtype: lambda X, dtype=dtype: X.astype(dtype) for dtype in ("float16", "float64")}
SAME_PIXELS = {**FORMS, **INTEGERS}
SAME_NUMBERS = {
    name: form
    for name, form in {**FORMS, **FLOATS}.items()
    if name != "flat list"  # which is float64
}


@pytest.mark.one_in(3)
@every
@pytest.mark.parametrize("form", SAME_PIXELS.values(), ids=SAME_PIXELS)
def test_images_of_integers_are_the_same_in_every_form(form, make):
    assert_form_is_as_good(make, form, PIXELS)


@pytest.mark.one_in(3)
@every
@pytest.mark.parametrize("form", SAME_NUMBERS.values(), ids=SAME_NUMBERS)
def test_images_of_floats_are_the_same_in_every_form(form, make):
    assert_form_is_as_good(make, form, NUMBERS)


def assert_form_is_as_good(make, form, X):
    plain = fitted(make, X, input_shape=SHAPE)
    other = fitted(make, form(X), input_shape=SHAPE)
    assert_same_weights(other, plain)
    for estimator, samples in [(plain, form(X)), (other, X), (other, form(X))]:
        assert_array_equal(outputs(estimator, samples), outputs(plain, X), strict=True)
    assert other.image_shape_ == plain.image_shape_ == SHAPE
    assert other.image_scale_ == plain.image_scale_
    assert other.n_features_in_ == plain.n_features_in_ == 30


@every
@pytest.mark.parametrize("X", [PIXELS, NUMBERS], ids=["integers", "floats"])
def test_images_may_lie_in_a_file_that_cannot_be_written_to(X, make, tmp_path):
    np.save(tmp_path / "X.npy", X)
    in_file = np.load(tmp_path / "X.npy", mmap_mode="r")
    plain, other = (fitted(make, samples) for samples in (X, in_file))
    assert_same_weights(other, plain)
    assert_array_equal(outputs(other, in_file), outputs(plain, X))


@every
@pytest.mark.parametrize("X", [PIXELS, NUMBERS], ids=["integers", "floats"])
def test_images_may_be_rows_of_a_frame(X, make):
    names = [f"pixel{number}" for number in range(30)]
    frame = pd.DataFrame(flat(X), columns=names)
    plain = fitted(make, X, input_shape=SHAPE)
    other = fitted(make, frame, input_shape=SHAPE)
    assert_same_weights(other, plain)
    assert_array_equal(outputs(other, frame), outputs(plain, X))
    assert_array_equal(other.feature_names_in_, names)


@every
def test_booleans_are_numbers_not_pixels(make):
    X = NUMBERS > 0.5
    plain, other = (fitted(make, samples) for samples in (X.astype(np.float32), X))
    assert_same_weights(other, plain)
    assert other.image_scale_ == 1
    assert_array_equal(outputs(other, X), outputs(plain, X.astype(np.float64)))


@every
def test_integers_are_taken_as_255_times_the_floats(make):
    whole = fitted(make, PIXELS, dtype="float64", max_iter=5)
    part = fitted(make, PIXELS / 255, dtype="float64", max_iter=5)
    assert (whole.image_scale_, part.image_scale_) == (1 / 255, 1)
    for a, b in zip(whole.coefs_, part.coefs_, strict=True):
        assert_allclose(a, b, rtol=1e-9, atol=1e-12)
    assert_allclose(outputs(whole, PIXELS), outputs(part, PIXELS / 255), rtol=1e-9)


@pytest.mark.parametrize("make", [SequentialClassifier, SequentialRegressor])
def test_integers_that_are_no_images_are_taken_as_they_are(make):
    X, y = flat(PIXELS), TARGETS[make is SequentialClassifier]
    params = {"layers": [Dense(3)], "max_iter": 2, "random_state": 0}
    whole, floats = make(**params).fit(X, y), make(**params).fit(X.astype(float), y)
    assert_same_weights(whole, floats)
    assert (whole.image_shape_, whole.image_scale_) == (None, 1)
    assert_array_equal(outputs(whole, X.astype(float)), outputs(whole, X))


FIRST = {
    "activation": [Activate("tanh"), Flatten(), Dense(3)],
    "batch normalisation": [BatchNorm(), Flatten(), Dense(3)],
    "layer normalisation": [LayerNorm(), Flatten(), Dense(3)],
    "pooling": [MaxPool2D(), Flatten(), Dense(3)],
    "convolution": [Conv2D(2, (1, 3)), Flatten(), Dense(3)],
    "strip": [Conv2D(2, (1, 3), dilation=2), MaxPool2D(1), Conv2D(9, 1), Flatten(), Dense(3)],
    "flat": [Flatten(), Dense(3)],
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("layers", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_images_are_never_written_to_nor_laid_out_as_they_should_not(layers, dtype, solver):
    X = np.random.default_rng(0).integers(0, 3, (N, 6, 5, 2)).astype(dtype)
    before = X.copy()
    params = {"batch_size": 7, "shuffle": False, "max_iter": 2, "random_state": 0}
    plain = SequentialClassifier(layers, solver=solver, **params).fit(X, LABELS)
    params["input_shape"] = (6, 5, 2)
    for samples in (X, np.asfortranarray(X), flat(X), np.asfortranarray(flat(X))):
        samples.flags.writeable = False
        clf = SequentialClassifier(layers, solver=solver, dtype=plain._model.dtype.name, **params)
        assert_same_weights(clf.fit(samples, LABELS), plain)
        assert_array_equal(clf.predict_proba(samples), plain.predict_proba(X))
        clf.transform(samples), clf.score(samples, LABELS)
        if solver != "lbfgs":
            clf.partial_fit(samples, LABELS)
        assert_array_equal(X, before)


# Shapes


@pytest.mark.parametrize(
    ("X", "given", "shape"),
    [
        ((N, 6, 5), None, (6, 5, 1)),
        ((N, 6, 5, 3), None, (6, 5, 3)),
        ((N, 1, 1), None, (1, 1, 1)),
        ((N, 6, 5), (6, 5), (6, 5, 1)),
        ((N, 6, 5), [6, 5, 1], (6, 5, 1)),
        ((N, 6, 5, 3), np.array([6, 5, 3]), (6, 5, 3)),
        ((N, 30), (6, 5), (6, 5, 1)),
        ((N, 30), (5, 3, 2), (5, 3, 2)),
        ((N, 36), (4, 9), (4, 9, 1)),
    ],
)
@every
def test_shape_of_the_images_is_that_of_x_or_the_one_given(X, given, shape, make):
    estimator = fitted(make, normal(*X), input_shape=given)
    assert estimator.image_shape_ == shape
    assert all(type(side) is int for side in estimator.image_shape_)
    assert estimator.n_features_in_ == np.prod(shape)
    assert estimator.coefs_[0].shape == (3, 3, shape[2], 2)
    assert estimator.get_params()["input_shape"] is given


@pytest.mark.parametrize(
    ("n_features", "shape"),
    [(36, (6, 6, 1)), (30, (1, 30, 1)), (1, (1, 1, 1)), (2, (1, 2, 1)), (48, (1, 48, 1))],
)
@cnns
def test_flat_samples_are_square_images_or_strips(n_features, shape, make):
    assert fitted(make, normal(N, n_features)).image_shape_ == shape


@pytest.mark.parametrize("given", [None, (30,)])
@pytest.mark.parametrize("make", [SequentialClassifier, SequentialRegressor])
def test_flat_samples_are_no_images_to_a_stack_unless_told(make, given):
    estimator = fitted(
        lambda **params: make([Dense(4)], **params), flat(NUMBERS), input_shape=given
    )
    assert estimator.image_shape_ is None
    assert estimator.coefs_[0].shape == (30, 4)


@every
def test_images_may_be_flat_or_not_after_fit(make):
    for X in (PIXELS, NUMBERS):
        for form in (lambda X: X, flat, lambda X: X[..., 0]):
            estimator = fitted(make, form(X), input_shape=SHAPE, dtype="float32")
            wanted = outputs(estimator, form(X))
            for other in (X, flat(X), X[..., 0]):
                assert_array_equal(outputs(estimator, other), wanted)
            again = pickle.loads(pickle.dumps(estimator))
            assert_array_equal(outputs(again, flat(X)), wanted)


@every
def test_images_of_another_shape_are_for_another_fit(make):
    estimator = fitted(make, normal(N, 6, 5), warm_start=True)
    with pytest.raises(ValueError, match="was fitted with images of shape"):
        estimator.fit(normal(N, 4, 4), TARGETS[is_classifier(estimator)])
    estimator.set_params(warm_start=False)
    estimator.fit(normal(N, 4, 4, 3), TARGETS[is_classifier(estimator)])
    assert estimator.image_shape_ == (4, 4, 3)


# Types of numbers


DTYPES = [
    (PIXELS, "auto", "float32"),
    (flat(PIXELS), "auto", "float32"),
    (flat(PIXELS).tolist(), "auto", "float32"),
    (csr_array(flat(PIXELS)), "auto", "float32"),
    (NUMBERS, "auto", "float32"),
    (NUMBERS.astype("float64"), "auto", "float32"),
    (NUMBERS.astype("float64")[..., 0], "auto", "float32"),
    (NUMBERS.tolist(), "auto", "float32"),
    (NUMBERS > 0.5, "auto", "float32"),
    (flat(NUMBERS), "auto", "float32"),
    (flat(NUMBERS).astype("float64"), "auto", "float64"),
    (flat(NUMBERS).tolist(), "auto", "float64"),
    (csr_array(flat(NUMBERS)).astype("float64"), "auto", "float64"),
    (PIXELS, "float64", "float64"),
    (NUMBERS, "float64", "float64"),
    (flat(NUMBERS).astype("float64"), "float32", "float32"),
    (PIXELS, "float32", "float32"),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("X", "dtype", "wanted"), DTYPES)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@every
def test_images_and_integers_are_computed_in_float32_unless_told(make, solver, X, dtype, wanted):
    estimator = fitted(make, X, input_shape=SHAPE, dtype=dtype, solver=solver)
    assert {array.dtype for array in estimator.coefs_ + estimator.intercepts_} == {np.dtype(wanted)}
    assert outputs(estimator, X).dtype == estimator.transform(X).dtype == wanted
    if solver == "adam":
        estimator.partial_fit(X, TARGETS[is_classifier(estimator)])
        assert estimator.coefs_[0].dtype == wanted


@every
def test_dtype_of_the_weights_stays_while_training_goes_on(make):
    images = normal(N, *SHAPE)
    rows = flat(images)
    y = TARGETS[is_classifier(make())]
    for first, then, wanted in [(images, rows, "float32"), (rows, images, "float64")]:
        estimator, same = (fitted(make, first, input_shape=SHAPE, warm_start=True) for _ in "12")
        for X in (then, first):
            estimator.fit(X, y).partial_fit(X, y)
            same.fit(first, y).partial_fit(first, y)
        assert {array.dtype for array in estimator.coefs_} == {np.dtype(wanted)}
        assert_same_weights(estimator, same)
        assert_array_equal(outputs(estimator, then), outputs(same, first), strict=True)


@pytest.mark.parametrize("X", [PIXELS, NUMBERS], ids=["integers", "floats"])
@every
def test_another_dtype_is_for_another_fit(X, make):
    y = TARGETS[is_classifier(make())]
    estimator, same = (fitted(make, X, dtype="float32", warm_start=True) for _ in "12")
    assert_same_weights(estimator.set_params(dtype="float64").fit(X, y), same.fit(X, y))
    assert estimator.loss_curve_ == same.loss_curve_
    assert estimator.set_params(warm_start=False).fit(X, y).coefs_[0].dtype == np.float64


@every
def test_tags_tell_of_images_and_sparse_rows(make):
    tags = get_tags(make()).input_tags
    assert (tags.two_d_array, tags.three_d_array, tags.sparse) == (True, True, True)


# What cannot be


def assert_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@every
@pytest.mark.parametrize(
    ("X", "given", "message"),
    [
        ((N, 30), (6, 6), r"X has 30 features, but input_shape=\(6, 6\) requires 6 \* 6 \* 1 = 36"),
        ((N, 30), [2, 5, 4], r"30 features, but input_shape=\[2, 5, 4\] requires 2 \* 5 \* 4 = 40"),
        (
            (N, 30),
            (10**3, 10**9, 10**6),
            r" 1,000 \* 1,000,000,000 \* 1,000,000 = 1e\+18\.$",
        ),
        (
            (N, 6, 5),
            (5, 6),
            r"X has images of shape \(6, 5, 1\), but input_shape=\(5, 6\) requires \(5, 6, 1\)",
        ),
        ((N, 6, 5, 3), (6, 5), r"images of shape \(6, 5, 3\), but .* requires \(6, 5, 1\)"),
        ((N, 6, 5), (6, 5, 3), r"images of shape \(6, 5, 1\), but .* requires \(6, 5, 3\)"),
    ],
)
def test_images_that_are_not_of_the_shape_given_raise(X, given, message, make):
    assert_refused(lambda: fitted(make, normal(*X), input_shape=given), message)


@pytest.mark.parametrize(
    "given",
    [(6,), (6, 5, 1, 1), (), (6, 0), (6, -5), (6, 5.0), ("a", "b"), {5, 6}, frozenset((5, 6))],
)
@cnns
def test_shape_that_cannot_be_raises(given, make):
    message = r"input_shape must be \(height, width\) or \(height, width, channels\), got"
    assert_refused(lambda: fitted(make, flat(NUMBERS), input_shape=given), message)


@pytest.mark.parametrize("given", [(), (6, 5, 1, 1), (30.0,), (0,)])
def test_shape_that_cannot_be_raises_from_a_stack_with_what_may_be(given):
    clf = SequentialClassifier([Dense(3)], input_shape=given)
    message = r"input_shape must be \(n_features,\), \(height, width\) or .*channels\), got"
    assert_refused(lambda: clf.fit(flat(NUMBERS), LABELS), message)


@pytest.mark.parametrize("given", [6, "6x5", 6.5])
@every
def test_input_shape_that_is_no_sequence_raises(given, make):
    assert_refused(lambda: fitted(make, NUMBERS, input_shape=given), "'input_shape' parameter")


@every
@pytest.mark.parametrize("X", [normal(N, 6, 5, 1, 1), normal(N, 6, 5, 1, 1).tolist()])
def test_arrays_of_five_axes_raise_and_say_what_x_may_be(X, make):
    message = r"\(n, height, width, channels\).*\(20, 6, 5, 1, 1\)"
    assert_refused(lambda: fitted(make, X), message)
    assert_refused(lambda: fitted(make, NUMBERS).predict(X), message)


def calls(estimator):
    """Name -> (X) -> result, of all that takes samples after a fit."""
    y = TARGETS[is_classifier(estimator)]
    names = ["predict", "transform"]
    names += ["predict_proba", "predict_log_proba"] if is_classifier(estimator) else []
    return {
        **{name: getattr(estimator, name) for name in names},
        "score": lambda X: estimator.score(X, y),
        "partial_fit": lambda X: estimator.partial_fit(X, y),
        "warm start": lambda X: (
            clone(estimator)
            .set_params(warm_start=True)
            .fit(NUMBERS if estimator.image_scale_ == 1 else PIXELS, y)
            .fit(X, y)
        ),
        "X_val": lambda X: clone(estimator).fit(
            NUMBERS if estimator.image_scale_ == 1 else PIXELS, y, X_val=X, y_val=y
        ),
    }


WRONG_AFTER_PIXELS = {
    "another shape": (
        PIXELS.reshape(N, 5, 6),
        r"X has images of shape \(5, 6, 1\) \(height, width, channels\), but \w+ was fitted with "
        r"images of shape \(6, 5, 1\)",
    ),
    "more channels": (np.repeat(PIXELS, 3, axis=3), r"shape \(6, 5, 3\).*shape \(6, 5, 1\)"),
    "larger": (np.repeat(PIXELS, 2, axis=1), r"shape \(12, 5, 1\).*shape \(6, 5, 1\)"),
    "too few": (flat(PIXELS)[:, 1:], "X has 29 features, but .* is expecting 30 features"),
    "floats": (
        PIXELS / 255,
        r"X has floats, used as they are, .* with integers, interpreted as pixels .*255.*X \* 255",
    ),
    "flat floats": (flat(PIXELS).astype(float), "X has floats, used as they are"),
    "sparse floats": (csr_array(flat(PIXELS).astype(float)), "X has floats, used as they are"),
    "booleans": (PIXELS > 50, "X has floats, used as they are"),
    "nan": (np.where(PIXELS > 50, np.nan, PIXELS), "NaN"),
}
WRONG_AFTER_NUMBERS = {
    "integers": (
        PIXELS,
        r"X has integers, interpreted as pixels .*255, .* with floats, used as they are.*X / 255",
    ),
    "flat integers": (flat(PIXELS), "X has integers, interpreted as pixels"),
    "list of integers": (
        flat(PIXELS).tolist(),
        "X has integers, interpreted as pixels",
    ),
    "sparse integers": (
        csr_array(flat(PIXELS)),
        "X has integers, interpreted as pixels",
    ),
    "nan": (np.where(NUMBERS > 0.5, np.nan, NUMBERS), "Input X contains NaN"),
    "infinity": (np.where(NUMBERS > 0.5, np.inf, NUMBERS), "Input X contains infinity"),
    "complex": (NUMBERS + 1j, "Complex data not supported"),
    "strings": (np.full((N, *SHAPE), "a"), "not compatible with arrays of bytes/strings"),
}


@pytest.mark.one_in(3)
@every
@pytest.mark.parametrize("case", WRONG_AFTER_PIXELS)
def test_samples_that_are_not_as_those_fitted_raise_after_integers(case, make):
    wrong, message = WRONG_AFTER_PIXELS[case]
    for call in calls(fitted(make, PIXELS)).values():
        assert_refused(lambda call=call: call(wrong), message)


@pytest.mark.one_in(3)
@every
@pytest.mark.parametrize("case", WRONG_AFTER_NUMBERS)
def test_samples_that_are_not_as_those_fitted_raise_after_floats(case, make):
    wrong, message = WRONG_AFTER_NUMBERS[case]
    for call in calls(fitted(make, NUMBERS)).values():
        assert_refused(lambda call=call: call(wrong), message)


@every
def test_one_image_is_no_set_of_images(make):
    estimator = fitted(make, PIXELS)
    message = r"X has 5 features, but \w+ is expecting 30 features"
    assert_refused(lambda: estimator.predict(PIXELS[0, ..., 0]), message)
    assert_refused(lambda: estimator.predict(PIXELS[0]), r"shape \(5, 1, 1\) .* \(6, 5, 1\)")
    assert_refused(lambda: estimator.predict(flat(PIXELS)[0]), "Expected 2D array, got 1D array")
    assert_array_equal(outputs(estimator, PIXELS[:1]), outputs(estimator, PIXELS)[:1])


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@every
def test_numbers_too_large_for_float32_raise(make):
    X = NUMBERS.astype(float) * 1e39
    message = r"a value too large for dtype\('float32'\)"
    assert_refused(lambda: fitted(make, X), message)
    assert_refused(lambda: fitted(make, NUMBERS).predict(X), message)


def test_images_for_a_stack_that_was_fitted_without_raise():
    clf = SequentialClassifier([Dense(3)], max_iter=1).fit(flat(NUMBERS), LABELS)
    message = r"shape \(6, 5, 1\) .* was fitted with flat samples of 30 features"
    assert_refused(lambda: clf.predict(NUMBERS), message)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [Conv2D(2), Flatten(), Dense(3)],
            r"^Layer conv2d1, Conv2D\(filters=2\): needs images of shape \(height, width, "
            r"channels\), got samples of shape \(30,\)\. Pass input_shape=",
        ),
        ([MaxPool2D(), Flatten()], r"^Layer maxpool2d1, MaxPool2D\(\): needs images"),
    ],
)
def test_flat_samples_for_a_stack_of_image_layers_raise_by_its_name(layers, message):
    assert_refused(lambda: SequentialClassifier(layers).fit(flat(NUMBERS), LABELS), message)


def test_images_for_a_stack_of_flat_layers_raise_by_its_name():
    clf = SequentialClassifier([Dense(3)])
    message = r"^Layer dense1, Dense\(units=3\): needs flat samples, .*\(6, 5, 1\).*Put Flatten\(\)"
    assert_refused(lambda: clf.fit(NUMBERS, LABELS), message)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (normal(N, 6, 5, 1, 1), "X must hold images of shape"),
        (np.where(NUMBERS > 0.5, np.nan, NUMBERS), "Input X contains NaN"),
        (NUMBERS[:5], "inconsistent numbers of samples"),
    ],
    ids=["five axes", "nan", "too few"],
)
@every
def test_failed_fit_leaves_no_trace(make, X, message):
    estimator = make()
    before = dict(vars(estimator))
    assert_refused(lambda: estimator.fit(X, TARGETS[is_classifier(estimator)]), message)
    assert vars(estimator) == before


# Memory


def peak_bytes(call):
    """What the call allocates at most, beyond what was there."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "flattened"), [("CNNClassifier", False), ("SequentialRegressor", True)]
)
def test_images_are_converted_batch_by_batch_never_all_at_once(name, flattened):
    X = np.zeros((10_000, 20, 20), np.uint8)  # 4 MB, in float32 16 MB
    X = flat(X) if flattened else X
    y = np.arange(len(X)) % 2
    estimator = MAKES[name](max_iter=1, batch_size=50, input_shape=(20, 20))
    for call in (
        lambda: estimator.fit(X, y),
        lambda: estimator.predict(X),
        lambda: clone(estimator).set_params(early_stopping=True).fit(X, y),
    ):
        assert peak_bytes(call) < X.nbytes


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize("method", ["fit", "predict"])
def test_list_in_a_cell_is_refused(method):
    X = [[1.0, [2.0, 3.0]], [4.0, 5.0]]
    clf = CNNClassifier((1,), max_iter=1)
    if method == "predict":
        clf.fit([[1.0, 2.0], [4.0, 5.0]], [0, 1])
    with pytest.raises(
        ValueError, match="X must have rows of the same shape, got row 0, whose own"
    ):
        clf.fit(X, [0, 1]) if method == "fit" else clf.predict(X)


def test_flat_samples_of_another_width_are_refused():
    clf = SequentialClassifier([Dense(2)], input_shape=(2,))
    assert_refused(
        lambda: clf.fit(normal(4, 3), [0, 1, 0, 1]), r"X has 3 features, .* requires 2\.$"
    )
