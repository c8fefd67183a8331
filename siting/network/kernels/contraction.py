"""Building a contraction hierarchy: nodes leave one by one, shortcuts keep every least time.

Source: Geisberger, Sanders, Schultes & Delling 2008; priority = edge difference and depth, updated when
a node comes up for its turn.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from siting.network.kernels.arrays import FAR, Int32s, Int64s
from siting.network.kernels.heaps import heap_drop, heap_push

NODE_BITS = 32
NODE_MASK = (1 << NODE_BITS) - 1
PRIORITY_BASE = 1 << 24
LOOK_SETTLED, KEEP_SETTLED = 30, 200
"""Nodes settled by a witness search while shortcuts are counted, and while they are made."""


class Links(NamedTuple):
    """Lists of arcs by node: first[node], then following[link]; freed links are used again."""

    first: Int32s
    following: Int32s
    node: Int32s
    ms: Int32s
    state: Int32s


class Witness(NamedTuple):
    """What one witness search works on; times are FAR between searches."""

    times: Int32s
    heap: Int64s
    touched: Int32s


@njit(nogil=True, cache=True)
def set_link(links, tail, head, ms):
    """Add an arc, or lower it where it is there already; return whether there was room."""
    link = links.first[tail]
    while link >= 0:
        if links.node[link] == head:
            links.ms[link] = min(links.ms[link], ms)
            return True
        link = links.following[link]
    link = links.state[0]
    if link >= 0:
        links.state[0] = links.following[link]
    else:
        link = links.state[1]
        if link >= links.node.size:
            return False
        links.state[1] = link + 1
    links.node[link], links.ms[link] = head, ms
    links.following[link] = links.first[tail]
    links.first[tail] = link
    return True


@njit(nogil=True, cache=True)
def drop_link(links, tail, head):
    """Take out the arc from tail to head."""
    link, before = links.first[tail], np.int32(-1)
    while links.node[link] != head:
        before, link = link, links.following[link]
    if before < 0:
        links.first[tail] = links.following[link]
    else:
        links.following[before] = links.following[link]
    links.following[link] = links.state[0]
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
            head = out.node[link]
            further = np.int32(time + out.ms[link])
            if head != avoided and further <= limit and further < work.times[head]:
                if count >= work.touched.size or size >= work.heap.size:
                    return count
                if work.times[head] == FAR:
                    work.touched[count] = head
                    count += 1
                work.times[head] = further
                size = heap_push(work.heap, size, (np.int64(further) << NODE_BITS) | head)
            link = out.following[link]
    return count


@njit(nogil=True, cache=True)
def shortcuts(out, into, node, is_made, work):
    """Return how many shortcuts the contraction of a node needs, and make them if asked; -1 where there is no room."""
    settled_most = KEEP_SETTLED if is_made else LOOK_SETTLED
    needed = 0
    entry = into.first[node]
    while entry >= 0:
        tail, before = into.node[entry], into.ms[entry]
        longest = np.int32(-1)
        leaving = out.first[node]
        while leaving >= 0:
            if out.node[leaving] != tail:
                longest = max(longest, np.int32(before + out.ms[leaving]))
            leaving = out.following[leaving]
        if longest >= 0:
            count = witness(out, tail, node, longest, settled_most, work)
            leaving = out.first[node]
            while leaving >= 0:
                head, ms = out.node[leaving], np.int32(before + out.ms[leaving])
                if head != tail and work.times[head] > ms and ms < FAR:
                    needed += 1
                    if is_made and not (set_link(out, tail, head, ms) and set_link(into, head, tail, ms)):
                        needed = -(1 << 20)
                leaving = out.following[leaving]
            for at in range(count):
                work.times[work.touched[at]] = FAR
        entry = into.following[entry]
    return needed


@njit(nogil=True, cache=True)
def degree(links, node):
    """Return how many arcs a node has."""
    count, link = 0, links.first[node]
    while link >= 0:
        count += 1
        link = links.following[link]
    return count


@njit(nogil=True, cache=True)
def priority(out, into, node, depth, work):
    """Return the key of a node in the order of contraction: what it costs, then its number."""
    needed = shortcuts(out, into, node, False, work)
    cost = 4 * needed - 2 * (degree(out, node) + degree(into, node)) + depth
    return (np.int64(PRIORITY_BASE + cost) << NODE_BITS) | node


@njit(nogil=True, cache=True)
def detach(mine, theirs, node, depth, kept, count):
    """Move the arcs of a contracted node to the hierarchy and out of its neighbours' lists; return the new count.

    kept: columns node, neighbour, milliseconds.
    """
    link = mine.first[node]
    while link >= 0:
        neighbour = mine.node[link]
        if count >= kept.shape[0]:
            return -1
        kept[count, 0], kept[count, 1], kept[count, 2] = node, neighbour, mine.ms[link]
        count += 1
        depth[neighbour] = max(depth[neighbour], depth[node] + 1)
        drop_link(theirs, neighbour, node)
        following = mine.following[link]
        mine.following[link] = mine.state[0]
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
        waiting = heap_push(heap, waiting, priority(out, into, node, 0, work))
    rank, up, down = 0, 0, 0
    while waiting > 0:
        node = heap[0] & NODE_MASK
        waiting = heap_drop(heap, waiting)
        key = priority(out, into, node, depth[node], work)
        if waiting > 0 and key > heap[0]:
            waiting = heap_push(heap, waiting, key)
            continue
        if shortcuts(out, into, node, True, work) < 0:
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
