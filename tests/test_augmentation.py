import numpy as np
import pytest
from helpers import normal
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare

from sknn.nn.augmentation import AUGMENTATIONS
from sknn.nn.streams import stream
from sknn.nn.workspace import Workspace

IMAGES = {  # height, width, channels: the most that they are shifted, down and across
    (8, 8, 1): (1, 1),
    (16, 9, 2): (2, 1),
    (7, 24, 2): (0, 3),
    (5, 6, 1): (0, 0),
    (1, 16, 1): (0, 2),
}
each = pytest.mark.parametrize("name", AUGMENTATIONS)
each_image = pytest.mark.parametrize(("image", "most"), IMAGES.items(), ids=str)
dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def augmented(name, x, seed=0, epoch=0, batch=0, workspace=None):
    workspace = Workspace(x.dtype) if workspace is None else workspace
    return AUGMENTATIONS[name](x, seed, epoch, batch, workspace).copy()


def admissible(name, x, most):
    """{(down, across, mirrored): what it makes of x}, by naive loops over pixels."""
    _, height, width, _ = x.shape
    ways = {}
    shifts = [range(-by, by + 1) if "shift" in name else [0] for by in most]
    for down in shifts[0]:
        for across in shifts[1]:
            shifted = np.zeros_like(x)
            for i, j in np.ndindex(height, width):
                if 0 <= i + down < height and 0 <= j + across < width:
                    shifted[:, i + down, j + across] = x[:, i, j]
            ways[down, across, False] = shifted
            if "flip" in name:
                ways[down, across, True] = np.stack(
                    [shifted[:, :, width - 1 - j] for j in range(width)], axis=2
                )
    return ways


def ways_taken(name, x, most, **place):
    """Which of the admissible ways each image was changed in; the test fails if in none."""
    y, ways = augmented(name, x, **place), admissible(name, x, most)
    assert y.dtype == x.dtype
    same = np.array([(way == y).all(axis=(1, 2, 3)) for way in ways.values()])
    assert_array_equal(same.sum(axis=0), 1)
    return same.argmax(axis=0), len(ways)


@each
@each_image
@dtypes
def test_every_image_is_shifted_or_mirrored_in_an_admissible_way(name, image, most, dtype):
    ways_taken(name, (1 + normal(50, *image) ** 2).astype(dtype), most)


@pytest.mark.one_in(2)
@each
@each_image
def test_all_ways_are_taken_equally_often(name, image, most):
    n = 3000
    taken, n_ways = ways_taken(name, 1 + normal(n, *image) ** 2, most)
    counts = np.bincount(taken, minlength=n_ways)
    if n_ways > 1:
        assert chisquare(counts).pvalue > 1e-3
    else:
        assert_array_equal(counts, [n])


def test_shift_is_up_to_an_eighth_of_a_side_and_brings_in_zeros():
    ones = np.ones((500, 28, 32, 1))
    y = augmented("shift", ones)
    rows, columns = y[..., 0].any(axis=2).sum(axis=1), y[..., 0].any(axis=1).sum(axis=1)
    assert_array_equal(np.unique(rows), [25, 26, 27, 28])  # 3 of 28 go at the most,
    assert_array_equal(np.unique(columns), [28, 29, 30, 31, 32])  # 4 of 32
    assert_array_equal(y.sum(axis=(1, 2, 3)), rows * columns)
    assert set(np.unique(y)) == {0, 1}


@each
def test_images_are_left_as_they_are(name):
    x = normal(20, 16, 16, 2)
    augmented(name, x)
    assert_array_equal(x, normal(20, 16, 16, 2))


@each
def test_same_place_in_training_gives_the_same_images(name):
    x, used = normal(20, 16, 16, 2), Workspace(np.float64)
    wanted = augmented(name, x, 1, 2, 3)
    assert_array_equal(augmented(name, x, 1, 2, 3), wanted)
    augmented(name, 5 + normal(30, 16, 16, 2), 1, 5, 0, used)  # elsewhere, before
    assert_array_equal(augmented(name, x, 1, 2, 3, used), wanted)


@each
@pytest.mark.parametrize("other", [(2, 2, 3), (1, 3, 3), (1, 2, 200)], ids=str)
def test_draws_of_other_places_are_independent(name, other):
    # Fair draws out of k ways that have nothing to do with each other agree once in k times.
    n, most = 3000, (1, 1)
    x = normal(n, 8, 8, 1)
    first, n_ways = ways_taken(name, x, most, seed=1, epoch=2, batch=3)
    second, _ = ways_taken(
        name, x, most, **dict(zip(("seed", "epoch", "batch"), other, strict=True))
    )
    p = 1 / n_ways
    assert_allclose(np.mean(first == second), p, atol=4 * np.sqrt(p * (1 - p) / n))


@pytest.mark.parametrize("part", range(3))
def test_draws_are_independent_of_those_of_dropout(part):
    n = 3000
    mirrored, _ = ways_taken("flip", normal(n, 1, 4, 1), (0, 0))
    agreement = np.mean(mirrored == (stream(0, 0, 0, part).random(n) < 0.5))
    assert_allclose(agreement, 0.5, atol=4 * 0.5 / np.sqrt(n))


@each
def test_images_are_changed_in_memory_that_is_used_again(name):
    x, workspace = normal(20, 16, 16, 2), Workspace(np.float64)
    first, second = (AUGMENTATIONS[name](x, 0, 0, batch, workspace) for batch in range(2))
    assert first is second
    assert not np.shares_memory(first, x)


def test_augmentations_are_named_for_what_they_do():
    assert {
        name: (augmentation.shift, augmentation.flip)
        for name, augmentation in AUGMENTATIONS.items()
    } == {"shift": (True, False), "flip": (False, True), "shift+flip": (True, True)}
