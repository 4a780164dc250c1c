"""Figures of a confusion matrix that scikit-learn lacks: specificity, and all of them per class."""

import textwrap
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import classification_report, multilabel_confusion_matrix, recall_score
from sklearn.utils.multiclass import unique_labels

from sknn.scikit_learn import Interval, Options, StrOptions, validate_params
from sknn.typing import Samples
from sknn.warning import warn

COUNTS = ("TP", "FP", "FN", "TN")
COLUMNS = (*COUNTS, "precision", "recall", "specificity", "f1-score", "support")
SUMS = (*COUNTS, "support")  # of samples, or of their weights
SHORT = (*COUNTS, "prec.", "recall", "spec.", "F1", "support")
WIDTH = 80  # of a terminal

_CONSTRAINTS = {
    "y_true": ["array-like", "sparse matrix"],
    "y_pred": ["array-like", "sparse matrix"],
    "labels": ["array-like", None],
    "sample_weight": ["array-like", None],
    "zero_division": [Options(Real, {0.0, 1.0}), "nan", StrOptions({"warn"})],
}
_REPORT_CONSTRAINTS = {
    "output": [StrOptions({"text", "dict", "frame"})],
    "digits": [Interval(Integral, 0, None, closed="left")],
}


@validate_params(
    _CONSTRAINTS  # the viewer of the documentation cannot read ** in decorators
    | {
        "pos_label": [Real, str, "boolean", None],
        "average": [StrOptions({"micro", "macro", "samples", "weighted", "binary"}), None],
    },
    prefer_skip_nested_validation=True,
)
def specificity_score(
    y_true: Samples,
    y_pred: Samples,
    *,
    labels: ArrayLike | None = None,
    pos_label: int | float | bool | str = 1,
    average: str | None = "binary",
    sample_weight: ArrayLike | None = None,
    zero_division: str | float = "warn",
) -> float | np.ndarray:
    """TN / (TN + FP): the share of the negatives that are predicted negative.

    Also called true negative rate, or selectivity; 1 - specificity is the false positive rate.
    It is to the negatives what recall is to the positives. The best value is 1, the worst 0.
    Each class of several, and each label of a set, is a question of its own: this one or not.
    The parameters are those of :func:`sklearn.metrics.recall_score`.

    Parameters
    ----------
    y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The true classes, or an indicator matrix of sets of labels, which may be sparse.
    y_pred : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The predicted ones.
    labels : array-like of shape (n_classes,), default=None
        The classes to regard, in this order, or numbers of columns for sets of labels. Classes
        that do not occur have TN = n_samples. None takes all in `y_true` and `y_pred`, sorted.
        Not used when ``average='binary'``.
    pos_label : int, float, bool or str, default=1
        The class that counts as positive. Only used when ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default='binary'
        How the classes are put together:

        - 'binary': the score of `pos_label`, for two classes.
        - 'micro': TN and FP are summed over the classes, then divided.
        - 'macro': the mean over classes.
        - 'weighted': the mean over classes, weighted by their support TP + FN, as in the other
          scores of scikit-learn (not by their negatives).
        - 'samples': the mean over samples, each scored over its labels; for sets of labels.
        - None: no average, a score for each class.

    sample_weight : array-like of shape (n_samples,), default=None
        How much each sample counts.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        The score where there are no negatives; "warn" gives 0 with a warning, and what is nan
        is left out of averages.

    Returns
    -------
    specificity : float or ndarray of shape (n_classes,)
        An array for ``average=None``.

    Raises
    ------
    ValueError
        Whatever ``recall_score`` raises, among it: a `pos_label` that does not occur, more than
        two classes with ``average='binary'``, ``average='samples'`` for anything but sets of
        labels, numbers in `labels` that are no columns, `y_true` and `y_pred` of different length
        or kind.

    Warns
    -----
    UndefinedMetricWarning
        If there are no negatives and ``zero_division="warn"``.

    See Also
    --------
    sklearn.metrics.recall_score : TP / (TP + FN), the same for the positives.
    sknn.metrics.per_class_report : This and the other figures, class by class.

    Examples
    --------
    >>> from sknn.metrics import specificity_score
    >>> specificity_score([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0])
    0.75

    One class against the rest:

    >>> y_true = ["cat", "dog", "pig", "cat", "dog", "pig"]
    >>> y_pred = ["cat", "pig", "dog", "cat", "cat", "dog"]
    >>> specificity_score(y_true, y_pred, average=None)
    array([0.75, 0.5 , 0.75])
    >>> specificity_score(y_true, y_pred, labels=["pig"], average="macro")
    0.75

    As the score of a cross-validation:

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.metrics import make_scorer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sknn import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(solver="lbfgs", alpha=0.1, max_iter=1000, random_state=0)
    >>> scorer = make_scorer(specificity_score, average="macro")
    >>> bool(cross_val_score(clf, X, y, scoring=scorer).mean() > 0.97)
    True
    """
    # Raises and warns on whatever is wrong with the arguments.
    recall_score(
        y_true,
        y_pred,
        labels=labels,
        pos_label=pos_label,
        average=average,
        sample_weight=sample_weight,
        zero_division=0,
    )
    labels = [pos_label] if average == "binary" else labels
    tn, fp, fn, tp = _counts(y_true, y_pred, labels, sample_weight, average == "samples")
    if average == "micro":
        tn, fp = tn.sum(keepdims=True), fp.sum(keepdims=True)
    negatives = tn + fp
    undefined = negatives == 0
    if undefined.any() and zero_division == "warn":
        _warn_undefined(len(negatives), average)
    value = 0.0 if zero_division == "warn" else float(zero_division)
    scores = np.where(undefined, value, tn / np.where(undefined, 1, negatives))
    if average is None:
        return scores
    return _mean(scores, {"weighted": tp + fn, "samples": sample_weight}.get(average))


