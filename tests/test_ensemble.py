"""What both estimators for tables do: which columns, which folds, what is refused."""

import re
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import KFold, LeaveOneGroupOut

from sknn import TabularClassifier, TabularRegressor
from sknn.tabular import ensemble
from sknn.tabular.encoding import Encoding
from sknn.tabular.reading import read_table

RANDOM = np.random.RandomState(0)
N = 60
SMALL = {"n_estimators": 2, "hidden_layer_sizes": (8,), "max_iter": 2, "random_state": 0}
FRAME = pd.DataFrame(
    {
        "n": RANDOM.normal(size=N),
        "gaps": np.where(np.arange(N) % 7, RANDOM.normal(size=N), np.nan),
        "code": np.arange(N) % 3,
        "text": RANDOM.choice(["x", "y", "z"], N),
        "flag": RANDOM.rand(N) > 0.5,
        "many": pd.Categorical(RANDOM.choice([f"level {i}" for i in range(12)], N)),
    }
)
Y = np.where(FRAME.n + FRAME.flag > 0.3, "yes", "no")


def _classifier(**params):
    return TabularClassifier(**{**SMALL, **params})


@pytest.fixture(scope="module")
def fitted():
    return _classifier().fit(FRAME, Y)


# Columns


def test_columns_are_found_by_name_in_any_order(fitted):
    expected = fitted.predict_proba(FRAME)
    assert_array_equal(fitted.predict_proba(FRAME[FRAME.columns[::-1]]), expected)
    assert fitted.feature_names_in_.tolist() == list(FRAME.columns)
    with pytest.raises(ValueError, match=r"missing:\n- flag"):
        fitted.predict(FRAME.drop(columns="flag"))
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- more"):
        fitted.predict(FRAME.assign(more=1))


def test_frames_of_polars_are_those_of_pandas(fitted):
    polars = pytest.importorskip("polars")
    columns = {
        name: FRAME[name].astype(object).where(FRAME[name].notna(), None).tolist()
        for name in FRAME.columns
    }
    frame = polars.DataFrame(columns)
    assert_array_equal(fitted.predict_proba(frame), fitted.predict_proba(FRAME))
    again = _classifier().fit(frame, Y)
    assert_array_equal(again.predict_proba(frame), fitted.predict_proba(FRAME))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("from_dtype", [0, 0, 0, 1, 1, 1]),
        (["code", "text", "flag", "many"], [0, 0, 1, 1, 1, 1]),
        ([2, 3, 5], [0, 0, 1, 1, 0, 1]),
        (np.array([False, False, True, True, True, True]), [0, 0, 1, 1, 1, 1]),
    ],
)
def test_categories_are_those_that_were_asked_for(asked, expected):
    clf = _classifier(categorical_features=asked, max_iter=1).fit(FRAME, Y)
    assert_array_equal(clf.is_categorical_, np.array(expected, bool))
    assert clf.is_categorical_.dtype == bool
    assert clf.is_categorical_ is not asked


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["other"], r"must name columns of X, got \['other'\]"),
        ([6], "numbers of columns from 0 to 5, got [6]"),
        ([-1], "numbers of columns from 0 to 5"),
        ([True], "an entry for each of the 6 columns"),
        ([0.5], "must be 'from_dtype', None, a mask"),
        (None, "Column 'text' must hold numbers"),
        ([[2]], "must be 'from_dtype', None, a mask, or numbers or names of the 6 columns, each"),
        ([[2], [3, 4]], "got [[2], [3, 4]]"),
        (np.array(2), "got array(2)"),
        (range(10**12), "got range(0, 1000000000000)"),
    ],
)
def test_categories_that_cannot_be_are_refused(asked, told):
    told = told if told.startswith("must name") else re.escape(told)
    with pytest.raises(ValueError, match=told):
        _classifier(categorical_features=asked).fit(FRAME, Y)


