"""What names of other packages and texts are answered with."""

import re

import numpy as np
import pytest

from sknn import (
    CNNClassifier,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.estimators.hidden_layers import NORMALIZATIONS, POOLINGS
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn import Dense, Residual
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.initializers import INITIALIZERS, as_initializer
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from sknn.nn.names import ELSEWHERE, OTHER_NAMES, folded, hint
from sknn.nn.network import Network
from sknn.scikit_learn import StrOptions

X = np.random.default_rng(0).normal(size=(20, 16))
Y = (X[:, 0] > 0).astype(int)
KNOWN = {  # by setting: the names there are
    "activation": {*ACTIVATIONS},
    "loss": {*CLASSIFICATION_LOSSES, *REGRESSION_LOSSES},
    "solver": {*STOCHASTIC_SOLVERS, "lbfgs"},
    "learning_rate": {*SCHEDULES},
    "weight_init": {*INITIALIZERS},
    "normalization": {*NORMALIZATIONS},
    "pooling": {*POOLINGS},
}
CALLED = {  # (setting, the name in torch, Keras, scikit-learn or a text): the name here
    # torch
    ("activation", "ReLU"): "relu",
    ("activation", "Hardtanh"): "hard_tanh",
    ("activation", "torch.nn.Hardsigmoid"): "hard_sigmoid",
    ("activation", "LeakyReLU"): "leaky_relu",
    ("activation", "Threshold"): "step",
    ("loss", "MSELoss"): "squared_error",
    ("loss", "L1Loss"): "absolute_error",
    ("loss", "SmoothL1Loss"): "huber",
    ("loss", "HuberLoss"): "huber",
    ("loss", "PoissonNLLLoss"): "poisson",
    ("loss", "CrossEntropyLoss"): "log_loss",
    ("loss", "NLLLoss"): "log_loss",
    ("loss", "BCELoss"): "log_loss",
    ("loss", "BCEWithLogitsLoss"): "log_loss",
    ("solver", "torch.optim.AdamW"): "adamw",
    ("solver", "LBFGS"): "lbfgs",
    ("learning_rate", "StepLR"): "step",
    ("learning_rate", "ExponentialLR"): "exponential",
    ("learning_rate", "CosineAnnealingLR"): "cosine",
    ("learning_rate", "OneCycleLR"): "one_cycle",
    ("learning_rate", "ReduceLROnPlateau"): "plateau",
    ("weight_init", "xavier_uniform_"): "glorot_uniform",
    ("weight_init", "kaiming_normal_"): "he_normal",
    # Keras
    ("activation", "linear"): "identity",
    ("activation", "hard-sigmoid"): "hard_sigmoid",
    ("loss", "mse"): "squared_error",
    ("loss", "mean_squared_error"): "squared_error",
    ("loss", "mae"): "absolute_error",
    ("loss", "binary_crossentropy"): "log_loss",
    ("loss", "categorical_crossentropy"): "log_loss",
    ("loss", "sparse_categorical_crossentropy"): "log_loss",
    ("loss", "BinaryFocalCrossentropy"): "focal",
    ("loss", "LogCosh"): "log_cosh",
    ("solver", "RMSprop"): "rmsprop",
    ("solver", "Nadam"): "nadam",
    ("learning_rate", "CosineDecay"): "cosine",
    ("learning_rate", "ExponentialDecay"): "exponential",
    ("weight_init", "GlorotUniform"): "glorot_uniform",
    ("weight_init", "RandomNormal"): "normal",
    ("normalization", "BatchNormalization"): "batch",
    # scikit-learn and texts
    ("activation", "leaky relu"): "leaky_relu",
    ("activation", "Sigmoid"): "sigmoid",
    ("activation", "expit"): "logistic",
    ("activation", "tansig"): "tanh",
    ("activation", "Heaviside"): "step",
    ("loss", "log loss"): "log_loss",
    ("loss", "Cross-Entropy"): "log_loss",
    ("loss", "rmse"): "root_mean_squared_error",
    ("loss", "pinball"): "quantile",
    ("solver", "gradient descent"): "sgd",
    ("solver", "L-BFGS-B"): "lbfgs",
    ("weight_init", "xavier"): ("glorot_uniform", "glorot_normal"),
    ("weight_init", "he"): ("he_uniform", "he_normal"),
    ("normalization", "batch_norm"): "batch",
    ("pooling", "avg"): "average",
}


@pytest.mark.parametrize(("setting", "name"), CALLED)
def test_name_of_another_package_is_answered_with_ours(setting, name):
    called = CALLED[setting, name]
    called = f"{called!r}" if isinstance(called, str) else " or ".join(map(repr, called))
    assert hint(setting, name, KNOWN[setting]) == f"{name!r} is called {called} here."


@pytest.mark.parametrize("setting", KNOWN)
def test_every_other_name_is_folded_and_stands_for_names_that_there_are(setting):
    for other, names in OTHER_NAMES[setting].items():
        assert other == folded(other)
        assert {names} if isinstance(names, str) else {*names} <= KNOWN[setting]
        assert other not in map(folded, KNOWN[setting])  # a name here comes first
    assert OTHER_NAMES.keys() == KNOWN.keys() >= ELSEWHERE.keys()


@pytest.mark.parametrize("setting", KNOWN)
def test_our_names_in_other_spellings_are_answered(setting):
    for name in KNOWN[setting]:
        for written in (name.upper(), name.replace("_", "-"), f" {name}", f"nn.{name}"):
            if written != name:
                wanted = f"{written!r} is called {name!r} here."
                assert hint(setting, written, KNOWN[setting]) == wanted


@pytest.mark.parametrize(
    ("setting", "name", "wanted"),
    [
        ("activation", "sigmod", "Did you mean 'sigmoid'?"),
        ("activation", "tan", "Did you mean 'tanh'?"),
        ("loss", "cross_entopy", "Did you mean 'log_loss'?"),
        ("solver", "adm", "Did you mean 'adam'?"),
        ("weight_init", "kaimin", "Did you mean 'he_uniform' or 'he_normal'?"),
        ("loss", "squared_hinge", ""),  # another loss, that there is not
        ("activation", "wavelet", ""),
        ("activation", "", ""),
        ("activation", "???", ""),
        ("padding", "smae", "Did you mean 'same'?"),
    ],
)
def test_misspelt_name_is_answered_with_the_one_meant_if_any_is_like_it(setting, name, wanted):
    assert hint(setting, name, KNOWN.get(setting, {"same", "valid"})) == wanted


def test_name_is_answered_only_with_one_that_may_be_given():
    assert hint("loss", "cross_entropy", REGRESSION_LOSSES) == ""
    assert hint("loss", "mae", CLASSIFICATION_LOSSES) == ""


def test_softmax_is_said_to_be_that_of_the_output_layer():
    wanted = (
        "The output layer and its softmax follow from y and the loss, so list only the hidden "
        "layers."
    )
    assert hint("activation", "Softmax", ACTIVATIONS) == wanted


MLP, STACK = {"hidden_layer_sizes": (3,)}, {"layers": [Dense(3)]}
CNN = {"filters": (2,), "hidden_layer_sizes": ()}
REFUSED = [  # estimator, its other settings, the parameter, what the message ends with
    (MLPClassifier, MLP, "activation", "ReLU", "'ReLU' is called 'relu' here."),
    (MLPClassifier, MLP, "loss", "cross_entropy", "'cross_entropy' is called 'log_loss' here."),
    (MLPRegressor, MLP, "loss", "mse", "'mse' is called 'squared_error' here."),
    (MLPRegressor, MLP, "solver", "Adam", "'Adam' is called 'adam' here."),
    (MLPRegressor, MLP, "learning_rate", "StepLR", "'StepLR' is called 'step' here."),
    (MLPRegressor, MLP, "normalization", "batchnorm", "'batchnorm' is called 'batch' here."),
    (SequentialRegressor, STACK, "weight_init", "zero", "'zero' is called 'zeros' here."),
    (CNNClassifier, CNN, "pooling", "mean", "'mean' is called 'average' here."),
    (CNNClassifier, CNN, "padding", "Valid", "'Valid' is called 'valid' here."),
    (CNNClassifier, CNN, "augment", "shfit", "Did you mean 'shift'?"),
]


@pytest.mark.parametrize(("make", "others", "parameter", "name", "remedy"), REFUSED)
def test_estimator_says_what_is_wanted_got_and_meant(make, others, parameter, name, remedy):
    (names,) = [
        one for one in make._parameter_constraints[parameter] if isinstance(one, StrOptions)
    ]
    listed = re.escape(", ".join(map(repr, sorted(names.options))))
    message = (
        rf"^The '{parameter}' parameter of {make.__name__} must be a str among {{{listed}}}.*\. "
        rf"Got {name!r} instead\. {re.escape(remedy)}$"
    )
    estimator = make(**others, **{parameter: name})
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, Y)
    assert estimator.get_params()[parameter] == name


