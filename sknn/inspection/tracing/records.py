"""What a trace keeps: of each layer, and of the whole step."""

from dataclasses import dataclass

import numpy as np

from sknn.estimators.panel.markup import ShownInNotebooks
from sknn.inspection.tracing.pages import trace_page
from sknn.inspection.tracing.panel import trace_panel
from sknn.inspection.tracing.window import window_of
from sknn.nn.activations import Activation
from sknn.nn.layers import Layer
from sknn.nn.losses import Loss
from sknn.nn.optimizers import Optimizer


@dataclass(repr=False, eq=False)
class LayerTrace:
    """What one layer did. n is the number of samples, the first axis of all but parameters.

    Attributes
    ----------
    name : str
        Of the layer: that given by the user, or kind and number, "dense1".
    description : str
        Its kind and settings, "Dense(100, relu)".
    layer : Layer
        Its configuration.
    activation : Activation or None
        Its activation function, if it has one.
    x : ndarray
        What went in.
    z : ndarray
        What the layer made of it before its activation function: the weighted sums.
    a : ndarray
        After the activation function; z itself without one.
    da : ndarray
        Derivatives of the loss with respect to a.
    delta : ndarray
        The error term: derivatives with respect to z.
    dx : ndarray
        Derivatives with respect to x: the da of the layer before.
    declared : dict of Parameter
        By name, what the layer says of its parameters: their roles, whether penalties reach them.
    params, grads, after : dict of ndarray
        By name, "weight" and "bias" in most layers, a bias as (1, units): parameters,
        derivatives of the whole loss, penalties among it, and parameters after the step, None
        for solver='lbfgs'.
    """

    name: str
    description: str
    layer: Layer
    activation: Activation | None
    declared: dict
    params: dict
    x: np.ndarray | None = None
    z: np.ndarray | None = None
    a: np.ndarray | None = None
    da: np.ndarray | None = None
    delta: np.ndarray | None = None
    dx: np.ndarray | None = None
    grads: dict | None = None
    after: dict | None = None

    @property
    def has_weights(self):
        """Whether it has parameters that are weights."""
        return any(map(self._is_weight, self.declared))

    def _is_weight(self, parameter):
        return self.declared[parameter].role == "weight"

    def to_frame(self, parameter=None):
        """The numbers as a long table; needs pandas.

        Parameters
        ----------
        parameter : str or None, default=None
            None for z, a, da and delta of each sample and unit; or the name of a parameter, for
            its value, gradient and value after the step.

        Returns
        -------
        frame : pandas.DataFrame
        """
        if parameter is None:
            image = ("row", "column", "channel") if self.z.ndim == 4 else ("unit",)
            columns = {"z": self.z, "a": self.a, "da": self.da, "delta": self.delta}
            return _long_frame(columns, ("sample", *image))
        if parameter not in self.params:
            raise ValueError(
                f"parameter must be None or one of {list(self.params)!r} for layer {self.name}, "
                f"got {parameter!r}."
            )
        columns = {"value": self.params[parameter], "gradient": self.grads[parameter]}
        if self.after is not None:
            columns["after"] = self.after[parameter]
        axes, is_weight = ("row", "column", "channel", "filter"), self._is_weight(parameter)
        if columns["value"].ndim == 2:
            axes = ("input", "unit") if is_weight else ("", "unit")
        if columns["value"].shape[0] == 1 and not is_weight:  # as intercepts_ have it
            columns, axes = {name: array[0] for name, array in columns.items()}, axes[1:]
        return _long_frame(columns, axes)

    def __repr__(self):
        return f"<LayerTrace of {self.name}: {self.x.shape} -> {self.a.shape}>"


@dataclass(repr=False, eq=False)
class Trace(ShownInNotebooks):
    """One step of training: ``print`` shows it as a page, a notebook as a table of layers.

    ``trace["dense1"]`` or ``trace[0]`` is the LayerTrace of a layer.

    Attributes
    ----------
    estimator : str
        Its class.
    layers : list of LayerTrace
    y : ndarray of shape (n_samples, n_outputs)
        Encoded targets, one-hot rows for several classes.
    weight : ndarray or None
        Of the samples, class_weight included.
    weight_sum : float
        What sums over samples are divided by.
    prediction : ndarray of shape (n_samples, n_outputs)
        The raw outputs, the z of the last layer, after the link that belongs to the loss.
    loss_function : Loss
    data_loss, l2_penalty, l1_penalty : float
        The parts of the loss.
    alpha, l1 : float
        Strengths of the penalties.
    gradient_norm : float
        Of the gradient with respect to all trainable parameters, before clipping.
    max_grad_norm : float or None
        What it is scaled down to before the step.
    learning_rate : float or None
        Of the step; None for solver='lbfgs', which takes none.
    optimizer : Optimizer or None
        What took the step; None for solver='lbfgs'.
    augmented : bool
        Whether training would have augmented the images.
    """

    estimator: str
    layers: list
    y: np.ndarray
    weight: np.ndarray | None
    weight_sum: float
    prediction: np.ndarray
    loss_function: Loss
    data_loss: float
    l2_penalty: float
    l1_penalty: float
    alpha: float
    l1: float
    gradient_norm: float
    max_grad_norm: float | None
    learning_rate: float | None
    optimizer: Optimizer | None
    augmented: bool

    @property
    def loss(self):
        """What the gradient is of: the data's loss and the penalties."""
        return self.data_loss + self.l2_penalty + self.l1_penalty

    def __getitem__(self, layer):
        names = [own.name for own in self.layers]
        if isinstance(layer, str):
            if layer not in names:
                raise KeyError(f"no layer is called {layer!r}: there are {', '.join(names)}.")
            layer = names.index(layer)
        return self.layers[layer]

    def window(self, layer, sample=0, position=(0, 0), filter=0):
        """How a convolution came by one output: pixels, products, and their sum.

        Parameters
        ----------
        layer : str or int
            Name or number of a Conv2D layer.
        sample : int, default=0
        position : (int, int), default=(0, 0)
            Row and column of the output.
        filter : int, default=0
            Number of the output channel.

        Returns
        -------
        window : Window
            ``print(window)`` shows it.
        """
        return window_of(self[layer], sample, position, filter)

    def __repr__(self):
        return (
            f"<Trace of {self.estimator}: {len(self.y)} samples, {len(self.layers)} layers, "
            f"loss {self.loss:.8g}>"
        )

    def __str__(self):
        return trace_page(self)

    def _as_html(self):
        return trace_panel(self)


def _long_frame(columns, axes):
    """A DataFrame with a row for each number of the arrays, which are of one shape."""
    import pandas as pd

    shape = next(iter(columns.values())).shape
    if len(axes) != len(shape):  # of a layer of the user's own
        axes = [f"axis{number}" for number in range(len(shape))]
    index = pd.MultiIndex.from_product([range(n) for n in shape], names=axes)
    if len(shape) == 1:
        index = pd.RangeIndex(shape[0], name=axes[0])
    return pd.DataFrame({name: array.ravel() for name, array in columns.items()}, index=index)