def test_levels_and_gaps_that_training_lacked_are_predicted_for(fitted):
    later = FRAME[:4].assign(
        n=[np.nan, 1e300, -1e300, 0.0], text=[None, "never", "x", "y"], many=["new"] * 4
    )
    p = fitted.predict_proba(later)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert np.isfinite(p).all()


def test_levels_that_were_never_seen_have_the_mean_vector_of_the_rows():
    codes = np.arange(N) % 12 % 10  # two levels have twice as many rows
    levels = np.array([f"level {i}" for i in range(10)])
    clf = _classifier().fit(pd.DataFrame({"many": levels[codes]}), Y)
    table = clf._model.params[0]["embedding1.table"]
    np.testing.assert_allclose(table[:, 0], table[:, 1 + codes].mean(axis=1), rtol=1e-5, atol=1e-6)


def test_arrays_lists_and_sparse_rows_give_one_fit():
    X = FRAME[["n", "code"]].to_numpy()
    expected = _classifier().fit(X, Y).predict_proba(X)
    for same in (X.tolist(), csr_array(X), X.astype(object), np.ma.masked_array(X)):
        assert_array_equal(_classifier().fit(same, Y).predict_proba(same), expected)


def test_masked_entries_are_missing_ones():
    X = FRAME[["n", "code"]].to_numpy()
    mask = np.arange(2 * N).reshape(N, 2) % 5 == 0
    gaps = np.where(mask, np.nan, X)
    expected = _classifier().fit(gaps, Y).predict_proba(gaps)
    masked = np.ma.masked_array(X, mask)
    assert_array_equal(_classifier().fit(masked, Y).predict_proba(masked), expected)


def test_lists_of_strings_and_numbers_keep_both():
    rows = [["x", 1], ["y", 2.5], [None, None]] * 10
    clf = _classifier().fit(rows, [0, 1, 1] * 10)
    assert_array_equal(clf.is_categorical_, [True, False])
    assert clf._encoding.numbers == [1]


def test_strings_of_numpy_are_categories():
    strings = np.array([["a"], ["b"], ["c"]] * 10, dtype=np.dtypes.StringDType())
    assert_array_equal(_classifier().fit(strings, [0, 1, 1] * 10).is_categorical_, [True])


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_empty_frames_are_refused(shape):
    frame = pd.DataFrame(np.ones(shape), columns=[f"c{i}" for i in range(shape[1])])
    with pytest.raises(ValueError, match=r"Found array with 0 .* minimum of 1 is required"):
        _classifier().fit(frame, np.zeros(shape[0]))


# Rows, folds and weights


