"""A table of the layers of a network: shapes, parameters and costs per sample."""

from math import prod
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils.validation import check_is_fitted

from sknn.estimators.panel.html import names_of_layers
from sknn.estimators.panel.markup import ShownInNotebooks, note, panel, table, title
from sknn.inspection.networks import look_inside
from sknn.nn.network import Network
from sknn.nn.ranges import COUNT
from sknn.nn.summary import COUNTS, shape_text, summary_rows, totals
from sknn.tabular.ensemble import TableNetwork
from sknn.typing import Shape

HEADS = [
    ("", "", "Output", "Receptive", "", "Multiply-", ""),
    ("Layer", "Kind", "shape", "field", "Parameters", "adds", "Bytes"),
]
N_TEXTS = 4  # number of columns, from the left, that contain text
FIELD = 3  # the column that only networks on images have


class NetworkSummary(ShownInNotebooks):
    """The result of :func:`summary`, shown as a table in a notebook or by ``print``.

    Attributes
    ----------
    rows : list
        For each layer, its ``name``, ``kind``, ``settings``, ``activation``, ``output_shape``,
        ``receptive_field``, ``n_parameters``, ``n_trainable``, ``multiply_adds`` and ``n_bytes``.
        ``inside`` contains the rows of the layers in a Residual, whose counts are included in its
        own.
    totals : dict of int
        The sums of the last four of these, by name.
    title : str
        The estimator and the shape of a sample.
    notes : list of str
        Explanations of the figures.
    """

    def __init__(self, rows, title, notes):
        self.rows = rows
        self.totals = totals(rows)
        self.title = title
        self.notes = notes

    def to_frame(self):
        """Return the rows as a pandas DataFrame, indexed by the names of the layers."""
        import pandas as pd

        fields = ["receptive_field"] if self._on_images() else []
        columns = ["description", "output_shape", *fields, *COUNTS]
        return pd.DataFrame(
            {column: [getattr(row, column) for row in self.rows] for column in columns},
            index=pd.Index([row.name for row in self.rows], name="layer"),
        )

    def __str__(self):
        body, foot = self._body_and_foot()
        columns = list(zip(*HEADS, *body, *foot, strict=True))
        numbers = [False] * N_TEXTS + [True] * (len(columns) - N_TEXTS)
        if not self._on_images():
            del columns[FIELD], numbers[FIELD]
        aligned = [_column(*column) for column in zip(columns, numbers, strict=True)]
        rule = "-" * (sum(len(cells[0]) + 2 for cells in aligned) - 2)
        lines = ["  ".join(cells).rstrip() for cells in zip(*aligned, strict=True)]
        start, stop = len(HEADS), len(HEADS) + len(body)
        parts = lines[:start], lines[start:stop], lines[stop:]
        table = [line for part in parts for line in (*part, rule)]
        return "\n".join([self.title, rule, *table, *self.notes])

    __repr__ = __str__

    def _as_html(self):
        body, foot = self._body_and_foot()
        heads = [" ".join(parts).strip().replace("- ", "-") for parts in zip(*HEADS, strict=True)]
        lines = [heads, *([_indented(name), *others] for name, *others in body), *foot]
        n_texts = N_TEXTS
        if not self._on_images():
            lines = [[*cells[:FIELD], *cells[FIELD + 1 :]] for cells in lines]
            n_texts -= 1
        heads, rows, foot = lines[0], lines[1 : -len(foot)], lines[-len(foot) :]
        drawn = table(heads, rows, foot, n_texts=n_texts)
        return panel(title(self.title) + drawn + "".join(map(note, self.notes)))

    def _body_and_foot(self):
        """The lines of the table as cells: those of the layers and those of the sums."""
        body = [cells for row in self.rows for cells in _cells(row)]
        sums = {count: f"{total:,}" for count, total in self.totals.items()}
        return body, [
            ("Total", "", "", "", sums["n_parameters"], sums["multiply_adds"], sums["n_bytes"]),
            ("Trainable", "", "", "", sums["n_trainable"], "", ""),
        ]

    def _on_images(self):
        return any(row.receptive_field for row in self.rows)


