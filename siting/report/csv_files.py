"""CSV files that Chinese Excel opens rightly: UTF-8 with mark, text that is never a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

import pandas as pd

from siting.base.results import Results

UNSCREENED = ["score", "rank", "rank_best", "rank_worst", "p_top", "estimated"]
MARK = "\ufeff"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def ranking_csv(results: Results) -> str:
    """Return ranking.csv."""
    return table_csv(explained(results))


def screening_csv(results: Results) -> str:
    """Return screening.csv: the ranking without scores and ranks, which screening alone does not make."""
    return table_csv(explained(results).drop(columns=UNSCREENED))


def explained(results: Results) -> pd.DataFrame:
    """Return the ranking with the reasons in words of the project's language as `explanation`."""
    language = results.settings.project.language
    stop = "；" if language == "zh" else "; "
    spoken = {r["parcel_id"]: stop.join(reason[language] for reason in r["reasons"]) for r in results.receipts}
    return results.ranking.assign(explanation=results.ranking["parcel_id"].map(spoken))


def indicators_csv(results: Results) -> str:
    """Return indicators.csv."""
    return table_csv(results.indicators)


def problems_csv(results: Results) -> str:
    """Return problems.csv."""
    return table_csv(results.problems)


def table_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV text: missing is empty, text that a spreadsheet would run is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(_row(row) for row in table.itertuples(index=False, name=None))
    return MARK + out.getvalue()


def _row(cells: Iterable[object]) -> Sequence[str]:
    return [cell_text(cell) for cell in cells]


def cell_text(cell: object) -> str:
    """Return a cell as text; a leading = + - @ tab or return of text is defused by an apostrophe."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and pd.isna(cell)):
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    return repr(float(cell)) if isinstance(cell, float) else str(cell)
