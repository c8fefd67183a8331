"""The rows of stop_times.txt as calls with times: checked, blanks filled, trips that run backwards left out."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.errors import Level, Problem
from siting.network.transit.clock import MALFORMED, UNTIMED, parsed

SHOWN = 10
FILE = "stop_times.txt"
BARRED = "1"


def calls_of(
    tables: Mapping[str, pd.DataFrame], stop_row: pd.Series, file: str
) -> tuple[pd.DataFrame, list[Problem], Counter[str]]:
    """Return calls (trip_id, stop, arrival_s, departure_s, board, alight) sorted along every usable trip.

    `stop_row`: row number by stop_id. Blank times are filled between timed calls by shape_dist_traveled
    where it grows along the gap, else evenly. A trip is left out, and said, if its times run backwards, an
    end is untimed, it has one call, or trips.txt lacks it. Calls at unknown stops, times and numbers that
    cannot be read, and repeated stop_sequence are refusals. The counter holds the rows left out, by reason.
    """
    table = tables[FILE]
    problems = _unknown_stops(table, stop_row, file)
    sequence = pd.to_numeric(table["stop_sequence"], errors="coerce")
    arrival, departure = parsed(table["arrival_time"]), parsed(table["departure_time"])
    problems += _unreadable(table, sequence, arrival, departure, file)
    if problems:
        return pd.DataFrame(), problems, Counter()
    trip_code = pd.factorize(table["trip_id"], sort=True)[0]
    order = np.lexsort((sequence.to_numpy(), trip_code))
    calls = pd.DataFrame(
        {
            "trip_id": table["trip_id"].to_numpy()[order],
            "stop_id": table["stop_id"].to_numpy()[order],
            "code": trip_code[order],
            "row": order,
            "sequence": sequence.to_numpy()[order],
            "stop": stop_row.reindex(table["stop_id"]).to_numpy()[order].astype(np.int64),
            "arrival_s": np.where(arrival == UNTIMED, departure, arrival)[order].astype(np.int64),
            "departure_s": np.where(departure == UNTIMED, arrival, departure)[order].astype(np.int64),
            "board": (table["pickup_type"] != BARRED).to_numpy()[order],
            "alight": (table["drop_off_type"] != BARRED).to_numpy()[order],
            "along": pd.to_numeric(table["shape_dist_traveled"], errors="coerce").to_numpy(np.float64)[order],
        }
    )
    problems += _repeated(calls, file)
    if problems:
        return calls, problems, Counter()
    return _usable(calls, set(tables["trips.txt"]["trip_id"]), file)


def listed(code: str, file: str, found: list[tuple[str, str]], level: Level, expected: str = "") -> list[Problem]:
    """Return a Problem for each (where, found), the first few one by one and the rest as a number."""
    shown = [Problem(code, file, where, found=text, expected=expected, level=level) for where, text in found[:SHOWN]]
    if len(found) > SHOWN:
        more = str(len(found) - SHOWN)
        shown.append(Problem("more_rows", file, found=more, expected=code, level=level))
    return shown


def _unknown_stops(table: pd.DataFrame, stop_row: pd.Series, file: str) -> list[Problem]:
    strange = table[~table["stop_id"].isin(stop_row.index)].drop_duplicates("stop_id")
    found = [(f"{FILE}:{row + 2} {trip}", stop) for row, trip, stop in strange[["trip_id", "stop_id"]].itertuples()]
    return listed("gtfs_unknown_stop", file, found, "refuse")


def _unreadable(
    table: pd.DataFrame,
    sequence: pd.Series,
    arrival: npt.NDArray[np.int32],
    departure: npt.NDArray[np.int32],
    file: str,
) -> list[Problem]:
    columns = {"stop_sequence": sequence.isna().to_numpy(), "arrival_time": arrival == MALFORMED}
    columns["departure_time"] = departure == MALFORMED
    found = [
        (f"{FILE}:{row + 2} {table['trip_id'].iloc[row]} {column}", str(table[column].iloc[row]))
        for column, is_bad in columns.items()
        for row in np.flatnonzero(is_bad).tolist()
    ]
    return listed("gtfs_bad_value", file, found, "refuse", expected="H:MM:SS")


def _repeated(calls: pd.DataFrame, file: str) -> list[Problem]:
    twice = calls[calls.duplicated(["code", "sequence"])]
    found = [(f"{FILE}:{row.row + 2}", f"{row.trip_id} {row.sequence:g}") for row in twice.itertuples()]
    return listed("gtfs_repeated", file, found, "refuse")


def _usable(calls: pd.DataFrame, known: set[str], file: str) -> tuple[pd.DataFrame, list[Problem], Counter[str]]:
    left_out: Counter[str] = Counter()
    problems: list[Problem] = []
    size = calls.groupby("code")["code"].transform("size").to_numpy()
    first = (calls["code"] != calls["code"].shift()).to_numpy()
    last = (calls["code"] != calls["code"].shift(-1)).to_numpy()
    untimed = (calls["arrival_s"] == UNTIMED).to_numpy()
    reasons = {
        "gtfs_unknown_trip": ~calls["trip_id"].isin(known).to_numpy(),
        "gtfs_short_trip": size < 2,
        "gtfs_untimed_end": untimed & (first | last),
    }
    for code, is_bad in reasons.items():
        calls = _without(calls, is_bad[calls.index], code, file, problems, left_out)
    calls, filled = _filled(calls.reset_index(drop=True))
    if filled.any():
        number = {"trips": str(calls.loc[filled, "code"].nunique())}
        problems.append(Problem("gtfs_filled", file, FILE, found=str(int(filled.sum())), level="mend", values=number))
    calls = _without(calls, _backwards(calls), "gtfs_backwards", file, problems, left_out)
    return calls.reset_index(drop=True), problems, left_out


def _without(
    calls: pd.DataFrame,
    is_bad: npt.NDArray[np.bool_],
    code: str,
    file: str,
    problems: list[Problem],
    left_out: Counter[str],
) -> pd.DataFrame:
    """Return the calls without every trip that has a bad one; each such trip is said with its first bad row."""
    if not is_bad.any():
        return calls
    guilty = calls[is_bad].drop_duplicates("code")
    gone = calls["code"].isin(guilty["code"])
    left_out[code] += int(gone.sum())
    found = [(f"{FILE}:{row.row + 2} {row.stop_id}", f"{row.trip_id}") for row in guilty.itertuples()]
    problems.extend(listed(code, file, found, "warn"))
    return calls[~gone]


def _backwards(calls: pd.DataFrame) -> npt.NDArray[np.bool_]:
    same = (calls["code"] == calls["code"].shift()).to_numpy()
    before = calls["departure_s"].shift(fill_value=0).to_numpy()
    early = same & (calls["arrival_s"].to_numpy() < before)
    return np.asarray(early | (calls["departure_s"] < calls["arrival_s"]).to_numpy())


def _filled(calls: pd.DataFrame) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Fill untimed calls; both ends of every trip are timed, so each gap lies within its trip."""
    blank = (calls["arrival_s"] == UNTIMED).to_numpy()
    if not blank.any():
        return calls, blank
    timed = np.flatnonzero(~blank)
    gaps = np.flatnonzero(blank)
    after = timed[np.searchsorted(timed, gaps)]
    before = timed[np.searchsorted(timed, gaps) - 1]
    share = (gaps - before) / (after - before)
    along = calls["along"].to_numpy()
    measured = _grows(along, before, after)
    b, a = before[measured], after[measured]
    share[measured] = (along[gaps[measured]] - along[b]) / (along[a] - along[b])
    leave, reach = calls["departure_s"].to_numpy()[before], calls["arrival_s"].to_numpy()[after]
    times = np.rint(leave + (reach - leave) * share).astype(np.int64)
    filled = calls.copy()
    filled.loc[gaps, "arrival_s"] = times
    filled.loc[gaps, "departure_s"] = times
    return filled, blank


def _grows(
    along: npt.NDArray[np.float64],
    before: npt.NDArray[np.intp],
    after: npt.NDArray[np.intp],
) -> npt.NDArray[np.bool_]:
    """Return, for each untimed call, whether distance never falls all along its gap, and grows over the whole."""
    falls = np.concatenate([[0], np.cumsum(~(np.diff(along, prepend=np.nan) >= 0))])
    never_falls = falls[after + 1] - falls[before + 1] == 0
    return np.asarray(never_falls & (along[after] > along[before]))