def test_out_of_fold_predictions_are_those_of_the_member_that_did_not_see_them():
    clf = _classifier(n_estimators=5).fit(FRAME, Y)
    members = clf._outputs(FRAME)
    probabilities = np.exp(members / clf.temperature_)
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    gaps = np.abs(probabilities - clf.oof_prediction_).max(axis=-1)  # (members, rows)
    assert_array_equal(np.sort(gaps.argmin(axis=0)), np.repeat(np.arange(5), N // 5))
    assert gaps.min(axis=0).max() < 1e-5
    labels = clf.classes_[clf.oof_prediction_.argmax(axis=1)]
    assert clf.oof_score_ == np.mean(labels == Y)


def test_out_of_fold_score_counts_weights():
    weight = np.where(np.arange(N) < 30, 9.0, 1.0)
    clf = _classifier(n_estimators=5).fit(FRAME, Y, sample_weight=weight)
    seen = ~np.isnan(clf.oof_prediction_[:, 0])
    right = clf.classes_[clf.oof_prediction_[seen].argmax(axis=1)] == Y[seen]
    assert clf.oof_score_ == pytest.approx(np.average(right, weights=weight[seen]))
    assert abs(clf.oof_score_ - right.mean()) > 0.01


def test_out_of_fold_score_counts_the_weights_of_rows_in_a_fold():
    weight = np.arange(1.0, N + 1)
    one_split = [(np.arange(30), np.arange(30, N))]
    clf = _classifier(cv=one_split).fit(FRAME, Y, sample_weight=weight)
    right = clf.classes_[clf.oof_prediction_[30:].argmax(axis=1)] == Y[30:]
    assert clf.oof_score_ == pytest.approx(np.average(right, weights=weight[30:]))


def test_rows_in_no_fold_have_no_out_of_fold_prediction():
    clf = _classifier().fit(FRAME, Y)  # two members, five folds
    assert np.isnan(clf.oof_prediction_).all(axis=1).sum() == 36


def test_targets_are_dealt_out_from_the_smallest():
    y = np.random.RandomState(1).permutation(23)
    reg = TabularRegressor(**SMALL).fit(FRAME[:23], y)  # two members, five folds
    held_out = y[~np.isnan(reg.oof_prediction_)]
    assert_array_equal(np.sort(held_out), [0, 1, 5, 6, 10, 11, 15, 16, 20, 21])


def test_a_splitter_says_which_rows_members_are_validated_on():
    clf = _classifier(n_estimators=4, cv=KFold(2)).fit(FRAME, Y)
    assert clf.n_members_ == 4
    assert clf.validation_scores_.shape == (2, 4)
    np.testing.assert_allclose(clf.oof_prediction_.sum(axis=1), 1)  # the mean of two members
    one_split = [(np.arange(40), np.arange(40, N))]
    clf = _classifier(cv=one_split).fit(FRAME, Y)
    assert_array_equal(np.isnan(clf.oof_prediction_[:, 0]), np.arange(N) < 40)


def test_groups_are_not_divided():
    groups = np.repeat(np.arange(10), 6)
    for estimator, y in ((TabularClassifier, Y), (TabularRegressor, FRAME.n)):
        model = estimator(**{**SMALL, "max_iter": 1}).fit(FRAME, y, groups=groups)
        held_out = ~np.isnan(model.oof_prediction_.reshape(N, -1)[:, 0])
        of_groups = held_out.reshape(10, 6)
        assert_array_equal(of_groups.all(axis=1), of_groups.any(axis=1))
        assert of_groups.any(axis=1).sum() == 4  # two members, each with a fifth of the groups
    clf = _classifier(cv=LeaveOneGroupOut(), n_estimators=3).fit(FRAME, Y, groups=groups)
    assert_array_equal(np.isnan(clf.oof_prediction_[:, 0]), groups > 2)
    with pytest.raises(ValueError, match="groups must hold at least two groups, got a single one"):
        _classifier().fit(FRAME, Y, groups=np.zeros(N))


def test_rows_of_no_weight_are_left_out():
    weight = np.where(np.arange(N) < 20, 0.0, 1.0)
    clf = _classifier().fit(FRAME, Y, sample_weight=weight)
    rest = _classifier().fit(FRAME[20:], Y[20:])
    assert_array_equal(clf.predict_proba(FRAME), rest.predict_proba(FRAME))
    assert np.isnan(clf.oof_prediction_[:20]).all()
    assert_array_equal(clf.oof_prediction_[20:], rest.oof_prediction_)


def test_a_splitter_counts_the_rows_of_no_weight():
    splits = [(np.arange(10, N), np.arange(10)), (np.arange(50), np.arange(50, N))]
    weight = (np.arange(N) != 5).astype(float)
    clf = _classifier(cv=splits).fit(FRAME, Y, sample_weight=weight)
    seen = ~np.isnan(clf.oof_prediction_[:, 0])
    assert_array_equal(np.flatnonzero(seen), [0, 1, 2, 3, 4, 6, 7, 8, 9, *range(50, N)])


def test_smallest_weights_are_positive_in_float32():
    weight = np.where(np.arange(N) % 2, 1.0, 1e-60)
    clf = _classifier(batch_size=1).fit(FRAME, Y, sample_weight=weight)
    assert np.isfinite(clf.history_["loss"]).all()
    assert (ensemble._mean_one(weight).astype(np.float32) > 0).all()
    np.testing.assert_allclose(ensemble._mean_one(np.array([1e-12, 1.0])), [2e-12, 2.0])


def test_only_ratios_of_weights_matter():
    weight = RANDOM.randint(1, 4, N).astype(float)
    one, other = (_classifier().fit(FRAME, Y, sample_weight=w) for w in (weight, 1e200 * weight))
    np.testing.assert_allclose(one.predict_proba(FRAME), other.predict_proba(FRAME), rtol=1e-4)
    plain = _classifier().fit(FRAME, Y).predict_proba(FRAME)
    assert np.abs(one.predict_proba(FRAME) - plain).max() > 1e-3


def test_validation_samples_take_the_place_of_folds():
    clf = _classifier(max_iter=4).fit(
        FRAME[:40], Y[:40], X_val=FRAME[40:], y_val=Y[40:], sample_weight_val=np.ones(20)
    )
    assert clf.n_members_ == 2
    assert clf.oof_prediction_ is None
    assert clf.oof_score_ is None
    z = clf._outputs(FRAME[40:])
    assert np.abs(z[0] - z[1]).max() > 0.01  # all rows are trained on, from other initial weights
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    brier = ((p - (Y[40:, None] == clf.classes_)) ** 2).sum(axis=-1).mean(axis=-1)
    best = clf.validation_scores_[clf.best_iter_ - 1, np.arange(2)]
    np.testing.assert_allclose(best, -brier, rtol=1e-5)
    np.testing.assert_array_equal(best, clf.validation_scores_.max(axis=0))


def test_validation_samples_of_numbers_have_the_scale_of_y():
    y = 100 * FRAME.n.to_numpy() + 7
    model = TabularRegressor(**{**SMALL, "n_estimators": 1, "max_iter": 4})
    model.fit(FRAME[:40], y[:40], X_val=FRAME[40:], y_val=y[40:])
    error = np.sqrt(np.mean((model.predict(FRAME[40:]) - y[40:]) ** 2)) / y[:40].std()
    np.testing.assert_allclose(model.validation_scores_.max(), -error, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"y_val": Y}, "require X_val, which was not passed"),
        ({"X_val": FRAME}, "X_val was passed without y_val"),
        ({"X_val": FRAME, "y_val": Y, "groups": np.arange(N)}, "Pass X_val alone"),
        ({"X_val": FRAME, "y_val": np.r_[["other"], Y[1:]]}, r"that are in y, got \['other'\]"),
        ({"X_val": FRAME[:5], "y_val": Y}, "inconsistent numbers of samples"),
        ({"groups": np.arange(3)}, "inconsistent numbers of samples"),
        ({"X_val": FRAME, "y_val": Y, "cv": 3}, "Pass X_val alone"),
        ({"sample_weight": np.zeros(N)}, "must contain at least one non-zero number"),
        ({"sample_weight": np.full(N, 1e308)}, "sample_weight must be finite .* got the sum inf"),
        (
            {"X_val": [[1, "a"], [2]], "y_val": [0, 1]},
            r"X must have rows of the same shape, got shape \(2,\) for row 0 and \(1,\) for row 1",
        ),
        ({"sample_weight": np.r_[-1.0, np.ones(N - 1)]}, "Negative values in data passed to `sam"),
    ],
)
def test_arguments_of_fit_that_cannot_be_are_refused(given, told):
    clf, given = _classifier(cv=given.get("cv")), {k: v for k, v in given.items() if k != "cv"}
    with pytest.raises(ValueError, match=told):
        clf.fit(FRAME, Y, **given)


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (FRAME[:0], r"0 sample\(s\) \(shape=\(0, 6\)\)"),
        (FRAME[[]], r"0 feature\(s\) \(shape=\(60, 0\)\)"),
    ],
    ids=["no rows", "no columns"],
)
def test_empty_frames_are_refused_in_the_words_of_scikit_learn(frame, told):
    with pytest.raises(ValueError, match=f"^Found array with {told} while a minimum of 1 is"):
        _classifier().fit(frame, Y)


