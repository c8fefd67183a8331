"""What an office writes about a parcel's land: use, origin against kind, days, shares, whose fault a delay is."""

import re
import unicodedata
from datetime import date

import numpy as np
import pandas as pd

from siting.base.columns import NO, YES, Kind
from siting.base.errors import Problem
from siting.base.land_codes import (
    CODE,
    SYSTEMS,
    LandUse,
    collisions,
    is_listed,
    land_codes,
    land_title,
    land_use,
    nearest_code,
    with_zero,
)
from siting.base.layers import Layer
from siting.base.origins import origins
from siting.sources.reading import Findings

DAY_COLUMNS = ("start_due", "started_on", "stopped_on", "supplied_on", "available")
SHARE_COLUMNS = ("built_share", "invested_share")
YEARS = (1900, 2200)
LISTED = 5
_CODE_AND_TITLE = re.compile(rf"({CODE.pattern})[\s:：,，、-]*(\D+)")
_DAY = re.compile(
    r"(?P<y>[0-9]{4})(?:-(?P<m1>[0-9]{1,2})-(?P<d1>[0-9]{1,2})"
    r"|/(?P<m2>[0-9]{1,2})/(?P<d2>[0-9]{1,2})"
    r"|\.(?P<m3>[0-9]{1,2})\.(?P<d3>[0-9]{1,2})"
    r"|年(?P<m4>[0-9]{1,2})月(?P<d4>[0-9]{1,2})[日号]"
    r"|(?P<m5>[0-9]{2})(?P<d5>[0-9]{2}))"
    r"(?:[T ]?00:00(?::00(?:\.0+)?)?)?"
)


