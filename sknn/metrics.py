"""Classification metrics that scikit-learn lacks: specificity, and a report for each class."""

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
SUMS = (*COUNTS, "support")  # sums of samples or of sample weights
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
    _CONSTRAINTS  # the documentation tool does not support ** in decorators
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
    """Compute the specificity, TN / (TN + FP).

    The specificity is the fraction of the negative samples that are predicted as negative. It is
    also called true negative rate or selectivity, and 1 - specificity is the false positive rate.
    It corresponds to recall with positives and negatives exchanged. The best value is 1 and the
    worst value is 0. With several classes or labels, the score of each of them is computed against
    the rest. The parameters are those of :func:`sklearn.metrics.recall_score`.

    Parameters
    ----------
    y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The true classes, or a dense or sparse indicator matrix for multilabel data.
    y_pred : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The predicted classes, or an indicator matrix of the predicted labels.
    labels : array-like of shape (n_classes,), default=None
        The classes to include, in this order, or column indices for multilabel data. Classes that
        do not occur have TN = n_samples. If None, all classes in `y_true` and `y_pred` are used in
        sorted order. Not used when ``average='binary'``.
    pos_label : int, float, bool or str, default=1
        The class to treat as positive. Only used when ``average='binary'``.
    average : {'binary', 'micro', 'macro', 'weighted', 'samples'} or None, default='binary'
        Determines how the scores of the classes are averaged:

        - 'binary': only the score of `pos_label`, for two classes.
        - 'micro': TN and FP are summed over all classes before the division.
        - 'macro': the mean over classes.
        - 'weighted': the mean over classes, weighted by their support TP + FN, as in the other
          scores of scikit-learn (not by the number of their negatives).
        - 'samples': the mean over samples, where each sample is scored over its labels. Only for
          multilabel data.
        - None: no average; the score of each class is returned.

    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        The score if there are no negatives. "warn" means 0 with a warning. Scores of nan are
        excluded from averages.

    Returns
    -------
    specificity : float or ndarray of shape (n_classes,)
        The average score, or an array with the score of each class if ``average=None``.

    Raises
    ------
    ValueError
        In the same cases as ``recall_score``: if `pos_label` does not occur, if there are more than
        two classes with ``average='binary'``, if ``average='samples'`` is used for data that is not
        multilabel, if `labels` contains invalid column indices, or if `y_true` and `y_pred` differ
        in length or type, for instance.

    Warns
    -----
    UndefinedMetricWarning
        If there are no negatives and ``zero_division="warn"``.

    See Also
    --------
    sklearn.metrics.recall_score : Recall, TP / (TP + FN).
    sknn.metrics.per_class_report : Report of specificity and other metrics for each class.

    Examples
    --------
    >>> from sknn.metrics import specificity_score
    >>> specificity_score([0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0])
    0.75

    Scores of each class against the rest:

    >>> y_true = ["cat", "dog", "pig", "cat", "dog", "pig"]
    >>> y_pred = ["cat", "pig", "dog", "cat", "cat", "dog"]
    >>> specificity_score(y_true, y_pred, average=None)
    array([0.75, 0.5 , 0.75])
    >>> specificity_score(y_true, y_pred, labels=["pig"], average="macro")
    0.75

    As the scorer of a cross-validation:

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
    # Raises errors and issues warnings for invalid arguments.
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
    """Build a report with the counts and metrics of each class, and their averages.

    To pass a confusion matrix instead of labels, call
    ``per_class_report.from_counts(matrix, names)``.

    Each class is compared with the rest. The samples are counted as

    - TP, true positives: samples of this class that are predicted to be of this class,
    - FP, false positives: samples of other classes that are predicted to be of this class,
    - FN, false negatives: samples of this class that are predicted to be of another class,
    - TN, true negatives: samples of other classes that are predicted to be of another class.

    The metrics are computed from these counts::

        precision   = TP / (TP + FP)    fraction of the predicted samples that are correct
        recall      = TP / (TP + FN)    fraction of the class that is found; sensitivity
        specificity = TN / (TN + FP)    fraction of the rest that is predicted as the rest
        f1-score    = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall
        support     = TP + FN           number of samples of the class

    The classes are followed by the averages of :func:`sklearn.metrics.classification_report`: the
    accuracy, or the micro average for multilabel data and for a subset of the classes; the macro
    average, which is the mean over classes; the weighted average, which is weighted by support;
    and, for multilabel data, the mean over samples. Averages have no counts.

    Parameters
    ----------
    y_true : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The true classes, or a dense or sparse indicator matrix for multilabel data.
    y_pred : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_labels)
        The predicted classes, or an indicator matrix of the predicted labels.
    labels : array-like of shape (n_classes,), default=None
        The classes to report, in this order, or column indices for multilabel data. Classes that
        do not occur have zero support. If None, all classes in `y_true` and `y_pred` are reported
        in sorted order.
    target_names : array-like of shape (n_classes,), default=None
        The names of the classes to display, in the order of `labels`.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights. The counts are then sums of weights, which are printed without decimals if
        all of them are integers.
    output : {'text', 'dict', 'frame'}, default='text'
        The type of the report: a table to print, a dict, or a pandas DataFrame.
    digits : int, default=2
        Number of decimals in the text. Values in a dict or a DataFrame are not rounded.
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        The value of a metric if there is a division by zero. "warn" means 0 with a warning. Values
        of nan are excluded from averages.

    Returns
    -------
    report : str, dict or DataFrame
        - 'text': a table that fits into 80 columns if possible. If names are long or counts are
          large, the headings are shortened first, and then the names are wrapped.
        - 'dict': ``{name: {"TP": ..., ..., "support": ...}}``, with the same layout as the dict of
          ``classification_report``. The accuracy is a single number.
        - 'frame': one row for each line of the text and one column for each count or metric, with
          missing values for blank cells. Counts have the dtype Int64, or are floats with
          `sample_weight`.

    Raises
    ------
    ValueError
        If the number of `target_names` differs from the number of classes, if `labels` is empty or
        contains invalid column indices, if two rows of a dict would have the same name, or if
        `y_true` and `y_pred` differ in length or type.
    ImportError
        If pandas is not installed and ``output='frame'``.

    Warns
    -----
    UndefinedMetricWarning
        If there is a division by zero and ``zero_division="warn"``.

    See Also
    --------
    sknn.metrics.per_class_report.from_counts : The same report from a confusion matrix.
    sklearn.metrics.classification_report : Report without counts and specificity.
    sklearn.metrics.confusion_matrix : Counts of each pair of true and predicted classes.
    sknn.metrics.specificity_score : Specificity alone, for instance for model selection.

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
    """Build the report of :func:`per_class_report` from a confusion matrix instead of labels.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        The confusion matrix, with the number of samples of each class that were predicted to be of
        each class. Values that are not integers are treated as sums of sample weights.
    names : array-like of shape (n_classes,), default=None
        The names of the classes, in the order of the matrix. If None, they are numbered from 0.
    rows : {'true', 'predicted'}, default='true'
        The meaning of the rows of the matrix. 'true' means that each row holds the samples of one
        true class, as in :func:`sklearn.metrics.confusion_matrix`. 'predicted' means that each row
        holds the samples with the same prediction, as in some texts.
    output, digits, zero_division : see per_class_report

    Returns
    -------
    report : str, dict or DataFrame
        The same report as that of :func:`per_class_report` for the labels of all samples. Counts
        are integers if all values in the matrix are integers.

    Raises
    ------
    ValueError
        If the matrix is not square, contains negative or non-finite values, contains only zeros, or
        is normalised, or if the number of names differs from the number of classes.

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
            f"names must have {n_classes} entries, one for each row of the matrix, got "
            f"{len(names)}: {list(names)!r}."
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


# Its only public name is per_class_report.from_counts.
for _function in (_from_counts, _from_counts.__wrapped__):
    _function.__name__, _function.__qualname__ = "from_counts", "per_class_report.from_counts"
per_class_report.from_counts = _from_counts


def _checked_counts(matrix):
    """Returns the matrix as floats. Raises ValueError if it cannot be a confusion matrix."""
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(
            "matrix must have a row and a column for each class, got an array of shape "
            f"{counts.shape}."
        )
    if counts.dtype.kind not in "iuf" or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(
            f"matrix must hold finite, non-negative numbers of samples, got {matrix!r}."
        )
    if not counts.any():
        raise ValueError("matrix must count at least one sample, got zeros only.")
    sums = [counts.sum(axis=axis) for axis in (0, 1)]
    if not _are_whole(counts.ravel()) and any(np.allclose(n, 1, atol=0.01) for n in sums):
        raise ValueError(
            "matrix must hold numbers of samples, got a normalised matrix, in which each row or "
            "each column has the sum 1. Precision, specificity and averages depend on the number "
            "of samples of each class. Pass the matrix without normalisation: "
            "confusion_matrix(..., normalize=None)."
        )
    return counts.astype(float)


def _are_whole(numbers):
    return all(float(number).is_integer() for number in numbers)


def _figures(y_true, y_pred, labels, target_names, sample_weight, zero_division):
    """Returns (classes, averages), lists of (name, {column: value})."""
    arguments = {"labels": labels, "sample_weight": sample_weight, "zero_division": zero_division}
    tn, fp, fn, tp = _counts(y_true, y_pred, labels, sample_weight)
    present = unique_labels(y_true, y_pred) if labels is None else labels
    names = _names(present, target_names, labels_given=labels is not None)
    scores = classification_report(  # numbers as names, as no average is called 0
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
            row = {"f1-score": row}  # the column in which scikit-learn prints it
        else:
            average = name.removesuffix(" avg")
            row["specificity"] = specificity_score(y_true, y_pred, average=average, **arguments)
        averages.append((name, _in_order(row | {"support": (tp + fn).sum()})))
    return classes, averages


def _shown(classes, averages, output, digits, called, weighted):
    """Returns the report in the requested form.

    called: name of the parameter with the class names    weighted: whether counts are sums of
    weights
    """
    if output == "dict":
        return _dict(classes, averages, called)
    if output == "frame":
        return _frame(classes + averages, weighted)
    return _text(classes, averages, digits)


def _counts(y_true, y_pred, labels, sample_weight, samplewise=False):
    """TN, FP, FN, TP of shape (n_classes,), or of shape (n_samples,) if ``samplewise``."""
    arguments = {"labels": labels, "samplewise": samplewise}
    counts = multilabel_confusion_matrix(y_true, y_pred, sample_weight=sample_weight, **arguments)
    if sample_weight is not None:
        # Weighted counts are differences of sums, so rounding can leave -4e-15 in place of zero.
        there = np.asarray(sample_weight) != 0
        unweighted = multilabel_confusion_matrix(y_true, y_pred, sample_weight=there, **arguments)
        counts = np.where(unweighted == 0, 0.0, counts)
    return counts.reshape(-1, 4).T


def _warn_undefined(n_scores, average):
    """Warns of a division by zero with scikit-learn's message."""
    sample, label = ("label", "sample") if average == "samples" else ("sample", "label")
    where = "due to" if n_scores == 1 else f"in {label}s with"
    warn(
        f"Specificity is ill-defined and being set to 0.0 {where} no negative {sample}s. "
        "Use `zero_division` parameter to control this behavior.",
        UndefinedMetricWarning,
    )


