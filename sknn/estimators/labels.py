"""Encodes labels, and turns outputs into probabilities and labels, for each type of y."""

import numpy as np
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from sknn.nn.losses import CLASSIFICATION_LOSSES, Heads
from sknn.nn.ranges import as_float, is_number, remedy, shown

FEW = 10  # scikit-learn warns of more classes if they also exceed half of the samples


def are_plain(y):
    """Whether y is a one-dimensional array of integers, bools or strings.

    scikit-learn's functions determine the type of y four times in a fit and sort y each time. For
    a few samples that takes longer than an epoch. Plain labels do not need these checks.
    """
    plain = type(y) is np.ndarray and y.ndim == 1
    return plain and y.dtype.kind in "biuU" and y.dtype.isnative


def same_kind_of_labels(y, predicted):
    """Whether both arrays are plain and can be compared element by element."""
    if not (are_plain(y) and are_plain(predicted) and y.shape == predicted.shape):
        return False
    return (y.dtype.kind == "U") == (predicted.dtype.kind == "U")


def classes_in(y):
    """Returns the sorted classes in y, or None if y is not one column.

    Raises ValueError if y does not hold labels.
    """
    if are_plain(y):
        classes = np.unique(y)
        if len(classes) > max(FEW, len(y) / 2):
            check_classification_targets(y)  # scikit-learn warns of too many classes
        # the string length is that of the longest class, as unique_labels returns them
        return np.array(classes.tolist()) if y.dtype.kind == "U" else classes
    check_classification_targets(y)
    return unique_labels(y) if np.ndim(y) == 1 else None


def new_labels(y):
    """Returns the object for the type of labels in y, with the classes found in y.

    Raises ValueError if y does not hold labels.
    """
    classes = classes_in(y)
    if classes is not None:
        return OneLabel(_fitted_binarizer(classes))
    if type_of_target(y) == "multiclass-multioutput":
        return ManyLabels([np.unique(column) for column in y.T])
    return _binarized(y)


def known_labels(y, classes):
    """Returns the object for the type of labels in y, with the given classes.

    classes: (n_classes,), or a list of these arrays for several columns of labels
    """
    if np.ndim(classes[0]) == 1:
        return ManyLabels([np.unique(column) for column in classes])
    return _binarized(y if type_of_target(y).startswith("multilabel") else classes)


def labels_by_hand(classes):
    """Returns the object for one label per sample with these classes, which were set manually.

    Raises ValueError unless they are the distinct labels of one column in ascending order.
    """
    columns = isinstance(classes, (list, tuple)) and any(map(np.ndim, classes))
    array = None if columns else np.asarray(classes)
    if columns or array.ndim != 1 or not len(array):
        raise ValueError(
            "classes_, if set manually, must be an array of shape (n_classes,) with the labels of "
            f"one column, got {classes!r}. For several columns of labels, call partial_fit(X, y, "
            "classes=classes) before you set coefs_ and intercepts_."
        )
    labels = _binarized(array)
    if not np.array_equal(labels.classes, array):
        raise ValueError(
            "classes_, if set manually, must hold each label once, in ascending order: "
            f"{labels.classes.tolist()!r}, got {array.tolist()!r}. Put the columns of coefs_[-1] "
            "and the entries of intercepts_[-1] into the same order. For two labels, the single "
            "column is for the second label."
        )
    return labels


def same_classes(classes, known):
    """Whether classes are the known ones. For several columns of labels, both are lists."""
    if isinstance(known, list):
        return len(classes) == len(known) and all(map(same_classes, classes, known))
    array = np.array(classes) if _are_plain_labels(classes) else None
    if array is not None and np.array_equal(array, known):
        return True
    return np.array_equal(unique_labels(classes), known)


def _are_plain_labels(classes):
    """Whether classes are integers or strings, whose type scikit-learn need not determine."""
    if isinstance(classes, np.ndarray):
        return are_plain(classes)
    return isinstance(classes, (list, tuple)) and set(map(type, classes)) in ({int}, {str})


def as_loss(loss, link):
    """Returns the Loss with this name and link. A Loss is returned unchanged."""
    return CLASSIFICATION_LOSSES[loss][link] if isinstance(loss, str) else loss


def _binarized(y):
    binarizer = LabelBinarizer().fit(y)
    return (LabelSet if binarizer.y_type_.startswith("multilabel") else OneLabel)(binarizer)


