"""The small network of a cell: the nodes, arcs and places that a trip within the limit may use, numbered anew."""

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def number_nodes(trips, cell, count):
    """Give the nodes met local numbers in the order of the sweep (or of the curve); return the nodes by local number."""
    keys = np.empty(count, np.int64)
    for at in range(count):
        node = cell.touched[at]
        keys[at] = (np.int64(trips.hierarchy.row_of[node] if trips.has_index else node) << 32) | node
    keys.sort()
    order = np.empty(count, np.int32)
    for at in range(count):
        order[at] = keys[at] & 0xFFFFFFFF
        cell.local[order[at]] = at
    return order


@njit(nogil=True, cache=True)
def small_hierarchy(trips, cell, order):
    """Copy the arcs of the hierarchy that a trip within the limit may use."""
    index, limit = trips.hierarchy, trips.limit
    downs, ups = 0, 0
    cell.down.starts[0], cell.up.starts[0] = 0, 0
    for at in range(order.size):
        row = index.row_of[order[at]]
        for arc in range(index.down.starts[row], index.down.starts[row + 1]):
            above = cell.local[index.node_of[index.down.heads[arc]]]
            if above >= 0 and cell.times[order[above]] + index.down.ms[arc] <= limit:
                cell.down.heads[downs], cell.down.ms[downs] = above, index.down.ms[arc]
                downs += 1
        cell.down.starts[at + 1] = downs
        time = cell.times[order[at]]
        for arc in range(index.up.starts[row], index.up.starts[row + 1]):
            above = cell.local[index.node_of[index.up.heads[arc]]]
            if above >= 0 and time + index.up.ms[arc] <= limit:
                cell.up.heads[ups], cell.up.ms[ups] = above, index.up.ms[arc]
                ups += 1
        cell.up.starts[at + 1] = ups


@njit(nogil=True, cache=True)
def small_graph(trips, cell, order):
    """Copy the arcs that a trip within the limit may use, into the room of the upward graph."""
    graph, count = trips.graph, 0
    cell.up.starts[0] = 0
    for at in range(order.size):
        node = order[at]
        for arc in range(graph.starts[node], graph.starts[node + 1]):
            head = cell.local[graph.heads[arc]]
            if head >= 0 and cell.times[node] + graph.ms[arc] <= trips.limit:
                cell.up.heads[count], cell.up.ms[count] = head, graph.ms[arc]
                count += 1
        cell.up.starts[at + 1] = count


@njit(nogil=True, cache=True)
def small_places(trips, cell, order, start, stop):
    """List the places within the limit with the doors they are entered by; return how many there are.

    Those with one door come first, in the order of its node; the second number returned is theirs.
    """
    exits, pairs, doors = trips.exits, trips.pairs, cell.doors
    count = 0
    for at in range(order.size):
        node = order[at]
        for door in range(exits.starts[node], exits.starts[node + 1]):
            if cell.times[node] + exits.ms[door] <= trips.limit:
                place = exits.places[door]
                if cell.place_local[place] < 0:
                    cell.place_local[place] = count
                    cell.places[count] = place
                    doors.starts[count + 1] = 0
                    count += 1
                doors.starts[cell.place_local[place] + 1] += 1
    for pair in range(pairs.starts[start], pairs.starts[stop]):
        place = pairs.places[pair]
        if cell.place_local[place] < 0:
            cell.place_local[place] = count
            cell.places[count] = place
            doors.starts[count + 1] = 0
            count += 1
    singles = _singles_first(cell, count)
    doors.starts[0] = 0
    for at in range(count):
        doors.starts[at + 1] += doors.starts[at]
    filled = np.zeros(count, np.int32)
    for at in range(order.size):
        node = order[at]
        for door in range(exits.starts[node], exits.starts[node + 1]):
            if cell.times[node] + exits.ms[door] <= trips.limit:
                place = cell.place_local[exits.places[door]]
                slot = doors.starts[place] + filled[place]
                doors.nodes[slot], doors.ms[slot] = at, exits.ms[door]
                filled[place] += 1
    return count, singles


@njit(nogil=True, cache=True)
def _singles_first(cell, count):
    """Give the local places new numbers, those with one door first; return how many have one."""
    places, doors = cell.places[:count].copy(), cell.doors.starts[1 : count + 1].copy()
    singles = 0
    for at in range(count):
        singles += doors[at] == 1
    one, more = 0, singles
    for at in range(count):
        if doors[at] == 1:
            fresh = one
            one += 1
        else:
            fresh = more
            more += 1
        cell.places[fresh] = places[at]
        cell.place_local[places[at]] = fresh
        cell.doors.starts[fresh + 1] = doors[at]
    return singles
