import numpy as np
import pytest
from helpers import forward_backward, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import kstest, norm

from sknn.nn import Dense, Embedding
from sknn.nn.network import Network


def embedded(layer, x, table, dy=None):
    x = np.array(x, float)
    made = len(x), *layer.output_shape(x.shape[1:])
    dy = np.zeros(made) if dy is None else dy
    return forward_backward(layer, {"table": np.array(table, float)}, x, dy)


def test_each_code_becomes_its_row_of_the_part_of_its_column():
    table = [[0, 1], [10, 11], [20, 21], [100, 101], [110, 111]]
    y, _, _ = embedded(Embedding([3, 2], 2), [[2, 1], [0, 0], [1, 1]], table)
    assert_array_equal(y, [[20, 21, 110, 111], [0, 1, 100, 101], [10, 11, 110, 111]])


def test_codes_that_are_not_known_are_code_zero_and_others_are_rounded_down():
    x = [[3.0], [-1.0], [np.nan], [1e30], [-np.inf], [2.9], [0.2], [2.0]]
    with np.errstate(all="raise"):  # nothing is cast that no integer can hold
        y, _, _ = embedded(Embedding(3, 1), x, [[7], [8], [9]])
    assert_array_equal(y.ravel(), [7, 7, 7, 7, 7, 9, 7, 9])


def test_code_below_zero_is_code_zero_of_its_own_column():
    y, _, _ = embedded(Embedding([2, 2], 1), [[-1.0, -1.0], [1.0, -0.5]], [[1], [2], [3], [4]])
    assert_array_equal(y, [[1, 3], [2, 3]])


def test_row_gets_the_sum_of_the_gradients_of_its_samples():
    x, dy = [[2, 1], [0, 1], [2, 0]], normal(3, 4)
    _, dx, grads = embedded(Embedding([3, 2], 2), x, normal(5, 2), dy)
    first, second = dy[:, :2], dy[:, 2:]
    wanted = [first[1], np.zeros(2), first[0] + first[2], second[2], second[0] + second[1]]
    assert_allclose(grads["table"], wanted, rtol=1e-14)
    assert_array_equal(dx, np.zeros((3, 2)))


def test_embedding_is_that_of_torch(torch):
    x, dy, table = np.arange(40).reshape(20, 2) * 7 % 5, normal(20, 6), normal(10, 3)
    y, _, grads = embedded(Embedding(5, 3), x, table, dy)
    weight = torch.tensor(table, requires_grad=True)
    wanted = torch.nn.functional.embedding(torch.tensor(x + np.array([0, 5])), weight).reshape(
        20, 6
    )
    wanted.backward(torch.tensor(dy))
    assert_array_equal(y, wanted.detach())
    assert_allclose(grads["table"], weight.grad, rtol=1e-13)


def test_float32_holds_the_codes_of_a_column_of_many_levels():
    levels = 2**12
    table = np.arange(levels, dtype=np.float32)[:, None]
    x = table[::-1].copy()
    y, _, _ = forward_backward(Embedding(levels, 1), {"table": table}, x, np.zeros_like(x))
    assert_array_equal(y, x)


def test_vectors_are_drawn_from_the_normal_distribution():
    (table,) = Embedding([50, 30], 20, std=2.0, rate=0.3).parameters((2,))
    assert (table.shape, table.decay, table.rate, table.role) == ((80, 20), True, 0.3, "weight")
    drawn = table.initializer(np.random.RandomState(0), table.shape)
    assert kstest(drawn.ravel(), norm(0, 2).cdf).pvalue > 0.01


def test_embedding_says_what_it_keeps():
    layer = Embedding([3, 2], 4)
    assert layer.output_shape((2,)) == (8,)
    assert layer.numbers_kept((2,)) == 8 + 3 * 2
    assert Embedding(3, 4).parameters((2,))[0].shape == (6, 4)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Embedding(3), (2, 2, 1), r"needs flat samples, got samples of shape \(2, 2, 1\)"),
        (Embedding([3, 2]), (3,), "2 columns, one for each number in n_levels, got 3"),
        (Embedding(0), (1,), "n_levels must be an int of at least 1, or a sequence of them, got 0"),
        (Embedding([]), (1,), r"n_levels must be .*, got \[\]"),
        (Embedding([2, 1.5]), (2,), r"n_levels must be .*, got \[2, 1.5\]"),
        (Embedding(2, size=0), (1,), "size must be an int of at least 1, got 0"),
        (Embedding(2, std=0), (1,), "std must be a number above 0, got 0"),
        (Embedding(2, rate=-1), (1,), "rate must be a number above 0, got -1"),
    ],
)
def test_embedding_refuses_what_cannot_be(layer, shape, message):
    with pytest.raises(ValueError, match=f"Layer embedding1, .*{message}"):
        Network([layer, Dense(1)], shape)


def test_table_too_large_for_memory_is_refused_by_its_layer():
    network = Network([Embedding(2**40, 2**20), Dense(1)], (1,))
    with pytest.raises(ValueError, match=r"Layer embedding1, .* needs .* of it in float32"):
        network.initial(np.random.RandomState(0), np.float32)
