"""Times of sixteen origins at once over the small network of a cell: swept with an index, searched without one."""

from numba import njit

from siting.network.kernels.arrays import FAR
from siting.network.kernels.buckets import LIVE, is_full, pop, push
from siting.network.kernels.lanes import fill, lower, pull, shift


@njit(nogil=True, cache=True)
def sweep_block(trips, cell, order, block, many):
    """Fill the rows with the times of up to sixteen origins: climb, then one sweep down."""
    rows, is_met, up, down, entries = cell.rows, cell.state, cell.up, cell.down, trips.entries
    for at in range(order.size):
        is_met[at] = 0
    for lane in range(many):
        for entry in range(entries.starts[block + lane], entries.starts[block + lane + 1]):
            at = cell.local[entries.nodes[entry]]
            if at < 0:
                continue
            if not is_met[at]:
                is_met[at] = 1
                fill(rows, at, FAR)
            rows[at, lane] = min(rows[at, lane], entries.ms[entry])
    for at in range(order.size - 1, -1, -1):
        if is_met[at]:
            for arc in range(up.starts[at], up.starts[at + 1]):
                head = up.heads[arc]
                if is_met[head]:
                    lower(rows, head, rows, at, up.ms[arc])
                else:
                    is_met[head] = 1
                    shift(rows, head, rows, at, up.ms[arc])
    for at in range(order.size):
        pull(rows, at, down.starts[at], down.starts[at + 1], down.heads, down.ms, is_met[at] == 0)


@njit(nogil=True, cache=True)
def search_block(trips, cell, order, block, many, width):
    """Fill the rows with the times of up to sixteen origins: one search for all lanes, by their least label."""
    rows, waits, graph, entries, queue = cell.rows, cell.state, cell.up, trips.entries, cell.lane_queue
    for at in range(order.size):
        fill(rows, at, FAR)
        waits[at] = -1
    for lane in range(many):
        for entry in range(entries.starts[block + lane], entries.starts[block + lane + 1]):
            at = cell.local[entries.nodes[entry]]
            if at < 0:
                continue
            ms = entries.ms[entry]
            rows[at, lane] = min(rows[at, lane], ms)
            if waits[at] < 0 or ms >> width < waits[at]:
                waits[at] = ms >> width
                if is_full(queue):
                    return False
                push(queue, waits[at], at)
    bucket = 0
    while queue.state[LIVE] > 0:
        at = pop(queue, bucket)
        if at < 0:
            bucket += 1
            continue
        if waits[at] != bucket:
            continue
        waits[at] = -1
        for arc in range(graph.starts[at], graph.starts[at + 1]):
            head = graph.heads[arc]
            least = lower(rows, head, rows, at, graph.ms[arc])
            if least <= trips.limit:
                to = max(least >> width, bucket)
                if waits[head] < 0 or to < waits[head]:
                    if is_full(queue):
                        return False
                    waits[head] = to
                    push(queue, to, head)
    return True
