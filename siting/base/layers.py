"""What a layer file (layers/*.toml) declares: role, source, columns, datum, provenance."""

from datetime import date as Date
from typing import Literal

from pydantic import Field

from siting.base.columns import Evidence, Language, Role
from siting.base.settings import Model, NotNegative, Positive

Action = Literal["exclude", "gate", "review", "penalise"]

OUR_COLUMNS: dict[str, tuple[str, ...]] = {
    "parcels": ("id", "name", "unit", "kind", "origin", "far", "homes", "landuse", "jobs_on_site", "note"),
    "roads": ("id", "name", "class", "speed_kmh", "speed_back_kmh", "oneway", "surface", "walk", "cycle", "drive"),
    "places": ("id", "name", "kind", "jobs", "seats", "beds", "capacity", "persons", "note"),
    "units": ("id", "name", "population", "workers"),
    "constraint": ("id", "name"),
    "raster": (),
    "utility": ("id", "name", "kind", "capacity"),
    "transit": ("id", "name", "headway_min"),
    "demand": ("id", "unit", "group", "area_band", "persons", "date"),
    "backdrop": ("id", "name", "kind"),
}
NUMBER_COLUMNS = frozenset(
    [
        "far",
        "homes",
        "jobs_on_site",
        "speed_kmh",
        "jobs",
        "seats",
        "beds",
        "capacity",
        "persons",
        "population",
        "workers",
        "headway_min",
    ]
)
COORDINATE_COLUMNS = ("x", "y")
OSM_ENDS = (".osm.pbf", ".osm")


class About(Model):
    """`[about]`: date, owner and licence of the data."""

    date: str = ""
    owner: str = ""
    licence: str = ""

    @property
    def day(self) -> Date | None:
        """The date as a day, None where none is given (or it is no date)."""
        try:
            return Date.fromisoformat(self.date)
        except ValueError:
            return None


class Rule(Model):
    """`[rule]` of a constraint layer: what an overlap does, by which clause, how far around."""

    action: Action
    title: str
    title_en: str = ""
    clause: str = ""
    evidence: Evidence = "U"
    buffer_m: NotNegative = 0
    where: Literal["inside", "outside"] = "inside"
    sliver_m2: NotNegative = 1
    penalty: Positive | None = Field(default=None, lt=1)
    document: str = ""

    def caption(self, language: Language) -> str:
        """Return the title in a language."""
        return (self.title_en if language == "en" else self.title) or self.title


class OneWay(Model):
    """`[oneway]` of a roads layer: which words mean along, and which against, the drawn line."""

    forward: tuple[str, ...] = Field(default=(), strict=False)
    backward: tuple[str, ...] = Field(default=(), strict=False)
    both: tuple[str, ...] = Field(default=(), strict=False)


class Join(Model):
    """`[join]` of a roads layer: how lines meet."""

    tolerance_m: NotNegative = 0.01
    crossings: Literal["keep", "split"] = "keep"


class LayerSettings(Model):
    """One file of layers/."""

    role: Role
    source: str
    kind: str = ""
    title: str = ""
    title_en: str = ""
    datum: str = ""
    encoding: str = ""
    sheet: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    classes: dict[str, str] = Field(default_factory=dict)
    kinds: dict[str, str] = Field(default_factory=dict)
    estimated: tuple[str, ...] = Field(default=(), strict=False)
    oneway: OneWay = OneWay()
    join: Join = Join()
    rule: Rule | None = None
    about: About = About()


class Layer(Model):
    """A layer of the project: its name (the file's stem) and what its file says."""

    name: str
    file: str
    settings: LayerSettings

    @property
    def role(self) -> Role:
        """The role of the layer."""
        return self.settings.role

    def caption(self, language: Language) -> str:
        """Return the title in a language, or the name where none is given."""
        settings = self.settings
        return (settings.title_en if language == "en" else settings.title) or settings.title or self.name
