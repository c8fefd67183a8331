"""Words that every room shares: roles of layers, statuses of parcels, modes of travel."""

from enum import StrEnum
from typing import Literal

Role = Literal[
    "parcels",
    "roads",
    "places",
    "units",
    "constraint",
    "raster",
    "utility",
    "transit",
    "demand",
    "backdrop",
]
Mode = Literal["walk", "cycle", "drive"]
TravelMode = Literal["walk", "cycle", "drive", "transit"]
"""How a criterion travels: by a mode of the streets, or by public transport."""
Season = Literal["summer", "winter"]
Direction = Literal["to", "from", "both"]
Better = Literal["more", "less"]
Language = Literal["zh", "en"]
Evidence = Literal["R", "S", "M", "C", "G", "U"]
"""R read in a source, S the city's plan, M from memory, C computed, G guess, U set by the user."""

YES = frozenset({"是", "有", "yes", "y", "true", "1"})
NO = frozenset({"否", "无", "没有", "no", "n", "false", "0"})
"""How offices write yes and no, in small letters."""

MODES: tuple[Mode, ...] = ("walk", "cycle", "drive")
MS_PER_MINUTE = 60_000
SCORE_DECIMALS = 9


class Status(StrEnum):
    """What became of a parcel; only `OK` and `GATE` carry scores."""

    OK = "ok"
    GATE = "gate"
    EXCLUDED = "excluded"
    UNSNAPPED = "unsnapped"
    DISCONNECTED = "disconnected"
    NO_DATA = "no_data"


SCORED = (Status.OK, Status.GATE)


class Kind(StrEnum):
    """What a parcel is: bare land, existing homes, or a building to convert."""

    LAND = "land"
    STOCK = "stock"
    CONVERSION = "conversion"
