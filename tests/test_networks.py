"""What is looked into: networks in pipelines, transformed targets and searches, and what is not."""

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, OneHotEncoder, StandardScaler

from sknn import CNNClassifier, MLPClassifier, MLPRegressor, TabularClassifier
from sknn.inspection import diagnose, summary, trace
from sknn.inspection.networks import Inside, fitted_model, look_inside
from sknn.plotting import (
    FeatureMapDisplay,
    FilterDisplay,
    GradientFlowDisplay,
    LearningRateDisplay,
    NetworkDisplay,
    SaliencyDisplay,
    TrainingCurveDisplay,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(5, [1, 10, 100, 1000], (40, 4))  # on scales that a step has to change
Y = (X[:, 0] > 5).astype(int)
T = np.exp(X[:, 0])
FAST = {"max_iter": 2, "random_state": 0}
SCALED = (X - X.mean(axis=0)) / X.std(axis=0)
CLF = partial(MLPClassifier, (3,), **FAST)
REG = partial(MLPRegressor, hidden_layer_sizes=(3,), **FAST)


def targets(regressor, **settings):
    return TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp, **settings)


WAYS = {  # estimators around a network, and X and y as they must reach it
    "pipeline": (lambda: make_pipeline(StandardScaler(), CLF()), Y, SCALED, Y),
    "step left out": (
        lambda: make_pipeline("passthrough", StandardScaler(), None, CLF()),
        Y,
        SCALED,
        Y,
    ),
    "search": (lambda: GridSearchCV(CLF(), {"alpha": [0.1]}, cv=2), Y, X, Y),
    "search in a pipeline": (
        lambda: make_pipeline(StandardScaler(), GridSearchCV(CLF(), {"alpha": [0.1]}, cv=2)),
        Y,
        SCALED,
        Y,
    ),
    "pipeline in a search": (
        lambda: RandomizedSearchCV(
            make_pipeline(StandardScaler(), CLF()), {"mlpclassifier__alpha": [1]}, n_iter=1, cv=2
        ),
        Y,
        SCALED,
        Y,
    ),
    "targets": (lambda: targets(REG()), T, X, X[:, 0]),
    "targets around a pipeline": (
        lambda: targets(make_pipeline(StandardScaler(), REG())),
        T,
        SCALED,
        X[:, 0],
    ),
    "targets in a pipeline": (
        lambda: make_pipeline(
            StandardScaler(), TransformedTargetRegressor(REG(), transformer=StandardScaler())
        ),
        T,
        SCALED,
        (T - T.mean()) / T.std(),
    ),
}


def fitted(case):
    """(estimator, y, its network, X and y as they reach the network)."""
    make, y, x, t = WAYS[case]
    estimator = make().fit(X, y)
    network = estimator
    while not isinstance(network, MLPClassifier | MLPRegressor):
        if hasattr(network, "best_estimator_"):
            network = network.best_estimator_
        elif hasattr(network, "regressor_"):
            network = network.regressor_
        else:
            network = network[-1]
    return estimator, y, network, x, t


@pytest.mark.parametrize("case", WAYS)
def test_network_is_seen_with_the_samples_and_targets_that_reach_it(case):
    estimator, y, network, x, t = fitted(case)
    inside = look_inside(estimator)
    assert inside.network is network
    assert inside.fitted
    assert_allclose(inside.samples(X), x, rtol=1e-12, atol=1e-12)
    assert_allclose(inside.targets(y), t, rtol=1e-12, atol=1e-12)
    assert inside.targets(None) is None
    for sample in (X[3], X[3:4]):
        assert_allclose(np.ravel(inside.sample(sample)), x[3], rtol=1e-12, atol=1e-12)
    assert inside.sample(None) is None
    learnt, x_learnt, t_learnt = inside.learn(X, y)
    assert_allclose(x_learnt, x, rtol=1e-12, atol=1e-12)
    assert_allclose(t_learnt, t, rtol=1e-12, atol=1e-12)
    assert_allclose(learnt.samples(X[:2]), x[:2], rtol=1e-12, atol=1e-12)
    assert inside.network is network  # the copies have left it where it was
    assert hasattr(network, "coefs_")


