import builtins
from functools import partial

import numpy as np
import pytest
from helpers import needs_scikit_learn
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (
    classification_report,
    confusion_matrix,
    make_scorer,
    recall_score,
    roc_curve,
)
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score

from sknn import MLPClassifier
from sknn.metrics import per_class_report, specificity_score

NO_SAMPLES = needs_scikit_learn("1.9", "metrics that refuse to score no samples")
NO_NAN = needs_scikit_learn("1.9", "metrics that refuse weights of nan")
EMPTY = partial(pytest.param, [], [], marks=NO_SAMPLES)
COUNTS = ["TP", "FP", "FN", "TN"]
RATES = ["precision", "recall", "specificity", "f1-score"]
COLUMNS = [*COUNTS, *RATES, "support"]

# Kinds of y, and which labels of it to regard; "elk" does not occur.
KINDS = [
    ("binary", None),
    ("binary", [1]),
    ("multiclass", None),
    ("multiclass", ["dog", "bee"]),
    ("multiclass", ["dog", "elk", "ant", "bee", "cow"]),
    ("multilabel", None),
    ("multilabel", [3, 0, 1]),
]

# Of 66 animals, how many of each kind (column) are taken for each kind (row).
ANIMALS = np.array([[10, 1, 2], [3, 15, 4], [5, 6, 20]])


def samples(matrix, names):
    """(y_true, y_pred) with this confusion matrix: rows true, columns predicted."""
    true, predicted = np.indices(matrix.shape)
    names = np.array(names)
    repeats = matrix.ravel()
    return names[true.ravel().repeat(repeats)], names[predicted.ravel().repeat(repeats)]


def animals():
    return samples(ANIMALS.T, ["cat", "dog", "pig"])


def drawn(kind, n=60, seed=0):
    """(y_true, y_pred) of a kind, about two thirds of the predictions right."""
    rng = np.random.default_rng(seed)
    if kind == "multilabel":
        y_true = rng.integers(2, size=(n, 4))
        return y_true, np.where(rng.random((n, 4)) < 0.3, 1 - y_true, y_true)
    classes = np.array(["ant", "bee", "cow", "dog"]) if kind == "multiclass" else np.arange(2)
    y_true, other = classes[rng.integers(len(classes), size=(2, n))]
    return y_true, np.where(rng.random(n) < 0.6, y_true, other)


def counted(y_true, y_pred, labels=None, weight=None, samplewise=False):
    """TP, FP, FN, TN, each (n_classes,) or (n_samples,), sample by sample and class by class."""
    if y_true.ndim == 1:
        labels = sorted({*y_true, *y_pred}) if labels is None else labels
        y_true, y_pred = ([[y == label for label in labels] for y in ys] for ys in (y_true, y_pred))
    elif labels is not None:
        y_true, y_pred = y_true[:, labels], y_pred[:, labels]
    y_true, y_pred = np.array(y_true, dtype=bool), np.array(y_pred, dtype=bool)
    weight = np.ones(len(y_true)) if weight is None else weight
    counts = np.zeros((4, *y_true.shape))
    for sample, label in np.ndindex(y_true.shape):
        outcome = {(1, 1): 0, (0, 1): 1, (1, 0): 2, (0, 0): 3}
        at = outcome[y_true[sample, label], y_pred[sample, label]]
        counts[at, sample, label] = weight[sample]
    return counts.sum(axis=2 if samplewise else 1)


def specificity(y_true, y_pred, average, labels=None, weight=None):
    """What specificity is by definition, where there are negatives."""
    tp, fp, fn, tn = counted(y_true, y_pred, labels, weight, samplewise=average == "samples")
    if average == "micro":
        return tn.sum() / (tn.sum() + fp.sum())
    scores = tn / (tn + fp)
    if average is None:
        return scores
    return np.average(scores, weights={"weighted": tp + fn, "samples": weight}.get(average))


def weights(weighted, n=60):
    return np.random.default_rng(7).uniform(0.5, 2, size=n) if weighted else None


