"""Steps of a loaded pipeline belong together: what does not is named when the file is loaded."""

import copy
import warnings
from collections import UserList
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy.interpolate import BSpline
from scipy.sparse import csr_array
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import GenericUnivariateSelect, SelectFpr
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    LabelBinarizer,
    LabelEncoder,
    MinMaxScaler,
    MultiLabelBinarizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from strategies import examples
from test_steps import EACH, GAPS, KINDS, NAMES, TEXTS, X, Y, fitted

from sknn import MLPRegressor, SavedModelError
from sknn.restored_attributes import ARRAYS, FORM, ONE, VALUES
from sknn.scikit_learn import stored_classes
from sknn.scikit_learn.stored_classes import COMMON, TABLE, stored_class
from sknn.steps import STEP

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LEFT_OUT = "left out"
FRAME = pd.DataFrame({"size": X[:, 0], "kind": KINDS[:, 0], "text": TEXTS})


def remade(step, changes):
    """The step as load makes it from its values, some of which are changed or left out."""
    name, arguments = STEP.named(step)
    arguments = copy.deepcopy(arguments) | changes
    return STEP.make(name, {key: one for key, one in arguments.items() if one is not LEFT_OUT})


@pytest.fixture(scope="module")
def steps():
    """Fitted steps by name."""
    rare = {"max_categories": 2, "handle_unknown": "infrequent_if_exist"}
    scaler = StandardScaler().fit(X)
    columns = [("a", StandardScaler(), ["size"]), ("b", OneHotEncoder(), ["kind"])]
    columns += [("c", CountVectorizer(), "text")]
    network = MLPRegressor(hidden_layer_sizes=(2,), max_iter=1)
    three = np.arange(40) % 3
    return {
        "scaler": scaler,
        "pca": PCA(2).fit(X),
        "no mean": StandardScaler(with_mean=False).fit(X),
        "named": StandardScaler().fit(FRAME[["size"]]),
        "range": MinMaxScaler(clip=True).fit(X),
        "fpr": SelectFpr().fit(X, Y),
        "any mode": GenericUnivariateSelect().fit(X, Y),
        "filled": SimpleImputer(add_indicator=True).fit(GAPS),
        "neighbours": KNNImputer(add_indicator=True).fit(GAPS),
        "gaps": MissingIndicator().fit(GAPS),
        "bins": KBinsDiscretizer(3, strategy="uniform").fit(X),
        "two labels": LabelBinarizer().fit(Y),
        "label": LabelEncoder().fit(KINDS[:, 0]),
        "sets": MultiLabelBinarizer().fit([("a", "b")]),
        "onehot": OneHotEncoder(**rare).fit(KINDS),
        "ordinal": OrdinalEncoder().fit(KINDS),
        "unknown": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(KINDS),
        "targets": TargetEncoder().fit(KINDS, Y),
        "three targets": TargetEncoder().fit(KINDS, three),
        "power": PowerTransformer().fit(X),
        "quantiles": QuantileTransformer(n_quantiles=9).fit(X),
        "splines": SplineTransformer().fit(X),
        "words": CountVectorizer().fit(TEXTS),
        "tfidf": TfidfVectorizer().fit(TEXTS),
        "idf": TfidfTransformer().fit(np.abs(X)),
        "function": FunctionTransformer(np.log1p),
        "pipeline": make_pipeline(StandardScaler()).fit(X),
        "union": FeatureUnion([("a", StandardScaler())]).fit(X),
        "columns": ColumnTransformer(columns).fit(FRAME),
        "numbers": ColumnTransformer([("a", StandardScaler(), [0])], remainder="passthrough").fit(
            X
        ),
        "regressor": TransformedTargetRegressor(network, transformer=StandardScaler()).fit(
            X, X[:, 0]
        ),
    }


def objects(*values):
    array = np.empty(len(values), object)
    array[:] = values
    return array