@pytest.mark.parametrize(
    "cv",
    [
        [(0, 1)],
        [(np.arange(N), [N])],
        [([-1], np.arange(N))],
        [([0.0], [1])],
        [(np.ones(N - 1, bool), [1])],
        [([[0]], [1])],
        [([0], [1], [2])],
        [([0], [[1], [2, 3]])],
        range(10**12),
        np.array(2),
    ],
)
def test_splits_that_are_no_pairs_of_rows_are_refused(cv):
    message = "^cv must yield pairs .* row numbers from 0 to 59 or masks, got "
    with pytest.raises(ValueError, match=message):
        _classifier(cv=cv).fit(FRAME, Y)


def test_a_mask_says_which_rows_are_trained_on():
    numbers = np.arange(N)
    expected = _classifier(cv=[(numbers[20:], numbers[:20])]).fit(FRAME, Y)
    clf = _classifier(cv=iter([(numbers >= 20, numbers < 20)] * 9)).fit(FRAME, Y)
    assert_array_equal(clf.oof_prediction_, expected.oof_prediction_)
    assert_array_equal(np.isnan(clf.oof_prediction_[:, 0]), numbers >= 20)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"cv": KFold}, r"^cv must be an object, got the class .*Call it: cv=KFold\(\.\.\.\)\.$"),
        ({"cv": np.timedelta64(3, "s")}, r"^cv must be .* time span np\.timedelta64\(3,'s'\)"),
        ({"class_weight": {"yes": "a", "no": 1}}, r"^class_weight must .* got 'a' for class 'yes'"),
        ({"hidden_layer_sizes": [10**400]}, r"^The network needs .* EiB of memory\. Layer dense1"),
        ({"dropout": "x" * 5000}, r"Got 'x*\.\.\.x*' \(5002 characters\) instead\.$"),
    ],
)
def test_odd_values_of_parameters_are_refused_by_name(params, told):
    with pytest.raises(ValueError, match=told):
        _classifier(**params).fit(FRAME, Y)


