"""scikit-learn's checks of every estimator, with defaults and with other settings.

The fast tests run all checks on one setting of each estimator, and on every other setting those
whose result can depend on it. The slow tests run all checks on all settings, and on a matrix of
solvers and options.
"""

import warnings
from unittest import SkipTest

import pytest
from processes import run
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.estimator_checks import (
    check_array_api_input,
    estimator_checks_generator,
    parametrize_with_checks,
)

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import (
    Activate,
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
    Residual,
)

# The checks use data and numbers of epochs that do not always converge.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PART = 10  # rows of a mini-batch that does not hold all of them
FAST = {"learning_rate_init": 0.01, "max_iter": 50}


class StripClassifier(SequentialClassifier):
    """A stack to which flat samples of any width are images, as they are to a CNN."""

    _always_images = True


class StripRegressor(SequentialRegressor):
    """The same for regression."""

    _always_images = True


class LinearClassifier(MLPClassifier, auto_wrap_output_keys=None):
    """A network without hidden layers, and so without ``transform``."""

    @property
    def transform(self):
        raise AttributeError("there is no hidden layer")

    fit_transform = transform


# The flat samples of the checks are images for a CNN: squares, or strips one pixel high.
SMALL = {"filters": (8,), "hidden_layer_sizes": (20,), **FAST}
CLIPPED = {"solver": "sgd", "max_grad_norm": 1.0}  # some targets are several hundred
STACK = [("hidden", Dense(50, "gelu")), ("norm", LayerNorm()), ("last", Dense(20))]
STRIPS = [("conv", Conv2D(8)), ("flat", Flatten()), ("last", Dense(20))]
BRANCH = [Dense(20, "identity"), BatchNorm(), Activate("relu")]

# One of each estimator: all checks. Data are read, and refused, before any option plays a part.
WHOLE = [
    MLPClassifier(**FAST),
    MLPRegressor(solver="lbfgs"),
    SequentialClassifier(STACK, **FAST),
    SequentialRegressor(layers=[Dense(50), BatchNorm()], **FAST),
    CNNClassifier(**SMALL),
    CNNRegressor(**{**SMALL, **CLIPPED}),
]

# Training knows no task, only a loss: of two estimators that share an option one is enough for
# the fast tests.
TRAINING = (
    {"solver": "sgd", **FAST, "max_grad_norm": 1.0},
    {"activation": "tanh", "hidden_layer_sizes": (20, 10), **FAST},
    {"solver": "adamw", "learning_rate": CosineDecay(total_steps=300), "warmup_steps": 5, **FAST},
    {"solver": "nadam", "max_grad_norm": 1.0, "l1": 1e-4, "learning_rate": "plateau", **FAST},
    {"solver": "rmsprop", "hidden_layer_sizes": (20, 10), "activation": ["prelu", "mish"], **FAST},
    {"normalization": "layer", "dtype": "float64", "weight_init": "he_normal", **FAST},
    {"normalization": "batch", **FAST},
    {"dropout": [0.1, 0.2], **FAST},
)
BY_TASK = [[make(**params) for params in TRAINING] for make in (MLPClassifier, MLPRegressor)]
IMAGES = (
    {**SMALL, "solver": "lbfgs"},
    {**SMALL, "normalization": "batch"},
    {**SMALL, "filters": (8, 8), "pooling": ("average", None), "normalization": "layer"},
    {**SMALL, "dropout": [0.1, 0.1, 0.1]},
)
BY_IMAGE_TASK = [[make(**params) for params in IMAGES] for make in (CNNClassifier, CNNRegressor)]
LOSSES = [
    MLPClassifier(loss="focal", label_smoothing=0.05, **FAST),
    MLPClassifier(loss="hinge", **FAST),
    MLPClassifier(loss="squared_error", **FAST),
    MLPRegressor(loss="huber", **FAST),
    MLPRegressor(loss="log_cosh", **FAST),
    MLPRegressor(loss="poisson", **FAST),
]
OTHERS = [
    StripClassifier(STRIPS, **FAST),
    LinearClassifier(hidden_layer_sizes=(), solver="lbfgs"),
    SequentialClassifier([Dense(50), BatchNorm(), Dropout(0.1)], **FAST),
    SequentialRegressor(layers=[Dense(20), Residual(BRANCH)], **FAST),
    StripRegressor(
        layers=[Conv2D(8, activation="tanh"), BatchNorm(), MaxPool2D(padding="same"), Flatten()],
        **FAST,
    ),
    CNNClassifier(
        **SMALL, augment="shift"
    ),  # flips would tell the features of the checks apart no more
    MLPClassifier(early_stopping=True, validation_fraction=0.4, **FAST),
    MLPClassifier(class_weight="balanced", **FAST),
    MLPRegressor(dtype="float32", **FAST),
]
VARIED = [
    *(pair[number % 2] for number, pair in enumerate(zip(*BY_TASK, strict=True))),
    *(pair[number % 2] for number, pair in enumerate(zip(*BY_IMAGE_TASK, strict=True))),
    *LOSSES,
    *OTHERS,
]