NARROW = StandardScaler().fit(X[:, :2])
WIDE = StandardScaler().fit(X)
WORDS = CountVectorizer().fit(TEXTS)
FIVE, FLOAT = np.zeros(5), np.dtype(float)
SELECTED = ("a", NARROW, [0])
LIST = ("remainder", "drop", [])
SPLINES = SplineTransformer().fit(X).bsplines_
OTHER_AXIS = [BSpline(one.t, one.c, one.k, axis=1) for one in SPLINES]
NOT_FLOATS = [BSpline(one.t, one.c.astype(complex), one.k) for one in SPLINES]
# (step, changed values, what the message says)
MISFITS = [
    # the table of forms
    (
        "scaler",
        {"mean_": LEFT_OUT},
        r"mean_ must be an array of floats of shape \(3\), got nothing",
    ),
    ("scaler", {"mean_": None}, r"mean_ must be an array of floats of shape \(3\), got None"),
    ("no mean", {"scale_": None}, r"scale_ must be an array of floats of shape \(3\), got None"),
    ("no mean", {"mean_": 1.0}, r"mean_ must be an array of floats of shape \(3\) or None, got 1"),
    ("scaler", {"mean_": FIVE}, r"mean_ must be an array of floats of shape \(3\)"),
    ("scaler", {"mean_": X}, r"mean_ must be an array of floats of shape \(3\)"),
    ("scaler", {"mean_": np.ones((3, 2))}, r"mean_ must be an array of floats of shape \(3\)"),
    ("scaler", {"mean_": [0.0] * 3}, r"mean_ must be an array of floats of shape \(3\)"),
    ("scaler", {"mean_": np.arange(3)}, r"mean_ must be an array of floats of shape \(3\)"),
    (
        "scaler",
        {"n_samples_seen_": True},
        r"must be a number or an array of numbers of shape \(3\)",
    ),
    ("scaler", {"n_features_in_": LEFT_OUT}, "n_features_in_ must be a whole number, got nothing"),
    ("scaler", {"n_features_in_": -1}, "n_features_in_ must be a whole number, got -1"),
    ("scaler", {"_sklearn_output_config": {"transform": 1}}, "_config must be a dict of strings"),
    ("scaler", {"_sklearn_output_config": "pandas"}, "_config must be a dict of strings"),
    ("named", {"feature_names_in_": objects(1)}, r"names_in_ must be an array of strings of shape"),
    (
        "named",
        {"feature_names_in_": objects("a", "b")},
        r"must be an array of strings of shape \(1",
    ),
    ("pca", {"explained_variance_": np.ones(3)}, r"must be an array of floats of shape \(2\)"),
    ("pca", {"n_components_": 1.5}, "n_components_ must be a whole number"),
    ("fpr", {"pvalues_": None}, r"pvalues_ must be an array of floats of shape \(3\), got None"),
    ("filled", {"indicator_": None}, "indicator_ must be a MissingIndicator that is fitted to 3 f"),
    ("filled", {"indicator_": WIDE}, "indicator_ must be a MissingIndicator that is fitted to 3"),
    ("filled", {"indicator_": MissingIndicator()}, "indicator_ must be a MissingIndicator that is"),
    ("filled", {"_fit_dtype": "float"}, "_fit_dtype must be a dtype, got 'float'"),
    ("filled", {"statistics_": objects("a", [], 1)}, "statistics_ must be an array of numbers or"),
    ("power", {"_scaler": NARROW}, "_scaler must be a StandardScaler that is fitted to 3 features"),
    ("power", {"_scaler": LEFT_OUT}, "_scaler must be a StandardScaler that is fitted to 3 feat"),
    (
        "neighbours",
        {"_mask_fit_X": np.ones((9, 3), bool)},
        r"must be an array of bools of shape \(4",
    ),
    (
        "two labels",
        {"classes_": np.array([1, 0])},
        "classes_ must be an array of distinct labels in",
    ),
    ("two labels", {"classes_": np.array([])}, "classes_ must be an array of distinct labels in"),
    ("label", {"classes_": objects("a", "a")}, "classes_ must be an array of distinct labels of"),
    ("sets", {"classes_": objects("a", [])}, "classes_ must be an array of distinct labels of"),
    ("two labels", {"y_type_": 1}, "y_type_ must be a string"),
    ("two labels", {"sparse_input_": 0}, "sparse_input_ must be True or False"),
    ("columns", {"_remainder": ["remainder"]}, "_remainder must be a tuple"),
    ("ordinal", {"_missing_indices": [0]}, "_missing_indices must be a dict"),
    ("ordinal", {"categories_": (1, 2)}, "categories_ must be a list"),
    ("regressor", {"regressor_": "best"}, "regressor_ must be an estimator, got 'best'"),
    # attributes that depend on others
    ("any mode", {"mode": "fwe", "pvalues_": None}, "pvalues_ must be an array for the mode 'fwe'"),
    ("any mode", {"mode": "k_best"}, "param must be a number that the mode 'k_best' can use"),
    ("any mode", {"param": "all"}, "param must be a number that the mode 'percentile' can use"),
    ("gaps", {"features_": np.array([3])}, "features_ must be numbers below 3"),
    ("gaps", {"features_": np.array([-1])}, "features_ must be numbers below 3"),
    ("gaps", {"_n_features": 4}, "_n_features must be 3 to match n_features_in_, got 4"),
    (
        "filled",
        {"statistics_": objects("a", "b", "c")},
        "statistics_ must be numbers to match its dtype",
    ),
    ("quantiles", {"references_": FIVE[:0], "quantiles_": np.ones((0, 3))}, "at least one number"),
    ("splines", {"degree": 2}, r"bsplines_ must be of degree 2 and shape \(8, 8\)"),
    ("splines", {"extrapolation": "periodic"}, r"bsplines_ must be of degree 3 and shape \(7, 4\)"),
    ("splines", {"bsplines_": OTHER_AXIS}, "bsplines_ must be of degree 3"),
    ("splines", {"bsplines_": NOT_FLOATS}, "bsplines_ must be of degree 3"),
    # encoders
    ("onehot", {"_infrequent_indices": LEFT_OUT}, "_infrequent_indices must be 2 arrays, got None"),
    ("onehot", {"_infrequent_indices": [None]}, "_infrequent_indices must be 2 arrays"),
    ("onehot", {"_infrequent_indices": [np.array([4])] * 2}, "_infrequent_indices must be numbers"),
    ("onehot", {"_infrequent_indices": [FIVE[:0]] * 2}, "_infrequent_indices must be numbers of"),
    ("onehot", {"_infrequent_indices": [[0]] * 2}, "_infrequent_indices must be numbers of cat"),
    ("onehot", {"categories_": [objects([], 1), objects(1)]}, "categories_ must be numbers or st"),
    ("onehot", {"dtype": "U5"}, "dtype must be a dtype of numbers, got 'U5'"),
    ("ordinal", {"_missing_indices": {2: 0}}, "_missing_indices must be numbers of features and"),
    ("ordinal", {"_missing_indices": {0: 4}}, "_missing_indices must be numbers of features and"),
    ("unknown", {"unknown_value": None}, "unknown_value must be a number to match handle_unknown"),
    ("targets", {"target_type_": "sets"}, r"target_type_ must be one of \('binary', 'continuous'"),
    ("targets", {"target_mean_": np.zeros(2)}, "target_mean_ must be a number"),
    ("targets", {"encodings_": [FIVE, FIVE]}, r"encodings_ must be arrays of floats of the shap"),
    ("targets", {"encodings_": [[0.0]] * 2}, r"encodings_ must be .* shapes \[\(4,\), \(2,\)\]"),
    ("three targets", {"classes_": LEFT_OUT}, "classes_ must be present for several classes"),
    (
        "three targets",
        {"target_mean_": FIVE},
        r"classes_ must be an array of distinct labels of shape \(5\)",
    ),
    ("three targets", {"target_mean_": 1.0}, "target_mean_ must be 3 numbers, got 1.0"),
    ("three targets", {"encodings_": [np.zeros(4), np.zeros(2)]}, "encodings_ must be arrays of"),
    ("bins", {"bin_edges_": objects(FIVE, FIVE, 1)}, "bin_edges_ must be an array of floats for"),
    (
        "bins",
        {"bin_edges_": objects(FIVE, FIVE, np.arange(5))},
        "bin_edges_ must be an array of fl",
    ),
    ("bins", {"bin_edges_": objects(FIVE, FIVE, X)}, "bin_edges_ must be an array of floats for"),
    ("bins", {"_encoder": LEFT_OUT}, "_encoder must be a OneHotEncoder to match encode"),
    # texts and functions
    ("words", {"tokenizer": np.log}, "tokenizer must be None or a string"),
    ("words", {"token_pattern": None}, "token_pattern must be a regular expression"),
    ("words", {"ngram_range": (1,)}, "ngram_range must be two whole numbers"),
    ("words", {"ngram_range": (1, "a")}, "ngram_range must be two whole numbers"),
    ("words", {"stop_words": [[]]}, "stop_words must be strings"),
    ("words", {"vocabulary": [1]}, "vocabulary must be strings"),
    ("words", {"vocabulary": {"a": "b"}}, "vocabulary must be strings with numbers of columns"),
    ("tfidf", {"_tfidf": None}, "_tfidf must be a TfidfTransformer"),
    ("two labels", {"neg_label": -(2**63)}, "neg_label must be a number below 9007199254740992"),
    ("range", {"feature_range": (1,)}, r"feature_range must be two numbers, got \(1,\)"),
    ("range", {"feature_range": (0, "b")}, "feature_range must be two numbers"),
    ("function", {"func": float}, "func must be a function of an array"),
    ("function", {"kw_args": {"a": 1}}, "func must be a function of an array"),
    ("function", {"func": str}, "func must be a function of an array"),
    ("function", {"inverse_func": str}, "func must be a function of an array"),
    ("function", {"func": None, "kw_args": {"a": 1}}, "kw_args must be empty without func"),
    ("function", {"feature_names_out": np.log}, "feature_names_out must be None or 'one-to-one'"),
    # compositions
    ("pipeline", {"steps": []}, "steps must be pairs of a distinct name and an estimator"),
    ("pipeline", {"steps": [("a", 1)]}, "steps must be pairs of a distinct name and an estimator"),
    ("pipeline", {"steps": [("a", NARROW, 1)]}, "steps must be pairs of a distinct name and an"),
    ("pipeline", {"steps": [1]}, "steps must be pairs of a distinct name and an estimator"),
    ("pipeline", {"steps": [(1, NARROW)]}, "steps must be pairs of a distinct name and an est"),
    ("pipeline", {"steps": [("a", NARROW)] * 2}, "steps must be pairs of a distinct name and an"),
    ("pipeline", {"steps": [("a", 1), ("b", NARROW)]}, "steps must be pairs of a distinct name"),
    ("pipeline", {"steps": [("a", NARROW), ("b", WORDS)]}, "steps must be without a step that"),
    ("union", {"transformer_list": [("a", None)]}, "transformer_list must be pairs of a distinct"),
    ("union", {"transformer_list": [("a", "b")]}, "transformer_list must be pairs of a distinct"),
    ("union", {"transformer_weights": {"a": "b"}}, "transformer_weights must be a dict of numbers"),
    ("union", {"n_jobs": 10**6}, "n_jobs must be at most 1024"),
    ("union", {"n_jobs": "all"}, "n_jobs must be at most 1024"),
    ("numbers", {"transformer_weights": {"a": None}}, "transformer_weights must be a dict of numb"),
    ("numbers", {"transformers": [("a", None, [0])]}, "transformers must be triples of a distinct"),
    ("numbers", {"transformers_": [("a", None, [0])]}, "transformers_ must be triples of a dis"),
    ("numbers", {"transformers_": [("a", "passthrough", [0])]}, "transformers_ must be triples of"),
    ("numbers", {"transformers_": [("a", 1, [])]}, "transformers_ must be triples of a distinct"),
    ("numbers", {"transformers_": [SELECTED]}, "transformers_ must be those of the parameters"),
    ("numbers", {"sparse_output_": LEFT_OUT}, "sparse_output_ must be present if a transformer"),
    ("numbers", {"_columns": []}, "_columns must be 1 selections of columns"),
    ("numbers", {"_columns": [[1]]}, "transformers_ must be those of the parameters"),
    ("numbers", {"_remainder": LIST}, "transformers_ must be those of the parameters"),
    ("numbers", {"_remainder": ("rest", "drop", [1])}, "_remainder must be 'remainder', a transf"),
    ("numbers", {"_remainder": ("remainder", 1, [1])}, "_remainder must be 'remainder', a transf"),
    ("numbers", {"_remainder": ("remainder", "drop", [3])}, "_remainder must be 'remainder', a tr"),
    ("numbers", {"_transformer_to_input_indices": {"a": [0]}}, "indices must be numbers below 3"),
    ("columns", {"_transformer_to_input_indices": {"a": [3]}}, "below 3 for 'a'"),
    ("columns", {"_transformer_to_input_indices": {"a": [0], "b": [1], "c": []}}, "3 for 'c'"),
    ("regressor", {"regressor_": NARROW}, "regressor_ must be an estimator with predict"),
    ("regressor", {"transformer_": PCA}, "transformer_ must be an estimator, got"),
    ("regressor", {"transformer_": WORDS}, "transformer_ must be a transformer of numbers to"),
    ("regressor", {"transformer_": make_pipeline(LabelEncoder())}, "transformer_ must be a trans"),
]


