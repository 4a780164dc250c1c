"""Sums over shards along a binary tree that does not depend on which process adds which part.

Floating-point sums depend on the order of the terms. Here, the order depends only on the number of
shards. A node of the tree is a range of shards, (start, stop). Its sum is the sum of its left child
plus that of its right child. The size of the left child is the largest power of two below the
number of shards in the node.
"""

FAN_OUT = 8  # maximum number of ranks that send to the same rank, on each level


def halves(node):
    """The children of a node of at least two shards, ((start, middle), (middle, stop))."""
    start, stop = node
    middle = start + (1 << (stop - start - 1).bit_length() - 1)
    return (start, middle), (middle, stop)


def joined(parts, n_shards):
    """Adds the sums of some nodes up to the sums of as few nodes as possible.

    parts: {(start, stop): sums}, where sums is a tuple of arrays, or None for shards without sums
    n_shards: the number of shards in the whole tree    returns: a dict of the same kind
    """
    return _joined(parts, (0, n_shards))


def _joined(parts, node):
    if node in parts:
        return {node: parts[node]}
    if node[1] - node[0] == 1:
        return {}
    left, right = halves(node)
    found = _joined(parts, left) | _joined(parts, right)
    if left in found and right in found:
        return {node: _added(found[left], found[right])}
    return found


def _added(left, right):
    if left is None or right is None:
        return right if left is None else left
    return tuple(a + b for a, b in zip(left, right, strict=True))


def parent(rank):
    """The rank to which a rank sends its sums: its number with the last nonzero digit set to zero.

    Digits are those in base FAN_OUT, so that a rank and all ranks that send to it, directly or
    indirectly, are consecutive. It is None for rank 0.
    """
    if rank == 0:
        return None
    place = FAN_OUT
    while rank % place == 0:
        place *= FAN_OUT
    return rank - rank % place


def n_children(rank, n_ranks):
    """The number of ranks that send directly to this rank."""
    return sum(parent(other) == rank for other in range(rank + 1, n_ranks))