def assert_same_report(report, wanted):
    """Two reports as dicts have the same rows in the same order, and equal figures."""
    assert list(report) == list(wanted)
    for name, row in wanted.items():
        if name == "accuracy":
            assert_allclose(report[name], row, rtol=1e-12)
        else:
            assert list(report[name]) == list(row)
            assert_allclose(list(report[name].values()), list(row.values()), rtol=1e-12)


def test_specificity_of_the_animals():
    y_true, y_pred = animals()
    assert_allclose(
        specificity_score(y_true, y_pred, average=None), [45 / 48, 37 / 44, 29 / 40], rtol=1e-15
    )
    assert_allclose(
        specificity_score(y_true, y_pred, average="micro"), (45 + 37 + 29) / 132, rtol=1e-15
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("kind", "labels", "average"),
    [
        (kind, labels, average)
        for kind, labels in KINDS
        for average in (None, "micro", "macro", "weighted", "samples")
        if kind == "multilabel" or average != "samples"
    ],
)
def test_specificity_is_its_definition(kind, labels, average, weighted):
    y_true, y_pred = drawn(kind)
    if average == "samples":  # every sample with a negative
        y_true[:, 0] = 0
    weight = weights(weighted)
    score = specificity_score(y_true, y_pred, average=average, labels=labels, sample_weight=weight)
    assert_allclose(score, specificity(y_true, y_pred, average, labels, weight), rtol=1e-12)
    assert isinstance(score, np.ndarray if average is None else float)


def test_labels_play_no_part_in_a_binary_average():
    y_true, y_pred = [0, 0, 0, 1, 1], [0, 0, 1, 1, 0]
    assert specificity_score(y_true, y_pred, labels=[0, 1]) == 2 / 3
    assert specificity_score(y_true, y_pred, labels=[0], pos_label=0) == 1 / 2


@pytest.mark.parametrize("weighted", [False, True])
def test_specificity_of_two_classes_is_the_recall_of_the_other(weighted):
    y_true, y_pred = drawn("binary")
    weight = weights(weighted)
    for positive in (0, 1):
        score = specificity_score(y_true, y_pred, pos_label=positive, sample_weight=weight)
        recall = recall_score(y_true, y_pred, pos_label=1 - positive, sample_weight=weight)
        assert_allclose(score, recall, rtol=1e-12)
    names = np.array(["ham", "spam"])
    assert specificity_score(names[y_true], names[y_pred], pos_label="spam") == specificity_score(
        y_true, y_pred
    )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("average", [None, "micro", "macro", "samples"])
def test_specificity_is_recall_with_positives_and_negatives_exchanged(average, weighted):
    y_true, y_pred = drawn("multilabel")
    arguments = {"average": average, "sample_weight": weights(weighted), "zero_division": 0}
    assert_allclose(
        specificity_score(y_true, y_pred, **arguments),
        recall_score(1 - y_true, 1 - y_pred, **arguments),
        rtol=1e-12,
    )