@validate_params(
    _CONSTRAINTS
    | _REPORT_CONSTRAINTS
    | {
        "target_names": ["array-like", None],
    },
    prefer_skip_nested_validation=True,
)
def per_class_report(
    y_true: Samples,
    y_pred: Samples,
    *,
    labels: ArrayLike | None = None,
    target_names: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    output: str = "text",
    digits: int = 2,
    zero_division: str | float = "warn",
) -> Any:
    """All figures of the confusion matrix, class by class, and their averages.

    For a confusion matrix in place of labels call ``per_class_report.from_counts(matrix, names)``.

    Each class is a question of its own, this one or not. Its samples are counted as

    - TP, true positives: of this class, and predicted so,
    - FP, false positives: of another class, but predicted to be of this one,
    - FN, false negatives: of this class, but predicted to be of another,
    - TN, true negatives: of another class, and predicted to be of another,

    and from the counts come::

        precision   = TP / (TP + FP)    how many of those predicted are right
        recall      = TP / (TP + FN)    how many of the class are found; sensitivity
        specificity = TN / (TN + FP)    how many of the others are left alone
        f1-score    = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall
        support     = TP + FN           how many there are

    Below the classes stand the rows of :func:`sklearn.metrics.classification_report`, with its
    figures: the accuracy, or the micro average for sets of labels and for only some of the
    classes; the macro average (the mean over classes), the weighted one (weighted by support);
    for sets of labels the mean over samples. Averages have no counts.

    Parameters
    ----------
    y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The true classes, or an indicator matrix of sets of labels, which may be sparse.
    y_pred : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The predicted ones.
    labels : array-like of shape (n_classes,), default=None
        The classes to report, in this order, or numbers of columns for sets of labels; those
        that do not occur have no support. None takes all in `y_true` and `y_pred`, sorted.
    target_names : array-like of shape (n_classes,), default=None
        What to call the classes, in the order of `labels`.
    sample_weight : array-like of shape (n_samples,), default=None
        How much each sample counts. The counts are then sums of weights, printed without decimals
        if all of them are whole numbers.
    output : {'text', 'dict', 'frame'}, default='text'
        A table to print, a dict, or a DataFrame of pandas.
    digits : int, default=2
        Decimals of the text. Numbers in a dict or a frame are not rounded.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        What a division by zero gives; "warn" gives 0 with a warning, and what is nan is left out
        of averages.

    Returns
    -------
    report : str, dict or DataFrame
        - 'text': fits into 80 columns if it can: where names are long or counts are large,
          headings are shortened, and then names folded.
        - 'dict': ``{name: {"TP": ..., ..., "support": ...}}``, laid out as the dict of
          ``classification_report``; the accuracy is a number.
        - 'frame': a row for each line of the text and a column for each figure; what is blank
          there is missing. Counts have the dtype Int64, or are floats with `sample_weight`.

    Raises
    ------
    ValueError
        If there are not as many `target_names` as classes, `labels` are empty or no columns of
        the indicator matrix, two rows of a dict would have the same name, or `y_true` and
        `y_pred` are of different length or kind.
    ImportError
        If pandas is not installed and ``output='frame'``.

    Warns
    -----
    UndefinedMetricWarning
        If something is divided by zero and ``zero_division="warn"``.

    See Also
    --------
    sknn.metrics.per_class_report.from_counts : The same report from a confusion matrix.
    sklearn.metrics.classification_report : Without counts and specificity.
    sklearn.metrics.confusion_matrix : Which class is taken for which.
    sknn.metrics.specificity_score : Specificity alone, as a score to select models by.

    Examples
    --------
    >>> from sknn.metrics import per_class_report
    >>> y_true = ["cat", "cat", "cat", "dog", "dog", "pig", "pig", "pig"]
    >>> y_pred = ["cat", "cat", "dog", "dog", "pig", "pig", "pig", "cat"]
    >>> print(per_class_report(y_true, y_pred))
                   TP   FP   FN   TN precision recall specificity f1-score support
    <BLANKLINE>
             cat    2    1    1    4      0.67   0.67        0.80     0.67       3
             dog    1    1    1    5      0.50   0.50        0.83     0.50       2
             pig    2    1    1    4      0.67   0.67        0.80     0.67       3
    <BLANKLINE>
        accuracy                                                      0.62       8
       macro avg                          0.61   0.61        0.81     0.61       8
    weighted avg                          0.62   0.62        0.81     0.62       8

    >>> report = per_class_report(y_true, y_pred, output="dict")
    >>> report["dog"]["FP"], report["dog"]["precision"], report["accuracy"]
    (1, 0.5, 0.625)
    """
    if labels is not None and np.ndim(labels) == 0:
        raise ValueError(f"labels must be a list of classes, got {labels!r}.")
    if labels is not None and np.size(labels) == 0:
        raise ValueError("'labels' should contain at least one label.")
    classes, averages = _figures(y_true, y_pred, labels, target_names, sample_weight, zero_division)
    weighted = sample_weight is not None
    return _shown(classes, averages, output, digits, "target_names", weighted)


