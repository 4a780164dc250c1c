import numpy as np
import pytest
from helpers import mostly_zeros, normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csc_array, csr_matrix, issparse

from sknn.nn.batches import Batch, Rows, Samples, sum_of_weights

AT = np.array([3, 0, 3, 7])
WAYS = {"gathered": AT, "sliced": slice(2, 6)}
both_ways = pytest.mark.parametrize("at", WAYS.values(), ids=WAYS)
floats = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def new_rows(dtype=np.float64, n=10):
    """Rows in float64, computed in dtype."""
    weight = np.arange(n, dtype=float)
    return Rows(normal(n, 3), normal(n, 2, seed=1), weight, dtype=dtype)


@pytest.mark.parametrize("wrap", [np.array, csr_matrix])
def test_largest_numbers_are_those_of_either_sign(wrap):
    x, y = wrap([[-7.0, 0, 2], [0, 1, 3]]), np.array([[2.0], [-1.0]])
    assert Rows(x, y, dtype=float).largest() == (7.0, 2.0)


@both_ways
@floats
def test_batch_has_the_rows_asked_for_in_the_dtype_asked_for(at, dtype):
    rows = new_rows(dtype)
    batch = rows.take(at)
    for got, source in zip(
        (batch.x, batch.y, batch.weight), (rows.x, rows.y, rows.weight), strict=True
    ):
        assert_array_equal(got, source[at].astype(dtype), strict=True)
    assert batch.weight_sum == rows.weight[at].sum()


@floats
@pytest.mark.parametrize("weighted", [False, True])
def test_models_may_have_rows_of_their_own(dtype, weighted):
    at, codes = np.array([AT, AT + 1]), np.arange(10) % 3
    weight = np.arange(10.0) if weighted else None
    x, codebook = normal(10, 4), normal(3, 5, seed=1)
    given = {"dtype": dtype, "shape": (2, 2), "codebook": codebook}
    batch = Rows(x, codes, weight, **given).take(at)
    assert_array_equal(batch.x, x[at].reshape(2, 4, 2, 2).astype(dtype), strict=True)
    assert_array_equal(batch.y, codebook[codes[at]].astype(dtype), strict=True)
    if weighted:
        assert_array_equal(batch.weight, at[..., None].astype(dtype), strict=True)
        assert_array_equal(batch.weight_sum, [3 + 0 + 3 + 7, 4 + 1 + 4 + 8])
    else:
        assert (batch.weight, batch.weight_sum) == (None, 4)


def test_sparse_rows_are_the_same_for_all_models():
    rows = Rows(mostly_zeros(10, 3)[1], normal(10, 2), dtype=np.float64)
    with pytest.raises(ValueError, match=r"must have the shape \(n,\), got \(2, 4\)"):
        rows.take(np.array([AT, AT]))


def test_batches_follow_the_order_of_each_model():
    rows, order = new_rows(), np.array([np.arange(10), np.arange(10)[::-1]])
    batches = [(start, batch.x.copy()) for start, batch in rows.batches(4, order)]
    assert [start for start, _ in batches] == [0, 4, 8]
    assert_array_equal(np.concatenate([x for _, x in batches], axis=1), rows.x[order])


