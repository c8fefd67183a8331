"""A folium map for notebooks; the planner's page is `siting.report.page`."""

import html
from typing import TYPE_CHECKING, Any

import pandas as pd

from siting.base.results import Results
from siting.report.colours import score_colour

if TYPE_CHECKING:
    import folium

_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;", "`": "&#96;", "\\": "&#92;"})


def quick_map(results: Results) -> "folium.Map":
    """Return a folium map of the parcels coloured by score, without tiles.

    Text of the data is escaped, so that it is neither markup nor template. folium loads its scripts
    from the internet; without it use the page `index.html`.
    """
    import folium  # noqa: PLC0415  slow to load, and only notebooks draw with it

    columns = ["parcel_id", "name", "status", "score", "rank", "flags"]
    ranking = results.ranking.set_index("parcel_id", drop=False)[columns]
    shapes = results.parcels.geometry.to_crs("EPSG:4326")
    west, south, east, north = shapes.total_bounds
    drawn = folium.Map(tiles=None, prefer_canvas=True)
    drawn.fit_bounds([[south, west], [north, east]])
    for parcel, row in ranking.loc[shapes.index].iterrows():
        shown = {"color": "#333333", "weight": 1, "fillColor": score_colour(row["score"]), "fillOpacity": 0.8}
        folium.GeoJson(
            shapes[parcel].__geo_interface__,
            style_function=lambda _, style=shown: style,
            tooltip=folium.Tooltip("<br>".join(f"{name}: {_safe(row[name])}" for name in columns)),
        ).add_to(drawn)
    return drawn


def _safe(cell: Any) -> str:
    return "" if pd.isna(cell) else html.escape(str(cell)).translate(_BRACES)