def _fitted_binarizer(classes):
    """Returns a LabelBinarizer in the state after a fit to one column with these classes."""
    binarizer = LabelBinarizer()
    y_type = "multiclass" if len(classes) > 2 else "binary"
    vars(binarizer).update(y_type_=y_type, sparse_input_=False, classes_=classes)
    return binarizer


class OneLabel:
    """One label per sample: a single logistic output for two classes, softmax outputs for more."""

    def __init__(self, binarizer):
        self.binarizer = binarizer
        self.classes = binarizer.classes_
        self.softmax = len(self.classes) > 2
        self.n_outputs = len(self.classes) if self.softmax else 1

    def loss(self, loss):
        return as_loss(loss, "softmax" if self.softmax else "logistic")

    def check(self, y, same):
        """Raises ValueError on unknown classes and, if ``same`` is True, on missing classes."""
        if not same and self._knows_all(y):
            return
        classes = classes_in(y)
        if classes is None:
            raise ValueError(
                f"y must be of the same type as in the first fit, {self.binarizer.y_type_!r}, with "
                f"one label per sample, got shape {y.shape}."
            )
        _check_classes(classes, self.classes, same)

    def _knows_all(self, y):
        """Whether all labels are known, and their classes too few for scikit-learn's warning.

        This check is faster than sorting the labels.
        """
        if not are_plain(y) or len(self.classes) > max(FEW, len(y) / 2):
            return False
        found = self.classes.take(np.searchsorted(self.classes, y), mode="clip")
        return bool((found == y).all())

    def encode(self, y, dtype):
        """Returns (targets, codebook) in the form that Rows takes."""
        codes = np.searchsorted(self.classes, y)
        if self.softmax:
            return codes, np.eye(len(self.classes), dtype=dtype)
        return codes.astype(dtype).reshape(-1, 1), None

    def weights(self, class_weight, y):
        return _weights(class_weight, self.classes, y)

    def strata(self, targets):
        """Returns the strata of a validation split: two classes, as in scikit-learn, or None."""
        return None if self.softmax else targets.astype(bool)

    def predict(self, z, loss):
        return self.classes.take(self.codes(z), mode="clip")  # clip: there may be one class

    def codes(self, z):
        """Returns the indices of the classes that raw outputs predict."""
        return z.argmax(axis=1) if self.softmax else (z[:, 0] > 0).astype(np.intp)

    def codes_of_targets(self, targets):
        """Returns the indices of the classes that encoded targets stand for."""
        return targets.argmax(axis=1) if self.softmax else targets[:, 0].astype(np.intp)

    def correct(self, z, targets):
        return self.codes(z) == self.codes_of_targets(targets)

    def probabilities(self, z, loss):
        return np.ones_like(z) if len(self.classes) == 1 else loss.predict(self._per_class(z))

    def log_probabilities(self, z, loss):
        return np.zeros_like(z) if len(self.classes) == 1 else loss.log_predict(self._per_class(z))

    def _per_class(self, z):
        return z if self.softmax else np.hstack([-z, z])


class LabelSet:
    """Any number of labels per sample, as an indicator matrix: one logistic output per label."""

    def __init__(self, binarizer):
        self.binarizer = binarizer
        self.classes = binarizer.classes_
        self.n_outputs = len(self.classes)

    def loss(self, loss):
        return as_loss(loss, "logistic")

    def check(self, y, same):
        check_classification_targets(y)
        if y.ndim != 2 or y.shape[1] != len(self.classes):
            raise ValueError(
                "y must be of the same type as in the first fit, an indicator matrix of "
                f"{len(self.classes)} labels, got shape {y.shape}."
            )
        _check_classes(unique_labels(y), self.classes, same)

    def encode(self, y, dtype):
        return self.binarizer.transform(y).astype(bool), None

    def weights(self, class_weight, y):
        """(n, n_labels): a weight per sample and label, from "balanced" or one dict per label."""
        n_labels = len(self.classes)
        if isinstance(class_weight, str):
            class_weight = [class_weight] * n_labels
        if isinstance(class_weight, dict) or len(class_weight) != n_labels:
            raise ValueError(
                f"class_weight must be 'balanced' or a list of {n_labels} dicts, one per label, "
                f"for multilabel y, got {class_weight!r}."
            )
        y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
        columns = [
            _weights(weights, np.array([0, 1]), column)
            for weights, column in zip(class_weight, y.T, strict=True)
        ]
        return np.column_stack(columns)

    def strata(self, targets):
        return None

    def predict(self, z, loss):
        return self.binarizer.inverse_transform((z > 0).astype(float))

    def correct(self, z, targets):
        return ((z > 0) == (targets > 0.5)).all(axis=1)

    def probabilities(self, z, loss):
        return loss.predict(z)

    def log_probabilities(self, z, loss):
        return loss.log_predict(z)