@pytest.mark.parametrize("order", [None, np.array([4, 1, 9, 0, 8, 2, 7, 3])])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("gathered", [1, 4, 100], ids=lambda n: f"{n} rows at a time")
def test_batches_do_not_depend_on_how_many_are_gathered_at_once(
    monkeypatch, order, weighted, gathered
):
    monkeypatch.setattr("sknn.nn.batches.GATHERED", gathered * (3 + 2) * 4)  # float32
    x, y, weight = normal(10, 3), normal(10, 2, seed=1), np.arange(10.0)
    rows = Rows(x, y, weight if weighted else None, dtype=np.float32)
    numbers = np.arange(10) if order is None else order
    starts = []
    for start, batch in rows.batches(2, order):
        at = numbers[start : start + 2]
        assert_array_equal(batch.x, x[at].astype(np.float32), strict=True)
        assert_array_equal(batch.y, y[at].astype(np.float32), strict=True)
        if weighted:
            assert_array_equal(batch.weight, weight[at, None].astype(np.float32), strict=True)
        assert (batch.weight is None, batch.n_samples) == (not weighted, 2)
        assert batch.weight_sum == (weight[at].sum() if weighted else 2)
        assert type(batch.weight_sum) is float
        starts.append(start)
    assert starts == list(range(0, len(numbers), 2))


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize(
    ("x", "n_outputs", "dtype", "taken"),
    [
        (np.zeros((11, 4)), 1, np.float64, [6, 5]),
        (np.zeros((11, 2, 2)), 1, np.float64, [6, 5]),
        (np.zeros((11, 4), np.float32), 1, np.float64, [6, 5]),
        (np.zeros((11, 4)), 1, np.float32, [11]),
        (np.zeros((11, 4)), 7, np.float64, [3, 3, 3, 2]),
        (np.zeros((11, 10)), 1, np.float64, [3, 3, 3, 2]),
        (csr_matrix((11, 4)), 1, np.float64, [3, 3, 3, 2]),
    ],
    ids=["flat", "images", "float32", "converted", "many outputs", "wide", "sparse"],
)
def test_only_batches_of_few_bytes_are_gathered_together(
    monkeypatch, encoded, x, n_outputs, dtype, taken
):
    monkeypatch.setattr("sknn.nn.batches.GATHERED", 2 * 3 * (4 + 1) * 8)  # 2 batches of float64
    codes, codebook = np.arange(11) % 2, np.eye(2, n_outputs)
    y, codebook = (codes, codebook) if encoded else (codebook[codes], None)
    rows, lengths = Rows(x, y, dtype=dtype, codebook=codebook), []
    take = rows.take
    rows.take = lambda at: (lengths.append(len(at)), take(at))[1]
    assert sum(batch.n_samples for _, batch in rows.batches(3, np.arange(11))) == 11
    assert lengths == taken


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9, 10, 11])
@pytest.mark.parametrize("order", [None, np.arange(10)[::-1]], ids=["as they lie", "reversed"])
@pytest.mark.parametrize("gathered", [0, 2**17], ids=["one by one", "gathered together"])
def test_batches_are_all_rows_once_the_last_one_shorter(monkeypatch, gathered, size, order):
    monkeypatch.setattr("sknn.nn.batches.GATHERED", gathered)
    rows = new_rows()
    batches = [(start, batch.x.copy()) for start, batch in rows.batches(size, order)]
    assert [start for start, _ in batches] == list(range(0, 10, size))
    assert {len(x) for _, x in batches[:-1]} <= {size}
    wanted = rows.x if order is None else rows.x[order]
    assert_array_equal(np.concatenate([x for _, x in batches]), wanted)


@pytest.mark.parametrize(
    ("weight_sum", "idle"),
    [
        (0.0, True),
        (2.0, False),
        (np.zeros(2), True),
        (np.ones(2), False),
        (np.array([0.0, 1.0]), [True, False]),
    ],
)
def test_batch_is_idle_where_all_weights_are_zero(weight_sum, idle):
    got = Batch(None, None, None, weight_sum).idle
    assert got is idle or got.tolist() == idle


def test_batch_of_some_models_shares_what_has_no_model_axis():
    x, y, weight = normal(3, 4, 2), normal(4, 1), normal(3, 4, 1)
    models = np.array([True, False, True])
    batch = Batch(x, y, weight, np.array([1.0, 2.0, 3.0])).select(models)
    assert_array_equal(batch.x, x[[0, 2]])
    assert batch.y is y
    assert_array_equal(batch.weight, weight[[0, 2]])
    assert_array_equal(batch.weight_sum, [1, 3])
    assert Batch(x, y, None, 4.0).select(models).weight is None


def test_slice_copies_nothing():
    rows = new_rows()
    batch = rows.take(slice(2, 6))
    assert np.shares_memory(batch.x, rows.x)
    assert np.shares_memory(batch.y, rows.y)
    assert np.shares_memory(batch.weight, rows.weight)


@both_ways
@floats
def test_batches_of_one_size_are_gathered_and_converted_in_the_same_memory(at, dtype):
    rows = new_rows(dtype)
    first, second = rows.take(at), rows.take(at)
    assert np.shares_memory(first.x, second.x)
    assert np.shares_memory(first.y, second.y)
    assert np.shares_memory(first.weight, second.weight)


def test_batch_does_not_change_with_the_size_of_the_one_before():
    rows = new_rows(np.float32)
    for at in (np.arange(6), np.arange(2), np.arange(10)):
        assert_array_equal(rows.take(at).x, rows.x[at].astype(np.float32))