def test_splits_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="cv must give at least one split"):
        _classifier(cv=[(np.arange(N), [])]).fit(FRAME, Y)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_few_rows_are_all_trained_on(n):
    reg = TabularRegressor(**SMALL).fit(FRAME[:n], np.arange(n))
    assert reg.n_members_ == 1
    assert reg.validation_scores_ is None
    assert reg.oof_score_ is None
    assert_array_equal(reg.best_iter_, [2])
    assert np.isfinite(reg.predict(FRAME)).all()


# What is fitted, and what is refused


def test_history_has_a_row_for_each_epoch_and_a_column_for_each_member(fitted):
    assert set(fitted.history_) == {
        "loss",
        "validation_loss",
        "validation_score",
        "learning_rate",
        "seconds",
    }
    assert all(values.shape == (2, 2) for values in fitted.history_.values())
    assert fitted.n_iter_ == 2
    assert_array_equal(fitted.validation_scores_, fitted.history_["validation_score"])


def test_few_rows_are_predicted_as_many_are(fitted):
    many = pd.concat([FRAME] * 20, ignore_index=True)  # more than are predicted in float64
    np.testing.assert_allclose(
        fitted.predict_proba(many)[:N], fitted.predict_proba(FRAME), rtol=1e-3, atol=1e-5
    )
    one_by_one = np.vstack([fitted.predict_proba(FRAME[i : i + 1]) for i in range(5)])
    np.testing.assert_allclose(one_by_one, fitted.predict_proba(FRAME[:5]), rtol=1e-12)


def test_a_hundred_rows_are_predicted_in_float64(fitted):
    rows = pd.concat([FRAME] * 17, ignore_index=True)
    for n, dtype in ((100, np.float64), (101, np.float32)):
        assert fitted._outputs(rows[:n]).dtype == dtype


