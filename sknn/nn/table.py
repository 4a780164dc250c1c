"""The input layer of networks on tables with several kinds of columns: `TableInput`."""

from collections.abc import Sequence
from copy import copy
from math import prod
from typing import Any
from weakref import proxy

import numpy as np

from sknn.nn.composite import Composite, by_layer, present
from sknn.nn.layers.base import kept, needs_flat
from sknn.nn.network import Network, named_layers


class TableInput(Composite):
    """y = the outputs of layers, each applied to its own columns of x, then the other columns.

    It is the first layer of a network on a table whose columns contain numbers, category codes and
    other values in one array of floats: ``TableInput([(Periodic(), slice(0, 8)),
    (Embedding([5, 40]), [8, 9])])``. Columns without a layer are passed on unchanged.

    x: (..., n, columns)    y: (..., n, n_values)

    Parameters
    ----------
    parts : list of (Layer, columns), or of (str, Layer, columns)
        Each layer with its columns: a slice or a list of column numbers. Several layers can use the
        same column. The settings of the layers are also parameters of this layer, such as
        ``periodic1__size``. Layers without a name are named after their type and number.
    """

    _networks = _columns = None  # one for each part, and its columns; set when placed

    def __init__(self, parts: Sequence[tuple[Any, ...]]) -> None:
        self.parts = parts

    def named_layers(self):
        """The layers by name. Raises TypeError or ValueError if ``parts`` is invalid."""
        parts = self.parts
        if not isinstance(parts, list | tuple) or not parts:
            raise TypeError(
                f"parts must be a list of at least one (layer, columns), got {parts!r}."
            )
        for part in parts:
            if not isinstance(part, list | tuple) or len(part) not in (2, 3):
                raise TypeError(
                    "parts must be a list of (layer, columns) or (name, layer, columns), such as "
                    f"(Periodic(), [0, 1]), got the entry {part!r}."
                )
        own = self.setting_names()
        layers = [part[:-1] if len(part) == 3 else part[0] for part in parts]
        return named_layers(layers, lambda name: name in own or "." in name)

    def columns(self, n_columns):
        """For each part, and for the columns that are passed on, a slice or an array of ints.

        Raises ValueError if a part has columns that do not exist, or no columns.
        """
        if self._columns is not None and self._columns[0] == n_columns:
            return self._columns[1]
        taken, all_columns = [], np.arange(n_columns)
        for part in self.parts:
            columns = part[-1]
            if isinstance(columns, slice):
                numbers = all_columns[columns]
            else:
                numbers = np.asarray(columns)
                whole = numbers.ndim == 1 and numbers.dtype.kind in "iu"
                if not whole or not np.isin(numbers, all_columns).all():
                    raise ValueError(
                        f"columns of a part must be a slice or a list of ints from 0 to "
                        f"{n_columns - 1}, got {columns!r}."
                    )
            if not len(numbers):
                raise ValueError(
                    f"a part must have at least one of {n_columns} columns, got {columns!r}. "
                    "Remove the part."
                )
            taken.append(numbers)
        taken.append(np.setdiff1d(all_columns, np.concatenate(taken)))
        return [_as_slice(numbers) for numbers in taken]

    def networks(self, input_shape):
        """The Network of each part."""
        columns = needs_flat(input_shape)
        if self._networks is not None and self._networks[0] == columns:
            return self._networks[1]
        named, taken = self.named_layers(), self.columns(columns)
        numbers = np.arange(columns)
        return [
            Network([layer], (len(numbers[own]),), names=[name])
            for (name, layer), own in zip(named.items(), taken, strict=False)
        ]

    def placed(self, input_shape):
        placed, n_columns = copy(self), needs_flat(input_shape)
        placed._columns = n_columns, self.columns(n_columns)
        placed._networks = n_columns, self.networks(input_shape)
        return placed

    def output_shape(self, input_shape):
        made = sum(prod(network.shapes[-1]) for network in self.networks(input_shape))
        rest = self.columns(input_shape[0])[-1]
        return (made + len(np.arange(input_shape[0])[rest]),)

    def adapt(self, params, state, x, random_state):
        networks = self.networks(x.shape[-1:])
        for network, own in zip(networks, self.columns(x.shape[-1]), strict=False):
            given = by_layer(network, params), by_layer(network, state), _taken(x, own)
            network.adapt(*given, random_state)

    def numbers_kept(self, input_shape):
        kept_inside = sum(network.numbers_kept() for network in self.networks(input_shape))
        return prod(self.output_shape(input_shape)) + kept_inside

    def forward_jointly(self, params, state, x, cache, context):
        networks, columns = kept(cache, "parts", self._split, x.shape[-1])
        if "workspaces" not in cache:
            lender = proxy(cache)  # a reference would be a cycle, which keeps its memory
            cache["workspaces"] = [network.workspaces(cache.dtype, lender) for network in networks]
        outputs = []
        for network, own, workspaces in zip(networks, columns, cache["workspaces"], strict=False):
            arrays = present(network, by_layer(network, params)), by_layer(network, state)
            given = *arrays, _taken(x, own), workspaces, context
            outputs.append((yield from network.forward_jointly(*given)))
        cache["n_columns"], cache["alone"] = x.shape[-1], self._is_alone(columns, x.shape[-1])
        if cache["alone"]:
            return outputs[0]
        outputs.append(_taken(x, columns[-1]))
        models = np.broadcast_shapes(*(output.shape[:-2] for output in outputs))
        ends = np.cumsum([output.shape[-1] for output in outputs]).tolist()
        cache["places"] = [slice(*pair) for pair in zip([0, *ends], ends, strict=False)]
        y = cache.array("y", (*models, x.shape[-2], ends[-1]))
        for place, output in zip(cache["places"], outputs, strict=True):
            y[..., place] = output
        return y

    def backward_jointly(self, params, grads, dy, cache, context, need_dx=True):
        networks, columns = kept(cache, "parts", self._split, cache["n_columns"])
        if cache["alone"]:
            own = by_layer(networks[0], params), by_layer(networks[0], grads)
            given = *own, dy, cache["workspaces"][0], context, need_dx
            return (yield from networks[0].backward_jointly(*given))
        dx = cache.array("dx", (*dy.shape[:-1], cache["n_columns"])) if need_dx else None
        if need_dx:
            dx[...] = 0
            dx[..., columns[-1]] = dy[..., cache["places"][-1]]
        for number, network in enumerate(networks):
            part = dy[..., cache["places"][number]]
            dpart = cache.array(f"dy{number}", part.shape)  # contiguous, as layers expect it
            dpart[...] = part
            own = by_layer(network, params), by_layer(network, grads)
            given = *own, dpart, cache["workspaces"][number], context
            dpart = yield from network.backward_jointly(*given, need_dx)
            if need_dx:
                dx[..., columns[number]] += dpart
        return dx

    def _split(self, n_columns):
        """(networks, columns) of the parts."""
        return self.networks((n_columns,)), self.columns(n_columns)

    @staticmethod
    def _is_alone(columns, n_columns):
        """Whether one part takes all columns in their order, so that nothing has to be copied."""
        first, *others = columns
        whole = isinstance(first, slice) and first == slice(0, n_columns)
        return whole and len(others) == 1

    def with_layer(self, at, layer):
        parts = list(self.parts)
        parts[at] = (*parts[at][:-2], layer, parts[at][-1])
        return {"parts": parts}


def _taken(x, columns):
    """Columns of x: a slice returns a view, numbers return a copy."""
    return x[..., columns] if isinstance(columns, slice) else x.take(columns, axis=-1)


def _as_slice(numbers):
    """A slice if the numbers are consecutive, which avoids a copy, else the numbers."""
    if len(numbers) and (np.diff(numbers) == 1).all():
        return slice(int(numbers[0]), int(numbers[-1]) + 1)
    return numbers
