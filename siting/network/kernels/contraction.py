"""Building a contraction hierarchy: nodes leave one by one, shortcuts keep every least time.

Source: Geisberger, Sanders, Schultes & Delling 2008; priority = edge difference and depth, updated when
a node comes up for its turn.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from siting.network.kernels.arrays import FAR, Int32s, Int64s
from siting.network.kernels.heaps import heap_drop, heap_push

FOLLOWING, NODE, MS = 0, 1, 2
NODE_BITS = 32
NODE_MASK = (1 << NODE_BITS) - 1
PRIORITY_BASE = 1 << 24
SETTLED = 60
"""Nodes settled by a witness search at the most; fewer find too few witnesses, more take longer than they save."""


class Links(NamedTuple):
    """Lists of arcs by node: first[node], then link[at, FOLLOWING]; freed links are used again.

    A link is one row of four, so that a far link costs one miss of the cache. state: first free link, links ever used.
    """

    first: Int32s
    link: Int32s
    state: Int32s


class Witness(NamedTuple):
    """What witness searches work on; times are FAR between them. needed: tail, head, milliseconds of shortcuts."""

    times: Int32s
    heap: Int64s
    touched: Int32s
    needed: Int32s


@njit(nogil=True, cache=True)
def set_link(links, tail, head, ms):
    """Add an arc, or lower it where it is there already; return whether there was room."""
    link = links.first[tail]
    while link >= 0:
        if links.link[link, NODE] == head:
            links.link[link, MS] = min(links.link[link, MS], ms)
            return True
        link = links.link[link, FOLLOWING]
    link = links.state[0]
    if link >= 0:
        links.state[0] = links.link[link, FOLLOWING]
    else:
        link = links.state[1]
        if link >= links.link.shape[0]:
            return False
        links.state[1] = link + 1
    links.link[link, NODE], links.link[link, MS] = head, ms
    links.link[link, FOLLOWING] = links.first[tail]
    links.first[tail] = link
    return True


@njit(nogil=True, cache=True)
def drop_link(links, tail, head):
    """Take out the arc from tail to head."""
    link, before = links.first[tail], np.int32(-1)
    while links.link[link, NODE] != head:
        before, link = link, links.link[link, FOLLOWING]
    if before < 0:
        links.first[tail] = links.link[link, FOLLOWING]
    else:
        links.link[before, FOLLOWING] = links.link[link, FOLLOWING]
    links.link[link, FOLLOWING] = links.state[0]
    links.state[0] = link


@njit(nogil=True, cache=True)
def witness(out, start, avoided, limit, settled_most, work):
    """Search from a node around another one, up to a limit and a number of settled nodes; return how many it touched."""
    work.touched[0] = start
    work.times[start] = 0
    count, settled = 1, 0
    size = heap_push(work.heap, 0, np.int64(start))
    while size > 0 and settled < settled_most:
        key = work.heap[0]
        size = heap_drop(work.heap, size)
        node, time = key & NODE_MASK, np.int32(key >> NODE_BITS)
        if time > work.times[node]:
            continue
        if time >= limit:
            break
        settled += 1
        link = out.first[node]
        while link >= 0:
            head = out.link[link, NODE]
            further = np.int32(time + out.link[link, MS])
            if head != avoided and further <= limit and further < work.times[head]:
                if count >= work.touched.size or size >= work.heap.size:
                    return count
                if work.times[head] == FAR:
                    work.touched[count] = head
                    count += 1
                work.times[head] = further
                size = heap_push(work.heap, size, (np.int64(further) << NODE_BITS) | head)
            link = out.link[link, FOLLOWING]
    return count


@njit(nogil=True, cache=True)
def shortcuts(out, into, node, work):
    """Return how many shortcuts the contraction of a node needs; work.needed lists their tails, heads, milliseconds.

    -1 where there is no room to list them.
    """
    needed = 0
    entry = into.first[node]
    while entry >= 0:
        tail, before = into.link[entry, NODE], into.link[entry, MS]
        longest = np.int32(-1)
        leaving = out.first[node]
        while leaving >= 0:
            if out.link[leaving, NODE] != tail:
                longest = max(longest, np.int32(before + out.link[leaving, MS]))
            leaving = out.link[leaving, FOLLOWING]
        if longest >= 0:
            count = witness(out, tail, node, longest, SETTLED, work)
            leaving = out.first[node]
            while leaving >= 0:
                head, ms = out.link[leaving, NODE], np.int32(before + out.link[leaving, MS])
                if head != tail and work.times[head] > ms and ms < FAR:
                    if needed >= work.needed.shape[0]:
                        return -1
                    work.needed[needed, 0], work.needed[needed, 1], work.needed[needed, 2] = tail, head, ms
                    needed += 1
                leaving = out.link[leaving, FOLLOWING]
            for at in range(count):
                work.times[work.touched[at]] = FAR
        entry = into.link[entry, FOLLOWING]
    return needed


@njit(nogil=True, cache=True)
def make_shortcuts(out, into, needed, work):
    """Add the shortcuts listed last; return whether there was room."""
    for at in range(needed):
        tail, head, ms = work.needed[at, 0], work.needed[at, 1], work.needed[at, 2]
        if not (set_link(out, tail, head, ms) and set_link(into, head, tail, ms)):
            return False
    return True


@njit(nogil=True, cache=True)
def degree(links, node):
    """Return how many arcs a node has."""
    count, link = 0, links.first[node]
    while link >= 0:
        count += 1
        link = links.link[link, FOLLOWING]
    return count


@njit(nogil=True, cache=True)
def priority(out, into, node, depth, needed):
    """Return the key of a node in the order of contraction: what it costs, then its number."""
    cost = 4 * needed - 2 * (degree(out, node) + degree(into, node)) + depth
    return (np.int64(PRIORITY_BASE + cost) << NODE_BITS) | node


@njit(nogil=True, cache=True)
def detach(mine, theirs, node, depth, kept, count):
    """Move the arcs of a contracted node to the hierarchy and out of its neighbours' lists; return the new count.

    kept: columns node, neighbour, milliseconds.
    """
    link = mine.first[node]
    while link >= 0:
        neighbour = mine.link[link, NODE]
        if count >= kept.shape[0]:
            return -1
        kept[count, 0], kept[count, 1], kept[count, 2] = node, neighbour, mine.link[link, MS]
        count += 1
        depth[neighbour] = max(depth[neighbour], depth[node] + 1)
        drop_link(theirs, neighbour, node)
        following = mine.link[link, FOLLOWING]
        mine.link[link, FOLLOWING] = mine.state[0]
        mine.state[0] = link
        link = following
    mine.first[node] = -1
    return count


@njit(nogil=True, cache=True)
def contract(out, into, work, ranks, ups, downs):
    """Contract every node; return how many arcs lead up and down, or -1, -1 where there was no room.

    ranks: place of each node in the order. ups, downs: arcs from each node to, and into it from, nodes
    that outlived it (columns node, neighbour, milliseconds).
    """
    size = ranks.size
    depth = np.zeros(size, np.int32)
    heap = np.empty(size + 1, np.int64)
    waiting = 0
    for node in range(size):
        needed = shortcuts(out, into, node, work)
        if needed < 0:
            return -1, -1
        waiting = heap_push(heap, waiting, priority(out, into, node, 0, needed))
    rank, up, down = 0, 0, 0
    while waiting > 0:
        node = heap[0] & NODE_MASK
        waiting = heap_drop(heap, waiting)
        needed = shortcuts(out, into, node, work)
        key = priority(out, into, node, depth[node], needed)
        if waiting > 0 and key > heap[0]:
            waiting = heap_push(heap, waiting, key)
            continue
        if needed < 0 or not make_shortcuts(out, into, needed, work):
            return -1, -1
        ranks[node] = rank
        rank += 1
        up = detach(out, into, node, depth, ups, up)
        down = detach(into, out, node, depth, downs, down)
        if up < 0 or down < 0:
            return -1, -1
    return up, down


@njit(nogil=True, cache=True)
def link_arcs(graph, out, into):
    """Fill both lists with the arcs of a graph; loops are left out."""
    for tail in range(graph.starts.size - 1):
        for arc in range(graph.starts[tail], graph.starts[tail + 1]):
            head = graph.heads[arc]
            if head != tail:
                set_link(out, tail, head, graph.ms[arc])
                set_link(into, head, tail, graph.ms[arc])


@njit(nogil=True, cache=True)
def sweep_order(starts, lower, roots):
    """Return the nodes so that each stands after all nodes above it, near ones together.

    starts, lower: the nodes below each node. The reverse of a depth-first postorder.
    """
    size = starts.size - 1
    is_seen = np.zeros(size, np.bool_)
    at = starts[:-1].copy()
    stack = np.empty(size, np.int32)
    order = np.empty(size, np.int32)
    place = size
    for root in roots:
        if is_seen[root]:
            continue
        is_seen[root] = True
        stack[0], top = root, 1
        while top > 0:
            node = stack[top - 1]
            if at[node] < starts[node + 1]:
                below = lower[at[node]]
                at[node] += 1
                if not is_seen[below]:
                    is_seen[below] = True
                    stack[top] = below
                    top += 1
            else:
                top -= 1
                place -= 1
                order[place] = node
    return order