@pytest.mark.parametrize(
    ("name", "changes", "message"), MISFITS, ids=[f"{a} {m[:40]}" for a, _, m in MISFITS]
)
def test_value_that_does_not_belong_is_named(name, changes, message, steps):
    with pytest.raises(SavedModelError, match=message):
        remade(steps[name], changes)


def test_every_step_is_made_again_from_its_values(steps):
    for name, step in steps.items():
        assert vars(remade(step, {})).keys() == vars(step).keys() - {"_stop_words_id"}, name


# Columns that a ColumnTransformer can select from three features, with names or without.
RIGHT = [0, -3, [0, 2], [-1], (0, 1), [], slice(0, 9), [True, False, True]]
RIGHT += [np.array([0, 2]), np.array([False, True, False])]
NAMED = ["a", ["a", "c"], slice("a", "b"), np.array(["a", "b"], object)]
WRONG = [
    [0, True],
    3,
    -4,
    [0, 3],
    [0.0],
    1.0,
    None,
    [True],
    [0, "a"],
    "d",
    ["d"],
    [[0]],
    slice(0.0, 1),
]
WRONG += [slice("a", "d"), slice(0, "a"), slice(None, None, "a"), np.zeros((1, 1), int), {}]


@pytest.mark.parametrize("which", RIGHT + NAMED + WRONG, ids=str)
def test_columns_are_those_that_X_has(which):
    frame = pd.DataFrame(X, columns=list("abc"))
    known = any(which is one for one in RIGHT + NAMED)
    for data, fits in ((frame, known), (X, any(which is one for one in RIGHT))):
        step = ColumnTransformer([("a", FunctionTransformer(), [0])], remainder="drop").fit(data)
        changes = {
            "transformers_": [("a", step.transformers_[0][1], which), *step.transformers_[1:]],
            "_columns": [which],
        }
        if fits:
            special = UserList(which) if isinstance(which, list) else which
            changes["_columns"] = [special]
            changes["transformers_"][0] = ("a", step.transformers_[0][1], special)
            assert remade(step, changes).transformers_ == changes["transformers_"]
        else:
            with pytest.raises(SavedModelError, match="transformers_ must be triples of a distin"):
                remade(step, changes)