@pytest.mark.parametrize("case", ["pipeline", "targets around a pipeline", "search in a pipeline"])
def test_functions_and_displays_show_what_they_show_of_the_network_itself(case):
    pytest.importorskip("matplotlib").use("Agg")
    estimator, y, network, x, t = fitted(case)
    assert str(summary(estimator)) == str(summary(network))
    step, wanted = trace(estimator, X[:3], y[:3]), trace(network, x[:3], t[:3])
    assert_array_equal(step[0].z, wanted[0].z)
    assert_allclose(step.loss, wanted.loss, rtol=1e-12)
    assert str(diagnose(estimator, X, y, X_val=X, y_val=y)) == str(
        diagnose(network, x, t, X_val=x, y_val=t)
    )
    quiet = {"plot": False}
    one, other = (
        SaliencyDisplay.from_estimator(*of, **quiet) for of in ((estimator, X[0]), (network, x[0]))
    )
    assert_allclose(one.attribution, other.attribution, rtol=1e-9)
    one, other = (
        SaliencyDisplay.from_estimator(*of[:2], baseline=of[2], **quiet)
        for of in ((estimator, X[0], X[1]), (network, x[0], x[1]))
    )
    assert_allclose(one.attribution, other.attribution, rtol=1e-9)
    one, other = (
        NetworkDisplay.from_estimator(*of, **quiet) for of in ((estimator, X[0]), (network, x[0]))
    )
    assert_allclose(one.columns[0].values, other.columns[0].values, rtol=1e-12)
    assert_array_equal(one.columns[1].weights, other.columns[1].weights)
    one = FilterDisplay.from_estimator(estimator, image_shape=(2, 2), **quiet)
    assert_array_equal(one.filters.reshape(3, 4), network.coefs_[0].T)
    assert_array_equal(
        TrainingCurveDisplay.from_estimator(estimator, **quiet).loss, network.loss_curve_
    )
    one, other = (
        LearningRateDisplay.from_estimator(*of, n_steps=12, **quiet)
        for of in ((estimator, X, y), (network, x, t))
    )
    assert_allclose(one.losses, other.losses, rtol=1e-9)
    one, other = (
        GradientFlowDisplay.from_estimator(*of, **quiet)
        for of in ((estimator, X, y), (network, x, t))
    )
    assert_allclose(one.gradient_norms, other.gradient_norms, rtol=1e-9)


def test_images_go_through_steps_that_take_rows_and_steps_that_take_images():
    class Halve(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            return self

        def transform(self, X):
            assert np.shape(X)[1:] == (4, 4)
            return X / 2

    images = rng.normal(size=(10, 4, 4))
    cnn = CNNClassifier((2,), hidden_layer_sizes=(), input_shape=(4, 4), **FAST)
    rows = make_pipeline(StandardScaler(), cnn).fit(images.reshape(10, 16), np.arange(10) % 2)
    scaled = (images - images.mean(axis=0)) / images.std(axis=0)
    found = FeatureMapDisplay.from_estimator(rows, images[0], plot=False).image
    assert_allclose(found[..., 0], scaled[0], rtol=1e-6)  # in float32
    whole = make_pipeline(Halve(), cnn).fit(images, np.arange(10) % 2)
    found = FeatureMapDisplay.from_estimator(whole, images[0], plot=False).image
    assert_allclose(found[..., 0], images[0] / 2, rtol=1e-6)


def test_row_of_a_frame_goes_through_a_column_transformer():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"size": SCALED[:, 0], "kind": ["a", "b"] * 20})
    columns = make_column_transformer((StandardScaler(), ["size"]), (OneHotEncoder(), ["kind"]))
    pipeline = make_pipeline(columns, CLF()).fit(frame, Y)
    wanted = [SCALED[1, 0], 0, 1]
    for sample in (frame.iloc[1], frame.iloc[[1]]):
        found = NetworkDisplay.from_estimator(pipeline, sample, plot=False)
        assert_allclose(found.columns[0].values, wanted, rtol=1e-9)


