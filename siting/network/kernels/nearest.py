"""The nearest place of every node by one search from all places, and the k nearest."""

import numpy as np
from numba import njit

from siting.network.kernels.buckets import LIVE, is_full, pop, push

NO_KEY = np.int64(1) << 62
PLACE_BITS = 32


@njit(nogil=True, cache=True)
def nearest_keys(graph, exits, limit, shift, queue, keys):
    """Lower keys[node] to (milliseconds << 32 | place) of its nearest place; among equals the first place.

    `graph` runs backwards, from places to nodes. Returns whether the queue was large enough.
    """
    for place in range(exits.starts.size - 1):
        for end in range(exits.starts[place], exits.starts[place + 1]):
            node, ms = exits.nodes[end], exits.ms[end]
            key = (np.int64(ms) << PLACE_BITS) | place
            if ms <= limit and key < keys[node]:
                keys[node] = key
                if is_full(queue):
                    return False
                push(queue, min(ms >> shift, queue.first.size - 1), node)
    bucket = 0
    while queue.state[LIVE] > 0:
        node = pop(queue, bucket)
        if node < 0:
            bucket += 1
            continue
        key = keys[node]
        at = (key >> PLACE_BITS) >> shift
        if at > bucket:
            # a place whose own leg is longer than the ring
            push(queue, min(at, bucket + queue.first.size - 1), node)
            continue
        if at < bucket:
            continue
        for arc in range(graph.starts[node], graph.starts[node + 1]):
            head = graph.heads[arc]
            further = key + (np.int64(graph.ms[arc]) << PLACE_BITS)
            known = keys[head]
            if further < known and (further >> PLACE_BITS) <= limit:
                keys[head] = further
                to = (further >> PLACE_BITS) >> shift
                if to == bucket or (known >> PLACE_BITS) >> shift != to:
                    if is_full(queue):
                        return False
                    push(queue, to, head)
    return True


@njit(nogil=True, cache=True)
def insert(keys, key):
    """Put a key into an ascending list that holds each place once; return whether the list changed."""
    last = keys.size - 1
    if key >= keys[last]:
        return False
    place = key & ((np.int64(1) << PLACE_BITS) - 1)
    at = 0
    while keys[at] < key:
        if (keys[at] & ((np.int64(1) << PLACE_BITS) - 1)) == place and keys[at] != NO_KEY:
            return False
        at += 1
    if keys[at] == key:
        return False
    end = at
    while end < last and (keys[end] & ((np.int64(1) << PLACE_BITS) - 1)) != place:
        end += 1
    while end > at:
        keys[end] = keys[end - 1]
        end -= 1
    keys[at] = key
    return True


@njit(nogil=True, cache=True)
def k_nearest_keys(graph, exits, limit, shift, queue, keys):
    """Fill the ascending rows of `keys` (node x k) with the k nearest places of every node.

    Keys as in `nearest_keys`. A place that is not among the k nearest of a node is not among those of
    any node that it is reached through, so lists of k suffice. Returns whether the queue was large enough.
    """
    ring = queue.first.size - 1
    has_late = False
    for place in range(exits.starts.size - 1):
        for end in range(exits.starts[place], exits.starts[place + 1]):
            node, ms = exits.nodes[end], exits.ms[end]
            if ms <= limit and insert(keys[node], (np.int64(ms) << PLACE_BITS) | place):
                if is_full(queue):
                    return False
                has_late = has_late or ms >> shift > ring
                push(queue, min(ms >> shift, ring), node)
    bucket = 0
    while queue.state[LIVE] > 0:
        node = pop(queue, bucket)
        if node < 0:
            bucket += 1
            continue
        for rank in range(keys.shape[1]):
            key = keys[node, rank]
            if key == NO_KEY:
                break
            at = (key >> PLACE_BITS) >> shift
            if at > bucket:
                # queued already, unless it is a place whose own leg was longer than the ring
                if has_late:
                    if is_full(queue):
                        return False
                    push(queue, min(at, bucket + ring), node)
                break
            if at < bucket:
                continue
            for arc in range(graph.starts[node], graph.starts[node + 1]):
                head = graph.heads[arc]
                further = key + (np.int64(graph.ms[arc]) << PLACE_BITS)
                if (further >> PLACE_BITS) <= limit and insert(keys[head], further):
                    if is_full(queue):
                        return False
                    push(queue, (further >> PLACE_BITS) >> shift, head)
    return True


@njit(nogil=True, cache=True)
def nearest_of(keys, entries, pairs, limit):
    """Return the key of every origin from those of the nodes it enters by and its straight trips, -1 for none."""
    found = np.empty(entries.starts.size - 1, np.int64)
    for origin in range(found.size):
        best = NO_KEY
        for entry in range(entries.starts[origin], entries.starts[origin + 1]):
            key = keys[entries.nodes[entry]]
            if key != NO_KEY:
                best = min(best, key + (np.int64(entries.ms[entry]) << PLACE_BITS))
        for pair in range(pairs.starts[origin], pairs.starts[origin + 1]):
            best = min(best, (np.int64(pairs.ms[pair]) << PLACE_BITS) | pairs.places[pair])
        found[origin] = best if best != NO_KEY and best >> PLACE_BITS <= limit else -1
    return found


@njit(nogil=True, cache=True)
def k_nearest_of(keys, entries, pairs, limit):
    """Return the k keys of every origin, ascending, -1 where there are no more."""
    found = np.full((entries.starts.size - 1, keys.shape[1]), NO_KEY)
    for origin in range(found.shape[0]):
        for entry in range(entries.starts[origin], entries.starts[origin + 1]):
            for rank in range(keys.shape[1]):
                key = keys[entries.nodes[entry], rank]
                if key != NO_KEY:
                    insert(found[origin], key + (np.int64(entries.ms[entry]) << PLACE_BITS))
        for pair in range(pairs.starts[origin], pairs.starts[origin + 1]):
            insert(found[origin], (np.int64(pairs.ms[pair]) << PLACE_BITS) | pairs.places[pair])
        for rank in range(keys.shape[1]):
            if found[origin, rank] >> PLACE_BITS > limit:
                found[origin, rank] = -1
    return found