def test_output_can_be_set_before_a_fit():
    step = StandardScaler().set_output(transform="pandas")
    assert vars(remade(step, {})) == vars(step)


def test_texts_are_read_from_single_columns(steps):
    own = steps["columns"].transformers_
    assert remade(make_pipeline(WORDS, None), {}).transform(TEXTS).shape[0] == 40
    for text in (WORDS, make_pipeline("passthrough", WORDS), FeatureUnion([("a", WORDS)])):
        changes = {"transformers_": [*own[:2], ("c", text, "text")]}
        assert remade(steps["columns"], changes).transform(FRAME).shape[0] == 40
        changes = {"transformers_": [*own[:2], ("c", text, ["text"])]}
        with pytest.raises(SavedModelError, match="must be single columns where a step reads tex"):
            remade(steps["columns"], changes)


def test_idf_without_a_number_of_features_has_that_of_its_numbers():
    vectorizer = TfidfVectorizer(vocabulary=["cat", "dog"])
    vectorizer.idf_ = np.array([1.0, 2.0])
    assert "n_features_in_" not in vars(vectorizer._tfidf)
    inner = remade(vectorizer._tfidf, {})
    assert inner.n_features_in_ == 2
    with pytest.raises(ValueError, match="expecting 2 features"):
        inner.transform(X)
    assert_array_equal(
        remade(vectorizer, {"_tfidf": inner}).transform(TEXTS).toarray(),
        vectorizer.transform(TEXTS).toarray(),
    )