def test_row_of_a_frame_has_the_types_of_its_columns():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"size": SCALED[:, 0], "kind": ["a", "b"] * 20})
    numbers = FunctionTransformer(lambda frame: frame.select_dtypes("number"))
    pipeline = make_pipeline(numbers, StandardScaler(), CLF()).fit(frame, Y)
    assert_allclose(look_inside(pipeline).sample(frame.iloc[1]), SCALED[1:2, :1], rtol=1e-9)


def test_sparse_row_and_a_text_go_through_the_steps():
    texts = ["the cat", "a dog"] * 20
    words = make_pipeline(CountVectorizer(), CLF()).fit(texts, Y)
    rows = csr_array(SCALED)
    sparse = make_pipeline(MaxAbsScaler(), CLF()).fit(rows, Y)
    for pipeline, sample, wanted in (
        (words, "the cat", [1, 0, 1]),
        (sparse, rows[[2]], SCALED[2] / np.abs(SCALED).max(axis=0)),
    ):
        found = NetworkDisplay.from_estimator(pipeline, sample, plot=False)
        assert_allclose(found.columns[0].values, wanted, rtol=1e-9)


# Before a fit


def test_pipeline_before_its_fit_is_summarised_and_diagnosed_as_its_fit_would_begin():
    pipeline = make_pipeline(StandardScaler(), CLF())
    assert summary(pipeline, input_shape=4).totals == summary(CLF(), input_shape=4).totals
    assert "unscaled inputs" in [one.name for one in diagnose(CLF(), X, Y).findings]
    found = diagnose(pipeline, X, Y, X_val=X[:9], y_val=Y[:9])
    assert str(found) == str(diagnose(CLF(), SCALED, Y, X_val=SCALED[:9], y_val=Y[:9]))
    assert "unscaled inputs" in found.healthy
    assert not hasattr(pipeline[0], "mean_")
    reg = targets(REG())
    found, wanted = diagnose(reg, SCALED, T), diagnose(REG(), SCALED, np.log(T))
    assert str(found) == str(wanted)
    assert not hasattr(reg, "transformer_")


def test_steps_that_look_at_y_are_fitted_to_it():
    pipeline = make_pipeline(SelectKBest(k=1), CLF())
    display = LearningRateDisplay.from_estimator(pipeline, SCALED, Y, n_steps=12, plot=False)
    wanted = LearningRateDisplay.from_estimator(CLF(), SCALED[:, :1], Y, n_steps=12, plot=False)
    assert_array_equal(display.losses, wanted.losses)


def test_network_alone_is_not_copied():
    clf = CLF()
    inside = look_inside(clf)
    assert inside == Inside(clf, [])
    assert not inside.fitted
    assert all(a is b for a, b in zip(inside.learn(X, Y), (inside, X, Y), strict=True))


# What is refused

SEARCH = GridSearchCV(CLF(), {"alpha": [0.1]}, cv=2)
NONE_INSIDE = {
    "another package": (make_pipeline(StandardScaler(), LogisticRegression()), "LogisticRegres"),
    "left out": (make_pipeline(StandardScaler(), "passthrough"), "str in Pipeline"),
    "default regressor": (TransformedTargetRegressor(), "NoneType in TransformedTargetRegressor"),
    "no steps": (Pipeline([]), "Pipeline"),
    "several": (VotingClassifier([("a", CLF())]), "VotingClassifier"),
    "two deep": (
        make_pipeline(TransformedTargetRegressor(LinearRegression())),
        "LinearRegression in TransformedTargetRegressor in Pipeline",
    ),
}


@pytest.mark.parametrize("case", NONE_INSIDE)
def test_what_has_no_network_inside_is_refused_by_name(case):
    estimator, got = NONE_INSIDE[case]
    message = "^estimator must be a network of this package, or a Pipeline.* got " + re.escape(got)
    for look in (summary, partial(trace, X=X, y=Y), partial(diagnose, X=X)):
        with pytest.raises(TypeError, match=message):
            look(estimator)


