"""scikit-learn's checks of every estimator, with defaults and with other settings."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.nn import (
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    MaxPool2D,
)

# The checks use data and numbers of epochs that do not always converge.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Not among the settings is what partial_fit refuses, as the checks call it: early_stopping,
# class_weight="balanced", and schedules that take their end from max_iter.
FAST = {"learning_rate_init": 0.01}
SETTINGS = (
    {"solver": "adam"},
    {"solver": "sgd"},
    {"solver": "lbfgs"},
    {"activation": "tanh", "hidden_layer_sizes": (20, 10), **FAST},
    {"solver": "adamw", "learning_rate": CosineDecay(total_steps=300), "warmup_steps": 5, **FAST},
    {"solver": "nadam", "max_grad_norm": 1.0, "l1": 1e-4, "learning_rate": "plateau", **FAST},
    {"solver": "rmsprop", "hidden_layer_sizes": (20, 10), "activation": ["prelu", "mish"], **FAST},
    {"normalization": "layer", "dtype": "float64", "weight_init": "he_normal", **FAST},
    {"normalization": "batch", **FAST},
    {"dropout": [0.1, 0.2], **FAST},
)
CLASSIFIER_SETTINGS = (
    *SETTINGS,
    {"loss": "focal", "label_smoothing": 0.05, **FAST},
    {"loss": "hinge", **FAST},
    {"loss": "squared_error", **FAST},
)
REGRESSOR_SETTINGS = (
    *SETTINGS,
    {"loss": "huber", **FAST},
    {"loss": "log_cosh", **FAST},
    {"loss": "absolute_error", **FAST},
)
STACKS = (
    [Dense(50)],
    [("hidden", Dense(50, "gelu")), ("norm", LayerNorm()), ("last", Dense(20))],
    [Dense(50), BatchNorm(), Dropout(0.1)],
)
# The flat samples of the checks are images for a CNN: squares, or strips one pixel high.
SMALL = {"filters": (8,), "hidden_layer_sizes": (20,), **FAST}
CNN_SETTINGS = (
    SMALL,
    {**SMALL, "solver": "sgd", "max_grad_norm": 1.0},  # some targets are several hundred
    {**SMALL, "solver": "lbfgs"},
    {**SMALL, "normalization": "batch"},
    {**SMALL, "filters": (8, 8), "pooling": ("average", None), "normalization": "layer"},
    {**SMALL, "dropout": [0.1, 0.1, 0.1]},
)
SHIFTED = {**SMALL, "augment": "shift"}  # flips would tell the features of the checks apart no more


class StripClassifier(SequentialClassifier):
    """A stack to which flat samples of any width are images, as they are to a CNN."""

    _always_images = True


class StripRegressor(SequentialRegressor):
    """The same for regression."""

    _always_images = True


IMAGE_STACKS = (
    [("conv", Conv2D(8)), ("flat", Flatten()), ("last", Dense(20))],
    [Conv2D(16, activation="tanh"), BatchNorm(), MaxPool2D(padding="same"), Flatten()],
)
ESTIMATORS = [
    *(MLPClassifier(**params) for params in CLASSIFIER_SETTINGS),
    *(MLPRegressor(**params) for params in REGRESSOR_SETTINGS),
    *(SequentialClassifier(layers, **FAST) for layers in STACKS),
    *(SequentialRegressor(layers=layers, **FAST) for layers in STACKS),
    *(CNNClassifier(**params) for params in (*CNN_SETTINGS, SHIFTED)),
    *(CNNRegressor(**params) for params in CNN_SETTINGS),
    *(StripClassifier(layers, **FAST) for layers in IMAGE_STACKS),
    StripRegressor(IMAGE_STACKS[0], **FAST),
]


def expected_to_fail(estimator):
    """What draws for each row draws twice for a sample given twice, once for a weight of two."""
    draws = getattr(estimator, "dropout", 0) or getattr(estimator, "augment", None)
    draws = draws or any(isinstance(layer, Dropout) for layer in getattr(estimator, "layers", []))
    if not draws:
        return {}
    reason = "dropout and shifts draw for each row, and not as often for rows that are weighted"
    return {
        f"check_sample_weight_equivalence_on_{kind}_data": reason for kind in ("dense", "sparse")
    }


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_to_fail)
def test_estimator_passes_the_check(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([CNNClassifier(), CNNRegressor()])
def test_default_network_of_images_passes_the_check(estimator, check):
    check(estimator)
