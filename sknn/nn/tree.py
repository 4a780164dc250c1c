"""Sums over shards, added up along one binary tree, whoever adds which part of it.

Floats do not add up to the same bits in every order. Here the order depends on the number of
shards alone. A node of the tree is a range of shards, (start, stop); its sum is that of its left
child plus that of its right child. The left child is the largest power of two of shards below it.
"""

FAN_OUT = 8  # ranks that send to one, on each level


def halves(node):
    """The children of a node of two shards or more, ((start, middle), (middle, stop))."""
    start, stop = node
    middle = start + (1 << (stop - start - 1).bit_length() - 1)
    return (start, middle), (middle, stop)


def joined(parts, n_shards):
    """The sums of some nodes, brought together into those of as few nodes as they give.

    parts: {(start, stop): sums}, sums being a tuple of arrays, or None for shards that have none;
    n_shards: of the whole tree    returns: of the same kind
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
    """The rank that a rank sends its sums to: its number with the last digit but zeros cut off.

    Digits are those to the base FAN_OUT, so that a rank and all that send to it, directly or not,
    are neighbours. Rank 0 has None.
    """
    if rank == 0:
        return None
    place = FAN_OUT
    while rank % place == 0:
        place *= FAN_OUT
    return rank - rank % place


def n_children(rank, n_ranks):
    """How many ranks send to a rank."""
    return sum(parent(other) == rank for other in range(rank + 1, n_ranks))