def test_specificity_is_one_minus_the_false_positive_rate_of_the_roc():
    rng = np.random.default_rng(0)
    y_true = rng.integers(2, size=100)
    decision = y_true + rng.normal(size=100)
    false_positive_rate, _, thresholds = roc_curve(y_true, decision)
    scores = [specificity_score(y_true, (decision >= t).astype(int)) for t in thresholds]
    assert_allclose(scores, 1 - false_positive_rate, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_weights_count_as_repeated_samples(kind):
    y_true, y_pred = drawn(kind)
    repeats = np.random.default_rng(1).integers(4, size=60)
    arguments = {"output": "dict", "zero_division": 1}
    weighted = per_class_report(y_true, y_pred, sample_weight=repeats, **arguments)
    y_true, y_pred = y_true.repeat(repeats, axis=0), y_pred.repeat(repeats, axis=0)
    assert_same_report(weighted, per_class_report(y_true, y_pred, **arguments))


@pytest.mark.parametrize("average", ["binary", "macro"])
def test_specificity_is_undefined_without_negatives_whatever_the_weights(average):
    # By difference, what is left of the sum of these weights is not quite zero.
    rng = np.random.default_rng(0)
    weight = rng.random(50)
    y_true, y_pred = np.ones(50, dtype=int), (rng.random(50) < 0.7).astype(int)
    arguments = {"labels": [1], "average": average, "sample_weight": weight}
    for value in (0.0, 1.0, np.nan):
        score = specificity_score(y_true, y_pred, zero_division=value, **arguments)
        assert_array_equal(score, value)
    report = per_class_report(
        y_true, y_pred, labels=[1], sample_weight=weight, output="dict", zero_division=np.nan
    )
    assert report["1"]["TN"] == report["1"]["FP"] == 0
    assert np.isnan(report["1"]["specificity"])


def test_negatives_of_weight_zero_are_none():
    weight = np.append(np.random.default_rng(0).random(50), 0)
    y_true, y_pred = np.append(np.ones(50, dtype=int), 0), np.ones(51, dtype=int)
    y_pred[40:] = 0
    assert np.isnan(specificity_score(y_true, y_pred, sample_weight=weight, zero_division=np.nan))


@pytest.mark.parametrize(
    ("ours", "theirs", "arguments", "wanted"),
    [
        ([1, 1, 1], [0, 0, 0], {}, 0),
        ([1, 1, 1], [0, 0, 0], {"average": "micro", "labels": [1]}, 0),
        ([1, 1, 1], [0, 0, 0], {"average": None, "labels": [1, 2]}, [0, 1]),
        ([1, 1, 1], [0, 0, 0], {"average": "macro", "labels": [1, 2]}, 0.5),
        ([[1, 1], [0, 1]], [[0, 0], [0, 1]], {"average": "samples"}, 0.5),
    ],
)
def test_specificity_without_negatives_warns_as_recall_without_positives(
    ours, theirs, arguments, wanted
):
    with pytest.warns(UndefinedMetricWarning) as caught:
        score = specificity_score(ours, ours, **arguments)
    assert_array_equal(score, wanted)
    (warning,) = caught
    assert warning.filename == __file__
    with pytest.warns(UndefinedMetricWarning) as caught:
        recall_score(theirs, theirs, **arguments)
    words = str(caught[0].message).replace("Recall", "Specificity").replace("true", "negative")
    assert str(warning.message) == words


def test_undefined_specificities_are_left_out_of_averages():
    y_true, y_pred = [0, 0, 0], [0, 1, 0]
    arguments = {"labels": [0, 1, 2], "zero_division": np.nan}
    scores = specificity_score(y_true, y_pred, average=None, **arguments)
    assert_array_equal(scores, [np.nan, 2 / 3, 1])  # all are of class 0
    assert_allclose(specificity_score(y_true, y_pred, average="macro", **arguments), 5 / 6)
    # All the support is where it is undefined: what is left has equal weights.
    assert_allclose(specificity_score(y_true, y_pred, average="weighted", **arguments), 5 / 6)
    arguments["labels"] = [0]
    assert np.isnan(specificity_score(y_true, y_pred, average="macro", **arguments))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "arguments"),
    [
        ([0, 1, 2], [0, 1, 1], {}),
        ([0, 1, 2], [0, 1, 1], {"average": "samples"}),
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]], {}),
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]], {"average": "macro", "labels": [2]}),
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]], {"average": "macro", "labels": [-1]}),
        ([0, 1], [0, 1], {"pos_label": 2}),
        (["a", "b"], ["a", "a"], {}),
        ([0, 1], [0, 1, 1], {}),
        ([0, 1], [0.5, 1], {}),
        ([0, 1], ["a", "b"], {}),
        ([0, 1], [[0, 1], [1, 0]], {}),
        EMPTY({}),
        (0, 1, {}),
        ([0, 1], [0, 1], {"sample_weight": [1, 2, 3]}),
        pytest.param([0, 1], [0, 1], {"sample_weight": [1, np.nan]}, marks=NO_NAN),
        ([0, 1], [0, 1], {"zero_division": 2}),
        ([0, 1], [0, 1], {"labels": 1}),
    ],
)
def test_specificity_raises_as_recall_does(y_true, y_pred, arguments):
    with pytest.raises((ValueError, TypeError)) as theirs:
        recall_score(y_true, y_pred, **arguments)
    with pytest.raises(theirs.type) as ours:
        specificity_score(y_true, y_pred, **arguments)
    assert str(ours.value) == str(theirs.value).replace("recall_score", "specificity_score")


