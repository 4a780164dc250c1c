"""Saved pipelines: every class that is listed comes back bit for bit, and nothing else at all."""

import json
import re
import warnings

import numpy as np
import pytest
import sklearn
from helpers import needs_scikit_learn
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    chi2,
    mutual_info_classif,
)
from sklearn.impute import KNNImputer, MissingIndicator, SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline, make_union
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    LabelBinarizer,
    LabelEncoder,
    MaxAbsScaler,
    MinMaxScaler,
    MultiLabelBinarizer,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)

from sknn import MLPClassifier, MLPRegressor, SavedModelError, TabularClassifier, load, save
from sknn.nn import Dense, Loss
from sknn.nn.storage.container import read, write
from sknn.scikit_learn.stored_classes import TABLE

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)
GAPS = np.where(rng.random(X.shape) < 0.2, np.nan, X)
KINDS = np.array([["a", "b", "c", "d"], ["x", "y", "x", "x"]], object).T.repeat(10, axis=0)
CODES = rng.integers(5, size=(40, 2)).astype(float)
TEXTS = ["The cat sat", "on the mat", "a dog ran off", "with the cat, Zoë"] * 10
FAST = {"max_iter": 2, "random_state": 0}
EACH = [  # an estimator, and what it is fitted to
    (Binarizer(threshold=0.3), X),
    (FunctionTransformer(), X),
    (FunctionTransformer(np.log1p, np.expm1, feature_names_out="one-to-one"), np.abs(X)),
    (GenericUnivariateSelect(mode="k_best", param=2), X),
    (IncrementalPCA(2, batch_size=15), X),
    (KBinsDiscretizer(4, quantile_method="linear"), X)
    if "quantile_method" in KBinsDiscretizer().get_params()
    else (KBinsDiscretizer(4), X),
    (KBinsDiscretizer(3, encode="ordinal", strategy="uniform", dtype=np.float32), X),
    (KNNImputer(n_neighbors=2, add_indicator=True), GAPS),
    (LabelBinarizer(neg_label=-1), Y),
    (LabelEncoder(), KINDS[:, 0]),
    (MaxAbsScaler(), X),
    (MinMaxScaler((-1, 1), clip=True), X),
    (MissingIndicator(), GAPS),
    (MultiLabelBinarizer(), [("a", "b"), ("c",), ()]),
    (Normalizer("l1"), X),
    (OneHotEncoder(), KINDS),
    (OneHotEncoder(drop="if_binary", sparse_output=False, dtype=np.float32), KINDS),
    (OneHotEncoder(max_categories=2, handle_unknown="infrequent_if_exist", drop="first"), KINDS),
    (OneHotEncoder(handle_unknown="ignore"), np.where(CODES == 4, np.nan, CODES)),
    (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), KINDS),
    (OrdinalEncoder(min_frequency=15, dtype=int), KINDS),
    (OrdinalEncoder(), np.where(CODES == 4, np.nan, CODES)),
    (PCA(2), X),
    (PCA(2, svd_solver="randomized", whiten=True, random_state=0), X),
    (PolynomialFeatures(3), X),
    (PolynomialFeatures((2, 3), interaction_only=True, include_bias=False), X),
    (PolynomialFeatures(5, interaction_only=True), X),
    (PowerTransformer(), X),
    (PowerTransformer("box-cox", standardize=False), np.abs(X)),
    (QuantileTransformer(n_quantiles=20, output_distribution="normal"), X),
    (RobustScaler(), X),
    (SelectFdr(alpha=0.5), X),
    (SelectFpr(), X),
    (SelectFwe(), X),
    (SelectKBest(chi2, k=2), np.abs(X)),
    (SelectKBest(mutual_info_classif, k=1), X),
    (SelectPercentile(percentile=50), X),
    (SimpleImputer(add_indicator=True), GAPS),
    (SimpleImputer(strategy="most_frequent", missing_values="x"), KINDS),
    (SplineTransformer(), X),
    (SplineTransformer(4, degree=2, extrapolation="periodic", include_bias=False), X),
    (StandardScaler(), X),
    (StandardScaler(with_std=False), X.astype(np.float32)),
    (TargetEncoder(), KINDS),
    (TruncatedSVD(2, random_state=0), X),
    (VarianceThreshold(0.9), X),
    (CountVectorizer(stop_words=["the"], ngram_range=(1, 2)), TEXTS),
    (CountVectorizer(vocabulary=["dog", "cat"], dtype=np.float32), TEXTS),
    (HashingVectorizer(n_features=64), TEXTS),
    (TfidfTransformer(sublinear_tf=True), np.abs(X)),
    (TfidfVectorizer(max_features=5, stop_words="english", analyzer="word"), TEXTS),
    (TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), use_idf=False), TEXTS),
    (FeatureUnion([("a", PCA(1)), ("b", "drop"), ("c", "passthrough")]), X),
    (make_union(StandardScaler(), PCA(1)), X),
    (ColumnTransformer([("a", StandardScaler(), [0]), ("b", "drop", slice(1, 2))]), X),
    (
        ColumnTransformer(
            [("a", StandardScaler(), [True, False, False])],
            remainder=MinMaxScaler(),
            transformer_weights={"a": 2.0},
        ),
        X,
    ),
    (make_column_transformer((PCA(1), [0, 1]), remainder="passthrough"), X),
    (make_pipeline(StandardScaler(), "passthrough", MLPClassifier((3,), **FAST)), X),
    (Pipeline([("größe", StandardScaler()), ("a b", None)]), X),
    (make_pipeline(TfidfVectorizer(), TruncatedSVD(2), MLPClassifier((3,), **FAST)), TEXTS),
    (make_pipeline(SimpleImputer(), TabularClassifier(2, **FAST)), GAPS),
    (
        TransformedTargetRegressor(
            make_pipeline(RobustScaler(), MLPRegressor(hidden_layer_sizes=(3,), **FAST)),
            transformer=QuantileTransformer(n_quantiles=10),
        ),
        X,
    ),
]
NAMES = [f"{number} {type(one).__name__}" for number, (one, _) in enumerate(EACH)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.sknn"


def through_file(estimator, path, **settings):
    save(estimator, path)
    return load(path, **settings)


def fitted(estimator, X, y=Y):
    estimator = clone(estimator)
    one_argument = isinstance(estimator, LabelEncoder | LabelBinarizer | MultiLabelBinarizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return estimator.fit(X) if one_argument else estimator.fit(X, y)


def outputs(estimator, X):
    """Everything that comes out of it: dense arrays."""
    names = ("transform", "predict", "predict_proba", "get_feature_names_out")
    found = [getattr(estimator, name) for name in names if hasattr(estimator, name)]
    made = [one() if one.__name__ == names[-1] else one(X) for one in found]
    return [one.toarray() if hasattr(one, "toarray") else one for one in made]


@pytest.mark.parametrize("number", range(len(EACH)), ids=NAMES)
def test_estimator_comes_back_as_it_was(number, path):
    estimator, data = EACH[number]
    unfitted = through_file(estimator, path)
    assert repr(unfitted) == repr(estimator)
    before = fitted(estimator, data)
    for _ in range(2):  # some keep more once they have transformed
        after = through_file(before, path)
        assert type(after) is type(before)
        assert repr(after.get_params()) == repr(before.get_params())
        assert vars(after).keys() ^ vars(before).keys() <= {"_stop_words_id"}
        pairs = list(zip(outputs(after, data), outputs(before, data), strict=True))
        assert pairs
        for one, other in pairs:
            assert_array_equal(one, other, strict=True)


def test_every_class_that_is_listed_is_tested():
    tested, waiting = set(), [estimator for estimator, _ in EACH]
    while waiting:
        estimator = waiting.pop()
        tested.add(type(estimator).__name__)
        waiting += [one for one in estimator.get_params().values() if hasattr(one, "get_params")]
    assert tested >= set(TABLE)


def test_frames_keep_their_columns_and_selectors_their_choice(path):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"size": X[:, 0], "größe": X[:, 1], "kind": KINDS[:, 0]})
    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include=np.number)),
        (OneHotEncoder(sparse_output=False), make_column_selector("^kind")),
    ).set_output(transform="pandas")
    pipeline = make_pipeline(columns, MLPClassifier((3,), **FAST)).fit(frame, Y)
    loaded = through_file(pipeline, path)
    assert_array_equal(loaded.predict_proba(frame), pipeline.predict_proba(frame), strict=True)
    pd.testing.assert_frame_equal(loaded[0].transform(frame), pipeline[0].transform(frame))
    assert loaded[-1].feature_names_in_.tolist() == pipeline[-1].feature_names_in_.tolist()
    again = clone(loaded).fit(frame, Y)
    assert_array_equal(again.predict_proba(frame), pipeline.predict_proba(frame))


