"""A layer taken apart computes what the whole layer does, and shares no memory with anything."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknn import SequentialClassifier
from sknn.inspection.tracing.stages import Stage, stages_of, taken_apart
from sknn.nn import (
    Activate,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    MaxPool2D,
    PReLU,
    SiLU,
)
from sknn.nn.activations import Identity, Tanh, as_activation
from sknn.nn.network import Network

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)


def stage(layer, shape):
    """(Stage of a layer with random parameters, its gradients) for samples of a shape."""
    network = Network([layer], shape)
    (params,) = network.layout.views(RNG.normal(size=network.layout.size))
    (grads,) = network.layout.views(np.zeros(network.layout.size))
    _, state = network.initial(np.random.RandomState(0), np.float64)
    (states,) = network.state_layout.views(state)
    return Stage(SimpleNamespace(name="own"), layer, params, states, np.float64), grads


CASES = {
    "dense": (Dense(3, "tanh"), (4,)),
    "linear": (Dense(3, "identity"), (4,)),
    "slopes": (Dense(3, PReLU(shared=False)), (4,)),
    "convolution": (Conv2D(3, (2, 3), activation=PReLU(shared=False)), (5, 4, 2)),
    "activation": (Activate(PReLU()), (4,)),
    "normalisation": (BatchNorm(), (4,)),
    "pooling": (MaxPool2D(), (5, 4, 2)),
    "dropout": (Dropout(0.5), (4,)),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_stage_returns_is_its_own(case):
    layer, shape = CASES[case]
    own, grads = stage(layer, shape)
    x, other = RNG.normal(size=(2, 6, *shape))
    given = x.copy()
    z, a = own.forward(x, True)
    kept = z.copy(), a.copy()
    da = RNG.normal(size=a.shape)
    derivative = da.copy()
    dz, dx = own.backward(da, grads)
    kept += (dz.copy(), dx.copy())
    own.forward(other, True)
    own.backward(RNG.normal(size=a.shape), grads)
    own.slopes(z) if own.activation else None
    for array, before in zip((z, a, dz, dx, x, da), (*kept, given, derivative), strict=True):
        assert_array_equal(array, before)
    if own.before is not None:
        assert not np.shares_memory(z, x)
        assert not np.shares_memory(dx, dz)
    if own.activation is not None:
        assert not np.shares_memory(a, z)
        assert not np.shares_memory(dz, da)


@pytest.mark.parametrize("case", [case for case in CASES if case not in ("pooling", "dropout")])
def test_gradients_of_a_stage_are_central_differences(case):
    layer, shape = CASES[case]
    own, grads = stage(layer, shape)
    x, weight = RNG.normal(size=(6, *shape)), RNG.uniform(0.5, 2, size=(6, 1))
    z, a = own.forward(x, True, weight)
    da = RNG.normal(size=a.shape)
    dz, dx = own.backward(da, grads)
    if own.activation is not None:
        assert_allclose(dz, da * own.slopes(z), rtol=1e-12)
    for array, gradient in ((x, dx), *((own.params[name], grads[name]) for name in grads)):
        step = 1e-6 * RNG.normal(size=array.shape)
        sums = []
        for sign in (1, -1):
            array += sign * step
            sums.append(np.sum(da * own.forward(x, True, weight)[1]))
            array -= sign * step
        assert_allclose((sums[0] - sums[1]) / 2, np.sum(gradient * step), rtol=1e-6)


def test_batch_norm_takes_the_weighted_samples_or_what_it_remembers():
    own, _ = stage(BatchNorm(), (4,))
    x, weight = RNG.normal(size=(6, 4)) + 5, RNG.uniform(0.5, 2, size=(6, 1))
    scale, shift = own.params["scale"], own.params["shift"]
    z, _ = own.forward(x, False)
    assert_allclose(z, scale * x / np.sqrt(1 + 1e-5) + shift, rtol=1e-10)  # 0 and 1 at first
    z, _ = own.forward(x, True, weight)
    mean = np.average(x, axis=0, weights=weight[:, 0])
    variance = np.average((x - mean) ** 2, axis=0, weights=weight[:, 0])
    assert_allclose(z, scale * (x - mean) / np.sqrt(variance + 1e-5) + shift, rtol=1e-10)


@pytest.mark.parametrize(
    ("activation", "slope"),
    [("tanh", lambda z: 1 - np.tanh(z) ** 2), (SiLU(), None), (PReLU(shared=False), None)],
)
def test_slopes_are_those_of_the_activation(activation, slope):
    own, _ = stage(Activate(activation), (3,))
    z = RNG.normal(size=(5, 4, 3))  # units are the last axis
    before = z.copy()
    high, low = (own.forward(z + step, False)[1] for step in (1e-6, -1e-6))
    found = own.slopes(z)
    assert_allclose(found, (high - low) / 2e-6, rtol=1e-6, atol=1e-8)
    assert slope is None or np.allclose(found, slope(z), rtol=1e-12)
    assert_array_equal(z, before)


class Named(Dense):
    """A Dense layer by another name."""


class Doubled(Dense):
    """y = 2 f(x @ weight + bias)."""

    def forward(self, *given):
        return 2 * super().forward(*given)


def test_dense_and_convolution_come_apart_and_stay_as_they_are():
    settings = {"activation": "tanh", "bias": False}
    for layer in (Dense(3, **settings), Conv2D(3, 5, stride=2, **settings), Named(3, **settings)):
        before, activation = taken_apart(layer)
        assert type(before) is type(layer)
        assert (before.settings() | {"activation": "tanh"}) == layer.settings()
        assert isinstance(as_activation(before.activation), Identity)
        assert isinstance(activation, Tanh)
    linear = Dense(3, "identity")
    assert taken_apart(linear) == (linear, None)
    doubled = Doubled(3)
    assert taken_apart(doubled) == (doubled, None)  # its forward may be anything
    before, activation = taken_apart(Activate("tanh"))
    assert before is None
    assert isinstance(activation, Tanh)


def test_stages_have_the_names_of_the_user():
    clf = SequentialClassifier([("first", Dense(3)), Dense(2)], max_iter=1)
    clf.fit(RNG.normal(size=(9, 4)), np.arange(9) % 3)
    model = clf._model
    states = model.network.state_layout.views(model.state)
    stages = stages_of(clf, model.network, model.params, states)
    assert [own.row.name for own in stages] == ["first", "dense2", "dense3"]