def test_specificity_says_which_averages_there_are():
    with pytest.raises(
        ValueError, match=r"'average' parameter of specificity_score must be .*macro"
    ):
        specificity_score([0, 1], [0, 1], average="mean")


def test_specificity_warns_of_an_ignored_pos_label_as_recall_does():
    for score in (recall_score, specificity_score):
        with pytest.warns(UserWarning, match=r"pos_label \(set to 2\) is ignored when average !="):
            score([0, 1, 2], [0, 1, 2], average="macro", pos_label=2)


def as_table(library, y):
    return pytest.importorskip(library).Series(y)


@pytest.mark.parametrize(
    "convert",
    [
        list,
        lambda y: y.astype(object),
        lambda y: y.reshape(-1, 1),
        lambda y: as_table("pandas", y),
        lambda y: as_table("pandas", y).astype("category"),
        lambda y: as_table("polars", y),
    ],
)
def test_any_column_of_labels_is_taken(convert):
    y_true, y_pred = drawn("multiclass")
    given = convert(y_true), convert(y_pred)
    assert specificity_score(*given, average="macro") == specificity_score(
        y_true, y_pred, average="macro"
    )
    assert per_class_report(*given) == per_class_report(y_true, y_pred)


@pytest.mark.parametrize("convert", [csr_array, np.ndarray.tolist, lambda y: y.astype(bool)])
def test_any_matrix_of_labels_is_taken(convert):
    y_true, y_pred = drawn("multilabel")
    for average in (None, "weighted", "samples"):
        arguments = {"average": average, "zero_division": 0}
        assert_array_equal(
            specificity_score(convert(y_true), convert(y_pred), **arguments),
            specificity_score(y_true, y_pred, **arguments),
        )
    assert per_class_report(convert(y_true), convert(y_pred), zero_division=0) == per_class_report(
        y_true, y_pred, zero_division=0
    )


def test_specificity_is_a_score_for_cross_validation_and_search(digits):
    X, y = digits[0][:400], np.where(digits[1][:400] == 8, "eight", "other")
    folds = KFold(3)
    clf = MLPClassifier(
        (5,), learning_rate="cosine", learning_rate_init=0.02, max_iter=4, random_state=0
    )
    wanted = []
    for training, test in folds.split(X):
        predicted = clone(clf).fit(X[training], y[training]).predict(X[test])
        wanted.append(np.mean(predicted[y[test] == "other"] == "other"))
    scorer = make_scorer(specificity_score, pos_label="eight")
    assert_allclose(cross_val_score(clf, X, y, cv=folds, scoring=scorer), wanted, rtol=1e-12)
    search = GridSearchCV(clf, {"alpha": [clf.alpha]}, cv=folds, scoring=scorer).fit(X, y)
    assert_allclose(search.best_score_, np.mean(wanted), rtol=1e-12)


def test_report_of_the_animals():
    y_true, y_pred = animals()
    assert_array_equal(confusion_matrix(y_true, y_pred).T, ANIMALS)
    report = per_class_report(y_true, y_pred, output="dict")
    assert list(report) == ["cat", "dog", "pig", "accuracy", "macro avg", "weighted avg"]
    assert list(report["cat"]) == COLUMNS
    wanted = [10, 3, 8, 45, 10 / 13, 10 / 18, 45 / 48, 20 / 31, 18]
    assert_allclose(list(report["cat"].values()), wanted, rtol=1e-15)
    assert_allclose(report["accuracy"], 45 / 66, rtol=1e-15)
    counts = [[report[name][count] for count in COUNTS] for name in ("dog", "pig")]
    assert counts == [[15, 7, 7, 37], [20, 11, 6, 29]]