@both_ways
def test_batch_without_weights_counts_its_samples(at):
    batch = Rows(normal(10, 3), normal(10, 2), dtype=np.float64).take(at)
    assert batch.weight is None
    assert batch.weight_sum == 4


@both_ways
@pytest.mark.parametrize("source", [np.uint8, np.int64, bool])
def test_integers_and_booleans_become_the_computing_dtype(at, source):
    values = np.arange(30).reshape(10, 3) % 5
    rows = Rows(values.astype(source), values[:, :1].astype(source), dtype=np.float32)
    wanted = values.astype(source)[at].astype(np.float32)
    assert_array_equal(rows.take(at).x, wanted, strict=True)
    assert_array_equal(rows.take(at).y, wanted[:, :1], strict=True)


@both_ways
@floats
def test_codes_stand_for_rows_of_the_codebook(at, dtype):
    codes, codebook = np.arange(10) % 3, np.eye(3, dtype=np.float32)
    rows = Rows(normal(10, 3), codes, dtype=dtype, codebook=codebook)
    assert_array_equal(rows.take(at).y, np.eye(3, dtype=dtype)[codes[at]], strict=True)
    y = rows.targets(np.arange(10)[at])
    assert_array_equal(y, np.eye(3, dtype=dtype)[codes[at]], strict=True)


@both_ways
def test_targets_of_codes_are_gathered_in_the_same_memory(at):
    rows = Rows(normal(10, 3), np.arange(10) % 3, dtype=np.float64, codebook=np.eye(3))
    assert np.shares_memory(rows.take(at).y, rows.take(at).y)


@both_ways
@floats
@pytest.mark.parametrize("kind", [csr_matrix, csc_array])
def test_sparse_rows_stay_sparse(at, dtype, kind):
    dense, sparse = mostly_zeros(10, 4)
    batch = Rows(kind(sparse), normal(10, 1), dtype=dtype).take(at)
    assert issparse(batch.x)
    assert batch.x.format == "csr"  # of which rows are taken without a look at the others
    assert_array_equal(batch.x.toarray(), dense[at].astype(dtype), strict=True)


@both_ways
def test_samples_may_have_any_shape(at):
    images = normal(10, 4, 5, 2)
    rows = Rows(images, normal(10, 1), dtype=np.float32)
    assert_array_equal(rows.take(at).x, images[at].astype(np.float32), strict=True)


def test_length_is_the_number_of_samples():
    assert len(new_rows(n=7)) == 7
    assert len(Rows(mostly_zeros(8, 3)[1], normal(8, 1), dtype=np.float64)) == 8


@floats
def test_targets_are_arrays_of_their_own(dtype):
    rows = new_rows(dtype)
    y = rows.targets(AT)
    assert_array_equal(y, rows.y[AT].astype(dtype), strict=True)
    rows.take(np.arange(4))
    y += 1
    assert_array_equal(rows.targets(AT), rows.y[AT].astype(dtype))


@floats
def test_targets_are_those_of_all_rows_unless_told(dtype):
    rows = new_rows(dtype)
    assert_array_equal(rows.targets(), rows.y.astype(dtype), strict=True)


@both_ways
@floats
def test_weights_per_output_count_by_their_mean_over_outputs(at, dtype):
    weight = np.arange(20.0).reshape(10, 2)
    batch = Rows(normal(10, 3), normal(10, 2), weight, dtype=dtype).take(at)
    assert_array_equal(batch.weight, weight[at].astype(dtype), strict=True)
    assert batch.weight_sum == weight[at].mean(axis=1).sum()


@pytest.mark.parametrize(
    ("weight", "total"),
    [
        (np.array([[1.0], [2], [4]]), 7.0),
        (np.array([[1.0, 3], [0, 2]]), 3.0),
        (np.ones((5, 3)), 5.0),
    ],
)
def test_sum_of_weights_is_what_a_mean_over_samples_is_divided_by(weight, total):
    assert sum_of_weights(weight) == total
    assert type(sum_of_weights(weight)) is float
    narrow = np.stack([weight, 3 * weight]).astype(np.float32)
    assert_array_equal(sum_of_weights(narrow), np.array([total, 3 * total]), strict=True)


@both_ways
@floats
def test_weights_of_samples_are_columns(at, dtype):
    rows, weight = new_rows(dtype), np.arange(10, dtype=float)
    assert_array_equal(rows.weight, weight[:, None], strict=True)
    assert_array_equal(rows.take(at).weight, weight[at, None].astype(dtype), strict=True)


