"""Coordinates as people type them: degrees, minutes and seconds, hemispheres, Chinese words, full-width digits."""

import math
import re
import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from siting.base.layers import Layer
from siting.sources.columns import words
from siting.sources.reading import Findings

DEGREES_MAX = {"x": 180.0, "y": 90.0, "": 180.0}
_MARKS = (("°", "º˚°度"), ("'", "′’‘ʹ´`＇分"), ('"', "″”“ʺ＂秒"))
_TO_MARK = {ord(sign): mark for mark, signs in _MARKS for sign in signs}
_WORDS = (
    (re.compile(r"东经|東經"), " E"),
    (re.compile(r"西经|西經"), " W"),
    (re.compile(r"北纬|北緯"), " N"),
    (re.compile(r"南纬|南緯"), " S"),
    (re.compile(r"(经度|經度|\blongitude\b|\blong?\b|\blng\b)\s*[:：=]?", re.IGNORECASE), " X"),
    (re.compile(r"(纬度|緯度|\blatitude\b|\blat\b)\s*[:：=]?", re.IGNORECASE), " Y"),
)
_AXIS = {"E": "x", "W": "x", "X": "x", "N": "y", "S": "y", "Y": "y", "": ""}
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ANGLE = (
    r"(?P<sign{n}>[+-]?)(?P<d{n}>\d{{1,3}}(?:\.\d+)?)(?:\s*°)?"
    r"(?:\s*(?<=[°\s])(?P<m{n}>\d{{1,2}}(?:\.\d+)?)(?![\d.]|\s*[°\"])(?:\s*')?"
    r"(?:\s*(?<=['\s])(?P<s{n}>\d{{1,2}}(?:\.\d+)?)(?![\d.]|\s*[°'])(?:\s*\")?)?)?"
)
_LED = rf"(?P<lead>[NSEWXY])\s*:?\s*{_ANGLE.format(n=1)}"
_TRAILED = rf"{_ANGLE.format(n=2)}\s*(?P<trail>[NSEW])?"
_ONE = re.compile(rf"{_LED}|{_TRAILED}")
_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;\s*", re.IGNORECASE)
_PAIR = r"^\s*([+-]?\d+(?:\.\d*)?)\s*[,，]\s*([+-]?\d+(?:\.\d*)?)\s*$"
_PARTING = re.compile(r"[,;/|\n]")


Floats = npt.NDArray[np.float64]


def shapes_of_cells(
    table: pd.DataFrame, layer: Layer, findings: Findings
) -> tuple[npt.NDArray[Any], pd.Series, npt.NDArray[Any]] | None:
    """Return shapes (None where no coordinates stand), the cells as text, and the SRIDs written in them.

    None where a column is missing, or where the layer names more than one of x + y, point and wkt.
    """
    columns = layer.settings.columns
    ways = [way for way in (("point",), ("wkt",), ("x", "y")) if any(word in columns for word in way)]
    if len(ways) > 1:
        findings.refuse("several_positions", "columns", ", ".join(" + ".join(way) for way in ways))
        return None
    way = ways[0] if ways else ("x", "y")
    needed = (*way, "datum") if "datum" in columns else way
    for word in needed:
        if word not in columns:
            findings.refuse("missing_key", f"columns.{word}", expected="x + y, point, wkt")
        elif columns[word] not in table.columns:
            findings.refuse("missing_column", f"columns.{word}", columns[word], ", ".join(map(str, table.columns)))
    if findings.is_refused():
        return None
    cells = [table[columns[word]] for word in way]
    written = cells[0].astype(str) + (", " + cells[1].astype(str) if len(cells) == 2 else "")
    no_srids = np.full(len(table), "", dtype=object)
    if way == ("wkt",):
        shapes, srids = _from_wkt(words(cells[0]))
        return shapes, written, srids
    if way == ("point",):
        x, y = _from_cell(words(cells[0]))
    else:
        x, y = (_from_column(words(cell), axis) for cell, axis in zip(cells, ("x", "y"), strict=True))
    known = np.isfinite(x) & np.isfinite(y)
    shapes = np.full(len(table), None, dtype=object)
    shapes[known] = shapely.points(x[known], y[known])
    return shapes, written, no_srids


def _from_column(cells: pd.Series, axis: str) -> Floats:
    """Return numbers of a column; only cells that are no plain number are looked at as angles."""
    values: Floats = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, copy=True)
    odd = np.flatnonzero(np.isnan(values) & (cells != "").to_numpy())
    values[odd] = [parse_angle(cells.iloc[row], axis) for row in odd]
    return values