def test_report_of_the_animals_as_text():
    assert (
        "\n" + per_class_report(*animals())
        == """
               TP   FP   FN   TN precision recall specificity f1-score support

         cat   10    3    8   45      0.77   0.56        0.94     0.65      18
         dog   15    7    7   37      0.68   0.68        0.84     0.68      22
         pig   20   11    6   29      0.65   0.77        0.72     0.70      26

    accuracy                                                      0.68      66
   macro avg                          0.70   0.67        0.83     0.68      66
weighted avg                          0.69   0.68        0.82     0.68      66"""
    )


@pytest.mark.one_in(3)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("zero_division", [0, 1, np.nan])
@pytest.mark.parametrize(("kind", "labels"), KINDS)
def test_report_agrees_with_scikit_learns(kind, labels, zero_division, weighted):
    y_true, y_pred = drawn(kind)
    arguments = {
        "labels": labels,
        "sample_weight": weights(weighted),
        "zero_division": zero_division,
    }
    theirs = classification_report(y_true, y_pred, output_dict=True, **arguments)
    report = per_class_report(y_true, y_pred, output="dict", **arguments)
    shared = {
        name: {column: row[column] for column in theirs[name]} if isinstance(row, dict) else row
        for name, row in report.items()
    }
    assert_same_report(shared, theirs)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("kind", "labels"), KINDS)
def test_report_has_counts_and_specificity_by_definition(kind, labels, weighted):
    y_true, y_pred = drawn(kind)
    if kind == "multilabel":  # every sample with a negative
        y_true[:, 3] = 1 - y_true[:, 0]
    weight = weights(weighted)
    report = per_class_report(
        y_true, y_pred, labels=labels, sample_weight=weight, output="dict", zero_division=0
    )
    classes = [row for row in report.values() if isinstance(row, dict) and "TP" in row]
    counts = [[row[count] for count in COUNTS] for row in classes]
    assert_allclose(np.transpose(counts), counted(y_true, y_pred, labels, weight), atol=1e-12)
    assert_allclose(
        [row["specificity"] for row in classes],
        specificity(y_true, y_pred, None, labels, weight),
        rtol=1e-12,
    )
    averages = [name for name in report if name.endswith(" avg")]
    assert ("samples avg" in averages) == (kind == "multilabel")
    for name in averages:
        wanted = specificity(y_true, y_pred, name.removesuffix(" avg"), labels, weight)
        assert_allclose(report[name]["specificity"], wanted, rtol=1e-12)
        assert list(report[name]) == [*RATES, "support"]


def test_unweighted_counts_are_integers_of_python():
    report = per_class_report(*animals(), output="dict")
    assert {type(report["pig"][column]) for column in [*COUNTS, "support"]} == {int}
    assert type(report["macro avg"]["support"]) is int
    assert {type(report["pig"][column]) for column in RATES} == {float}


def test_report_warns_of_each_undefined_figure():
    with pytest.warns(UndefinedMetricWarning) as caught:
        per_class_report([0, 0], [0, 0], labels=[0, 1])
    assert {str(warning.message).partition(" ")[0] for warning in caught} == {
        "Precision",
        "Recall",
        "F-score",
        "Specificity",
    }


def rounded(row, digits):
    return [str(x) if isinstance(x, int) else f"{x:.{digits}f}" for x in row.values()]


@pytest.mark.parametrize("digits", [0, 2, 5])
def test_text_holds_the_figures_rounded(digits):
    y_true, y_pred = drawn("multilabel")
    names = ["ant", "bee", "cow", "dog", "micro avg", "macro avg", "weighted avg", "samples avg"]
    arguments = {"target_names": names[:4], "labels": [2, 0, 1, 3], "zero_division": 1}
    text = per_class_report(y_true, y_pred, digits=digits, **arguments)
    report = per_class_report(y_true, y_pred, output="dict", **arguments)
    header, *lines = (line.split() for line in text.splitlines() if line)
    assert header == COLUMNS
    assert lines == [[*name.split(), *rounded(report[name], digits)] for name in names]