def read_land(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return parcels with land use, days (ISO text), shares (0 to 1) and yes/no as the project has them."""
    if layer.role != "parcels":
        return table
    checked = check_land_use(table, layer, findings)
    check_origin_kind(checked, findings)
    for word in (word for word in DAY_COLUMNS if word in checked.columns):
        days = read_days(checked[word], word, findings)
        checked = checked.assign(**{word: days.dt.strftime("%Y-%m-%d").fillna("").astype(object)})
    for word in (word for word in SHARE_COLUMNS if word in checked.columns):
        checked = checked.assign(**{word: read_shares(checked[word], word, findings)})
    if "government_cause" in checked.columns:
        cause = read_yes_no(checked["government_cause"], "government_cause", findings)
        checked = checked.assign(government_cause=cause)
    return checked


def check_land_use(table: pd.DataFrame, layer: Layer, findings: Findings) -> pd.DataFrame:
    """Return the table with `landuse` as bare codes or words; a code without its system is refused.

    Told: codes that the system lacks and those that lost a leading zero (by row), a code whose written title
    is another one's (by row), a mixture of codes and words, words that no list has. Nothing is guessed.
    """
    if "landuse" not in table.columns:
        return table
    system = layer.settings.code_system
    pairs = {cell: _code_and_title(str(cell)) for cell in table["landuse"].unique()}
    code = table["landuse"].map({cell: pair[0] for cell, pair in pairs.items()})
    beside = table["landuse"].map({cell: pair[1] for cell, pair in pairs.items()})
    kept = ~table.index.isin(list(findings.left_out))
    is_code = code.map({each: bool(CODE.fullmatch(each)) for each in code.unique()}).astype(bool)
    if (is_code & kept).any():
        if system:
            _check_codes(code[is_code & kept], beside, system, findings)
        else:
            _refuse_unnamed(code[is_code & kept], layer, findings)
    _tell_words(code[~is_code & kept & (code != "")], layer, findings, mixed=bool((is_code & kept).any()))
    return table.assign(landuse=code)


def check_origin_kind(table: pd.DataFrame, findings: Findings) -> None:
    """Refuse, by row, existing homes entered as land and land entered as existing homes."""
    if not {"origin", "kind"} <= set(table.columns):
        return
    known = origins()
    pairs = table[["origin", "kind"]].drop_duplicates().itertuples(index=False)
    unfit = {
        (origin, kind)
        for origin, kind in pairs
        if origin in known and kind in set(Kind) and not known[origin].fits(kind)
    }
    rows = [
        label
        for label, pair in zip(table.index, zip(table["origin"], table["kind"], strict=True), strict=True)
        if pair in unfit and label not in findings.left_out
    ]
    written = table["origin"] + ", kind " + table["kind"]
    fitting = {origin: known[origin].kind.replace("_or_", ", ") for origin, _ in unfit}
    for needed in sorted(set(fitting.values())):
        of_kind = [label for label in rows if fitting[table.loc[label, "origin"]] == needed]
        findings.rows("refuse", "origin_kind", of_kind, written, needed)


def read_days(column: pd.Series, word: str, findings: Findings) -> pd.Series:
    """Return days (datetime64, NaT where empty); what is no plain day is refused by row.

    Read: 2024-03-01, 2024/3/1, 2024.3.1, 2024年3月1日, 20240301, a spreadsheet's 2024-03-01 00:00:00.
    Refused: 03/04/2024 (day or month first?), a month alone, days that do not exist, years out of `YEARS`.
    """
    read = {cell: _day(str(cell)) for cell in column.unique()}
    days = pd.Series([read[cell] for cell in column], index=column.index, dtype="datetime64[s]")
    bad = days.isna() & (column != "") & ~column.index.isin(list(findings.left_out))
    findings.rows("refuse", "bad_day", list(column.index[bad]), column, word)
    return days


def read_shares(column: pd.Series, word: str, findings: Findings) -> pd.Series:
    """Return shares of 0 to 1 from a column of shares or, throughout, of percent (told once).

    A column with any value above 1 is one of percent; there, a value between 0 and 1 could be either and is
    refused by row, as is a value above 100.
    """
    if not (column > 1).any():
        return column
    findings.problems.append(Problem("percent_column", findings.file, word, f"{column.max():g}", level="note"))
    kept = ~column.index.isin(list(findings.left_out))
    findings.rows("refuse", "share_or_percent", list(column.index[(column > 0) & (column <= 1) & kept]), column, word)
    findings.rows("refuse", "share_above", list(column.index[(column > 100) & kept]), column, word)
    return column / 100


def read_yes_no(column: pd.Series, word: str, findings: Findings) -> pd.Series:
    """Return `yes`, `no` or empty; other words are kept out and listed by row."""
    lower = column.str.lower()
    answer = pd.Series(np.select([lower.isin(YES), lower.isin(NO)], ["yes", "no"], ""), index=column.index)
    odd = (answer == "") & (column != "") & ~column.index.isin(list(findings.left_out))
    findings.rows("warn", "yes_or_no", list(column.index[odd]), column, word)
    return answer.astype(object)


def _code_and_title(cell: str) -> tuple[str, str]:
    """Return a cell as its code and the known title beside it; else as it stands, and nothing."""
    plain = unicodedata.normalize("NFKC", cell).strip()
    bare = plain.upper()
    if CODE.fullmatch(bare):
        return bare, ""
    match = _CODE_AND_TITLE.fullmatch(plain)
    title = match[2].strip(" ()") if match else ""
    return (match[1], title) if match and land_use(title, "") else (plain, "")


def _refuse_unnamed(codes: pd.Series, layer: Layer, findings: Findings) -> None:
    present = sorted(codes.unique())
    clashing = [uses for code in present if (uses := collisions(code))]
    examples = "; ".join(_two_meanings(uses) for uses in clashing[:LISTED]) or ", ".join(present[:LISTED])
    findings.refuse("no_code_system", layer.file, examples, ", ".join(SYSTEMS))


def _two_meanings(uses: tuple[LandUse, ...]) -> str:
    return f"{uses[0].code} = " + " / ".join(f"{use.zh} {use.en} ({use.system})" for use in uses)


def _check_codes(codes: pd.Series, beside: pd.Series, system: str, findings: Findings) -> None:
    listed = land_codes(system)
    for code in sorted(codes.unique()):
        rows = list(codes.index[codes == code])
        if whole := with_zero(code, system):
            findings.rows("warn", "lost_zero", rows, codes, f"{whole} {listed[whole].zh}")
        elif not is_listed(code, system):
            near = nearest_code(code, system)
            findings.rows("warn", "unknown_land_code", rows, codes, f"{near} {listed[near].zh}" if near else system)
    titled = codes[beside[codes.index] != ""]
    for code, title in sorted(set(zip(titled, beside[titled.index], strict=True))):
        if is_listed(code, system) and title not in (land_title(code, system, "zh"), land_title(code, system, "en")):
            rows = list(titled.index[(titled == code) & (beside[titled.index] == title)])
            written = titled + " " + beside[titled.index]
            findings.rows("warn", "other_title", rows, written, f"{code} {land_title(code, system, 'zh')} ({system})")


def _tell_words(words: pd.Series, layer: Layer, findings: Findings, *, mixed: bool) -> None:
    if words.empty:
        return
    if mixed:
        findings.warn("codes_and_words", "landuse", f"row {words.index[0] + 1}: {words.iloc[0]}", str(len(words)))
    strange = [word for word in sorted(words.unique()) if land_use(word, layer.settings.code_system) is None]
    if strange:
        shown = ", ".join(strange[:LISTED]) + (f" … ({len(strange)})" if len(strange) > LISTED else "")
        findings.problems.append(Problem("unknown_land_word", findings.file, "landuse", shown, level="note"))


def _day(cell: str) -> np.datetime64:
    plain = re.sub(r"\s*([年月日号])\s*", r"\1", unicodedata.normalize("NFKC", cell).strip())
    match = _DAY.fullmatch(plain)
    if match is None:
        return np.datetime64("NaT", "s")
    year, month, day = (int(each) for each in match.groups() if each is not None)
    try:
        found = date(year, month, day)
    except ValueError:
        return np.datetime64("NaT", "s")
    return np.datetime64(found if YEARS[0] <= year <= YEARS[1] else "NaT", "s")