@validate_params(
    _REPORT_CONSTRAINTS
    | {
        "matrix": ["array-like"],
        "names": ["array-like", None],
        "rows": [StrOptions({"true", "predicted"})],
        "zero_division": _CONSTRAINTS["zero_division"],
    },
    prefer_skip_nested_validation=True,
)
def _from_counts(matrix, names=None, *, rows="true", output="text", digits=2, zero_division="warn"):
    """The report of :func:`per_class_report`, from a confusion matrix in place of labels.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        How many samples of each class were predicted to be of each class. Numbers that are not
        whole are taken as sums of sample weights.
    names : array-like of shape (n_classes,), default=None
        What to call the classes, in the order of the matrix; None numbers them from 0.
    rows : {'true', 'predicted'}, default='true'
        What a row of the matrix holds: the samples of one true class, as in
        :func:`sklearn.metrics.confusion_matrix`, or those with one prediction, as many texts
        print it.
    output, digits, zero_division : see per_class_report

    Returns
    -------
    report : str, dict or DataFrame
        As from :func:`per_class_report` with the labels of all samples. Counts are integers if
        all numbers in the matrix are whole.

    Raises
    ------
    ValueError
        If the matrix is not square, holds anything but finite numbers of at least 0, counts no
        sample, or is normalised; or if there are not as many names as classes.

    Examples
    --------
    >>> from sknn.metrics import per_class_report
    >>> matrix = [[10, 1, 2], [3, 15, 4], [5, 6, 20]]
    >>> print(per_class_report.from_counts(matrix, ["cat", "dog", "pig"], rows="predicted"))
                   TP   FP   FN   TN precision recall specificity f1-score support
    <BLANKLINE>
             cat   10    3    8   45      0.77   0.56        0.94     0.65      18
             dog   15    7    7   37      0.68   0.68        0.84     0.68      22
             pig   20   11    6   29      0.65   0.77        0.72     0.70      26
    <BLANKLINE>
        accuracy                                                      0.68      66
       macro avg                          0.70   0.67        0.83     0.68      66
    weighted avg                          0.69   0.68        0.82     0.68      66
    """
    counts = _checked_counts(matrix)
    n_classes = len(counts)
    names = range(n_classes) if names is None else names
    if len(names) != n_classes:
        raise ValueError(
            f"names must be {n_classes}, one for each row of the matrix, got {len(names)}: "
            f"{list(names)!r}."
        )
    y_true, y_pred = (axis.ravel() for axis in np.indices(counts.shape))
    if rows == "predicted":
        y_true, y_pred = y_pred, y_true
    figures = _figures(y_true, y_pred, None, names, counts.ravel(), zero_division)
    whole = _are_whole(counts.ravel())
    if whole:
        for _, row in (row for part in figures for row in part):
            row |= {column: int(row[column]) for column in SUMS if column in row}
    return _shown(*figures, output, digits, "names", weighted=not whole)