def test_text_of_weighted_samples_rounds_the_counts():
    y_true, y_pred = drawn("multiclass")
    report = per_class_report(y_true, y_pred, sample_weight=weights(True), output="dict")
    text = per_class_report(y_true, y_pred, sample_weight=weights(True), digits=3)
    assert text.splitlines()[2].split() == ["ant", *rounded(report["ant"], 3)]


LONG = ["Tyrannosaurus rex, king of all the lizards", "n02123045_tabby_cat_" * 3, "x"]


# What the classes are called, times how many animals there are, whether headings are short.
@pytest.mark.parametrize(
    ("names", "times", "short"),
    [
        (["a", "b", "c"], 200, False),
        (["Iris-setosa", "Iris-virginica", "other"], 1, False),
        (["comp.os.ms-windows.misc", "rec.autos", "sci.med"], 1, True),
        (["T-shirt/top", "Ankle boot", "Bag"], 2_000, True),
        (LONG, 1, True),
        (LONG, 2_000, True),
        (["", "two\nlines", "c"], 1, False),
    ],
)
def test_text_fits_into_80_columns(names, times, short):
    y_true, y_pred = samples(ANIMALS.T * times, [0, 1, 2])
    header, _, *lines = per_class_report(y_true, y_pred, target_names=names).splitlines()
    headings = [*COUNTS, "prec.", "recall", "spec.", "F1", "support"] if short else COLUMNS
    assert header.split() == headings
    assert len(header) <= 80
    found, counts, folded = [], [], ""
    for line in lines[: lines.index("")]:
        if len(line) < len(header):  # the beginning of a long name
            folded += "".join(line.split())
        else:
            words = line.split()
            found.append(folded + "".join(words[:-9]))
            counts.append(words[-9:-5])
            folded = ""
    assert found == ["".join(name.split()) for name in names]
    wanted = times * np.array([[10, 3, 8, 45], [15, 7, 7, 37], [20, 11, 6, 29]])
    assert_array_equal(np.array(counts, dtype=int), wanted)
    assert {len(line) for line in lines[-3:]} == {len(header)}


def test_text_that_cannot_fit_keeps_the_names_of_averages_whole():
    lines = per_class_report(*animals(), target_names=LONG, digits=16).splitlines()
    assert [line[:12].strip() for line in lines[-3:]] == ["accuracy", "macro avg", "weighted avg"]
    assert lines[2].strip() == "Tyrannosauru"


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["binary", "multilabel"])
def test_frame_holds_the_figures_of_the_dict(kind, weighted):
    pd = pytest.importorskip("pandas")
    y_true, y_pred = drawn(kind)
    arguments = {"sample_weight": weights(weighted), "zero_division": 0}
    report = per_class_report(y_true, y_pred, output="dict", **arguments)
    frame = per_class_report(y_true, y_pred, output="frame", **arguments)
    assert list(frame.index) == list(report)
    assert list(frame.columns) == COLUMNS
    for name, row in report.items():
        if name == "accuracy":
            row = {"f1-score": row, "support": report["macro avg"]["support"]}
        assert frame.loc[name].dropna().to_dict() == row
    kinds = ["Int64"] * 4 + ["float64"] * 4 + ["int64"]
    if weighted:
        kinds = ["float64"] * 9
    assert [str(kind) for kind in frame.dtypes] == kinds
    assert isinstance(frame, pd.DataFrame)


