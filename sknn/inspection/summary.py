"""A table of the layers of a network: shapes, parameters, and what a sample costs."""

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
N_TEXTS = 4  # of these, from the left, are no numbers
FIELD = 3  # the column that only networks on images have


class NetworkSummary(ShownInNotebooks):
    """What :func:`summary` returns. It shows itself as a table, in a notebook or by ``print``.

    Attributes
    ----------
    rows : list
        For each layer its ``name``, ``kind``, ``settings``, ``activation``, ``output_shape``,
        ``receptive_field``, ``n_parameters``, ``n_trainable``, ``multiply_adds`` and ``n_bytes``;
        ``inside`` are the rows of the layers that a Residual is made of, whose counts are in its
        own.
    totals : dict of int
        The sums of the last four of these, by name.
    title : str
        The estimator and the shape of a sample.
    notes : list of str
        What the figures are of.
    """

    def __init__(self, rows, title, notes):
        self.rows = rows
        self.totals = totals(rows)
        self.title = title
        self.notes = notes

    def to_frame(self):
        """The rows as a pandas DataFrame, the names of the layers its index."""
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
        """The lines of the table as cells: those of the layers, and those of the sums."""
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
    """A table of the layers of a network: shapes, parameters, and what a sample costs.

    It prints nothing. The table shows itself at the end of a notebook cell and in an interactive
    session; elsewhere write ``print(summary(clf))``.

    Parameters
    ----------
    estimator : estimator instance
        A network of this package, fitted or not, or a Pipeline, a TransformedTargetRegressor or
        a fitted search with one inside. It is left as it is.
    input_shape : int or tuple of int, default=None
        For an estimator that is not fitted: features of a sample as it reaches the
        network, or (height, width) or (height, width, channels) of an image. None is the
        estimator's own ``input_shape``.
    n_outputs : int, default=None
        For an estimator that is not fitted: outputs of the network. A classifier has one for
        each class, but a single one for two classes; a regressor has one for each target and
        quantile. None is the least: for two classes, or one target.

    Returns
    -------
    summary : NetworkSummary
        The table, with ``rows``, ``totals`` and ``to_frame()``. Parameters are what is learnt by
        gradients, or was before it was frozen: running statistics are none. Multiply-adds and
        bytes are for one sample, bytes those of what each layer makes of it. For layers that take
        images, the receptive field is the part of the image, height x width in pixels, that one
        number of a layer's output depends on. It is counted from the first to the last of these
        pixels, with those that padding adds.

    Raises
    ------
    TypeError
        If the estimator is not, and does not contain, a network of this package.
    ValueError
        If there is no shape, or it does not suit the layers or what was fitted.

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
        notes.append("One output is for two classes. Give n_outputs if there are more.")
    shape = network.shapes[0]
    samples = shape_text(shape) if len(shape) > 1 else f"{shape[0]:,} features"
    state = "fitted" if fitted else "not fitted"
    title = f"{type(estimator).__name__}, {state}: samples of {samples}"
    rows = summary_rows(network, dtype, names_of_layers(estimator, network))
    return NetworkSummary(rows, title, notes)


def _of_member(estimator):
    """The NetworkSummary of one member of a fitted estimator for tables: all have one shape."""
    check_is_fitted(estimator)
    model, name = estimator._model, type(estimator).__name__
    network, n_members = model.network, len(model.theta)
    notes = [f"Multiply-adds and bytes are for one sample and one member, in {model.dtype}."]
    title = (
        f"{name}, fitted: one of {n_members} members, on {network.shapes[0][0]:,} columns made of "
        f"{estimator.n_features_in_:,} features"
    )
    return NetworkSummary(summary_rows(network, model.dtype, network.names), title, notes)


def _cells(row, depth=0):
    """The cells of a layer, and below them those of the layers that it is made of."""
    yield (
        "  " * depth + " ".join(row.name.split()),  # a line break would break the table
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
    """The name with spaces before it that HTML keeps."""
    return (len(name) - len(name.lstrip())) * "\N{NO-BREAK SPACE}" + name.lstrip()


def _column(cells, are_numbers):
    """The cells in one width: texts to the left, numbers to the right."""
    width = max(map(len, cells))
    return [cell.rjust(width) if are_numbers else cell.ljust(width) for cell in cells]


def _check_fitted(network, input_shape, n_outputs):
    """Raises ValueError if the shapes given are not those that were fitted."""
    given = {"input_shape": input_shape, "n_outputs": n_outputs}
    for name, fitted in (("input_shape", network.shapes[0]), ("n_outputs", network.shapes[-1])):
        value = given[name]
        if value is not None and prod(_sides(value) or (0,)) != prod(fitted):
            raise ValueError(
                f"{name} must be left out, or be {fitted} as in fit, got {value!r}. Pass a clone "
                "of the estimator to see what it would be for other data."
            )


def _planned_network(estimator, input_shape, n_outputs):
    """The Network that a fit to such data would make."""
    estimator._validate_params()
    if n_outputs is None:
        n_outputs = 1 if is_classifier(estimator) else estimator._loss().outputs_per_target
    if n_outputs not in COUNT:
        raise ValueError(f"n_outputs must be an int of at least 1, got {n_outputs!r}.")
    return Network(estimator._layers(int(n_outputs)), _planned_shape(estimator, input_shape))


def _planned_shape(estimator, given):
    """The shape of a sample as the network takes it."""
    kind, takes_images = type(estimator).__name__, hasattr(estimator, "input_shape")
    wanted = "an int, the number of features"
    if takes_images:
        wanted += ", or (height, width) or (height, width, channels) of an image"
        given = estimator.input_shape if given is None else given
    if given is None:
        raise ValueError(f"input_shape is needed, as {kind} is not fitted: {wanted}.")
    shape = _sides(given)
    if shape is None or not (takes_images or len(shape) == 1):
        raise ValueError(f"input_shape of {kind} must be {wanted}, got {given!r}.")
    if not takes_images:
        return shape
    if len(shape) > 1:
        estimator = clone(estimator).set_params(input_shape=shape)
    return estimator._learnt_shape(None, prod(shape)) or shape


def _sides(given):
    """A shape as a tuple of ints, None if it is not one."""
    sides = given.tolist() if isinstance(given, np.ndarray) else given
    sides = sides if isinstance(sides, list | tuple) else [sides]
    return tuple(map(int, sides)) if sides and all(side in COUNT for side in sides) else None


def _planned_dtype(estimator, shape):
    """What a fit computes in, if X is an array of float64 or an image."""
    if estimator.dtype != "auto":
        return np.dtype(estimator.dtype)
    return np.dtype(np.float32 if len(shape) == 3 else np.float64)
