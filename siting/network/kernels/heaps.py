"""A heap of int64 keys with four children a node: a cache line is a family."""

from numba import njit


@njit(nogil=True, cache=True, inline="always")
def heap_push(heap, size, key):
    """Put a key in and return the new size."""
    at = size
    while at > 0:
        parent = (at - 1) >> 2
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key
    return size + 1


@njit(nogil=True, cache=True, inline="always")
def heap_drop(heap, size):
    """Take the least key (heap[0]) out and return the new size."""
    size -= 1
    key = heap[size]
    at = 0
    while True:
        child = 4 * at + 1
        if child >= size:
            break
        least, value = child, heap[child]
        for other in range(child + 1, min(child + 4, size)):
            if heap[other] < value:
                least, value = other, heap[other]
        if value >= key:
            break
        heap[at] = value
        at = least
    heap[at] = key
    return size