def test_only_the_frame_needs_pandas(monkeypatch):
    original = builtins.__import__

    def without_pandas(name, *args, **kwargs):
        if name == "pandas":
            raise ImportError("No module named 'pandas'")
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pandas)
    assert per_class_report([0, 1], [0, 1], output="dict")["accuracy"] == 1
    assert "accuracy" in per_class_report([0, 1], [0, 1])
    with pytest.raises(ImportError, match=r"output='frame' requires pandas.*pip install pandas"):
        per_class_report([0, 1], [0, 1], output="frame")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"output": "table"},
            r"The 'output' parameter of per_class_report must be a str among \{.*\}. Got 'table'",
        ),
        ({"digits": -1}, r"The 'digits' parameter .* must be an int in the range \[0, inf\)"),
        (
            {"target_names": ["a", "b"]},
            "Number of classes, 3, does not match size of target_names, 2. Try specifying the "
            "labels parameter",
        ),
        (
            {"target_names": ["a", "b"], "labels": [0, 1, 2]},
            "labels size, 3, does not match size of target_names, 2",
        ),
        ({"labels": []}, "'labels' should contain at least one label"),
        ({"labels": {"a": 1}}, r"labels must be a list of classes, got \{'a': 1\}"),
        (
            {"target_names": ["a", "b", "a"], "output": "dict"},
            r"differ from each other and from \['accuracy', 'macro avg', 'weighted avg'\], got "
            r"\['a', 'b', 'a'\]. Pass different target_names",
        ),
        (
            {"target_names": ["a", "b", "accuracy"], "output": "dict"},
            r"got \['a', 'b', 'accuracy'\]",
        ),
        ({"sample_weight": [1, 1]}, "inconsistent numbers of samples"),
        ({"zero_division": "zero"}, "The 'zero_division' parameter of per_class_report must be"),
    ],
)
def test_report_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        per_class_report([0, 1, 2], [0, 2, 1], **arguments)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "labels"),
    [
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]], [0, 2]),
        ([[0, 1], [1, 1]], [[0, 1], [1, 0]], [-1]),
        ([[0, 1], [1, 1]], [0, 1], None),
        ([0, 1], [0.5, 1], None),
        ([0, 1], ["a", "b"], None),
        ([0, 1], [0, 1, 1], None),
        EMPTY(None),
    ],
)
def test_report_raises_as_scikit_learns(y_true, y_pred, labels):
    with pytest.raises((ValueError, TypeError)) as theirs:
        classification_report(y_true, y_pred, labels=labels)
    with pytest.raises(theirs.type) as ours:
        per_class_report(y_true, y_pred, labels=labels)
    assert str(ours.value) == str(theirs.value)


def test_names_that_only_a_dict_could_confuse_are_printed():
    names = ["accuracy", "macro avg", "accuracy"]
    lines = per_class_report(*animals(), target_names=names).splitlines()
    assert [line[:12].strip() for line in lines] == [
        *["", "", *names, ""],
        *["accuracy", "macro avg", "weighted avg"],
    ]
    assert lines[2].split()[1:5] == ["10", "3", "8", "45"]


# From a matrix of counts.


@pytest.mark.parametrize("output", ["text", "dict"])
@pytest.mark.parametrize(("rows", "matrix"), [("predicted", ANIMALS), ("true", ANIMALS.T)])
def test_report_from_counts_is_that_from_labels(rows, matrix, output):
    names = ["cat", "dog", "pig"]
    wanted = per_class_report(*animals(), output=output)
    for given in (matrix, matrix.tolist(), matrix.astype(float)):
        report = per_class_report.from_counts(given, names, rows=rows, output=output)
        assert report == wanted
    if output == "dict":
        counts = [row[column] for row in list(report.values())[:3] for column in COUNTS]
        assert {type(count) for count in counts} == {int}
        assert counts[:4] == [10, 3, 8, 45]


def test_rows_are_true_classes_unless_said_otherwise():
    y_true, y_pred = drawn("multiclass")
    matrix = confusion_matrix(y_true, y_pred)
    report = per_class_report.from_counts(matrix, ["ant", "bee", "cow", "dog"], digits=4)
    assert report == per_class_report(y_true, y_pred, digits=4)


def test_names_default_to_numbers_and_classes_may_be_absent():
    report = per_class_report.from_counts(
        [[3, 0, 1], [0, 0, 0], [2, 0, 4]], output="dict", zero_division=0
    )
    assert list(report)[:3] == ["0", "1", "2"]
    assert report["1"] == dict(zip(COLUMNS, [0, 0, 0, 10, 0.0, 0.0, 1.0, 0.0, 0], strict=True))
    assert report["accuracy"] == 0.7
    with pytest.warns(UndefinedMetricWarning):
        per_class_report.from_counts([[3, 0], [0, 0]])


