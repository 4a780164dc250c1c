"""A network as columns of units and maps, from the inputs to the outputs."""

from dataclasses import dataclass, field

import numpy as np

from sknn.estimators.inputs import check_finite
from sknn.estimators.panel.html import names_of_layers
from sknn.inspection.tracing.stages import Stage
from sknn.nn import AveragePool2D, Conv2D, Dropout, Flatten, GlobalAveragePool2D, MaxPool2D
from sknn.nn.composite import by_layer
from sknn.nn.losses import Quantile
from sknn.nn.residual import Residual
from sknn.nn.summary import shape_text, summary_rows

WINDOWED = {Conv2D: "conv", MaxPool2D: "max pool", AveragePool2D: "mean pool"}
WITHOUT_WINDOWS = {GlobalAveragePool2D: "global mean", Flatten: "flatten"}
PROBABILITIES = ("softmax", "logistic")  # links whose outputs are between 0 and 1


@dataclass
class Column:
    """The inputs, or the units or maps of one layer.

    Attributes
    ----------
    name : str
        The name of the layer, or "input".
    shape : tuple of int
        (units,), or (height, width, maps).
    step : list of str
        The operation between the previous column and this one, unless the layer is dense: the
        kind, the size of the windows and the stride.
    window : (int, int) or None
        The height and width of these windows.
    weights : ndarray or None
        The weights from each unit of the previous column to each of its own, (n_before, units), or
        those of a convolution, (height, width, channels, maps). None for a layer without weights.
    biases : ndarray of shape (units,) or (maps,), or None
        The biases.
    notes : list of str
        Operations on its units: normalisation, dropout, shortcuts and activation functions.
    labels : list of str or None
        A name for each unit, or None if the units have no names.
    values : ndarray of the same shape, or None
        The activations for one sample.
    scale : float
        The activation that has the full colour: the largest one, or 1 for probabilities.
    """

    name: str
    shape: tuple
    step: list = field(default_factory=list)
    window: tuple | None = None
    weights: np.ndarray | None = None
    biases: np.ndarray | None = None
    notes: list = field(default_factory=list)
    labels: list | None = None
    values: np.ndarray | None = None
    scale: float = 1.0

    @property
    def shows_maps(self):
        return len(self.shape) == 3


@dataclass(frozen=True)
class Shortcut:
    """A connection that bypasses the columns between two, with their numbers and its text."""

    start: int
    end: int
    text: str


def columns_of(inside, x=None):
    """(list of Column, list of Shortcut) of the fitted network of an Inside.

    x: one sample as the input of the network, (1, *input_shape), or None. Raises ValueError if
    the outputs of a layer are not finite.
    """
    estimator, model = inside.network, inside.model
    network, state = model.network, model.network.state_layout.views(model.state)
    drawn = _Columns(_inputs(inside, network.shapes[0]), model.dtype, x)
    drawn.add(network, names_of_layers(estimator, network), model.params, state)
    for column in drawn.columns:
        if column.weights is not None and not column.notes:
            column.notes = ["identity"]
    outputs = drawn.columns[-1]
    outputs.notes, outputs.labels = [model.loss.link], _output_names(estimator, model)
    if x is not None:
        for column in drawn.columns:
            check_finite(column.values[None])
        outputs.values = model.loss.predict(drawn.x)[0]
        for column in drawn.columns:
            column.scale = float(np.abs(column.values).max()) or 1.0
        if model.loss.link in PROBABILITIES:
            outputs.scale = 1.0
    return drawn.columns, drawn.shortcuts


