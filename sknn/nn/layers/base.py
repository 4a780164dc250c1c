"""The contract of a layer."""

import inspect


class Layer:
    """A layer is configuration: the arguments of its constructor, kept untouched.

    It holds no arrays. The core hands it views of its parameters and a Workspace, and never
    changes it, so one object may describe many networks. ``get_params`` and ``set_params`` let
    scikit-learn clone it and reach its settings in a grid.
    """

    def output_shape(self, input_shape):
        """Shape of one output sample. Raises ValueError if input_shape does not fit.

        Shapes are of one sample: (n_features,) or (height, width, channels).
        """
        raise NotImplementedError

    def parameters(self, input_shape):
        """The Parameters that it trains, in the order in which they are drawn."""
        return []

    def state(self, input_shape):
        """The States that it updates in training."""
        return []

    def multiply_adds(self, input_shape):
        """Multiplications, each with an addition, that forward spends on one sample."""
        return 0

    def forward(self, params, state, x, cache, training):
        """y, valid until the next call with the same cache. x is left as it is.

        x: (..., n, *input_shape)    y: (..., n, *output_shape)    cache: a Workspace
        """
        raise NotImplementedError

    def backward(self, params, grads, dy, cache, need_dx=True):
        """dx, or None without need_dx; grads are overwritten, dy may be.

        dy: (..., n, *output_shape)    dx: (..., n, *input_shape)
        """
        raise NotImplementedError

    @classmethod
    def _parameter_names(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep=True):
        """The arguments of the constructor, by name."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params):
        """Sets arguments of the constructor by name. Raises ValueError on an unknown one."""
        names = self._parameter_names()
        for name, value in params.items():
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name!r} for layer {self!r}. "
                    f"Valid parameters are: {names!r}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        shown = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if value is not defaults[name].default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"