# Checks whose result can depend on how a network is trained, or on its layers: they compare what
# two fits or predictions give, ask for a score, fit a single sample or feature, or look whether X
# and weights of samples have been written to. The others look at the parameters as they were
# given, or at how X and y are read.
ON_TRAINING = {
    "check_classifiers_train",
    "check_decision_proba_consistency",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_estimators_dtypes",
    "check_estimators_overwrite_params",
    "check_estimators_partial_fit_n_features",
    "check_estimators_pickle",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_non_transformer_estimators_n_iter",
    "check_readonly_memmap_input",
    "check_regressor_multioutput",
    "check_regressors_int",
    "check_regressors_train",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weights_not_overwritten",
    "check_transformer_general",
    "check_transformer_preserve_dtypes",
}
# Checks whose result can depend on the loss, which gives labels their numbers.
ON_LOSSES = ON_TRAINING | {
    "check_class_weight_classifiers",
    "check_classifier_multioutput",
    "check_classifiers_classes",
    "check_classifiers_multilabel_output_format_decision_function",
    "check_classifiers_multilabel_output_format_predict",
    "check_classifiers_multilabel_output_format_predict_proba",
    "check_classifiers_multilabel_representation_invariance",
    "check_classifiers_one_label",
    "check_classifiers_one_label_sample_weights",
    "check_supervised_y_2d",
}

