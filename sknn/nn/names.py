"""Names used in other packages and texts, with their equivalents here."""

import difflib
import re

CLOSE = 0.7  # minimum similarity of two names, from 0 to 1, for a suggestion
SUFFIXES = ("loss", "lr")  # in class names of other packages: MSELoss, StepLR
# By setting: other names, as ``folded`` returns them, with the equivalent name or names here.
OTHER_NAMES = {
    "activation": {
        "expit": "logistic",
        "heaviside": "step",
        "heavisidestep": "step",
        "threshold": "step",
        "binarystep": "step",
        "signum": "sign",
        "sgn": "sign",
        "linear": "identity",
        "none": "identity",
        "purelin": "identity",
        "logsig": "logistic",
        "tansig": "tanh",
        "hyperbolictangent": "tanh",
        "rectifier": "relu",
        "rectifiedlinear": "relu",
        "lrelu": "leaky_relu",
        "parametricrelu": "prelu",
    },
    "loss": {
        "mse": "squared_error",
        "meansquarederror": "squared_error",
        "l2": "squared_error",
        "leastsquares": "squared_error",
        "rmse": "root_mean_squared_error",
        "mae": "absolute_error",
        "meanabsoluteerror": "absolute_error",
        "l1": "absolute_error",
        "smoothl1": "huber",
        "pinball": "quantile",
        "poissonnll": "poisson",
        "crossentropy": "log_loss",
        "categoricalcrossentropy": "log_loss",
        "sparsecategoricalcrossentropy": "log_loss",
        "binarycrossentropy": "log_loss",
        "bce": "log_loss",
        "bcewithlogits": "log_loss",
        "nll": "log_loss",
        "negativeloglikelihood": "log_loss",
        "logistic": "log_loss",
        "log": "log_loss",
        "categoricalfocalcrossentropy": "focal",
        "binaryfocalcrossentropy": "focal",
        "perceptroncriterion": "perceptron",
    },
    "solver": {
        "gd": "sgd",
        "gradientdescent": "sgd",
        "stochasticgradientdescent": "sgd",
        "nesterov": "sgd",
        "lbfgsb": "lbfgs",
    },
    "learning_rate": {
        "cosinedecay": "cosine",
        "cosineannealing": "cosine",
        "exponentialdecay": "exponential",
        "stepdecay": "step",
        "reduceonplateau": "plateau",
        "reducelronplateau": "plateau",
        "1cycle": "one_cycle",
    },
    "weight_init": {
        "glorot": ("glorot_uniform", "glorot_normal"),
        "xavier": ("glorot_uniform", "glorot_normal"),
        "xavieruniform": "glorot_uniform",
        "xaviernormal": "glorot_normal",
        "he": ("he_uniform", "he_normal"),
        "kaiming": ("he_uniform", "he_normal"),
        "kaiminguniform": "he_uniform",
        "kaimingnormal": "he_normal",
        "lecun": ("lecun_uniform", "lecun_normal"),
        "gaussian": "normal",
        "randomnormal": "normal",
        "zero": "zeros",
    },
    "normalization": {
        "batchnorm": "batch",
        "batchnormalization": "batch",
        "layernorm": "layer",
        "layernormalization": "layer",
    },
    "pooling": {
        "avg": "average",
        "mean": "average",
        "averagepooling": "average",
        "maximum": "max",
        "maxpooling": "max",
    },
}
ELSEWHERE = {  # by setting: names without an equivalent, and how to get the same effect
    "activation": {
        "softmax": "The output layer and its softmax follow from y and the loss, so list only the "
        "hidden layers."
    }
}


def hint(setting, name, known):
    """A sentence that suggests what to write instead of an unknown name; "" without a suggestion.

    setting: "activation", "loss", ... as in estimators    known: the valid names
    """
    written = [folded(name)]
    written += [written[0].removesuffix(suffix) for suffix in SUFFIXES]
    here = {folded(one): (one,) for one in known}
    for other, names in OTHER_NAMES.get(setting, {}).items():
        names = (names,) if isinstance(names, str) else names
        if set(names) <= set(known):
            here[other] = names  # none of these names is known
    for one in written:
        if one in here:
            return f"{name!r} is called {' or '.join(map(repr, here[one]))} here."
        if one in ELSEWHERE.get(setting, ()):
            return ELSEWHERE[setting][one]
    close = difflib.get_close_matches(written[0], here, n=1, cutoff=CLOSE)
    return f"Did you mean {' or '.join(map(repr, here[close[0]]))}?" if close else ""


def folded(name):
    """The letters and digits of a name in lower case, without the names of modules before it."""
    return re.sub(r"[^a-z0-9]", "", name.rpartition(".")[2].lower())