# Images


IMAGE = (4, 5, 2)
ints = pytest.mark.parametrize("source", [np.uint8, np.int8, np.int32, np.int64])


def flat_images(dtype, n=10):
    """Rows of the numbers of images, some of them zeros."""
    return np.random.default_rng(0).integers(0, 100, (n, 40)).astype(dtype)


@both_ways
@floats
def test_rows_come_in_the_shape_of_a_sample(at, dtype):
    x = normal(10, 40).astype(dtype)
    images = Samples(x, dtype, IMAGE).take(at)
    assert_array_equal(images, x[at].reshape(-1, *IMAGE), strict=True)


@both_ways
@floats
@ints
def test_pixels_of_integers_become_numbers_from_0_to_1(at, dtype, source):
    x = flat_images(source)
    images = Samples(x, dtype, IMAGE).take(at)
    assert images.dtype == dtype
    eps = np.finfo(dtype).eps
    assert_allclose(images, x[at].reshape(-1, *IMAGE) / 255, rtol=2 * eps)


@both_ways
@floats
@pytest.mark.parametrize("source", [bool, np.float16, np.float32, np.float64])
def test_pixels_of_other_kinds_are_taken_as_they_are(at, dtype, source):
    x = flat_images(source)
    images = Samples(x, dtype, IMAGE).take(at)
    assert_array_equal(images, x[at].reshape(-1, *IMAGE).astype(dtype), strict=True)


@pytest.mark.parametrize("shape", [None, (40,)])
@both_ways
@ints
def test_integers_that_are_no_images_are_taken_as_they_are(at, source, shape):
    x = flat_images(source)
    assert_array_equal(Samples(x, np.float32, shape).take(at), x[at].astype(np.float32))


@both_ways
@floats
@pytest.mark.parametrize("kind", [csr_matrix, csc_array])
@pytest.mark.parametrize("source", [np.uint8, np.float64])
def test_sparse_rows_become_dense_images(at, dtype, kind, source):
    x = flat_images(source)
    dense, sparse = Samples(x, dtype, IMAGE), Samples(kind(x), dtype, IMAGE)
    assert_array_equal(sparse.take(at), dense.take(at), strict=True)
    assert len(sparse) == 10


def test_slice_of_images_in_the_computing_dtype_copies_nothing():
    x = normal(10, 40)
    assert np.shares_memory(Samples(x, np.float64, IMAGE).take(slice(2, 6)), x)


@both_ways
@pytest.mark.parametrize("source", [np.uint8, np.float64])
def test_images_are_converted_in_the_same_memory_and_leave_the_rows_alone(at, source):
    x = flat_images(source)
    before = x.copy()
    x.flags.writeable = False
    samples = Samples(x, np.float32, IMAGE)
    assert np.shares_memory(samples.take(at), samples.take(at))
    assert_array_equal(x, before)


@both_ways
def test_rows_with_targets_take_images_as_samples_do(at):
    x, y = flat_images(np.uint8), normal(10, 1)
    batch = Rows(x, y, dtype=np.float32, shape=IMAGE).take(at)
    assert_array_equal(batch.x, Samples(x, np.float32, IMAGE).take(at), strict=True)
    assert_array_equal(batch.y, y[at].astype(np.float32))


def test_rows_are_copied_in_the_dtype_of_the_arrays_that_take_them():
    x, y = normal(5, 3), np.arange(10.0).reshape(5, 2)
    weight = np.linspace(1, 2, 5)
    rows = Rows(x, y, weight, dtype=np.float32)
    shapes = (3, 3), (3, 2), (3, 1)
    wanted = x[[4, 0, 4]], y[[4, 0, 4]], weight[[4, 0, 4], None]
    copies = rows.copy_x, rows.copy_y, rows.copy_weight
    for shape, copy, array in zip(shapes, copies, wanted, strict=True):
        out = np.empty(shape, np.float32)
        copy(np.array([4, 0, 4]), out)
        assert_array_equal(out, array.astype(np.float32))


def test_smallest_weight_is_above_zero():
    x, y = normal(3, 2), normal(3, 1)
    assert Rows(x, y, np.array([0.0, 2.0, 0.5]), dtype=float).least_weight() == 0.5
    assert Rows(x, y, dtype=float).least_weight() is None
