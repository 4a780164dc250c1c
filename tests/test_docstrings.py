"""The examples in docstrings run; what the estimators' docstrings list and claim is so."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import warnings
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

import sknn
import sknn.estimators
from sknn.estimators.solvers import SCHEDULES, STOCHASTIC_SOLVERS
from sknn.nn import Dense, Dropout
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.initializers import INITIALIZERS
from sknn.nn.losses import CLASSIFICATION_LOSSES, REGRESSION_LOSSES
from sknn.nn.training import HISTORY

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

MODULES = ["sknn", *(module.name for module in pkgutil.walk_packages(sknn.__path__, "sknn."))]
NEEDS = {"sknn.dask.estimators": ["dask"], "sknn.onnx": ["skl2onnx", "onnxruntime"]}
ESTIMATORS = [getattr(sknn.estimators, name) for name in sknn.estimators.__all__]
CLASSIFIERS = [estimator for estimator in ESTIMATORS if estimator.__name__.endswith("Classifier")]
REGRESSORS = [estimator for estimator in ESTIMATORS if estimator not in CLASSIFIERS]
CNNS = [estimator for estimator in ESTIMATORS if estimator.__name__.startswith("CNN")]
SOLVERS = ["lbfgs", *STOCHASTIC_SOLVERS]

X = np.random.RandomState(0).normal(size=(20, 4))  # CNNs take them as images of 2 x 2 pixels
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
SMALL = {"hidden_layer_sizes": (3,), "filters": (2,), "layers": [Dense(3)]}


def source(name):
    """Of a module, which is not imported."""
    place = Path(sknn.__file__).parent.joinpath(*name.split(".")[1:])
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in MODULES if ">>> " in source(name)])
def test_examples_in_docstrings_run(name):
    for needed in NEEDS.get(name, []):
        pytest.importorskip(needed)
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_estimators_have_examples(estimator):
    finder = doctest.DocTestFinder(recurse=False)
    (found,) = finder.find(estimator, estimator.__name__)
    assert len(found.examples) > 3


# What docstrings list


def documented(thing, section):
    """{name: (type, default as written or None, text)} of a section of a numpydoc docstring."""
    _, _, body = inspect.getdoc(thing).partition(f"{section}\n{'-' * len(section)}\n")
    body = re.split(r"^\w[\w ]*\n-+$", body, maxsplit=1, flags=re.M)[0]
    entries = {}
    for names, kind, text in re.findall(r"^(\S.*?) : (.*)\n((?:\n*[ ]{4}.*)*)", body, re.M):
        kind, _, default = kind.partition(", default=")
        for name in names.split(", "):
            assert name not in entries
            entries[name] = kind, default or None, " ".join(text.split())
    return entries


def parameters(call):
    """{name: default, or REQUIRED} of a signature, ``*name`` and ``**name`` as in docstrings."""
    found = inspect.signature(call).parameters.values()
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return {
        stars.get(one.kind, "") + one.name: REQUIRED if one.default is one.empty else one.default
        for one in found
        if one.name != "self"
    }


REQUIRED = object()


def methods(estimator):
    """The public methods that are ours, by name."""
    found = inspect.getmembers_static(estimator)
    found = {name: getattr(method, "fn", method) for name, method in found if name[0] != "_"}
    return {
        name: method
        for name, method in found.items()
        if callable(method) and method.__module__.startswith("sknn")
    }


def assert_lists_its_parameters(call, docstring_of):
    wanted, entries = parameters(call), documented(docstring_of, "Parameters")
    assert list(entries) == list(wanted)
    for name, (kind, default, text) in entries.items():
        assert text
        if kind.startswith("as in "):  # another method
            continue
        stated = REQUIRED if default is None else ast.literal_eval(default)
        assert stated == wanted[name], name
        assert type(stated) is type(wanted[name]), name


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_parameter_is_documented_in_its_order_with_its_default(estimator):
    assert_lists_its_parameters(estimator, estimator)


@pytest.mark.parametrize(
    ("estimator", "name"),
    [(estimator, name) for estimator in ESTIMATORS for name in methods(estimator)],
)
def test_every_parameter_of_a_method_is_documented_in_its_order_with_its_default(estimator, name):
    method = methods(estimator)[name]
    assert_lists_its_parameters(method, method)
    assert documented(method, "Returns")


def test_methods_are_found_through_the_wrappers_of_scikit_learn():
    for estimator in ESTIMATORS:
        common = {"fit", "partial_fit", "predict", "resume", "score", "transform"}
        assert common <= set(methods(estimator))
    assert "predict_proba" in methods(CLASSIFIERS[0])
    assert "predict_interval" in methods(REGRESSORS[0])


@pytest.mark.parametrize(
    "docstring",
    [
        "a : int\n    A.\nb : int, default=2\n    B.",  # order
        "b : int, default=2\n    B.",  # left out
        "b : int, default=2\n    B.\na : int\n    A.\nc : int\n    C.",  # not there
        "b : int, default=3\n    B.\na : int\n    A.",  # default
        "b : int\n    B.\na : int\n    A.",  # no default
        "b : int, default=2.0\n    B.\na : int\n    A.",  # type of the default
        "b : int, default=2\na : int\n    A.",  # no text
    ],
)
def test_checker_finds_what_a_docstring_gets_wrong(docstring):
    def call(b=2, *, a):
        pass

    call.__doc__ = "F.\n\nParameters\n----------\nb : int, default=2\n    B.\na : int\n    A.\n"
    assert_lists_its_parameters(call, call)
    call.__doc__ = f"F.\n\nParameters\n----------\n{docstring}\n\nReturns\n-------\nr : int\n    R."
    with pytest.raises(AssertionError):
        assert_lists_its_parameters(call, call)


def stated_defaults(call):
    """{names: default} of what a docstring says of single parameters, or of several at once."""
    doc = inspect.cleandoc(call.__doc__ or "")
    entries = re.findall(r"^(\w+(?:, \w+)*) : .*, default=(.*)$", doc, re.M)
    return {tuple(names.split(", ")): literal(text) for names, text in entries}


def literal(text):
    """The value of a literal, of inf, or of a fraction such as 1/6."""
    is_fraction = re.fullmatch(r"\d/\d", text)
    return float(Fraction(text)) if is_fraction else ast.literal_eval(text.replace("inf", "1e999"))


@pytest.mark.parametrize("name", ["sknn.inspection", "sknn.metrics", "sknn.nn", "sknn.plotting"])
def test_defaults_of_whatever_is_public_are_those_documented(name):
    if name == "sknn.plotting":
        pytest.importorskip("matplotlib")
    module = importlib.import_module(name)
    functions = {own for own, one in vars(module).items() if getattr(one, "__module__", 0) == name}
    found = {}
    for own in getattr(module, "__all__", functions):
        thing = getattr(module, own)
        of_class = vars(thing) if inspect.isclass(thing) else ()
        calls = {own: thing} | {f"{own}.{one}": getattr(thing, one) for one in of_class}
        for address, call in calls.items():
            for names, stated in stated_defaults(call).items() if callable(call) else ():
                each = stated if len(names) > 1 and stated is not None else [stated] * len(names)
                wanted = [parameters(call)[one] for one in names]
                found[address, names] = list(each), wanted
    assert len(found) > 3
    wrong = {place: pair for place, pair in found.items() if pair[0] != pair[1]}
    assert wrong == {}


def small(estimator, **settings):
    """An estimator with few units; settings that it does not have are left out."""
    names = inspect.signature(estimator).parameters
    settings = {**SMALL, "max_iter": 4, "batch_size": 6, "random_state": 0, **settings}
    return estimator(**{name: value for name, value in settings.items() if name in names})


def fitted_attributes(estimator):
    return {name for name in vars(estimator) if name.endswith("_") and not name.startswith("_")}


@pytest.mark.filterwarnings("ignore:early_stopping=True is ignored")
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"solver": "lbfgs"},
        {"early_stopping": True},
        {"early_stopping": True, "solver": "lbfgs"},
    ],
)
def test_documented_attributes_are_those_that_are_set(estimator, settings):
    pandas = pytest.importorskip("pandas")
    fitted = small(estimator, **settings).fit(pandas.DataFrame(X).add_prefix("x"), Y)
    assert fitted_attributes(fitted) == set(documented(estimator, "Attributes"))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_sets_the_documented_attributes(estimator):
    classes = {"classes": [0, 1]} if estimator in CLASSIFIERS else {}
    fitted = small(estimator).partial_fit(X, Y, **classes)
    attributes = set(documented(estimator, "Attributes"))
    assert fitted_attributes(fitted) == attributes - {"feature_names_in_"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_public_method_has_a_docstring(estimator):
    for name, method in inspect.getmembers(estimator, callable):
        if not name.startswith("_"):
            assert inspect.getdoc(method), name


# What the entries of parameters claim


def quoted(text):
    """The names in quotes, as in "Only used by 'adam' and 'sgd'"."""
    return re.findall(r"(?<![\w\]\)])'([\w+]+)'", text)


NAMES = {
    "activation": ACTIVATIONS,
    "augment": AUGMENTATIONS,
    "learning_rate": SCHEDULES,
    "solver": SOLVERS,
    "weight_init": INITIALIZERS,
}
OTHERS = {"auto", "balanced", "float32", "float64", "loss"}  # of batch_size, dtype, scoring
OTHERS |= {"average", "batch", "layer", "max", "same", "valid"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_name_that_may_be_given_is_documented(estimator):
    losses = CLASSIFICATION_LOSSES if estimator in CLASSIFIERS else REGRESSION_LOSSES
    entries = documented(estimator, "Parameters")
    for name, table in {**NAMES, "loss": losses}.items():
        if name in entries:
            assert set(table) <= set(quoted(" ".join([entries[name][0], entries[name][2]]))), name


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_names_that_are_listed_as_values_may_be_given(estimator):
    count = 0
    for name, (kind, _, text) in documented(estimator, "Parameters").items():
        for value in [*quoted(kind), *re.findall(r"- '(\w+)': ", text)]:
            small(estimator, **{name: value})._validate_params()
            count += 1
    assert count > 15 + 4


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_names_in_quotes_are_names_of_something(estimator):
    losses = CLASSIFICATION_LOSSES if estimator in CLASSIFIERS else REGRESSION_LOSSES
    known = {*OTHERS, *losses}.union(*NAMES.values())
    for name, (kind, _, text) in documented(estimator, "Parameters").items():
        assert set(quoted(f"{kind} {text}")) <= known, name


def users(estimator, parameter):
    """The solvers that use a parameter, by its entry."""
    text = documented(estimator, "Parameters")[parameter][2]
    only = re.search(r"Only used by ((?:'\w+'(?:, | and )?)+)\.", text)
    if only:
        return set(quoted(only[1]))
    return set(SOLVERS) - ({"lbfgs"} if "Not used by 'lbfgs'" in text else set())


OTHER_VALUES = {
    "alpha": 1.0,
    "batch_size": 7,
    "beta_1": 0.5,
    "beta_2": 0.9,
    "epsilon": 0.1,
    "l1": 0.5,
    "learning_rate": "exponential",
    "learning_rate_init": 0.01,
    "max_fun": 1,
    "max_grad_norm": 1e-3,
    "max_iter": 2,
    "momentum": 0.5,
    "nesterovs_momentum": False,
    "power_t": 0.1,
    "random_state": 1,
    "shuffle": False,
    "warmup_steps": 5,
    "weight_decay": 0.5,
}


@cache
def weights(estimator, **settings):
    fitted = small(estimator, **settings).fit(X, Y)
    return np.concatenate([w.ravel() for w in [*fitted.coefs_, *fitted.intercepts_]])


@pytest.mark.one_in(3)
@pytest.mark.parametrize("parameter", OTHER_VALUES)
@pytest.mark.parametrize(
    "estimator", [sknn.MLPClassifier, sknn.CNNRegressor, sknn.SequentialClassifier]
)
def test_solvers_that_use_a_parameter_are_those_documented(estimator, parameter):
    """Of the estimators of one kind, which are trained by the same code, one is tried."""
    base = {"learning_rate": "invscaling"} if parameter == "power_t" else {}
    other = {**base, parameter: OTHER_VALUES[parameter]}
    used = {
        solver
        for solver in SOLVERS
        if not np.array_equal(
            weights(estimator, solver=solver, **base), weights(estimator, solver=solver, **other)
        )
    }
    kind = [one for one in ESTIMATORS if one.__name__[:3] == estimator.__name__[:3]]
    assert [users(one, parameter) for one in kind] == [used, used]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("parameter", "value"), [("augment", "flip"), ("checkpoint", "fit.sknn"), ("dropout", 0.5)]
)
def test_lbfgs_refuses_what_it_is_documented_to_refuse(estimator, parameter, value, tmp_path):
    entries = documented(estimator, "Parameters")
    if parameter not in entries:
        return
    assert "With 'lbfgs' it must be" in entries[parameter][2]
    value = tmp_path / value if parameter == "checkpoint" else value
    with pytest.raises(ValueError, match=f"lbfgs.*{parameter}|{parameter}.*lbfgs"):
        small(estimator, solver="lbfgs", **{parameter: value}).fit(X, Y)
    small(estimator, solver="adam", **{parameter: value}).fit(X, Y)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_other_parameter_is_documented_to_be_refused_by_lbfgs(estimator):
    entries = documented(estimator, "Parameters")
    refused = {name for name, entry in entries.items() if "With 'lbfgs' it must be" in entry[2]}
    assert refused == {"augment", "checkpoint", "dropout"} & set(entries)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("solver", SOLVERS)
def test_early_stopping_is_obeyed_by_the_solvers_documented(estimator, solver):
    text = documented(estimator, "Parameters")["early_stopping"][2]
    needy = re.findall(
        r"'(\w+)' requires ``X_val``; without it, early stopping is ignored with a warning", text
    )
    settings = {"solver": solver, "early_stopping": True}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fitted = small(estimator, **settings).fit(X, Y)
    ignored = any("early_stopping=True is ignored" in str(one.message) for one in caught)
    assert ignored == (fitted.validation_scores_ is None) == (solver in needy)
    fitted = small(estimator, **settings).fit(X, Y, X_val=X[:8], y_val=Y[:8])
    assert len(fitted.validation_scores_) == fitted.n_iter_
    assert fitted.best_validation_score_ == max(fitted.validation_scores_)
    assert fitted.score(X[:8], Y[:8]) == fitted.best_validation_score_
    assert fitted.best_loss_ is None


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_refuses_early_stopping_as_documented(estimator):
    assert "``partial_fit`` raises" in documented(estimator, "Parameters")["early_stopping"][2]
    classes = {"classes": [0, 1]} if estimator in CLASSIFIERS else {}
    with pytest.raises(ValueError, match="early_stopping"):
        small(estimator, early_stopping=True).partial_fit(X, Y, **classes)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_tol_is_ignored_by_the_schedules_documented_alone(estimator, schedule):
    text = documented(estimator, "Parameters")["learning_rate"][2]
    ((listed),) = re.findall(r"With (.*?) training runs for ``max_iter`` epochs", text)
    settings = {"learning_rate": schedule, "tol": 1e3, "n_iter_no_change": 1, "max_iter": 9}
    # 1e-6 is where 'adaptive' and 'plateau' stop
    fitted = small(estimator, solver="sgd", learning_rate_init=1e-6, **settings).fit(X, Y)
    assert (fitted.n_iter_ == 9) == (schedule in quoted(listed))
    fitted = small(
        estimator, early_stopping=True, learning_rate_init=1e-6, solver="sgd", **settings
    )
    assert fitted.fit(X, Y).n_iter_ < 9


@pytest.mark.parametrize("estimator", CNNS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_first_weights_of_a_cnn_are_drawn_as_documented(estimator, activation):
    text = documented(estimator, "Parameters")["weight_init"][2]
    ((listed),) = re.findall(r"'auto' means 'he_uniform' for (.*?), and 'glorot_uniform' for", text)
    settings = {"activation": activation, "learning_rate_init": 1e-300, "max_iter": 1}
    settings |= {"pooling": None, "dtype": "float64", "alpha": 0}
    rule = "he_uniform" if activation in quoted(listed) else "glorot_uniform"
    auto, named = (small(estimator, weight_init=w, **settings).fit(X, Y) for w in ("auto", rule))
    assert_allclose(auto.coefs_[0], named.coefs_[0], rtol=1e-12)
    bound = np.sqrt(6 / (9 if rule == "he_uniform" else 9 + 18))  # 3 x 3 pixels, 2 filters
    assert bound / 2 < np.abs(auto.coefs_[0]).max() < bound


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_random_state_determines_dropout_and_augmentation_where_documented(estimator):
    text = documented(estimator, "Parameters")["random_state"][2]
    assert "dropout" in text
    assert ("augmentation" in text) == (estimator in CNNS)
    assert ("scikit-learn" in text) == estimator.__name__.startswith("MLP")
    layers = {"layers": [Dense(3), Dropout(0.5)]}
    one, same = (
        weights.__wrapped__(estimator, dropout=0.5, augment="shift+flip", **layers) for _ in "12"
    )
    assert np.array_equal(one, same)


# What the entries of attributes claim


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_out_activation_is_documented_for_every_loss(estimator):
    text = documented(estimator, "Attributes")["out_activation_"][2]
    parts = {
        quoted(part)[0]: part for part in re.split(r", (?:and )?(?=')", text.partition(": ")[2])
    }
    y = Y + 1.0 if estimator in REGRESSORS else Y
    for loss in REGRESSION_LOSSES if estimator in REGRESSORS else CLASSIFICATION_LOSSES:
        usual = "identity" if estimator in REGRESSORS else "logistic"
        named = [link for link, part in parts.items() if f"loss='{loss}'" in part]
        (wanted,) = named or [usual]
        assert small(estimator, loss=loss).fit(X, y).out_activation_ == wanted, loss
    if estimator in CLASSIFIERS:
        assert "more than two classes" in parts["softmax"]
        assert "multilabel" in parts["logistic"]
        assert small(estimator).fit(X, np.arange(20) % 3).out_activation_ == "softmax"
        assert small(estimator).fit(X, np.eye(3)[np.arange(20) % 3]).out_activation_ == "logistic"


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_history_is_documented_name_by_name(estimator):
    text = documented(estimator, "Attributes")["history_"][2]
    assert quoted(text.replace("nan for 'lbfgs'", "")) == list(HISTORY)
    history = small(estimator, solver="lbfgs").fit(X, Y).history_
    without = {name for name, values in history.items() if np.isnan(values).all()}
    assert without == {"validation_loss", "validation_score", "learning_rate"}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_attributes_are_none_where_they_are_documented_to_be(estimator):
    entries = documented(estimator, "Attributes")
    nullable = {name for name, (kind, _, _) in entries.items() if kind.endswith(" or None")}
    flat = {"image_shape_"} & nullable  # X is not of images
    found = set(flat)
    for settings, condition in [
        ({}, "None without early stopping"),
        ({"early_stopping": True, "validation_fraction": 0.3}, "None with early stopping"),
    ]:
        fitted = small(estimator, **settings).fit(X, Y)
        wanted = {name for name, (_, _, text) in entries.items() if condition in text}
        none = {name for name, value in vars(fitted).items() if name in entries and value is None}
        assert none == wanted | flat
        found |= wanted
    assert found == nullable
