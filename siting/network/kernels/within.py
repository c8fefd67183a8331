"""Every node within a limit of one or several origins: the bounded search."""

from numba import njit

from siting.network.kernels.arrays import FAR
from siting.network.kernels.buckets import LIVE, is_full, pop, push


@njit(nogil=True, cache=True)
def within(graph, entries, first, end, limit, shift, queue, times, touched):
    """Lower times[node] to the least milliseconds from any of the rows first <= r < end, up to the limit.

    `times` comes in as FAR everywhere; the nodes reached are listed in `touched`. Returns how many, or
    -1 where the queue was too small.
    """
    count = 0
    ring = queue.first.size - 1
    for entry in range(entries.starts[first], entries.starts[end]):
        node, ms = entries.nodes[entry], entries.ms[entry]
        if ms <= limit and ms < times[node]:
            if times[node] == FAR:
                touched[count] = node
                count += 1
            times[node] = ms
            if is_full(queue):
                return -1
            push(queue, min(ms >> shift, ring), node)
    bucket = 0
    while queue.state[LIVE] > 0:
        node = pop(queue, bucket)
        if node < 0:
            bucket += 1
            continue
        time = times[node]
        at = time >> shift
        if at > bucket:
            push(queue, min(at, bucket + ring), node)
            continue
        if at < bucket:
            continue
        for arc in range(graph.starts[node], graph.starts[node + 1]):
            head = graph.heads[arc]
            further = time + graph.ms[arc]
            known = times[head]
            if further < known and further <= limit:
                if known == FAR:
                    touched[count] = head
                    count += 1
                times[head] = further
                to = further >> shift
                if to == bucket or known == FAR or known >> shift != to:
                    if is_full(queue):
                        return -1
                    push(queue, to, head)
    return count
