"""A ring of buckets of nodes, a width of 2**shift milliseconds each: the queue of every search here.

Within one bucket labels may still be lowered, so nodes are taken until it stays empty: the answers are
exact whatever the width. Entries are linked lists in a pool whose freed slots are used again first, which
keeps the pool in the cache.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from siting.network.kernels.arrays import Int32s

FREE, TOP, LIVE = 0, 1, 2


class Queue(NamedTuple):
    """first: first entry of each bucket, -1 for none. node, following: the entries. state: free, top, live."""

    first: Int32s
    node: Int32s
    following: Int32s
    state: Int32s


def new_queue(span_ms: int, shift: int, capacity: int) -> Queue:
    """Return an empty queue for labels that lie at most `span_ms` beyond the bucket being emptied."""
    buckets = 1 << max(1, ((span_ms >> shift) + 2 - 1).bit_length())
    return Queue(
        np.full(buckets, -1, np.int32),
        np.empty(capacity, np.int32),
        np.empty(capacity, np.int32),
        np.array([-1, 0, 0], np.int32),
    )


@njit(nogil=True, cache=True, inline="always")
def push(queue, bucket, node):
    """Put a node into a bucket; the queue must not be full."""
    state = queue.state
    slot = state[FREE]
    if slot >= 0:
        state[FREE] = queue.following[slot]
    else:
        slot = state[TOP]
        state[TOP] = slot + 1
    at = bucket & (queue.first.size - 1)
    queue.node[slot] = node
    queue.following[slot] = queue.first[at]
    queue.first[at] = slot
    state[LIVE] += 1


@njit(nogil=True, cache=True, inline="always")
def pop(queue, bucket):
    """Take a node out of a bucket, -1 where it is empty."""
    at = bucket & (queue.first.size - 1)
    slot = queue.first[at]
    if slot < 0:
        return np.int32(-1)
    state = queue.state
    queue.first[at] = queue.following[slot]
    queue.following[slot] = state[FREE]
    state[FREE] = slot
    state[LIVE] -= 1
    return queue.node[slot]


@njit(nogil=True, cache=True, inline="always")
def is_full(queue):
    """Whether one more entry has no room."""
    return queue.state[FREE] < 0 and queue.state[TOP] >= queue.node.size
