import math

import numpy as np
import pytest
from helpers import drawn_params, forward_backward, normal
from numpy.testing import assert_allclose
from scipy.stats import kstest, norm, uniform

from sknn.nn import Dense, Periodic
from sknn.nn.network import Network

N, COLUMNS = 6, 3


@pytest.mark.parametrize("keep_input", [True, False])
def test_columns_become_sums_of_cosines_and_themselves(keep_input):
    layer = Periodic(2, 4, keep_input=keep_input)
    x, params = normal(N, COLUMNS), drawn_params(layer, (COLUMNS,))
    y, _, _ = forward_backward(layer, params, x, normal(N, *layer.output_shape((COLUMNS,))))
    wanted = []
    for i in range(COLUMNS):
        w, c = params["frequency"][i, :, 0], params["phase"][i, :, 0]
        for a, d in zip(params["weight"][i], params["bias"][i, :, 0], strict=True):
            of_samples = [
                sum(a[f] * math.cos(2 * math.pi * w[f] * value + c[f]) for f in range(4)) + d
                for value in x[:, i]
            ]
            wanted.append(of_samples)
        wanted += [x[:, i]] if keep_input else []
    assert_allclose(y, np.transpose(wanted), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_periodic_is_that_of_torch_with_all_gradients(dtype, torch):
    layer = Periodic(3, 5)
    params = {name: own.astype(dtype) for name, own in drawn_params(layer, (COLUMNS,)).items()}
    x, dy = normal(N, COLUMNS).astype(dtype), normal(N, 4 * COLUMNS, seed=1).astype(dtype)
    y, dx, grads = forward_backward(layer, params, x, dy)
    theirs = {name: torch.tensor(own, requires_grad=True) for name, own in params.items()}
    given = torch.tensor(x, requires_grad=True)
    waves = torch.cos(
        2 * math.pi * given[..., None] * theirs["frequency"][..., 0] + theirs["phase"][..., 0]
    )
    made = torch.einsum("ncf,csf->ncs", waves, theirs["weight"]) + theirs["bias"][..., 0]
    wanted = torch.cat([made, given[..., None]], dim=2).reshape(N, -1)
    wanted.backward(torch.tensor(dy))
    within = {"rtol": 1e-4, "atol": 1e-4} if dtype == np.float32 else {"rtol": 1e-10}
    assert_allclose(y, wanted.detach(), **within)
    assert_allclose(dx, given.grad, **within)
    for name, grad in grads.items():
        assert_allclose(grad, theirs[name].grad, **within)


def test_first_values_are_those_of_the_paper():
    layer = Periodic(20, 100, std=0.3, rate=0.1)
    declared = {item.name: item for item in layer.parameters((10,))}
    random_state = np.random.RandomState(0)
    drawn = {
        name: item.initializer(random_state, item.shape).ravel() for name, item in declared.items()
    }
    assert kstest(drawn["frequency"], norm(0, 0.3).cdf).pvalue > 0.01
    assert kstest(drawn["phase"], uniform(-np.pi, 2 * np.pi).cdf).pvalue > 0.01
    for name in ("weight", "bias"):  # 1 / sqrt(100)
        assert kstest(drawn[name], uniform(-0.1, 0.2).cdf).pvalue > 0.01
    decayed = {name: item.decay for name, item in declared.items()}
    assert decayed == {"frequency": True, "phase": False, "weight": True, "bias": False}
    assert {item.rate for item in declared.values()} == {0.1}
    roles = [item.role for item in declared.values()]
    assert roles == ["weight", "bias", "weight", "bias"]


def test_defaults_are_those_of_realmlp():
    shapes = {item.name: item.shape for item in Periodic().parameters((5,))}
    one_each = 5, 16, 1
    assert shapes == {
        "frequency": one_each,
        "phase": one_each,
        "weight": (5, 3, 16),
        "bias": (5, 3, 1),
    }
    assert Periodic().output_shape((5,)) == (20,)
    assert Periodic().std == 0.1


def test_periodic_says_what_it_costs():
    layer = Periodic(3, 7)
    assert layer.multiply_adds((5,)) == 5 * (7 + 3 * 7)  # the arguments, then the sums
    assert layer.numbers_kept((5,)) == 5 + 2 * 5 * 7 + 20
    assert layer.scratch((5,)) == 15


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Periodic(), (2, 2, 1), r"needs flat samples, got samples of shape \(2, 2, 1\)"),
        (Periodic(0), (2,), "size must be an int of at least 1, got 0"),
        (Periodic(n_frequencies=0), (2,), "n_frequencies must be an int of at least 1, got 0"),
        (Periodic(std=0), (2,), "std must be a number above 0, got 0"),
        (Periodic(keep_input="x"), (2,), "keep_input must be True or False, got 'x'"),
        (Periodic(rate=0), (2,), "rate must be a number above 0, got 0"),
    ],
)
def test_periodic_refuses_what_cannot_be(layer, shape, message):
    with pytest.raises(ValueError, match=f"Layer periodic1, .*{message}"):
        Network([layer, Dense(1)], shape)
