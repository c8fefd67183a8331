"""transfers.txt: where changing takes a least time or is forbidden."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.base.errors import Problem
from siting.network.transit.stop_times import listed

POSSIBLE, MINIMUM, FORBIDDEN = 0, 2, 3
KINDS = {"": POSSIBLE, "0": POSSIBLE, "1": POSSIBLE, "2": MINIMUM, "3": FORBIDDEN}
COLUMNS = ["from_stop", "to_stop", "kind", "min_s"]


def transfers_of(
    tables: Mapping[str, pd.DataFrame], stops: pd.DataFrame, file: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return from_stop, to_stop (rows of stops.txt), kind and min_s; a station stands for all its stops.

    A timed transfer (type 1) counts as a possible one. Rules between trips or routes, and types 4 and 5,
    are left out and said. Unknown stops and a type 2 without min_transfer_time are said too.
    """
    table = tables.get("transfers.txt")
    if table is None or table.empty:
        return pd.DataFrame(columns=COLUMNS), []
    narrow = (table[["from_route_id", "to_route_id", "from_trip_id", "to_trip_id"]] != "").any(axis=1)
    kind = table["transfer_type"].map(KINDS)
    seconds = pd.to_numeric(table["min_transfer_time"], errors="coerce")
    known = table["from_stop_id"].isin(stops.index) & table["to_stop_id"].isin(stops.index)
    unusable = narrow | kind.isna() | ((kind == MINIMUM) & ~(seconds >= 0)) | ~known
    lost = table[unusable]
    found = [
        (f"transfers.txt:{row + 2}", f"{a} - {b} ({kind})")
        for row, a, b, kind in lost[["from_stop_id", "to_stop_id", "transfer_type"]].itertuples()
    ]
    problems = listed("gtfs_transfer_left_out", file, found, "warn")
    kept = table[~unusable].assign(kind=kind, min_s=seconds.where(kind == MINIMUM, 0).fillna(0))
    children = _platforms(stops)
    wide = kept.merge(children.rename(columns={"row": "from_stop"}), left_on="from_stop_id", right_on="name")
    wide = wide.merge(children.rename(columns={"row": "to_stop"}), left_on="to_stop_id", right_on="name")
    return wide[COLUMNS].astype(np.int64).drop_duplicates(), problems


def _platforms(stops: pd.DataFrame) -> pd.DataFrame:
    """Return, for every stop_id, the rows it stands for: itself, and the stops whose parent it is."""
    own = pd.DataFrame({"name": stops.index.to_numpy(), "row": stops["row"].to_numpy()})
    has = stops[stops["parent_station"] != ""]
    return pd.concat(
        [own, pd.DataFrame({"name": has["parent_station"].to_numpy(), "row": has["row"].to_numpy()})], ignore_index=True
    )