OPTIONS = [  # further options, after which other attributes are there
    (StandardScaler(with_mean=False, with_std=False), X, Y),
    (StandardScaler(), GAPS, Y),
    (StandardScaler(with_mean=False), csr_array(X), Y),
    (OneHotEncoder(drop=["a", "x"], sparse_output=False), KINDS, Y),
    (OneHotEncoder(categories=[list("abcd"), list("yx")], sparse_output=False), KINDS, Y),
    (OneHotEncoder(max_categories=9, sparse_output=False), KINDS, Y),
    (TargetEncoder(), KINDS, np.arange(40) % 3),
    (TargetEncoder(), KINDS, X[:, 0]),
    (PCA(0.5, whiten=True), X.astype(np.float32), Y),
    (GenericUnivariateSelect(mode="fwe", param=0.9), X, Y),
    (SimpleImputer(strategy="constant", fill_value=2), np.arange(6).reshape(3, 2), Y[:3]),
    (SimpleImputer(strategy="most_frequent"), KINDS, Y),
    (KNNImputer(), GAPS, Y),
    (MissingIndicator(features="all"), GAPS, Y),
    (KBinsDiscretizer(2, strategy="uniform", encode="onehot-dense"), X, Y),
    (QuantileTransformer(n_quantiles=5), csr_array(np.abs(X)), Y),
    (FunctionTransformer(np.float32), X, Y),
    (FunctionTransformer(np.sqrt, kw_args={"dtype": "f4"}), np.abs(X).astype("f4"), Y),
    (ColumnTransformer([]), X, Y),
    (ColumnTransformer([("a", "passthrough", []), ("b", StandardScaler(), [1])]), X, Y),
    (ColumnTransformer([("a", StandardScaler(), [True] * 3)]), X, Y),
    (CountVectorizer(vocabulary={"dog": 0, "cat": 1}), TEXTS, Y),
]