def test_search_is_saved_as_its_best_estimator(path):
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((3,), **FAST))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-3, 10]}, cv=2)
    with pytest.raises(NotFittedError, match="GridSearchCV has no best_estimator_"):
        save(search, path)
    search.fit(X, Y)
    loaded = through_file(search, path)
    assert type(loaded) is Pipeline
    assert loaded[-1].alpha == search.best_params_["mlpclassifier__alpha"]
    assert_array_equal(loaded.predict_proba(X), search.predict_proba(X), strict=True)


def test_training_goes_on_in_a_loaded_pipeline(path):
    network = MLPClassifier((3,), random_state=0).partial_fit(X, Y, classes=[0, 1])
    loaded = through_file(make_pipeline(StandardScaler().fit(X), network), path)
    assert_array_equal(
        loaded[-1].partial_fit(X, Y).coefs_[0], network.partial_fit(X, Y).coefs_[0], strict=True
    )


def test_requests_and_classes_of_the_users_reach_a_network_inside(path):
    class Halved(Loss):
        pass

    class Wide(Dense):
        pass

    with sklearn.config_context(enable_metadata_routing=True):
        network = MLPRegressor(loss=Halved()).set_fit_request(sample_weight=True)
    pipeline = make_pipeline(StandardScaler(), network)
    loaded = through_file(pipeline, path, classes=[Halved, Wide])
    assert type(loaded[-1].loss) is Halved
    assert loaded[-1].get_metadata_routing().fit.requests["sample_weight"] is True
    with pytest.raises(SavedModelError, match="class 'Halved', and no loss of sknn"):
        load(path)


