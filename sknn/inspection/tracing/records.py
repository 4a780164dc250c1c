"""The values that a trace keeps for each layer, and for the whole step."""

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
    """The values of one layer. n is the number of samples, the first axis of all but parameters.

    Attributes
    ----------
    name : str
        The name of the layer: the name given by the user, or kind and number, "dense1".
    description : str
        The kind and the settings of the layer, "Dense(100, relu)".
    layer : Layer
        The configuration of the layer.
    activation : Activation or None
        The activation function of the layer, if it has one.
    x : ndarray
        The inputs.
    z : ndarray
        The outputs before the activation function: the weighted sums.
    a : ndarray
        The outputs after the activation function. Without one, they are z itself.
    da : ndarray
        The derivatives of the loss with respect to a.
    delta : ndarray
        The error terms: the derivatives of the loss with respect to z.
    dx : ndarray
        The derivatives of the loss with respect to x, which are the da of the layer before.
    declared : dict of Parameter
        The declarations of the parameters by name, with their roles and whether penalties apply.
    params, grads, after : dict of ndarray
        The parameters by name, "weight" and "bias" in most layers, where a bias has the shape
        (1, units); the derivatives of the whole loss, including penalties; and the parameters
        after the step, None for solver='lbfgs'.
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
        """Whether any of its parameters are weights."""
        return any(map(self._is_weight, self.declared))

    def _is_weight(self, parameter):
        return self.declared[parameter].role == "weight"

    def to_frame(self, parameter=None):
        """Return the values as a long table. Requires pandas.

        Parameters
        ----------
        parameter : str or None, default=None
            None returns z, a, da and delta for each sample and unit. The name of a parameter
            returns its value, its gradient and its value after the step.

        Returns
        -------
        frame : pandas.DataFrame
            The table, with one row for each value.
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
        if columns["value"].shape[0] == 1 and not is_weight:  # as in intercepts_
            columns, axes = {name: array[0] for name, array in columns.items()}, axes[1:]
        return _long_frame(columns, axes)

    def __repr__(self):
        return f"<LayerTrace of {self.name}: {self.x.shape} -> {self.a.shape}>"


@dataclass(repr=False, eq=False)
class Trace(ShownInNotebooks):
    """One step of training. ``print`` shows it as a page, a notebook as a table of layers.

    ``trace["dense1"]`` or ``trace[0]`` is the LayerTrace of a layer.

    Attributes
    ----------
    estimator : str
        The class of the estimator.
    layers : list of LayerTrace
        The values of each layer.
    y : ndarray of shape (n_samples, n_outputs)
        The encoded targets: one-hot rows for several classes.
    weight : ndarray or None
        The sample weights, multiplied by class_weight.
    weight_sum : float
        The divisor of sums over samples.
    prediction : ndarray of shape (n_samples, n_outputs)
        The raw outputs, which are z of the last layer, after applying the link of the loss.
    loss_function : Loss
        The loss function.
    data_loss, l2_penalty, l1_penalty : float
        The terms of the loss.
    alpha, l1 : float
        The strengths of the penalties.
    gradient_norm : float
        The norm of the gradient of all trainable parameters, before clipping.
    max_grad_norm : float or None
        The maximum norm, to which the gradient is scaled down before the step.
    learning_rate : float or None
        The learning rate of the step. None for solver='lbfgs', which takes no single step.
    optimizer : Optimizer or None
        The optimiser of the step. None for solver='lbfgs'.
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
        """The loss that is differentiated: the loss of the data plus the penalties."""
        return self.data_loss + self.l2_penalty + self.l1_penalty

    def __getitem__(self, layer):
        names = [own.name for own in self.layers]
        if isinstance(layer, str):
            if layer not in names:
                raise KeyError(f"no layer is called {layer!r}: the names are {', '.join(names)}.")
            layer = names.index(layer)
        return self.layers[layer]

    def window(self, layer, sample=0, position=(0, 0), filter=0):
        """Show how a convolution computes one output: pixels, products and their sum.

        Parameters
        ----------
        layer : str or int
            The name or number of a Conv2D layer.
        sample : int, default=0
            The number of the sample.
        position : (int, int), default=(0, 0)
            The row and column of the output.
        filter : int, default=0
            The number of the output channel.

        Returns
        -------
        window : Window
            The values of the computation. ``print(window)`` shows them.
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
    """A DataFrame with a row for each value of the arrays, which all have the same shape."""
    import pandas as pd

    shape = next(iter(columns.values())).shape
    if len(axes) != len(shape):  # a user-defined layer
        axes = [f"axis{number}" for number in range(len(shape))]
    index = pd.MultiIndex.from_product([range(n) for n in shape], names=axes)
    if len(shape) == 1:
        index = pd.RangeIndex(shape[0], name=axes[0])
    return pd.DataFrame({name: array.ravel() for name, array in columns.items()}, index=index)