EQUIVALENCE = {f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")}
PARTIAL_FIT = {
    "check_estimators_partial_fit_n_features",
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
}
QUALITY = {"check_classifiers_train", "check_regressors_train"}
# All others ask for no score: three epochs show as much as fifty.
WHOLE_TRAINING = QUALITY | {"check_class_weight_classifiers", "check_classifiers_classes"}


def expected_to_fail(estimator):
    """{check: why it fails}, for the settings with which scikit-learn's own networks fail too."""
    params = estimator.get_params(deep=False)
    layers = params.get("layers", [])
    found = {}

    def expect(reason, checks):
        found.update(dict.fromkeys(checks, reason))

    if (
        params.get("dropout")
        or params.get("augment")
        or any(isinstance(layer, Dropout) for layer in layers)
    ):
        expect(
            "dropout and shifts draw for each row, not as often for one of weight two", EQUIVALENCE
        )
    if params.get("augment") and not is_classifier(estimator):
        expect("shifts move the features of the check about", {"check_regressors_train"})
    if params["batch_size"] == PART:
        expect("a row given twice takes two places of a mini-batch", EQUIVALENCE)
    if params["loss"] in ("poisson", "gamma"):
        expect("the check takes negative targets", {"check_regressor_multioutput"})
    if params["dtype"] == "float32":
        expect("the sums of float32 are rounded to seven digits", EQUIVALENCE)
        if not is_classifier(estimator):
            wanted = "predictions are of the dtype asked for, the check wants float64"
            expect(wanted, {"check_regressor_multioutput"})
    if params["early_stopping"]:
        expect("partial_fit does not support early_stopping=True", PARTIAL_FIT)
        expect("a row given twice may be held out once", EQUIVALENCE)
        if is_classifier(estimator) and (params["scoring"] == "loss" or "filters" in params):
            unweighed = "class_weight does not weigh the samples held out, which choose the epoch"
            expect(unweighed, {"check_class_weight_classifiers"})
    if params.get("class_weight") == "balanced":
        expect("partial_fit does not see all samples, which 'balanced' needs", PARTIAL_FIT)
        expect("'balanced' counts samples, not their weights", EQUIVALENCE)
    if params["learning_rate"] in ("cosine", "one_cycle"):
        expect("partial_fit does not know the end of the schedule", PARTIAL_FIT)
    if params["warm_start"]:
        reason = "a second fit goes on from the first: with its weights, in its dtype"
        expect(reason, {"check_transformer_preserve_dtypes"})
        of_task = "classifiers_multilabel_representation_invariance"
        expect(reason, {f"check_{of_task if is_classifier(estimator) else 'supervised_y_2d'}"})
    if params["max_iter"] == 1 and (is_classifier(estimator) or "filters" in params):
        expect("an epoch is too short for the score that the check wants", QUALITY)
    return found


def short(estimator, name):
    """The estimator to send through the check of this name: trained no longer than it needs."""
    if name in WHOLE_TRAINING or estimator.max_iter <= 3 or estimator.warm_start:
        return estimator  # a warm start goes on from where lbfgs has converged
    return clone(estimator).set_params(max_iter=3)


def each(estimators, names=None, turns=1):
    """``parametrize_with_checks``, training short; given names, those checks only.

    None of the named checks is run on a mapped copy of X. Of the named checks an estimator has one
    in so many turns, the next estimator the one after it. The checks are a list: pytest is to
    refuse the generators of scikit-learn before 1.9.
    """
    mark = parametrize_with_checks(estimators, expected_failed_checks=expected_to_fail)
    chosen = []
    for item in mark.args[1]:
        estimator, check = getattr(item, "values", item)
        name = check.func.__name__
        place = estimators.index(estimator)
        if names is None or (
            name in names
            and "readonly_memmap" not in check.keywords
            and (place + sorted(names).index(name)) % turns == 0
        ):
            marks = getattr(item, "marks", ())
            chosen.append(pytest.param(short(estimator, name), check, marks=marks))
    return pytest.mark.parametrize(mark.args[0], chosen, **mark.kwargs)


@each(WHOLE)
def test_estimator_passes_the_check(estimator, check):
    check(estimator)


@each(LOSSES, ON_LOSSES, turns=2)
def test_loss_passes_the_checks_that_it_can_change(estimator, check):
    check(estimator)


@each([one for one in VARIED if one not in LOSSES], ON_TRAINING, turns=3)
def test_setting_passes_the_checks_that_it_can_change(estimator, check):
    check(estimator)


def test_chosen_checks_are_checks_of_scikit_learn():
    everything = parametrize_with_checks([MLPClassifier(), MLPRegressor()]).args[1]
    assert {check.func.__name__ for _, check in everything} >= ON_LOSSES


# The whole matrix


SOLVERS = ("adam", "sgd", "lbfgs", "adamw", "nadam", "rmsprop", "adagrad")
OPTIONS = (
    {},
    {"dtype": "float32", "max_grad_norm": 1.0},
    {"warm_start": True, "solver": "lbfgs"},
    {"max_iter": 1},
    {"max_iter": 5},
    {"early_stopping": True, "validation_fraction": 0.4},
    {"early_stopping": True, "validation_fraction": 0.4, "scoring": "loss"},
    {"dropout": 0.2},
    {"normalization": "batch"},
    {"normalization": "layer"},
    {"learning_rate": "cosine"},
    {"learning_rate": "one_cycle"},
    {"learning_rate": "adaptive"},
    {"learning_rate": "plateau"},
    {"learning_rate": "step"},
    {"learning_rate": "exponential"},
    {"learning_rate": "invscaling"},
    {"warmup_steps": 5},
    {"batch_size": PART},
    {"shuffle": False},
    {"l1": 0.01},
    {"max_grad_norm": 1.0},
    {"max_time": 100.0},
    {"weight_init": "he_normal"},
)
OF_CLASSIFIERS = (
    {"class_weight": "balanced"},
    {"label_smoothing": 0.1},
    *({"loss": loss} for loss in ("focal", "hinge", "squared_error", "perceptron")),
)
OF_REGRESSORS = tuple(
    {"loss": loss}
    for loss in (
        "root_mean_squared_error",
        "absolute_error",
        "huber",
        "log_cosh",
        "poisson",  # and not gamma: there are zeros in the targets of some checks
        "quantile",
    )
)
OF_IMAGES = (
    {"augment": "shift"},
    {"max_iter": 1},
    {"early_stopping": True, "validation_fraction": 0.4},
    {"normalization": "batch"},
    {"solver": "lbfgs"},
)


def matrix():
    """Every option with one of the solvers in turn; those of both tasks on one of them in turn."""
    for turn, (make, own) in enumerate(
        [(MLPClassifier, OF_CLASSIFIERS), (MLPRegressor, OF_REGRESSORS)]
    ):
        for number, option in enumerate(OPTIONS + own):
            if number < len(OPTIONS) and number % 2 != turn:
                continue
            solver = SOLVERS[number % len(SOLVERS)]
            clipped = CLIPPED if (make, solver) == (MLPRegressor, "sgd") else {}
            yield make(**{"solver": solver, "learning_rate_init": 0.01, **clipped, **option})


EVERYTHING = [
    *VARIED,
    *matrix(),
    *(
        make(**{**SMALL, **option})
        for option in OF_IMAGES
        for make in (CNNClassifier, CNNRegressor)
    ),
    *(make() for make in (MLPClassifier, MLPRegressor, CNNClassifier, CNNRegressor)),
]


@pytest.mark.slow
@pytest.mark.parametrize("estimator", EVERYTHING, ids=repr)
def test_setting_passes_every_check_but_those_expected_to_fail(estimator):
    expected = expected_to_fail(estimator)
    passed, failed = set(), {}
    for one, check in estimator_checks_generator(estimator):
        name = check.func.__name__
        try:
            check(short(one, name))
        except SkipTest:
            continue
        except Exception as error:
            failed[name] = error
        else:
            passed.add(name)
    assert {name: error for name, error in failed.items() if name not in expected} == {}
    assert passed & expected.keys() <= failed.keys()  # some kinds of X may do


def array_api_failures():
    """Errors of the check that needs SciPy's array API, which is switched on by a variable."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    failures = []
    for estimator in WHOLE:
        try:
            check_array_api_input(
                type(estimator).__name__,
                clone(estimator),
                "numpy",
                expect_only_array_outputs=False,
            )
        except Exception as error:
            failures.append(f"{estimator!r}: {error!r}")
    return failures


@pytest.mark.slow
def test_estimators_pass_the_check_of_array_api_input():
    assert run(array_api_failures, SCIPY_ARRAY_API="1") == []