def _from_cell(cells: pd.Series) -> tuple[Floats, Floats]:
    parts = cells.str.extract(_PAIR)
    x, y = (pd.to_numeric(parts[side], errors="coerce").to_numpy(np.float64, copy=True) for side in (0, 1))
    for row in np.flatnonzero(np.isnan(x) & (cells != "").to_numpy()):
        x[row], y[row] = parse_point(cells.iloc[row])
    return x, y


def _from_wkt(cells: pd.Series) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    srids: npt.NDArray[Any] = cells.str.extract(_SRID)[0].fillna("").replace("0", "").to_numpy(object)
    texts = cells.str.replace(_SRID, "", regex=True).to_numpy(object)
    shapes = np.full(len(cells), None, dtype=object)
    filled = texts != ""
    shapes[filled] = shapely.force_2d(shapely.from_wkt(texts[filled], on_invalid="ignore"))
    shapes[shapely.is_empty(shapes)] = None
    return shapes, srids


def parse_angle(cell: str, axis: str = "") -> float:
    """Return a plain number as it is, or degrees of an angle in words; NaN for what is not clearly either.

    `axis` is x or y where a hemisphere of the other axis, or degrees beyond it, would be wrong.
    """
    found = _one(_tidy(cell))
    if found is None or (axis and found[1] not in ("", axis)):
        return math.nan
    value, is_angle = found[0], not _PLAIN.fullmatch(_tidy(cell))
    return math.nan if is_angle and abs(value) > DEGREES_MAX[axis] else value


def parse_point(cell: str) -> tuple[float, float]:
    """Return x and y of a cell that holds both; by their hemispheres, else x first. NaN where unclear."""
    parts = _halves(_tidy(cell))
    both = [_one(part) for part in parts]
    if len(both) != 2 or both[0] is None or both[1] is None:
        return math.nan, math.nan
    (first, first_axis), (second, second_axis) = both[0], both[1]
    if first_axis and first_axis == second_axis:
        return math.nan, math.nan
    swapped = first_axis == "y" or second_axis == "x"
    return (second, first) if swapped else (first, second)


def _tidy(cell: str) -> str:
    """Return the cell with one sign for each mark, ASCII digits and letters for words."""
    written = cell
    for word, letter in _WORDS:
        written = word.sub(letter, written)
    # NFKC would make two signs of one for the second and an o of an old degree sign
    written = unicodedata.normalize("NFKC", written.translate(_TO_MARK)).replace("''", '"').replace("、", ",")
    return written.replace("\u2212", "-").strip().strip("()[]").strip()


def _halves(written: str) -> list[str]:
    """Return the two coordinates of a cell, or anything but two parts where they cannot be told apart."""
    parted = [part.strip() for part in _PARTING.split(written) if part.strip()]
    if len(parted) != 1:
        return parted
    pieces = written.split()
    if all(_PLAIN.fullmatch(piece) for piece in pieces):
        half = len(pieces) // 2
        even = len(pieces) in (2, 4, 6)
        return [" ".join(pieces[:half]), " ".join(pieces[half:])] if even else []
    return _marked(written)


def _marked(written: str) -> list[str]:
    """Return the angles that marks or letters part, only if nothing else stands between them."""
    matches = list(_ONE.finditer(written))
    rest = _ONE.sub(" ", written)
    return [match.group() for match in matches] if not rest.strip() else []


def _one(written: str) -> tuple[float, str] | None:
    """Return a number and the axis that its letter names, None where it is neither number nor angle."""
    if _PLAIN.fullmatch(written):
        value = float(written)
        return (value, "") if math.isfinite(value) else None
    match = _ONE.fullmatch(written.upper())
    if match is None:
        return None
    number = "1" if match["lead"] else "2"
    letter = match["lead"] or match["trail"] or ""
    degrees, minutes, seconds = (match[f"{part}{number}"] for part in "dms")
    if ("." in degrees and minutes) or (minutes and "." in minutes and seconds):
        return None
    sixtieths = [float(part or 0) for part in (minutes, seconds)]
    signed = bool(match[f"sign{number}"]) and letter in tuple("NSEW")
    if max(sixtieths) >= 60 or signed:
        return None
    value = float(degrees) + sixtieths[0] / 60 + sixtieths[1] / 3600
    axis = _AXIS[letter]
    if value > DEGREES_MAX[axis]:
        return None
    return (-value if match[f"sign{number}"] == "-" or letter in ("W", "S") else value), axis
