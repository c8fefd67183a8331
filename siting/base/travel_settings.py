"""`[travel]` of siting.toml: seasons, speeds, turns and public transport."""

from datetime import date as Date
from typing import Annotated, Literal

from pydantic import Field

from siting.base.model import Model, NotNegative, Positive

Clock = Annotated[str, Field(pattern=r"^\d{1,2}:[0-5]\d$")]


class TransitBlock(Model):
    """`[travel.transit]`: the day and the window of departures; the other values are guesses (G) to be set.

    date: which day of a GTFS feed. departures: local time, one journey a minute, the last minute not
    included. percentile: of the travel times over the window. walk_cutoff, transfer_cutoff: minutes on foot
    to, from and between stops. hours, line_kmh, stop_within_m: when and how fast lines with headways run,
    and how near to a line its stops lie.
    """

    departures: tuple[Clock, Clock] = Field(strict=False)
    date: Date | None = None
    percentile: Positive = Field(default=50, le=100)
    method: Literal["timetable", "headway"] = "timetable"
    longest_wait: Positive = 30
    walk_cutoff: Positive = 15
    transfer_cutoff: NotNegative = 5
    boardings: int = Field(default=4, ge=1)
    board_slack_s: int = Field(default=60, ge=0)
    hours: tuple[Clock, Clock] = Field(default=("06:00", "23:00"), strict=False)
    line_kmh: Positive = 20
    stop_within_m: Positive = 30


class TurnsBlock(Model):
    """`[travel.turns]`: seconds that a driver loses in turning where three or more streets meet; no defaults.

    restrictions: the OpenStreetMap extract that the roads came from, whose turn restrictions then hold; the
    id of a road must be that of its way, as `siting new --osm` writes it.
    """

    left_s: NotNegative
    right_s: NotNegative
    straight_s: NotNegative
    u_turn_s: NotNegative
    restrictions: str = ""


class TravelBlock(Model):
    """`[travel]`: season, snapping distance in metres, speeds in km/h by road class, raster of elevations."""

    season: Literal["summer", "winter", "both"] = "summer"
    snap: Positive = 300
    speeds: dict[str, Positive] = Field(default_factory=dict)
    slope: str = ""
    turns: TurnsBlock | None = None
    transit: TransitBlock | None = None
