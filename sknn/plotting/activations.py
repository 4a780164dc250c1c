"""Activation functions and their derivatives."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any, Self

import numpy as np

from sknn.nn import Activate, Activation
from sknn.nn.activations import ACTIVATIONS
from sknn.nn.parameters import Layout
from sknn.nn.passes import Pass
from sknn.nn.ranges import NUMBER, Range, as_float, shown
from sknn.nn.workspace import Workspace
from sknn.plotting.panels import BLUE, VERMILION, panels
from sknn.scikit_learn import check_matplotlib_support
from sknn.typing import Arrays

IN_A_ROW = 4  # number of panels in a row
POINTS = Range(2, 10**6, closed="both", whole=True)


class ActivationDisplay:
    """Activation functions f and their derivatives f' as used in training, one panel for each.

    Where f' is close to 0, no gradient passes through: the unit is saturated or dead. For 'sign'
    and 'step', the derivative is the straight-through estimate that training uses. Activations
    with learned parameters are shown with their initial parameters. It is recommended to use
    :meth:`from_activations` to create an ActivationDisplay.

    Parameters
    ----------
    z : ndarray of shape (n_points,)
        The weighted sums, which are the inputs of the activations.
    outputs, derivatives : dict of ndarray of shape (n_points,)
        f(z) and f'(z), by the name of the activation.

    Attributes
    ----------
    figure_ : matplotlib figure
        The figure, after drawing.
    ax_ : matplotlib axes
        The first panel.
    axes_ : ndarray of matplotlib axes
        All panels, one per activation.

    References
    ----------
    Goodfellow et al. (2016), "Deep Learning", section 6.3.

    Examples
    --------
    >>> from sknn.nn import ELU
    >>> from sknn.plotting import ActivationDisplay
    >>> display = ActivationDisplay.from_activations(["tanh", ELU(alpha=0.5)], plot=False)
    >>> list(display.outputs)
    ['tanh', 'ELU(alpha=0.5)']
    >>> float(display.derivatives["tanh"].max())  # at z = 0
    1.0
    """

    def __init__(self, *, z: np.ndarray, outputs: Arrays, derivatives: Arrays) -> None:
        self.z = z
        self.outputs = outputs
        self.derivatives = derivatives

    @classmethod
    def from_activations(
        cls,
        activations: str | Activation | Sequence[str | Activation] | None = None,
        *,
        low: float = -4.0,
        high: float = 4.0,
        n_points: int = 401,
        plot: bool = True,
        ax: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Compute activations and derivatives over a range, and draw them.

        Parameters
        ----------
        activations : str, Activation, list of them, or None, default=None
            Names or objects. None selects all named activations, with swish as silu.
        low, high : float, default=-4, 4
            The range of weighted sums, with low < high.
        n_points : int, default=401
            The number of points, at least 2. If the range is symmetric, an odd number of points
            includes zero.
        plot : bool, default=True
            Whether to draw the display. If False, matplotlib is not required.
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on, see :meth:`plot`.
        **kwargs : dict
            Keyword arguments passed to :meth:`plot`.

        Returns
        -------
        display : ActivationDisplay
            The display.
        """
        if low not in NUMBER or high not in Range(low) or n_points not in POINTS:
            raise ValueError(
                "low and high must be finite numbers with low < high, and n_points must be "
                f"{POINTS}, got {shown(low)}, {shown(high)} and {shown(n_points)}."
            )
        if plot:
            check_matplotlib_support(f"{cls.__name__}.from_activations")
        if activations is None:
            kinds = {type(function): name for name, function in reversed(ACTIVATIONS.items())}
            activations = sorted(kinds.values())
        elif isinstance(activations, (str, Activation)):
            activations = [activations]
        elif not isinstance(activations, list | tuple) or not activations:
            raise ValueError(
                "activations must be a name, an Activation, or a list of at least one of them, got "
                f"{activations!r}."
            )
        z = np.linspace(as_float(low), as_float(high), n_points)
        named = {
            activation if isinstance(activation, str) else repr(activation): _values(activation, z)
            for activation in activations
        }
        display = cls(
            z=z,
            outputs={name: output for name, (output, _) in named.items()},
            derivatives={name: derivative for name, (_, derivative) in named.items()},
        )
        return display.plot(ax, **kwargs) if plot else display

    def plot(self, ax: Any = None, **kwargs: Any) -> Self:
        """Draw a panel for each activation, with f as a solid and f' as a dashed line.

        Parameters
        ----------
        ax : matplotlib axes, array of them, or None, default=None
            The axes to draw on. If None, a new figure is created. Single axes are replaced by the
            panels. An array must contain one axes per activation.
        **kwargs : dict
            Keyword arguments passed to matplotlib's ``plot`` for each line.

        Returns
        -------
        display : ActivationDisplay
            The display itself, with ``ax_``, ``axes_`` and ``figure_``.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        n = len(self.outputs)
        n_columns = n if n <= IN_A_ROW else ceil(sqrt(n))
        n_rows = ceil(n / n_columns)
        figsize = (max(4.0, 2.6 * n_columns), max(3.2, 2.2 * n_rows))
        self.figure_, self.axes_ = panels(ax, n_rows, n_columns, n=n, figsize=figsize)
        self.ax_ = self.axes_[0]
        for number, (panel, name) in enumerate(zip(self.axes_, self.outputs, strict=True)):
            style = {"color": BLUE, "label": "f(z)", **kwargs}
            panel.plot(self.z, self.outputs[name], **style)
            style = {"color": VERMILION, "linestyle": "--", "label": "f'(z) in training", **kwargs}
            panel.plot(self.z, self.derivatives[name], **style)
            panel.axhline(0, color="0.6", linewidth=0.6, zorder=0)
            panel.axvline(0, color="0.6", linewidth=0.6, zorder=0)
            panel.set_title(name)
            if number + n_columns >= n:  # there is no panel below it
                panel.set_xlabel("Weighted sum z")
        self.ax_.legend()
        return self


def _values(activation, z):
    """(f(z), f'(z)), each (n_points,), as computed by a layer with this activation."""
    layer = Activate(activation)
    layout, cache = Layout([layer.parameters((1,))]), Workspace(z.dtype)
    context = Pass(training=True)
    (params,) = layout.views(layout.initial(np.random.RandomState(0), z.dtype))
    (grads,) = layout.views(np.empty(layout.size))
    output = layer.forward(params, {}, z[:, None], cache, context)[:, 0].copy()
    derivative = layer.backward(params, grads, np.ones((len(z), 1)), cache, context)
    return output, derivative[:, 0].copy()