def summary(
    estimator: Any, input_shape: int | Shape | None = None, n_outputs: int | None = None
) -> NetworkSummary:
    """Return a table of the layers of a network: shapes, parameters and costs per sample.

    The function prints nothing. The table is displayed at the end of a notebook cell and in an
    interactive session. Elsewhere, use ``print(summary(clf))``.

    Parameters
    ----------
    estimator : estimator instance
        A network of this package, fitted or not, or a Pipeline, a TransformedTargetRegressor or
        a fitted search that contains one. It is not modified.
    input_shape : int or tuple of int, default=None
        The shape of a sample, for an estimator that is not fitted: the number of features that
        reach the network, or (height, width) or (height, width, channels) of an image. By
        default, the ``input_shape`` of the estimator is used.
    n_outputs : int, default=None
        The number of outputs, for an estimator that is not fitted. A classifier has one output
        for each class, but a single one for two classes. A regressor has one for each target and
        quantile. The default is the smallest number: that for two classes, or for one target.

    Returns
    -------
    summary : NetworkSummary
        The table, with ``rows``, ``totals`` and ``to_frame()``. Parameters are all values learned
        by gradient descent, including frozen ones, but not running statistics. Multiply-adds and
        bytes are for one sample; bytes are the size of the outputs of each layer. For layers
        with images as input, the receptive field is the part of the image, height x width in
        pixels, on which one output value of the layer depends. It extends from the first to the
        last of these pixels and includes pixels added by padding.

    Raises
    ------
    TypeError
        If the estimator is not a network of this package and does not contain one.
    ValueError
        If no shape is known, or if it does not match the layers or the fitted network.

    Examples
    --------
    >>> from sknn import MLPClassifier
    >>> from sknn.inspection import summary
    >>> table = summary(MLPClassifier((100, 50)), input_shape=64, n_outputs=10)
    >>> table
    MLPClassifier, not fitted: samples of 64 features
    --------------------------------------------------------------------
                                    Output              Multiply-
    Layer      Kind                 shape   Parameters       adds  Bytes
    --------------------------------------------------------------------
    dense1     Dense(100, relu)     100          6,500      6,400    800
    dense2     Dense(50, relu)      50           5,050      5,000    400
    dense3     Dense(10, identity)  10             510        500     80
    --------------------------------------------------------------------
    Total                                       12,060     11,900  1,280
    Trainable                                   12,060
    --------------------------------------------------------------------
    Multiply-adds and bytes are for one sample, bytes in float64.
    >>> table.totals["n_parameters"]
    12060
    """
    inside = look_inside(estimator, tables=True)
    estimator, fitted = inside.network, inside.fitted
    if isinstance(estimator, TableNetwork):
        return _of_member(estimator)
    if fitted:
        model = inside.model
        network, dtype = model.network, model.dtype
        _check_fitted(network, input_shape, n_outputs)
    else:
        network = _planned_network(estimator, input_shape, n_outputs)
        dtype = _planned_dtype(estimator, network.shapes[0])
    notes = [f"Multiply-adds and bytes are for one sample, bytes in {dtype}."]
    if not fitted and n_outputs is None and is_classifier(estimator):
        notes.append("A single output means two classes. Pass n_outputs if there are more.")
    shape = network.shapes[0]
    samples = shape_text(shape) if len(shape) > 1 else f"{shape[0]:,} features"
    state = "fitted" if fitted else "not fitted"
    title = f"{type(estimator).__name__}, {state}: samples of {samples}"
    rows = summary_rows(network, dtype, names_of_layers(estimator, network))
    return NetworkSummary(rows, title, notes)