class ManyLabels:
    """Several columns of labels: one group of softmax outputs per column."""

    binarizer = None

    def __init__(self, classes):
        self.classes = classes
        stops = np.cumsum([len(classes) for classes in self.classes])
        self.groups = [
            slice(int(stop) - len(classes), int(stop))
            for classes, stop in zip(self.classes, stops, strict=True)
        ]
        self.n_outputs = int(stops[-1])

    def loss(self, loss):
        return Heads(as_loss(loss, "softmax"), self.groups)

    def check(self, y, same):
        check_classification_targets(y)
        if y.ndim != 2 or y.shape[1] != len(self.classes):
            raise ValueError(
                f"y must have {len(self.classes)} columns of labels, as in the first fit, got "
                f"shape {y.shape}."
            )
        for column, classes in zip(y.T, self.classes, strict=True):
            _check_classes(np.unique(column), classes, same)

    def encode(self, y, dtype):
        columns = [
            np.searchsorted(classes, column)[:, None] == np.arange(len(classes))
            for column, classes in zip(y.T, self.classes, strict=True)
        ]
        return np.hstack(columns), None

    def weights(self, class_weight, y):
        """(n,): a weight per sample, the product of the weights of its labels."""
        if not isinstance(class_weight, str):
            if not isinstance(class_weight, list) or len(class_weight) != len(self.classes):
                raise ValueError(
                    f"class_weight must be 'balanced' or a list of {len(self.classes)} dicts, one "
                    f"per column of y, got {shown(class_weight)}."
                )
            for weights in class_weight:
                check_class_weights(weights)
        return compute_sample_weight(class_weight, y)

    def strata(self, targets):
        return None

    def predict(self, z, loss):
        columns = [
            classes[z[:, group].argmax(axis=1)]
            for classes, group in zip(self.classes, self.groups, strict=True)
        ]
        return np.column_stack(columns)

    def correct(self, z, targets):
        right = [z[:, at].argmax(axis=1) == targets[:, at].argmax(axis=1) for at in self.groups]
        return np.all(right, axis=0)

    def probabilities(self, z, loss):
        return [loss.loss.predict(z[:, group]) for group in self.groups]

    def log_probabilities(self, z, loss):
        return [loss.loss.log_predict(z[:, group]) for group in self.groups]


def _weights(class_weight, classes, y):
    """(n,): a weight per sample. Classes that a dict leaves out weigh 1; y can lack classes."""
    if isinstance(class_weight, str):
        return compute_sample_weight(class_weight, y)
    if not isinstance(class_weight, dict):
        raise ValueError(
            "class_weight must be a dict or 'balanced' if y has one label per sample, got "
            f"{shown(class_weight)}."
        )
    check_class_weights(class_weight)
    by_class = compute_class_weight(class_weight, classes=classes, y=y)
    return by_class[np.searchsorted(classes, y)]


def check_class_weights(class_weight):
    """Raises ValueError if a weight in a dict is not a finite, non-negative number."""
    if isinstance(class_weight, str):  # "balanced" is checked where it is used
        return
    if not isinstance(class_weight, dict):
        raise ValueError(
            f"class_weight must hold a dict or 'balanced' for each column of y, got "
            f"{shown(class_weight)}."
        )
    for label, weight in class_weight.items():
        number = isinstance(weight, bool) or is_number(weight)
        if not number or not 0 <= as_float(weight) < np.inf:
            raise ValueError(
                f"class_weight must hold finite, non-negative numbers, got "
                f"{shown(weight)} for class {shown(label)}. {remedy(weight)}".rstrip()
            )


def _check_classes(found, known, same):
    if same and set(found) != set(known):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous "
            f"call to fit. Previously got {known}, `y` has {found}"
        )
    if len(np.setdiff1d(found, known, assume_unique=True)):
        raise ValueError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {known}. 'y' has {found}."
        )