@pytest.mark.parametrize("number", range(len(OPTIONS)), ids=[str(one) for one, *_ in OPTIONS])
def test_options_are_loaded_as_they_were(number):
    step, data, y = OPTIONS[number]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        step = step.fit(data, y)
        made = remade(step, {}).transform(data)
        wanted = step.transform(data)
    dense = [one.toarray() if hasattr(one, "toarray") else one for one in (made, wanted)]
    assert_array_equal(*dense, strict=True)


def test_output_as_frames_is_loaded_as_it_was():
    # Both transformers output a column of the same name.
    pair = [("a", StandardScaler(), ["size"]), ("b", StandardScaler(), ["size"])]
    step = ColumnTransformer(pair).set_output(transform="pandas").fit(FRAME)
    wanted = step.transform(FRAME)
    names = getattr(step, "_transformers_feature_names_out", None)  # from scikit-learn 1.9 on
    assert names is None or names.tolist() == ["size", "size"]
    pd.testing.assert_frame_equal(remade(step, {}).transform(FRAME), wanted)


def test_unfitted_vectorizer_can_be_made_after_it_was_used():
    step = CountVectorizer()
    with pytest.raises(NotFittedError):
        step.transform(TEXTS)
    assert vars(remade(step, {}))["fixed_vocabulary_"] is False