def test_estimator_adds_nothing_to_messages_about_anything_else():
    with pytest.raises(ValueError, match=r"Got -1 instead\.$"):
        MLPClassifier(alpha=-1).fit(X, Y)
    with pytest.raises(ValueError, match=r"Got 'wavelet' instead\.$"):
        MLPClassifier(activation="wavelet").fit(X, Y)


def test_two_unknown_names_are_answered_both():
    remedies = r"'MSE' is called 'squared_error' here\. 'SGD' is called 'sgd' here\.$"
    with pytest.raises(ValueError, match=remedies):
        MLPRegressor("MSE", solver="SGD").fit(X, Y)


@pytest.mark.parametrize(
    ("layer", "name", "remedy"),
    [
        (Dense(3, "sigmod"), "dense1", "got 'sigmod'. Did you mean 'sigmoid'?"),
        (Dense(3, "Tanh"), "dense1", "got 'Tanh'. 'Tanh' is called 'tanh' here."),
        (Dense(3, weight_init="he"), "dense1", "'he' is called 'he_uniform' or 'he_normal' here."),
        (Residual([Dense(3, "ReLu")]), "residual1", "'ReLu' is called 'relu' here."),
    ],
    ids=repr,
)
def test_layer_with_an_unknown_name_is_told_by_name(layer, name, remedy):
    message = rf"^Layer {name}, .*{re.escape(repr(layer))}: .*{re.escape(remedy)}$"
    with pytest.raises(ValueError, match=message):
        Network([layer, Dense(2)], (16,))
    with pytest.raises(ValueError, match=message):
        SequentialClassifier([layer]).fit(X, Y)