class _Columns:
    """Collects columns while passing a sample, if there is one, through the layers.

    x: (1, *input_shape) or None
    """

    def __init__(self, inputs, dtype, x):
        self.columns, self.shortcuts = [inputs], []
        self.dtype, self.x = dtype, x
        self._keep_values()

    def add(self, network, names, params, state):
        """Adds the layers of a Network. params, state: the arrays of each layer by name."""
        rows = summary_rows(network, self.dtype, names)
        shapes, declared = network.shapes[:-1], network.layout.declared
        for row, layer, *own in zip(
            rows, network.layers, params, state, shapes, declared, strict=True
        ):
            add = self._add_residual if isinstance(layer, Residual) else self._add_layer
            add(row, layer, *own)

    def _add_layer(self, row, layer, params, state, shape, declared):
        if self._is_in_place(row, layer, shape, declared):
            self.columns[-1].notes.append(row.activation or row.description)
        else:
            step, window = _step(row, layer, shape)
            wanted = (*shape, *row.output_shape)
            weights = None if isinstance(layer, Conv2D) else wanted
            weights = _only(declared, params, "weight", weights)
            biases = _only(declared, params, "bias", (1, row.output_shape[-1]))
            biases = None if biases is None else biases[0]
            step = [row.kind] if weights is None and not step else step
            column = Column(row.name, row.output_shape, step, window, weights, biases)
            column.notes += [row.activation] if row.activation not in (None, "identity") else []
            self.columns.append(column)
        if self.x is not None:
            self.x = self._through(row, layer, params, state)
        self._keep_values()

    def _is_in_place(self, row, layer, shape, declared):
        """Whether a layer changes the units of the last column, instead of adding a column."""
        has_weights = any(item.role == "weight" for item in declared)
        if has_weights or row.output_shape != shape or _kind(layer):
            return False
        return len(self.columns) > 1 or isinstance(layer, Dropout)  # inputs are shown unchanged

    def _add_residual(self, row, layer, params, state, shape, declared):
        branch, *projection = layer.networks(shape)
        start, before = len(self.columns) - 1, self.x
        self.add(branch, branch.names, by_layer(branch, params), by_layer(branch, state))
        text = row.name
        for network in projection:
            ((inner,), (own,)) = summary_rows(network, self.dtype), by_layer(network, params)
            text = f"{text}: {inner.name}"
            if before is not None:
                before = self._through(inner, network.layers[0], own, {}, before)
        self.columns[-1].notes.append("+ shortcut")
        if len(self.columns) - 1 > start:
            self.shortcuts.append(Shortcut(start, len(self.columns) - 1, text))
        if before is not None:
            self.x = self.x + before
        self._keep_values()

    def _through(self, row, layer, params, state, x=None):
        stage = Stage(row, layer, params, state, self.dtype)
        with np.errstate(all="ignore"):  # values that are not finite are rejected at the end
            return stage.forward(self.x if x is None else x, training=False)[1]

    def _keep_values(self):
        if self.x is not None:
            self.columns[-1].values = self.x[0].copy()


def _only(declared, params, role, shape):
    """A copy of the only array with this role. None if there is not exactly one of this shape.

    shape: None for any shape
    """
    arrays = [params[item.name] for item in declared if item.role == role]
    fits = len(arrays) == 1 and shape in (None, arrays[0].shape)
    return arrays[0].copy() if fits else None


def _kind(layer):
    """The text for a layer that turns images into images, else None."""
    kinds = {**WINDOWED, **WITHOUT_WINDOWS}
    return next((text for kind, text in kinds.items() if isinstance(layer, kind)), None)


def _step(row, layer, shape):
    """(the operation of the layer, as lines of text; the size of its windows or None)."""
    if not isinstance(layer, tuple(WINDOWED)):
        return [text] if (text := _kind(layer)) else [], None
    windows = layer.windows(shape)
    step = [f"{_kind(layer)} {shape_text(windows.size)}"]
    for name in ("stride", "dilation"):
        down, across = getattr(windows, name)
        if name == "stride" or (down, across) != (1, 1):
            step.append(f"{name} {down if down == across else shape_text((down, across))}")
    return step, windows.size


def _inputs(inside, shape):
    """The column of the inputs. Features without names are called x0, x1 and so on."""
    labels = None
    if len(shape) == 1:
        given = inside.feature_names
        labels = [f"x{i}" for i in range(shape[0])] if given is None else list(map(str, given))
    return Column("input", shape, labels=labels)


def _output_names(estimator, model):
    """The meaning of each output."""
    classes, (n,) = getattr(estimator, "classes_", None), model.network.shapes[-1]
    if isinstance(classes, list):  # several columns of labels
        return [f"{i}: {one}" for i, column in enumerate(classes) for one in column]
    if classes is not None and n == len(classes) > 1:
        return list(map(str, classes))
    if classes is not None:  # one output; with a single class, there is no second label
        low, high = classes[0], classes[-1]
        return [f"high: {high}\nlow: {low}" if len(classes) > 1 else str(high)]
    if isinstance(model.loss, Quantile):
        return [f"quantile {level:g}" for level in model.loss.ascending]
    return ["y"] if n == 1 else [f"y{i}" for i in range(n)]
