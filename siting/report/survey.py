"""Candidates as a 勘测定界 text, the form in which land surveys are handed on."""

import geopandas as gpd

from siting.base.results import Results
from siting.sources.reading import Findings
from siting.sources.survey_text import survey_text


def survey_of(results: Results) -> bytes | None:
    """Return every drawn parcel as a survey text by order of id, None where their CRS is no CGCS2000 zone."""
    drawn = results.parcels[~(results.parcels.geometry.isna() | results.parcels.geometry.is_empty)].sort_index()
    columns = {"id": "id", **{word: word for word in ("name", "landuse") if word in drawn.columns}}
    findings = Findings("survey.txt")
    return survey_text(gpd.GeoDataFrame(drawn), columns=columns, findings=findings)