def test_cache_of_a_pipeline_is_not_part_of_the_file(path, tmp_path):
    pipeline = Pipeline([("scale", StandardScaler())], memory=str(tmp_path / "cache"))
    assert through_file(pipeline, path).memory is None
    assert b"cache" not in path.read_bytes()


# What is refused when it is saved


def double(x):
    return 2 * x


class Own(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self


class StandardScalerOfMine(StandardScaler):
    pass


StandardScalerOfMine.__name__ = "StandardScaler"
NETWORK = MLPClassifier((3,), **FAST)
REFUSED = {
    "function": (FunctionTransformer(double), "func of FunctionTransformer can contain any code"),
    "callable analyzer": (TfidfVectorizer(analyzer=str.split), "analyzer of TfidfVectorizer can"),
    "tokenizer": (
        CountVectorizer(tokenizer=double),
        "tokenizer of CountVectorizer can contain any",
    ),
    "class of one's own": (Own(), "Own is not among the supported scikit-learn classes"),
    "namesake": (
        StandardScalerOfMine(),
        "StandardScaler is not among the supported scikit-learn classes",
    ),
    "forest": (RandomForestClassifier(), "RandomForestClassifier is not among"),
    "search inside": (GridSearchCV(NETWORK, {}), "GridSearchCV is not among"),
    "column chooser": (
        ColumnTransformer([("a", StandardScaler(), double)]),
        "a function or a class can contain any code",
    ),
    "invalid": (StandardScaler(with_mean="no"), "'with_mean' parameter of StandardScaler must be"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_may_hold_code_is_refused_by_name(case, path):
    step, message = REFUSED[case]
    wanted = message if case == "invalid" else f"{message}.*skops.io.dump"
    with pytest.raises(TypeError, match=wanted):
        save(make_pipeline(step, NETWORK), path)
    assert not path.exists()


def test_inverse_function_of_targets_is_refused_by_name(path):
    regressor = TransformedTargetRegressor(MLPRegressor(), func=np.log, inverse_func=double)
    message = r"^estimator=Transformed(?s:.*): inverse_func of TransformedTargetRegressor can"
    with pytest.raises(TypeError, match=message):
        save(regressor, path)


def test_attributes_that_no_fit_leaves_are_refused(path):
    scaler = StandardScaler().fit(X)
    scaler.note_ = "mine"
    with pytest.raises(
        TypeError, match=r"StandardScaler has \['note_'\], which are not set by its fit"
    ):
        save(scaler, path)


def test_callbacks_of_a_network_inside_cannot_be_saved(path):
    class Callback:
        def setup(self, estimator, context): ...
        def on_fit_task_begin(self, *args, **kwargs): ...
        def on_fit_task_end(self, *args, **kwargs): ...
        def teardown(self, estimator, context): ...

    network = MLPClassifier().set_callbacks(Callback())
    with pytest.raises(TypeError, match=r"Callbacks cannot be saved\. .* set_callbacks\(\)"):
        save(make_pipeline(network), path)


# Files that are made to do harm


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved pipeline: its bytes."""
    path = tmp_path_factory.mktemp("saved") / "model"
    encoder = OneHotEncoder(max_categories=2, handle_unknown="infrequent_if_exist")
    polynomial = PolynomialFeatures(2, include_bias=False)
    steps = make_column_transformer(
        (encoder, [0]),
        (make_pipeline(TfidfVectorizer()), 1),
        (make_pipeline(SimpleImputer(), polynomial, SplineTransformer(3)), [2, 3]),
        (TargetEncoder(), [4]),
    )
    table = np.empty((40, 5), object)
    table[:, 0], table[:, 1], table[:, 2:4], table[:, 4] = KINDS[:, 0], TEXTS, X[:, :2], CODES[:, 0]
    pipeline = make_pipeline(steps, MLPClassifier((2,), **FAST)).fit(table, Y)
    save(pipeline, path)
    assert_array_equal(load(path).predict_proba(table), pipeline.predict_proba(table))
    return path.read_bytes(), table


def steps_in(document):
    """{class: the arguments} of the fitted steps in a document, the last of each class."""
    found, waiting = {}, [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "sklearn.estimator" in part:
                content = part["sklearn.estimator"]
                if "n_features_in_" in content["arguments"] or content["class"] not in found:
                    found[content["class"]] = content
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    fitted_tfidf = [
        content
        for content in _contents(document)
        if content["class"] == "TfidfVectorizer" and "vocabulary_" in content["arguments"]
    ]
    return found | {"TfidfVectorizer": fitted_tfidf[0]}


def _contents(part):
    if isinstance(part, dict):
        if "sklearn.estimator" in part:
            yield part["sklearn.estimator"]
        for inner in part.values():
            yield from _contents(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _contents(inner)


def changed(saved, path, change, arrays=()):
    """Writes the file with another document, but checksums that are right."""
    path.write_bytes(saved[0])
    document, kept = read(path)
    change(document)
    write(path, document, kept | dict(arrays))


def put(step, name, value):
    def change(document):
        steps_in(document)[step]["arguments"][name] = value

    return change


def rename(step, name):
    def change(document):
        steps_in(document)[step]["class"] = name

    return change


def set_top(value):
    return lambda document: document.__setitem__("estimator", value)


ENCODED = {"sklearn.estimator": {"class": "StandardScaler", "arguments": {}}}
HOSTILE = {
    "class elsewhere": (
        rename("SplineTransformer", "os.system"),
        "class 'os.system', whi",
    ),
    "class of scikit-learn": (rename("SimpleImputer", "GridSearchCV"), "class 'GridSearchCV', whi"),
    "no name": (rename("SimpleImputer", ["SimpleImputer"]), r"class \['SimpleImputer'\], which"),
    "class attribute": (put("SimpleImputer", "__class__", "x"), r"must not .* \['__class__'\]"),
    "dict": (put("SimpleImputer", "__dict__", {"dict": []}), r"must not .* \['__dict__'\]"),
    "method": (put("SimpleImputer", "transform", "x"), r"must not .* \['transform'\]"),
    "other attribute": (put("SimpleImputer", "mean_", 1), r"must not .* \['mean_'\]"),
    "cache": (put("Pipeline", "memory", "/tmp"), r"Pipeline must not have values for \['memory'\]"),
    "more than arguments": (
        lambda document: steps_in(document)["SimpleImputer"].update(state=1),
        "must have a class and arguments",
    ),
    "function elsewhere": (
        put("TfidfVectorizer", "tokenizer", {"sklearn.name": {"class": "os.system"}}),
        "KeyError",
    ),
    "function that is not listed": (
        put(
            "TfidfVectorizer",
            "tokenizer",
            {"sklearn.name": {"class": "os.system", "arguments": {}}},
        ),
        "names 'os.system', which is not listed",
    ),
    "function with arguments": (
        put(
            "TfidfVectorizer",
            "tokenizer",
            {"sklearn.name": {"class": "numpy.log", "arguments": {"a": 1}}},
        ),
        "names 'numpy.log', which is not listed",
    ),
    "parameter": (put("SimpleImputer", "strategy", "worst"), "'strategy' parameter of SimpleImp"),
    "features": (put("SimpleImputer", "n_features_in_", "2"), "n_features_in_ must be a whole"),
    "vocabulary of numbers": (put("TfidfVectorizer", "vocabulary_", [1, 2]), "a list of strings"),
    "vocabulary as a dict": (
        put("TfidfVectorizer", "vocabulary_", {"dict": [["cat", 10**6]]}),
        "a list of strings",
    ),
    "vocabulary with a term twice": (
        put("TfidfVectorizer", "vocabulary_", ["cat", "dog", "cat"]),
        "vocabulary_ must be terms with one column each",
    ),
    "columns of an encoder": (
        put("OneHotEncoder", "_n_features_outs", [1]),
        r"_n_features_outs must be \[2\] to match its categories, got \[1\]",
    ),
    "group far out": (
        put("OneHotEncoder", "_default_to_infrequent_mappings", [{"array": "far"}]),
        "mappings must be numbers of groups",
    ),
    "negative group": (
        put("OneHotEncoder", "_default_to_infrequent_mappings", [{"array": "below"}]),
        "mappings must be numbers of groups",
    ),
    "groups of another length": (
        put("OneHotEncoder", "_default_to_infrequent_mappings", [{"array": "short"}]),
        "mappings must be numbers of groups",
    ),
    "groups of floats": (
        put("OneHotEncoder", "_default_to_infrequent_mappings", [{"array": "floats"}]),
        "mappings must be numbers of groups",
    ),
    "no groups": (
        put("OneHotEncoder", "_infrequent_enabled", False),
        "mappings must be present if",
    ),
    "groups of no feature": (
        put("OneHotEncoder", "_default_to_infrequent_mappings", []),
        "mappings must be 1 arrays",
    ),
    "enabled": (put("OneHotEncoder", "_infrequent_enabled", 1), "_infrequent_enabled must be True"),
    "dropped category": (
        put("OneHotEncoder", "_drop_idx_after_grouping", {"objects": [[1], [-1]]}),
        "_drop_idx_after_grouping must be None or below 2, got -1",
    ),
    "dropped above": (
        put("OneHotEncoder", "_drop_idx_after_grouping", {"objects": [[1], [2]]}),
        "_drop_idx_after_grouping must be None or below 2, got 2",
    ),
    "dropped of two": (
        put("OneHotEncoder", "_drop_idx_after_grouping", {"objects": [[2], [0, 0]]}),
        r"_drop_idx_after_grouping must be an array of objects of shape \(1\) or None",
    ),
    "categories of two": (
        put("TargetEncoder", "categories_", []),
        "categories_ must be 1 arrays",
    ),
    "categories out of order": (
        put("TargetEncoder", "categories_", [{"array": "falling"}]),
        "categories_ must be numbers in ascending order",
    ),
    "categories twice": (
        put("TargetEncoder", "categories_", [{"array": "twice"}]),
        "categories_ must be numbers in ascending order",
    ),
    "no category": (
        put("TargetEncoder", "categories_", [{"array": "empty"}]),
        "categories_ must be one-dimensional arrays",
    ),
    "more columns than terms": (
        put("PolynomialFeatures", "_n_out_full", 10**9),
        "_n_out_full must be 5 to match its parameters",
    ),
    "other degree": (put("PolynomialFeatures", "_max_degree", 3), "_max_degree must be 2 to match"),
    "fewer columns": (
        put("PolynomialFeatures", "n_output_features_", 6),
        "n_output_features_ must be 5 to match",
    ),
    "huge degree": (
        put("PolynomialFeatures", "degree", 10**9),
        "one of its steps outputs more than 1048576 columns",
    ),
    "columns of splines": (
        put("SplineTransformer", "n_features_out_", 10**9),
        "n_features_out_ must be 25 to match its splines",
    ),
    "no splines": (put("SplineTransformer", "bsplines_", []), "bsplines_ must be 5 splines"),
    "splines of numbers": (
        put("SplineTransformer", "bsplines_", [1] * 5),
        "bsplines_ must be 5 splines",
    ),
    "no estimator": (set_top({"tuple": [1]}), "it is not a saved estimator"),
    "callable": (
        set_top({"sklearn.name": {"class": "numpy.log", "arguments": {}}}),
        "is not a saved",
    ),
    "attributes of a network": (
        lambda document: next(_networks(document))["attributes"]["dict"].append(["__class__", 1]),
        r"must not have values for \['__class__'\]",
    ),
}
ARRAYS = {
    "far": np.array([0, 1, 1, 10**6]),
    "below": np.array([0, 1, 1, -1]),
    "short": np.array([0, 1]),
    "floats": np.array([0.0, 1.0, 1.0, 1.0]),
    "falling": np.array([1.0, 0.0]),
    "twice": np.array([1.0, 1.0]),
    "empty": np.array([]),
}


def _networks(part):
    if isinstance(part, dict):
        if "sknn.estimator" in part:
            yield part["sknn.estimator"]["arguments"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _networks(inner)


def test_document_that_is_changed_in_nothing_is_read(saved, path):
    # Otherwise the test below would show nothing.
    changed(saved, path, lambda document: None, ARRAYS)
    assert type(load(path)) is Pipeline


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_document_is_refused(case, saved, path):
    change, message = HOSTILE[case]
    changed(saved, path, change, ARRAYS)
    with pytest.raises(SavedModelError, match=f"cannot be read: .*{message}"):
        load(path)


def test_names_are_refused_before_anything_is_made(saved, path, monkeypatch):
    changed(saved, path, put("SimpleImputer", "__class__", "x"))
    monkeypatch.setattr("sknn.persistence.Decoder", None)
    with pytest.raises(SavedModelError, match="must not have values for"):
        load(path)


JUNK = [
    None,
    True,
    -1,
    2**70,
    1.5,
    "os.system",
    [],
    {},
    {"dict": []},
    {"same": "estimator"},
    ENCODED,
]


def test_anything_in_any_place_is_read_or_refused(saved, path):
    path.write_bytes(saved[0])
    everywhere = list(places(read(path)[0]))
    for seed in range(25):
        generator = np.random.default_rng(seed)
        place = everywhere[generator.integers(len(everywhere))]
        junk = JUNK[generator.integers(len(JUNK))]

        def change(document, place=place, junk=junk):
            for key in place[:-1]:
                document = document[key]
            document[place[-1]] = junk

        changed(saved, path, change)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert isinstance(load(path), BaseEstimator)
        except SavedModelError:
            pass


def places(document, above=()):
    """Every place in nested dicts and lists, as keys one after the other."""
    inside = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in inside:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


def test_expansion_out_of_proportion_is_refused(saved, path):
    def change(document):
        name = "estimator.steps"
        document["estimator"]["sklearn.estimator"]["arguments"]["steps"] += [
            {"same": name + ".0"}
        ] * 6_000

    changed(saved, path, change)
    with pytest.raises(SavedModelError, match="memory out of proportion"):
        load(path)


# Other versions of scikit-learn


def written_by(saved, path, version, change=lambda document: None):
    def all_changes(document):
        document["versions"]["sklearn"] = version
        change(document)

    changed(saved, path, all_changes)


def test_file_of_another_version_of_scikit_learn_is_read_with_a_warning(saved, path):
    written_by(saved, path, "1.5.2")
    with pytest.warns(
        UserWarning, match=r"with scikit-learn 1\.5\.2, but the installed version is .* Check the"
    ):
        assert type(load(path)) is Pipeline
    major, minor, *_ = sklearn.__version__.split(".")
    written_by(saved, path, f"{major}.{minor}.77")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(path)


def test_parameter_of_a_newer_version_is_refused(saved, path):
    written_by(saved, path, "9.9", put("SimpleImputer", "colour", 1))
    message = r"SimpleImputer must not have values for \['colour'\]. If it was written with a newer"
    with pytest.raises(SavedModelError, match=message):
        load(path)


def test_parameter_that_was_removed_is_left_out(saved, path):
    written_by(saved, path, "1.5.2", put("ColumnTransformer", "force_int_remainder_cols", True))
    with pytest.warns(UserWarning, match=r"1\.5\.2"):
        loaded = load(path)
    params = loaded[0].get_params()
    known = "force_int_remainder_cols" in params
    assert ("force_int_remainder_cols" in vars(loaded[0])) is known
    assert_array_equal(loaded.predict(saved[1]).shape, (40,))


def test_parameter_that_the_file_lacks_has_its_default(saved, path):
    changed(
        saved,
        path,
        lambda document: steps_in(document)["SimpleImputer"]["arguments"].pop(
            "keep_empty_features"
        ),
    )
    assert load(path)[0].transformers_[2][1][0].keep_empty_features is False


@needs_scikit_learn("1.8", "what 1.8 began to need")
def test_attribute_that_this_version_needs_is_asked_for(saved, path):
    changed(
        saved,
        path,
        lambda document: steps_in(document)["SimpleImputer"]["arguments"].pop("_fill_dtype"),
    )
    with pytest.raises(SavedModelError, match=r"SimpleImputer has no \['_fill_dtype'\], whi"):
        load(path)


def test_document_says_what_it_is(saved, path):
    path.write_bytes(saved[0])
    document, _ = read(path)
    assert document["versions"]["sklearn"] == sklearn.__version__
    assert document["estimator"]["sklearn.estimator"]["class"] == "Pipeline"
    assert not re.search("pickle|reduce", json.dumps(document))