def test_tags_say_that_tables_may_hold_categories_and_gaps(fitted):
    tags = fitted.__sklearn_tags__().input_tags
    assert (tags.categorical, tags.allow_nan, tags.sparse) == (True, True, True)


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
def test_prediction_takes_as_much_memory_as_scikit_learn_allows(method, monkeypatch):
    for bound in ("tabular.encoding.CHUNK", "nn.model.CACHE", "nn.model.ONE_PASS"):
        monkeypatch.setattr(f"sknn.{bound}", 2**12)
    table = np.random.default_rng(0).normal(size=(2000, 200)).astype(np.float32)
    clf = _classifier(hidden_layer_sizes=(2,), numeric_embedding="none").fit(table[:N], Y)
    whole = getattr(clf, method)(table)
    tracemalloc.start()
    with config_context(working_memory=0.04):
        parts = getattr(clf, method)(table)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < table.nbytes / 2
    np.testing.assert_allclose(parts, whole, rtol=1e-5)


def test_transform_gives_the_last_hidden_layers_of_all_members(fitted):
    features = fitted.transform(FRAME)
    assert features.shape == (N, 2 * 8)
    assert len(fitted.get_feature_names_out()) == 16
    last = fitted._model.params[-1]
    z = [
        features[:, 8 * k : 8 * k + 8] @ last["weight"][k] / np.sqrt(8) + last["bias"][k]
        for k in range(2)
    ]
    np.testing.assert_allclose(fitted._outputs(FRAME), z, rtol=1e-5, atol=1e-6)


def test_partial_fit_is_not_there_and_says_why(fitted):
    assert not hasattr(fitted, "partial_fit")
    with pytest.raises(AttributeError) as caught:
        _ = fitted.partial_fit
    assert "TabularClassifier has no partial_fit: " in str(caught.value.__cause__)


def test_importances_are_left_to_permutations(fitted):
    with pytest.raises(AttributeError, match="permutation_importance"):
        _ = fitted.feature_importances_


def test_a_fit_that_fails_leaves_the_estimator_as_it_was(fitted):
    clf = clone(fitted).fit(FRAME, Y)
    before = dict(vars(clf))
    with pytest.raises(ValueError, match="Column 'n' must not hold infinity"):
        clf.fit(FRAME.assign(n=np.inf), Y)
    assert vars(clf) == before
    assert_array_equal(clf.predict_proba(FRAME), fitted.predict_proba(FRAME))


def test_divergence_is_refused():
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"_init \(now 1e\+30\) or weight_decay \(now 0.02\)"),
    ):
        TabularRegressor(**{**SMALL, "max_iter": 6}, learning_rate_init=1e30).fit(FRAME, FRAME.n)


def test_no_hidden_layer_is_refused():
    with pytest.raises(ValueError, match="at least one hidden layer"):
        _classifier(hidden_layer_sizes=()).fit(FRAME, Y)


def test_parameters_reach_the_recipe():
    clf = _classifier(
        hidden_layer_sizes=5,
        activation="tanh",
        learning_rate_init=0.5,
        batch_size=12,
        dropout=0,
        weight_decay=0.25,
        numeric_embedding="none",
        max_onehot=20,
    )
    clf.classes_ = np.array([0, 1])
    table = read_table(clf, FRAME, reset=True)
    encoding = Encoding.learn(table, table.is_category, clf.max_onehot)
    recipe = clf._recipe(encoding, encoding.matrix(table))
    assert [type(layer).__name__ for layer in recipe.layers] == ["Scale", "Dense", "Dense"]
    assert recipe.layers[1].activation.activation == "tanh"
    assert (recipe.learning_rate, recipe.batch_size, recipe.epochs) == (0.5, 12, 2)
    assert recipe.optimizer.weight_decay == 0.25


def test_progress_is_printed_on_request(capsys):
    _classifier(verbose=1, max_iter=2).fit(FRAME, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[0] for line in lines] == [
        "Epoch 1 of at most 2",
        "Epoch 2 of at most 2",
    ]
    assert lines[-1].endswith("about 0 s left")
