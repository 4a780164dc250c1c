import numpy as np
import pytest
from helpers import drawn_params, forward_backward, normal
from numpy.testing import assert_array_equal

from sknn.nn import Dense, Scale
from sknn.nn.network import Network
from sknn.nn.summary import summary_rows


@pytest.mark.parametrize("shape", [(4,), (3, 2, 4)], ids=["flat", "images"])
def test_scale_multiplies_each_feature_or_channel(shape):
    x, dy = normal(5, *shape), normal(5, *shape, seed=1)
    params = drawn_params(Scale(), shape)
    scale = params["scale"].ravel()
    y, dx, grads = forward_backward(Scale(), params, x, dy)
    assert_array_equal(y, x * scale)
    assert_array_equal(dx, dy * scale)
    wanted = [(x[..., i] * dy[..., i]).sum() for i in range(4)]
    np.testing.assert_allclose(grads["scale"], [wanted], rtol=1e-13)


def test_scale_declares_its_settings():
    (scale,) = Scale().parameters((2, 3, 4))
    assert (scale.shape, scale.decay, scale.rate, scale.role) == ((1, 4), False, 1.0, None)
    assert_array_equal(scale.initializer(None, (1, 4)), np.ones((1, 4)))
    (scale,) = Scale(0.5, rate=6, decay=True).parameters((4,))
    assert (scale.decay, scale.rate) == (True, 6)
    assert_array_equal(scale.initializer(None, (1, 4)), np.full((1, 4), 0.5))
    assert Scale().multiply_adds((2, 3, 4)) == 24


def test_a_number_depends_on_its_pixel_alone():
    (row,) = summary_rows(Network([Scale()], (4, 5, 2)), np.float64)
    assert row.receptive_field == (1, 1)


def test_rate_of_a_scale_is_that_of_its_numbers_alone():
    layout = Network([Dense(2, bias=False), Scale(rate=6.0)], (3,)).layout
    assert_array_equal(layout.rates, [*6 * [1.0], 6.0, 6.0])


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Scale("1"), "initial must be a finite number, got '1'"),
        (Scale(rate=0), "rate must be a number above 0, got 0"),
        (Scale(decay=1), "decay must be True or False, got 1"),
    ],
)
def test_scale_refuses_settings(layer, message):
    with pytest.raises(ValueError, match=message):
        Network([layer], (2,))
