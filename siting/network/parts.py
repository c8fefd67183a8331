"""What is wrong with how streets hang together: stray roads, one-way traps, parts that no road joins."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.errors import Problem
from siting.network.graph import Network

LISTED = 20
IDS_A_PART = 10

Marks = npt.NDArray[np.bool_]


def street_problems(network: Network, road_ids: Sequence[str], file: str) -> list[Problem]:
    """Return a warning for stray roads and one for one-way traps, each with the ids of its roads.

    `road_ids` are those of the rows that the network was built from. A road is stray where its piece of the
    network holds less than 1 % of the nodes; a trap can be entered and not left, or left and not entered.
    """
    trapped = network.edge_is_trapped
    traps = _roads(network, trapped, road_ids)
    strays = _roads(network, ~trapped & ~network.edge_is_major, road_ids)
    problems = []
    if traps:
        listed = _some(traps, LISTED)
        problems.append(Problem("one_way_trap", file, network.mode, str(len(traps)), listed, "warn"))
    if strays:
        listed = _some(strays, LISTED)
        problems.append(Problem("stray_roads", file, network.mode, str(len(strays)), listed, "warn"))
    return problems


def part_problems(network: Network, snaps: Mapping[str, pd.DataFrame], file: str) -> list[Problem]:
    """Return a warning where the streets that matter are in several parts, with what lies on each.

    `snaps` are those of `snap` by layer. Those on different parts cannot meet, whatever the time.
    """
    groups = network.edge_group
    parts, sizes = np.unique(groups[network.edge_is_major], return_counts=True)
    if len(parts) < 2:
        return []
    order = parts[np.lexsort((parts, -sizes))]
    listed = [_part(snaps, groups, int(part)) for part in order[:LISTED]]
    text = " | ".join(f"{number}: {each}" for number, each in enumerate(listed, start=1))
    return [Problem("network_parts", file, network.mode, str(len(parts)), text, "warn")]


def reach_problems(snaps: pd.DataFrame, limit_m: float, file: str, mode: str) -> list[Problem]:
    """Return a refusal where not one parcel meets a street that matters within the limit, with the nearest distance."""
    if snaps.empty or (snaps["status"] == "snapped").any():
        return []
    return [Problem("no_parcel_snaps", file, mode, f"{snaps['distance_m'].min():,.0f}", f"{limit_m:g}")]


def _roads(network: Network, marks: Marks, road_ids: Sequence[str]) -> list[str]:
    if network.edge_road is None:
        return [str(edge) for edge in np.flatnonzero(marks)]
    return [str(road_ids[row]) for row in np.unique(network.edge_road[marks])]


def _part(snaps: Mapping[str, pd.DataFrame], groups: npt.NDArray[np.int32], part: int) -> str:
    """Return what lies on a part, layer by layer: how many, and the ids of the first."""
    said = []
    for layer, table in snaps.items():
        ids = [str(each) for each, edges in _entrances(table) if part in groups[edges]]
        said.append(f"{layer} {len(ids)}" + (f" ({_some(ids, IDS_A_PART)})" if ids else ""))
    return ", ".join(said)


def _entrances(snaps: pd.DataFrame) -> list[tuple[object, list[int]]]:
    met = snaps[snaps["status"] == "snapped"]
    return [
        (each, [first, *(edge for edge, _ in further)])
        for each, first, further in zip(met.index, met["edge"].tolist(), met["further"], strict=True)
    ]


def _some(ids: list[str], most: int) -> str:
    return ", ".join(ids[:most]) + (f" … (+{len(ids) - most})" if len(ids) > most else "")
