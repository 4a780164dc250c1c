import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sknn.nn import Parameter, State
from sknn.nn.parameters import Layout


def first(value):
    """An initialiser that fills with one number."""
    return lambda random_state, shape: np.full(shape, float(value))


def declared():
    """Three layers, declared in an order that is not that of the vector."""
    return [
        [
            Parameter("frozen", (2,), first(1), trainable=False),
            Parameter("bias", (1, 3), first(2), decay=False),
            Parameter("weight", (2, 3), first(3)),
        ],
        [],
        [
            Parameter("shift", (1,), first(4), decay=False, rate=0.1),
            Parameter("weight", (3, 1), first(5)),
            Parameter("slow", (2,), first(6), rate=0.1),
        ],
    ]


def test_layout_puts_trainable_first_of_those_decayed_first_of_those_equal_rates_together():
    layout = Layout(declared())
    order = [(layer, item.name) for layer, item, _ in layout.entries]
    assert order == [
        (2, "slow"),
        (0, "weight"),
        (2, "weight"),
        (2, "shift"),
        (0, "bias"),
        (0, "frozen"),
    ]
    assert (layout.n_decayed, layout.n_trainable, layout.size) == (11, 15, 17)


def test_role_is_the_name_unless_it_is_given():
    roles = {name: Parameter(name, (2,), first(0)).role for name in ("weight", "bias", "scale")}
    assert roles == {"weight": "weight", "bias": "bias", "scale": None}
    assert Parameter("slope", (2,), first(0), role="weight").role == "weight"
    assert Parameter("weight", (2,), first(0), role=None).role is None
    with pytest.raises(ValueError, match=r"role must be 'weight', 'bias', None, .*got 'wieght'"):
        Parameter("weight", (2,), first(0), role="wieght")


def test_parameters_with_a_role_keep_the_order_of_declaration():
    gates = [Parameter(name, (1,), first(0), role="weight") for name in "ba"]
    layout = Layout([gates, *declared()])
    assert [[item.name for item in own] for own in layout.with_role("weight")] == [
        ["b", "a"],
        ["weight"],
        [],
        ["weight"],
    ]


def test_layout_slices_follow_one_another_without_gaps():
    layout = Layout(declared())
    slices = [at for _, _, at in layout.entries]
    assert [at.start for at in slices] == [0, *(at.stop for at in slices[:-1])]
    assert slices[-1].stop == layout.size


@pytest.mark.parametrize("models", [(), (3,)])
def test_layout_views_share_the_memory_of_the_vector(models):
    layout = Layout(declared())
    vector = np.zeros((*models, layout.size))
    views = layout.views(vector)
    assert [sorted(layer) for layer in views] == [
        ["bias", "frozen", "weight"],
        [],
        ["shift", "slow", "weight"],
    ]
    assert views[0]["bias"].shape == (*models, 1, 3)
    for layer in views:
        for view in layer.values():
            view += 1  # in place: each number of the vector belongs to one view
    assert_array_equal(vector, np.ones((*models, layout.size)))


def test_layout_rates_follow_the_order_of_the_vector():
    assert_array_equal(Layout(declared()).rates, [0.1] * 2 + [1.0] * 9 + [0.1] + [1.0] * 3)


def test_layout_rates_are_none_if_all_are_one():
    frozen = Parameter("frozen", (2,), first(0), rate=0.5, trainable=False)
    assert Layout([[Parameter("weight", (3,), first(0)), frozen]]).rates is None


def test_layout_draws_in_the_order_of_declaration():
    def draw(random_state, shape):
        return random_state.uniform(size=shape)

    layout = Layout(
        [
            [Parameter("bias", (1, 2), draw, decay=False), Parameter("weight", (2, 2), draw)],
            [Parameter("weight", (2, 1), draw)],
        ]
    )
    views = layout.views(layout.initial(np.random.RandomState(7), np.float64))
    expected = np.random.RandomState(7)
    assert_array_equal(views[0]["bias"], expected.uniform(size=(1, 2)))
    assert_array_equal(views[0]["weight"], expected.uniform(size=(2, 2)))
    assert_array_equal(views[1]["weight"], expected.uniform(size=(2, 1)))


def test_layout_draws_in_float64_and_rounds_once():
    def draw(random_state, shape):
        return random_state.uniform(size=shape)

    layout = Layout([[Parameter("weight", (50,), draw)]])
    drawn = layout.initial(np.random.RandomState(0), np.float32)
    assert drawn.dtype == np.float32
    assert_array_equal(drawn, np.random.RandomState(0).uniform(size=50).astype(np.float32))


def test_layout_of_states_starts_from_their_initial_values():
    layout = Layout([[State("mean", (2,), 0.0), State("variance", (2,), 1.0)], []])
    assert_array_equal(layout.initial(None, np.float64), [0, 0, 1, 1])
    assert (layout.n_trainable, layout.n_decayed) == (0, 0)


def test_layout_of_nothing_is_empty():
    layout = Layout([[], []])
    vector = layout.initial(None, np.float64)
    assert vector.shape == (0,)
    assert layout.views(vector) == [{}, {}]