def _mean(scores, weights):
    """The mean of the defined scores, which is unweighted if all of their weights are zero."""
    defined = ~np.isnan(scores)
    if not defined.any():
        return np.nan
    if weights is not None:
        weights = np.asarray(weights)[defined]
        weights = weights if weights.any() else None
    return float(np.average(scores[defined], weights=weights))


def _names(labels, target_names, labels_given):
    """Returns the names of the classes. Raises ValueError if there are too few or too many."""
    if target_names is None:
        target_names = labels
    n, n_names = len(labels), len(target_names)
    if n != n_names and labels_given:  # scikit-learn would warn and drop classes without a name
        raise ValueError(f"labels size, {n}, does not match size of target_names, {n_names}")
    if n != n_names:
        raise ValueError(
            f"Number of classes, {n}, does not match size of target_names, {n_names}. Try "
            "specifying the labels parameter"
        )
    return [str(name) for name in target_names]


def _in_order(row):
    """Returns the values in the order of the columns, as Python numbers."""
    return {column: np.asarray(row[column]).item() for column in COLUMNS if column in row}


def _dict(classes, averages, called):
    """Returns {name: row}, where the accuracy is a single number."""
    report = dict(classes)
    report |= {name: row["f1-score"] if name == "accuracy" else row for name, row in averages}
    if len(report) < len(classes) + len(averages):
        raise ValueError(
            "output='dict' requires class names that differ from each other and from "
            f"{[name for name, _ in averages]}, got {[name for name, _ in classes]}. "
            f"Pass different {called}."
        )
    return report


def _frame(rows, weighted):
    """Returns the rows as a DataFrame."""
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "output='frame' requires pandas, which cannot be imported "
            f"({error}). Install it with: pip install pandas. Or use output='dict'."
        ) from error
    frame = pd.DataFrame([row for _, row in rows], [name for name, _ in rows], COLUMNS)
    # Averages have no counts, and plain integers do not support missing values.
    return frame if weighted else frame.astype(dict.fromkeys(COUNTS, "Int64"))


def _text(classes, averages, digits):
    """Returns the rows as a table. To fit, headings are shortened first, then names wrapped."""
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
    """Returns the values as strings, blank if there is none. whole: columns without decimals"""
    decimals = {column: 0 if column in whole else digits for column in COLUMNS}
    return [f"{row[column]:.{decimals[column]}f}" if column in row else "" for column in COLUMNS]


def _line(cells, widths):
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