# Its one address is per_class_report.from_counts.
for _function in (_from_counts, _from_counts.__wrapped__):
    _function.__name__, _function.__qualname__ = "from_counts", "per_class_report.from_counts"
per_class_report.from_counts = _from_counts


def _checked_counts(matrix):
    """The matrix as floats. Raises ValueError if it cannot be a confusion matrix."""
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(
            "matrix must have a row and a column for each class, got an array of shape "
            f"{counts.shape}."
        )
    if counts.dtype.kind not in "iuf" or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(
            f"matrix must hold numbers of samples, finite and not negative, got {matrix!r}."
        )
    if not counts.any():
        raise ValueError("matrix must count at least one sample, got zeros only.")
    sums = [counts.sum(axis=axis) for axis in (0, 1)]
    if not _are_whole(counts.ravel()) and any(np.allclose(n, 1, atol=0.01) for n in sums):
        raise ValueError(
            "matrix must hold numbers of samples, got shares: each row or each column has the sum "
            "1. Precision, specificity and averages depend on how many samples there are of each "
            "class. Pass the matrix before normalisation: confusion_matrix(..., normalize=None)."
        )
    return counts.astype(float)


def _are_whole(numbers):
    return all(float(number).is_integer() for number in numbers)


def _figures(y_true, y_pred, labels, target_names, sample_weight, zero_division):
    """(classes, averages): lists of (name, {column: figure})."""
    arguments = {"labels": labels, "sample_weight": sample_weight, "zero_division": zero_division}
    tn, fp, fn, tp = _counts(y_true, y_pred, labels, sample_weight)
    present = unique_labels(y_true, y_pred) if labels is None else labels
    names = _names(present, target_names, labels_given=labels is not None)
    scores = classification_report(  # numbers for names: no average is called 0
        y_true, y_pred, target_names=range(len(names)), output_dict=True, **arguments
    )
    specificity = specificity_score(y_true, y_pred, average=None, **arguments)

    classes, averages = [], []
    for at, name in enumerate(names):
        row = {"TP": tp[at], "FP": fp[at], "FN": fn[at], "TN": tn[at], **scores.pop(at)}
        row |= {"specificity": specificity[at], "support": tp[at] + fn[at]}
        classes.append((name, _in_order(row)))
    for name, row in scores.items():
        if name == "accuracy":
            row = {"f1-score": row}  # the column that scikit-learn prints it in
        else:
            average = name.removesuffix(" avg")
            row["specificity"] = specificity_score(y_true, y_pred, average=average, **arguments)
        averages.append((name, _in_order(row | {"support": (tp + fn).sum()})))
    return classes, averages


def _shown(classes, averages, output, digits, called, weighted):
    """The report.

    called: the parameter that names the classes    weighted: whether counts are sums of weights
    """
    if output == "dict":
        return _dict(classes, averages, called)
    if output == "frame":
        return _frame(classes + averages, weighted)
    return _text(classes, averages, digits)


