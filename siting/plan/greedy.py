"""A plan by one pass over the parcels, for when the solver found none in its time; nothing is proven of it."""

import math

import numpy as np

from siting.plan.model import Ints
from siting.plan.programme import Programme, Row
from siting.plan.solve import SLACK, Bools


def greedy(whole: Programme) -> Bools | None:
    """Return a plan within all limits, or None where one pass finds none.

    Parcels come by points a home (equal ones by id), each in the first year where it fits, passes no limit, and where homes
    are still missing and its unit asks for no fewer.
    """
    chosen = np.zeros(whole.count, np.bool_)
    rows = [row for row in whole.rows if row.group.kind != "quota"]
    limits = [(row, float(row.high)) for row in rows]
    touching: list[list[int]] = [[] for _ in range(whole.count)]
    value: list[list[float]] = [[] for _ in range(whole.count)]
    for position, (row, _) in enumerate(limits):
        for column, each in zip(row.columns.tolist(), row.values.tolist(), strict=True):
            touching[column].append(position)
            value[column].append(each)
    used = np.zeros(len(limits))
    inside: list[list[int]] = [[] for _ in range(whole.count)]
    for position, cell in enumerate(whole.cells):
        for column in cell.columns.tolist():
            inside[column].append(position)
    missing = np.array([cell.asked for cell in whole.cells])
    room = missing + np.array([cell.over for cell in whole.cells], np.int64)
    for column in _order(whole).tolist():
        homes, cells = int(whole.homes[column]), inside[column]
        wanted = any(missing[cell] > 0 for cell in cells)
        if not wanted or any(homes > room[cell] for cell in cells):
            continue
        if all(
            used[row] + each <= limits[row][1] * (1 + SLACK)
            for row, each in zip(touching[column], value[column], strict=True)
        ):
            chosen[column] = True
            used[touching[column]] += value[column]
            missing[cells] -= homes
            room[cells] -= homes
    return chosen if all(_holds(row, chosen) for row in rows) else None


def _order(whole: Programme) -> Ints:
    rate = -whole.points() / np.maximum(whole.homes, 1)
    found: Ints = np.lexsort((whole.year, whole.parcel, rate)).astype(np.int64)
    return found


def _holds(row: Row, chosen: Bools) -> bool:
    terms = row.values[chosen[row.columns]].tolist()
    total, slack = math.fsum(terms), SLACK * math.fsum(map(abs, terms))
    return row.low - slack <= total <= row.high + slack
