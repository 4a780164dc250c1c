import gc
from weakref import ref

import numpy as np
import pytest
from helpers import drawn_params, normal, training_pass
from numpy.testing import assert_array_equal

from sknn.nn import Dense, Residual, Scale, TableInput
from sknn.nn.workspace import Workspace, ones, zeros_for


def test_array_is_the_same_memory_for_the_same_name():
    workspace = Workspace(np.float64)
    assert workspace.array("z", (4, 3)) is workspace.array("z", (4, 3))


def test_array_of_another_name_is_other_memory():
    workspace = Workspace(np.float64)
    assert not np.shares_memory(workspace.array("z", (4, 3)), workspace.array("a", (4, 3)))


def test_smaller_array_is_a_contiguous_part_of_the_larger():
    workspace = Workspace(np.float64)
    large, small = workspace.array("z", (4, 3)), workspace.array("z", (2, 3))
    small[...] = 7
    assert small.flags.c_contiguous
    assert_array_equal(large[:2], np.full((2, 3), 7))
    assert workspace.array("z", (4, 3)) is large


def test_growth_moves_every_array_of_the_name_to_the_larger_memory():
    workspace = Workspace(np.float64)
    workspace.array("z", (2, 3))
    large = workspace.array("z", (4, 3))
    assert large.shape == (4, 3)
    assert np.shares_memory(workspace.array("z", (2, 3)), large)


def test_growth_of_one_name_leaves_the_others_as_they_are():
    workspace = Workspace(np.float64)
    other = workspace.array("zz", (2,))
    workspace.array("z", (2,))
    workspace.array("z", (5,))
    assert workspace.array("zz", (2,)) is other


@pytest.mark.parametrize("name", ["z", "a"])
def test_growth_leaves_references_as_they_are(name):
    workspace, x = Workspace(np.float64), np.ones(2)
    workspace["z"] = workspace["active"] = x
    workspace.array(name, (2,))
    workspace.array(name, (5,))
    assert workspace["z"] is x
    assert workspace["active"] is x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_array_has_the_dtype_of_the_workspace_unless_told(dtype):
    workspace = Workspace(dtype)
    assert workspace.array("z", (2,)).dtype == dtype
    assert workspace.array("mask", (2,), bool).dtype == bool
    assert workspace.array("mask", (2,), bool) is workspace.array("mask", (2,), bool)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [0, 5, (5, 3), (2, 4, 8)])
def test_ones_have_shape_and_dtype_and_are_shared_and_read_only(shape, dtype):
    array = ones(shape, np.dtype(dtype))
    assert_array_equal(array, np.full(shape, 1, dtype), strict=True)
    assert not array.flags.writeable
    assert ones(shape, np.dtype(dtype)) is array


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 3), (2, 4, 8), (1000, 100), (90, 200, 8)])
def test_zeros_for_broadcast_to_z_stay_small_and_are_shared_and_read_only(shape, dtype):
    z = np.ones(shape, dtype)
    zeros = zeros_for(z)
    assert_array_equal(np.broadcast_to(zeros, shape), np.zeros(shape, dtype), strict=True)
    assert zeros.size <= 2**16
    assert not zeros.flags.writeable
    assert zeros_for(z) is zeros


@pytest.mark.parametrize("layer", [Residual([Dense(3)]), TableInput([(Scale(), [0, 1])])])
def test_memory_of_layers_inside_others_is_free_at_once(layer):
    cache = Workspace(np.dtype(float))
    layer.forward(drawn_params(layer, (3,)), {}, normal(4, 3), cache, training_pass())
    inside = [ref(workspace) for own in cache["workspaces"] for workspace in own]
    gc.disable()
    try:
        del cache
        assert [workspace() for workspace in inside] == [None]
    finally:
        gc.enable()