def test_weights_of_what_is_no_network_are_refused():
    with pytest.raises(TypeError, match=r"network of this package.* got LogisticRegression"):
        fitted_model(LogisticRegression())


def test_tables_in_a_pipeline_are_summarised_but_not_traced():
    table = TabularClassifier(2, **FAST)
    pipeline = make_pipeline(StandardScaler(), table).fit(X, Y)
    assert summary(pipeline).title.startswith("TabularClassifier, fitted: one of 2 members")
    with pytest.raises(TypeError, match="estimator must be a single network, got TabularCl"):
        trace(pipeline, X, Y)


@pytest.mark.parametrize("refit", [True, False])
def test_search_without_a_best_estimator_is_not_fitted(refit):
    search = SEARCH.set_params(refit=refit)
    if not refit:
        search.fit(X, Y)
    for look in (summary, partial(diagnose, X=X), TrainingCurveDisplay.from_estimator):
        with pytest.raises(NotFittedError, match=r"GridSearchCV has no best_estimator_.*refit=T"):
            look(search)


def test_what_needs_a_fit_says_so():
    pipeline = make_pipeline(StandardScaler(), CLF())
    for look in (
        partial(trace, X=X, y=Y),
        TrainingCurveDisplay.from_estimator,
        NetworkDisplay.from_estimator,
        partial(SaliencyDisplay.from_estimator, sample=X[0]),
        partial(FilterDisplay.from_estimator, image_shape=(2, 2)),
        partial(FeatureMapDisplay.from_estimator, image=X[0]),
    ):
        with pytest.raises(NotFittedError, match="This MLPClassifier instance is not fitted yet"):
            look(pipeline)


FRAME = pd.DataFrame(
    {"age": X[:, 0], "city": ["Ulm", "Rom", "Ulm", "Bern"] * 10, "income": X[:, 2]},
)
NAMED = make_column_transformer(
    ("passthrough", ["income"]), (OneHotEncoder(), ["city"]), verbose_feature_names_out=False
)
NAMES = ["income", "city_Bern", "city_Rom", "city_Ulm"]


@pytest.mark.parametrize(
    ("steps", "names"),
    [
        ([NAMED], NAMES),
        ([NAMED, "passthrough", VarianceThreshold(0.2)], ["income", "city_Ulm"]),
        ([NAMED, FunctionTransformer()], ["x0", "x1", "x2", "x3"]),  # gives no names
    ],
    ids=["encoded", "selected", "without names"],
)
def test_columns_have_the_names_that_the_steps_of_a_pipeline_give_them(steps, names):
    classes = (FRAME["city"] != "Ulm").astype(int)
    estimator = make_pipeline(*steps, CLF()).fit(FRAME, classes)
    display = NetworkDisplay.from_estimator(estimator, plot=False)
    assert display.columns[0].labels == names
    given = SaliencyDisplay.from_estimator(estimator, FRAME.iloc[[0]], plot=False).feature_names
    assert given is None if names[0] == "x0" else given.tolist() == names


@pytest.mark.parametrize("fit", [True, False], ids=["fitted", "not fitted"])
def test_diagnosis_names_the_columns_that_reach_the_network(fit):
    for estimator, name in (
        (make_pipeline(NAMED, CLF()), "income"),
        (make_pipeline(FunctionTransformer(), CLF()), "income"),
        (CLF(), "income"),
        (make_pipeline(StandardScaler(with_std=False), CLF()), "income"),
    ):
        frame = (
            FRAME
            if isinstance(estimator, Pipeline) and estimator[0] is NAMED
            else FRAME[["age", "income"]]
        )
        estimator = estimator.fit(frame, Y) if fit else estimator
        (found,) = (one for one in diagnose(estimator, frame, Y).findings if "scaled" in one.name)
        assert f"Feature {name!r} has a root mean square of" in found.text
