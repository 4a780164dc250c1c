import pytest

from sknn.nn import ELU, Activation, Conv2D, Flatten, Huber, Initializer, Normal, OneCycle
from sknn.nn.settings import Settings


class Positional(Activation):
    def __init__(self, steepness, offset=0.0):
        self.steepness = steepness
        self.offset = offset


class Forgetful(Initializer):
    def __init__(self, width):
        pass


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (Flatten(), "Flatten()"),
        (ELU(), "ELU()"),
        (ELU(alpha=0.5), "ELU(alpha=0.5)"),
        (Huber(delta=2.0), "Huber(delta=2.0)"),
        (Positional(2), "Positional(steepness=2)"),
        (Positional(2, offset=1), "Positional(steepness=2, offset=1)"),
        (Conv2D(8, weight_init=Normal(std=0.1)), "Conv2D(filters=8, weight_init=Normal(std=0.1))"),
        (Forgetful(3), "Forgetful()"),
    ],
)
def test_object_shows_the_settings_that_are_no_defaults(made, shown):
    assert repr(made) == shown


def test_settings_are_the_arguments_by_name():
    assert Positional(2).settings() == {"steepness": 2, "offset": 0.0}
    assert Flatten().settings() == {}
    assert isinstance(OneCycle(), Settings)
    kept = Conv2D(8, activation="tanh").settings()
    assert Conv2D(**kept).settings() == kept