def _of_member(estimator):
    """The NetworkSummary of one member of a fitted tabular estimator. All have the same shape."""
    check_is_fitted(estimator)
    model, name = estimator._model, type(estimator).__name__
    network, n_members = model.network, len(model.theta)
    notes = [f"Multiply-adds and bytes are for one sample and one member, bytes in {model.dtype}."]
    title = (
        f"{name}, fitted: one of {n_members} members, on {network.shapes[0][0]:,} columns from "
        f"{estimator.n_features_in_:,} features"
    )
    return NetworkSummary(summary_rows(network, model.dtype, network.names), title, notes)


def _cells(row, depth=0):
    """The cells of a layer, followed by those of the layers inside it."""
    yield (
        "  " * depth + " ".join(row.name.split()),  # a line break would disrupt the table
        row.description,
        shape_text(row.output_shape),
        shape_text(row.receptive_field or ()),
        f"{row.n_parameters:,}",
        f"{row.multiply_adds:,}",
        f"{row.n_bytes:,}",
    )
    for inner in row.inside:
        yield from _cells(inner, depth + 1)


def _indented(name):
    """The name with its leading spaces replaced by ones that HTML preserves."""
    return (len(name) - len(name.lstrip())) * "\N{NO-BREAK SPACE}" + name.lstrip()


def _column(cells, are_numbers):
    """The cells padded to the same width, with text on the left and numbers on the right."""
    width = max(map(len, cells))
    return [cell.rjust(width) if are_numbers else cell.ljust(width) for cell in cells]


def _check_fitted(network, input_shape, n_outputs):
    """Raises ValueError if the given shapes differ from those of the fitted network."""
    given = {"input_shape": input_shape, "n_outputs": n_outputs}
    for name, fitted in (("input_shape", network.shapes[0]), ("n_outputs", network.shapes[-1])):
        value = given[name]
        if value is not None and prod(_sides(value) or (0,)) != prod(fitted):
            raise ValueError(
                f"{name} must be None, or {fitted} as in fit, got {value!r}. Pass a clone of the "
                "estimator for a summary with other data."
            )


def _planned_network(estimator, input_shape, n_outputs):
    """The Network that a fit to data of this shape would create."""
    estimator._validate_params()
    if n_outputs is None:
        n_outputs = 1 if is_classifier(estimator) else estimator._loss().outputs_per_target
    if n_outputs not in COUNT:
        raise ValueError(f"n_outputs must be an int of at least 1, got {n_outputs!r}.")
    return Network(estimator._layers(int(n_outputs)), _planned_shape(estimator, input_shape))


def _planned_shape(estimator, given):
    """The shape of a sample at the input of the network."""
    kind, takes_images = type(estimator).__name__, hasattr(estimator, "input_shape")
    wanted = "an int, the number of features"
    if takes_images:
        wanted += ", or (height, width) or (height, width, channels) of an image"
        given = estimator.input_shape if given is None else given
    if given is None:
        raise ValueError(f"input_shape must be passed, as {kind} is not fitted: {wanted}.")
    shape = _sides(given)
    if shape is None or not (takes_images or len(shape) == 1):
        raise ValueError(f"input_shape of {kind} must be {wanted}, got {given!r}.")
    if not takes_images:
        return shape
    if len(shape) > 1:
        estimator = clone(estimator).set_params(input_shape=shape)
    return estimator._learnt_shape(None, prod(shape)) or shape


def _sides(given):
    """A shape as a tuple of ints, or None if it is not a shape."""
    sides = given.tolist() if isinstance(given, np.ndarray) else given
    sides = sides if isinstance(sides, list | tuple) else [sides]
    return tuple(map(int, sides)) if sides and all(side in COUNT for side in sides) else None


def _planned_dtype(estimator, shape):
    """The dtype of the computations of a fit, if X is an array of float64 or an image."""
    if estimator.dtype != "auto":
        return np.dtype(estimator.dtype)
    return np.dtype(np.float32 if len(shape) == 3 else np.float64)