def _counts(y_true, y_pred, labels, sample_weight, samplewise=False):
    """TN, FP, FN, TP: each (n_classes,), or (n_samples,) over the labels of each sample."""
    arguments = {"labels": labels, "samplewise": samplewise}
    counts = multilabel_confusion_matrix(y_true, y_pred, sample_weight=sample_weight, **arguments)
    if sample_weight is not None:
        # Weighted counts are differences of sums: rounding may leave -4e-15 where there is nothing.
        there = np.asarray(sample_weight) != 0
        unweighted = multilabel_confusion_matrix(y_true, y_pred, sample_weight=there, **arguments)
        counts = np.where(unweighted == 0, 0.0, counts)
    return counts.reshape(-1, 4).T


def _warn_undefined(n_scores, average):
    """Warns of a division by zero in the words of scikit-learn."""
    sample, label = ("label", "sample") if average == "samples" else ("sample", "label")
    where = "due to" if n_scores == 1 else f"in {label}s with"
    warn(
        f"Specificity is ill-defined and being set to 0.0 {where} no negative {sample}s. "
        "Use `zero_division` parameter to control this behavior.",
        UndefinedMetricWarning,
    )


def _mean(scores, weights):
    """The mean of the scores that are defined; unweighted if the weights of these are all 0."""
    defined = ~np.isnan(scores)
    if not defined.any():
        return np.nan
    if weights is not None:
        weights = np.asarray(weights)[defined]
        weights = weights if weights.any() else None
    return float(np.average(scores[defined], weights=weights))


def _names(labels, target_names, labels_given):
    """The names of the classes, as strings. Raises ValueError on too few or too many."""
    if target_names is None:
        target_names = labels
    n, n_names = len(labels), len(target_names)
    if n != n_names and labels_given:  # scikit-learn warns, and drops classes without a name
        raise ValueError(f"labels size, {n}, does not match size of target_names, {n_names}")
    if n != n_names:
        raise ValueError(
            f"Number of classes, {n}, does not match size of target_names, {n_names}. Try "
            "specifying the labels parameter"
        )
    return [str(name) for name in target_names]


def _in_order(row):
    """The figures in the order of the columns, as numbers of Python."""
    return {column: np.asarray(row[column]).item() for column in COLUMNS if column in row}


def _dict(classes, averages, called):
    """{name: row}; the accuracy is a number."""
    report = dict(classes)
    report |= {name: row["f1-score"] if name == "accuracy" else row for name, row in averages}
    if len(report) < len(classes) + len(averages):
        raise ValueError(
            "output='dict' needs names that differ from each other and from "
            f"{[name for name, _ in averages]}, got {[name for name, _ in classes]}. "
            f"Pass other {called}."
        )
    return report


def _frame(rows, weighted):
    """The rows as a DataFrame."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "per_class_report needs pandas for output='frame', which cannot be imported "
            f"({error}). Install it with: pip install pandas. Or take output='dict'."
        ) from error
    frame = pd.DataFrame([row for _, row in rows], [name for name, _ in rows], COLUMNS)
    # Averages have no counts, and plain integers know of nothing missing.
    return frame if weighted else frame.astype(dict.fromkeys(COUNTS, "Int64"))


def _text(classes, averages, digits):
    """The rows as a table. One that is too wide gets short headings, then folded names."""
    sums = [row[column] for _, row in classes for column in SUMS]
    whole = SUMS if _are_whole(sums) else ()
    parts = classes, averages
    blocks = [[(name, _cells(row, digits, whole)) for name, row in rows] for rows in parts]
    names, cells = zip(*blocks[0], *blocks[1], strict=True)
    longest = max(map(len, names))
    for headings in (COLUMNS, SHORT):
        widths = [max(4, *map(len, column)) for column in zip(headings, *cells, strict=True)]
        room = WIDTH - sum(widths) - len(widths)
        if longest <= room:
            break
    widths = [min(longest, max(room, len("weighted avg"))), *widths]

    lines = [_line(["", *headings], widths)]
    for block in blocks:
        lines.append("")
        for name, row in block:
            *above, last = textwrap.wrap(name, widths[0]) or [""]
            lines += [_line([part], widths) for part in above]
            lines.append(_line([last, *row], widths))
    return "\n".join(lines)


def _cells(row, digits, whole):
    """The figures as strings, blank where there is none. whole: columns without decimals"""
    decimals = {column: 0 if column in whole else digits for column in COLUMNS}
    return [f"{row[column]:.{decimals[column]}f}" if column in row else "" for column in COLUMNS]


def _line(cells, widths):
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