def test_every_attribute_has_a_form():
    used = {}
    for name, (_, forms) in TABLE.items():
        assert {*COMMON} <= {*forms}, name
        for attribute, form in forms.items():
            kinds, _, parameter = FORM.fullmatch(form).groups()
            for one in kinds.split("|"):
                kind, letters = ONE.fullmatch(one).groups()
                assert (letters is None) == (kind in VALUES), (name, attribute)
                assert kind in VALUES or kind in ARRAYS or kind in TABLE, (name, attribute)
                used[kind] = attribute
            assert not parameter or parameter in stored_class(name)().get_params()
    assert used.keys() >= {*VALUES, *ARRAYS} - {"None"}


def test_class_cannot_be_listed_without_forms(monkeypatch):
    monkeypatch.setattr(stored_classes, "CLASSES", {"module": "Mine n_features_in_ slope_"})
    with pytest.raises(KeyError, match="slope_"):
        list(stored_classes._lines())


# Anything in place of a value


ANYTHING = [None, True, -1, 0, 3, 2**63, 1.5, -5.5, 1e308, "no", [], {}, [None], (), slice(0, 9)]
ANYTHING += [LEFT_OUT, NARROW, StandardScaler(), np.dtype("f4"), [("a", 1)], ["a"] * 3]
ANYTHING += [np.ones(shape, kind) for shape in (0, 2, 3, (2, 3)) for kind in "fiO"]
ANYTHING += [objects([], 1, "a"), objects(X, X, X), [np.ones(3)] * 3, {"a": [7]}, {0: 9}]


def check_any_value(number, place, value):
    """What is loaded transforms and predicts, or says in a ValueError why it does not."""
    estimator, data = FITTED[number]
    _, arguments = STEP.named(estimator)
    changed = sorted(arguments)[place % len(arguments)] if arguments else "n_features_in_"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            made = remade(estimator, {changed: value})
        except (ValueError, TypeError, LookupError, AttributeError):
            return  # load names the file and raises SavedModelError
        for method in ("transform", "predict"):
            with suppress(ValueError):
                getattr(made, method, len)(data)


class _Fitted(dict):
    def __missing__(self, number):
        estimator, data = EACH[number]
        self[number] = fitted(estimator, data), data
        return self[number]


FITTED = _Fitted()
DRAWN = {
    "number": st.integers(0, len(EACH) - 1),
    "place": st.integers(0, 30),
    "value": st.sampled_from(ANYTHING),
}


@examples(150, tuple(HealthCheck))
@given(**DRAWN)
def test_any_value_of_a_step_is_refused_or_works(number, place, value):
    check_any_value(number, place, value)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EACH)), ids=NAMES)
def test_any_value_in_any_place_of_a_step_is_refused_or_works(number):
    for place in range(30):
        for value in ANYTHING:
            check_any_value(number, place, value)