def test_counts_far_beyond_memory():
    million = 10**6
    report = per_class_report.from_counts(ANIMALS * million, rows="predicted", output="dict")
    assert report["0"]["TN"] == 45 * million
    assert report["0"]["precision"] == 10 / 13


def test_frame_from_counts_has_integers_if_they_are_whole():
    pytest.importorskip("pandas")
    frame = per_class_report.from_counts(ANIMALS, output="frame")
    assert set(map(str, frame.dtypes[COUNTS])) == {"Int64"}
    halves = per_class_report.from_counts(ANIMALS / 2, output="frame")
    assert set(map(str, halves.dtypes[COUNTS])) == {"float64"}
    assert halves.loc["0", "TP"] == 5.0


def test_sums_of_weights_are_printed_whole_only_if_all_are():
    y_true, y_pred = animals()
    twice = per_class_report(y_true, y_pred, sample_weight=np.full(66, 2.0)).split("\n")
    assert twice[2].split() == [
        *("cat", "20", "6", "16", "90", "0.77", "0.56", "0.94", "0.65", "36")
    ]
    assert twice[6].split() == ["accuracy", "0.68", "132"]
    half = per_class_report.from_counts(ANIMALS / 2, ["cat", "dog", "pig"], rows="predicted")
    assert half.split("\n")[2].split() == [
        *("cat", "5.00", "1.50", "4.00", "22.50", "0.77", "0.56", "0.94", "0.65", "9.00")
    ]
    weighted = per_class_report(y_true, y_pred, sample_weight=np.full(66, 0.5))
    assert half == weighted


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2, 3], [4, 5, 6]], r"a row and a column for each class, got.*shape \(2, 3\)"),
        ([1, 2], r"a row and a column for each class, got.*shape \(2,\)"),
        (np.zeros((0, 0)), r"a row and a column for each class, got.*shape \(0, 0\)"),
        ([[1, -2], [3, 4]], r"non-negative numbers of samples, got \[\[1, -2\], \[3, 4\]\]"),
        ([[1, np.nan], [3, 4]], "finite, non-negative numbers"),
        ([[1, np.inf], [3, 4]], "finite, non-negative numbers"),
        ([["1", "2"], ["3", "4"]], "must hold finite, non-negative numbers"),
        ([[True, False], [False, True]], "must hold finite, non-negative numbers"),
        ([[0, 0], [0, 0]], "at least one sample, got zeros only"),
        (ANIMALS / ANIMALS.sum(axis=0), "got a normalised matrix.*normalize=None"),
        (ANIMALS / ANIMALS.sum(axis=1, keepdims=True), "got a normalised matrix.*normalize=None"),
        (
            [[0.33, 0.33, 0.33], [0.1, 0.1, 0.8], [0.5, 0.25, 0.25]],
            "got a normalised matrix.*normalize=None",
        ),
        ([[0.77, 0.23], [0.1, 0.9]], "got a normalised matrix.*normalize=None"),
    ],
)
def test_matrix_that_counts_nothing_raises(matrix, message):
    with pytest.raises(ValueError, match=message):
        per_class_report.from_counts(matrix)


def test_sums_of_weights_that_are_not_nearly_one_are_no_shares():
    report = per_class_report.from_counts([[0.6, 0.42], [0.32, 0.7]], output="dict")
    assert report["0"]["precision"] == pytest.approx(0.6 / 0.92)
    assert report["0"]["support"] == pytest.approx(1.02)


def test_names_of_another_number_or_alike_raise():
    with pytest.raises(
        ValueError, match=r"names must have 3 entries, one for each row.*got 2: \['a', 'b'\]"
    ):
        per_class_report.from_counts(ANIMALS, ["a", "b"])
    with pytest.raises(ValueError, match=r"differ from each other.*Pass different names\."):
        per_class_report.from_counts(ANIMALS, ["a", "b", "a"], output="dict")
    with pytest.raises(ValueError, match=r"The 'rows' parameter of per_class_report.from_counts"):
        per_class_report.from_counts(ANIMALS, rows="columns")


def test_one_of_each_class_is_no_share():
    report = per_class_report.from_counts(np.eye(3), output="dict")
    assert report["accuracy"] == 1.0
