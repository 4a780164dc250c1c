"""Labels and probabilities in ONNX operators, for each kind of y."""

from dataclasses import dataclass

import numpy as np

from sknn.estimators.labels import LabelSet, ManyLabels
from sknn.onnx.links import predicted

INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Output:
    """An output of the model: its name, the name of its source in the graph, its dtype and columns.

    n_columns: None for an array of shape (n,)
    """

    name: str
    source: str
    dtype: np.dtype
    n_columns: int | None


def classified(graph, z, labels, loss, probabilities):
    """The Outputs of a classifier; z: the name of the raw outputs, (n, n_outputs).

    labels: the kind of labels    probabilities: whether the loss has probabilities

    Raises NotImplementedError for classes other than strings, numbers or bools.
    """
    if isinstance(labels, ManyLabels):
        return _columns(graph, z, labels, loss, probabilities)
    if isinstance(labels, LabelSet):
        n_labels = len(labels.classes)
        codes = graph.add("Greater", z, 0.0)
        label = graph.add("Cast", codes, to=np.dtype(np.int64))
        outputs = [Output("label", label, np.dtype(np.int64), n_labels)]
    else:
        classes = as_tensor(labels.classes)
        if len(classes) == 2:
            z = graph.add("Concat", graph.add("Neg", z), z, axis=1)
        codes = graph.add("ArgMax", z, axis=1, keepdims=0)  # always 0 for a single class
        label = graph.add("Gather", graph.constant(classes), codes)
        outputs = [Output("label", label, classes.dtype, None)]
    if probabilities:
        # The softmax of a single output is 1.
        one_class = not isinstance(labels, LabelSet) and len(labels.classes) == 1
        p = graph.add("Softmax", z, axis=-1) if one_class else predicted(graph, z, loss)
        outputs.append(Output("probabilities", p, graph.dtype, len(labels.classes)))
    return outputs


def _columns(graph, z, labels, loss, probabilities):
    """A ``label`` column for each column of y, and outputs probabilities_0, probabilities_1, ..."""
    columns, outputs = [], []
    every_class = [as_tensor(classes) for classes in labels.classes]
    for number, (at, classes) in enumerate(zip(labels.groups, every_class, strict=True)):
        bounds = ([value] for value in (at.start, at.stop, 1))
        own = graph.add("Slice", z, *(np.array(value, np.int64) for value in bounds))
        codes = graph.add("ArgMax", own, axis=1, keepdims=1)
        columns.append(graph.add("Gather", graph.constant(classes), codes))
        if probabilities:
            p = predicted(graph, own, loss.loss)
            outputs.append(Output(f"probabilities_{number}", p, graph.dtype, len(classes)))
    label = graph.add("Concat", *columns, axis=1)
    return [Output("label", label, every_class[0].dtype, len(columns)), *outputs]


def as_tensor(classes):
    """Classes in a dtype of ONNX: strings, int64, uint64 for larger values, bools or floats.

    Raises NotImplementedError for other classes, such as dates.
    """
    classes = np.asarray(classes)
    if classes.dtype.kind not in "biufUO":
        raise NotImplementedError(
            f"ONNX supports labels that are strings, numbers or bools, got {classes.dtype}, for "
            f"instance {classes[0]!r}. Encode them before fit, for instance with "
            "sklearn.preprocessing.LabelEncoder."
        )
    if classes.dtype.kind in "OU":
        return classes.astype(object)  # scikit-learn accepts no objects but strings as labels
    if classes.dtype.kind in "iu":
        return classes.astype(np.int64 if classes[-1] <= INT64.max else np.uint64)
    return classes if classes.dtype in (np.bool_, np.float32) else classes.astype(np.float64)
