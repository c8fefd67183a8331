"""Candidates as a 勘测定界 text, the form in which land surveys are handed on."""

from dataclasses import replace

import geopandas as gpd

from siting.base.errors import Problem
from siting.base.results import Results
from siting.sources.reading import Findings
from siting.sources.survey_text import survey_text


def survey_of(results: Results) -> tuple[bytes | None, tuple[Problem, ...]]:
    """Return the drawn parcels as a survey text by order of id, None where their CRS is no CGCS2000 zone; and why.

    A lot of a site is land of that site and does not stand there a second time.
    """
    inside = results.ranking["reasons"].str.contains("in_site:", regex=False)
    lots = set(results.ranking.loc[inside, "parcel_id"])
    shapes = results.parcels.geometry
    drawn = results.parcels[~(shapes.isna() | shapes.is_empty) & ~shapes.index.isin(lots)].sort_index()
    columns = {"id": "id", **{word: word for word in ("name", "landuse") if word in drawn.columns}}
    findings = Findings("survey.txt")
    written = survey_text(gpd.GeoDataFrame(drawn), columns=columns, findings=findings)
    return written, tuple(replace(each, level="note") for each in findings.problems)
