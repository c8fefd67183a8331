"""What a layer file (layers/*.toml) declares: role, source, columns, datum, provenance."""

from collections.abc import Iterable
from datetime import date as Date
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, model_validator

from siting.base.addresses import mask
from siting.base.columns import Evidence, Language, Role
from siting.base.model import Model, Name, NotNegative, Number, Positive

Action = Literal["exclude", "gate", "review", "penalise"]
CodeSystem = Literal["", "planning_2023", "survey_2017"]


OUR_COLUMNS: dict[str, tuple[str, ...]] = {
    "parcels": (
        *("id", "name", "unit", "kind", "origin", "far", "homes", "landuse", "jobs_on_site", "note", "owner"),
        *("price", "market_price", "purchase_price", "land_cost", "saleable_m2"),
        *("available", "net_land", "responsible", "planned_use"),
        *("area_m2", "area_ha", "area_mu", "storeys", "renewal_area", "documents", "ready_date", "hidden_debt"),
        *("start_due", "started_on", "stopped_on", "built_share", "invested_share", "government_cause", "supplied_on"),
    ),
    "roads": ("id", "name", "class", "speed_kmh", "speed_back_kmh", "oneway", "surface", "walk", "cycle", "drive"),
    "places": (
        *("id", "name", "kind", "jobs", "seats", "enrolled", "beds", "capacity", "persons", "population", "workers"),
        *("homes", "occupied", "note"),
    ),
    "units": ("id", "name", "population", "workers", "settlement"),
    "constraint": ("id", "name", "class", "kv"),
    "raster": (),
    "utility": ("id", "name", "kind", "capacity", "ready_date"),
    "transit": ("id", "name", "headway_min"),
    "demand": ("id", "unit", "group", "area_band", "persons", "date", "work_unit", "applicant", "homes", "urgent"),
    "backdrop": ("id", "name", "kind"),
}
NUMBER_COLUMNS = frozenset(
    [
        *("far", "homes", "jobs_on_site", "speed_kmh", "jobs", "seats", "beds", "capacity", "persons"),
        *("population", "workers", "headway_min", "area_m2", "area_ha", "area_mu", "storeys"),
        *("enrolled", "occupied", "settlement", "price", "market_price", "purchase_price", "land_cost", "saleable_m2"),
        *("built_share", "invested_share"),
    ]
)
COORDINATE_COLUMNS = ("x", "y", "point", "wkt", "datum")
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


class Coordinates(Model):
    """`[coordinates]` of a table: how its rows are placed when their cells disagree with each other.

    datums: what the words of the `datum` column mean (a datum or EPSG code). within: west, south, east, north
    in degrees that every row must fall in. repair: mends that the user allows row by row: `swap` x and y,
    take another of the `datums` than the row names.
    """

    datums: dict[str, str] = Field(default_factory=dict)
    within: tuple[Number, Number, Number, Number] | None = Field(default=None, strict=False)
    repair: tuple[Literal["swap", "datum"], ...] = Field(default=(), strict=False)


class SurveyText(Model):
    """`[survey]` of a 勘测定界 TXT: the order of the fields of a point line, and of a parcel's head line.

    The words: point, ring, x (north), y (east), `-` for a field of no interest; id, name, area_ha, landuse ….
    """

    point: tuple[str, ...] = Field(default=("point", "ring", "x", "y"), strict=False)
    head: tuple[str, ...] = Field(default=(), strict=False)


class Assemble(Model):
    """`[assemble]` of a parcels layer: neighbouring lots become one site; nothing is assembled unless asked.

    gap_m: how far apart neighbours may lie. lot_max_m2: only smaller lots are assembled. same: our columns in
    which lots of one site must agree. site_max_m2: a site grows no larger.
    """

    gap_m: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
    lot_max_m2: Positive | None = None
    site_max_m2: Positive | None = None
    same: tuple[Name, ...] = Field(default=(), strict=False)


class LayerSettings(Model):
    """One file of layers/.

    A password in a `postgresql://` source moves to `secret`, which is never written or shown.
    """

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
    rule: dict[str, Any] | None = None
    coordinates: Coordinates = Coordinates()
    survey: SurveyText = SurveyText()
    assemble: Assemble | None = None
    code_system: CodeSystem = ""
    towgs84: tuple[Number, ...] = Field(default=(), strict=False)
    about: About = About()
    secret: SecretStr | None = Field(default=None, exclude=True, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _hide_password(cls, raw: Any) -> Any:
        source = raw.get("source") if isinstance(raw, dict) else None
        if not isinstance(source, str):
            return raw
        shown, secret = mask(source)
        return raw if shown == source else {**raw, "source": shown, "secret": secret}


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


def newest_day(layers: Iterable[Layer]) -> Date | None:
    """Return the newest day that the layers state, None where none does."""
    return max((day for layer in layers if (day := layer.settings.about.day) is not None), default=None)