def test_lists_of_names_are_answered_too():
    with pytest.raises(ValueError, match=r"got 'ReLU'\. 'ReLU' is called 'relu' here\.$"):
        MLPClassifier((3, 3), ["tanh", "ReLU"]).fit(X, Y)
    with pytest.raises(ValueError, match=r"got 'avg'\. 'avg' is called 'average' here\.$"):
        CNNClassifier((2,), pooling=("avg",)).fit(X, Y)
    with pytest.raises(ValueError, match=r"one of \['average', 'max'\], got 3\.$"):
        CNNClassifier((2,), pooling=(3,)).fit(X, Y)


def test_as_initializer_answers_names_alone():
    with pytest.raises(ValueError, match=r"got 'xavier'\. 'xavier' is called 'glorot_uniform' or"):
        as_initializer("xavier")
    with pytest.raises(ValueError, match=r"got 0\.5\.$"):
        as_initializer(0.5)


@pytest.mark.parametrize(
    ("solver", "end"),
    [("Adam", "Got 'Adam' instead. 'Adam' is called 'adam' here."), (3, "Got 3 instead.")],
)
def test_partial_fit_refuses_unknown_solvers_by_name(solver, end):
    estimator = MLPRegressor(solver=solver)
    with pytest.raises(ValueError, match=r"^The 'solver' parameter of MLPRegressor must") as error:
        estimator.partial_fit(X, Y)
    assert str(error.value).endswith(end)


def test_partial_fit_is_not_there_with_lbfgs_and_says_why():
    estimator = MLPRegressor(solver="lbfgs")
    assert not hasattr(estimator, "partial_fit")
    with pytest.raises(AttributeError) as error:
        estimator.partial_fit(X, Y)
    message = "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
    assert str(error.value.__cause__) == message


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_sigmoid_is_logistic_to_the_last_bit_and_keeps_its_name():
    settings = {"max_iter": 5, "random_state": 0}
    one, other = (MLPClassifier(3, name, **settings).fit(X, Y) for name in ("sigmoid", "logistic"))
    np.testing.assert_array_equal(one._model.theta, other._model.theta)
    assert one.get_params()["activation"] == one._model.network.layers[0].activation == "sigmoid"
