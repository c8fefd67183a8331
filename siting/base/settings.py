"""The settings of a project (siting.toml) as text declares them: models only, no files.

Unknown keys are refused. Checks that need more than one key live in `settings_checks`.
"""

import re
from datetime import date as Date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from siting.base.certificate_settings import CertificateBlock
from siting.base.columns import Better, Direction, Evidence, Language, Mode, TravelMode
from siting.base.finance_settings import FinanceBlock
from siting.base.living_settings import (
    CalibrationBlock,
    DecayBlock,
    InequalityBlock,
    JobsHousingBlock,
    LifeCircleBlock,
    Minutes,
    SchoolBlock,
    TakeUpBlock,
    VacancyBlock,
)
from siting.base.model import Model, Name, NotNegative, Number, Positive
from siting.base.need_settings import NeedBlock
from siting.base.papers_settings import PapersBlock
from siting.base.quota_settings import QuotaBlock
from siting.base.travel_settings import TravelBlock
from siting.base.weights_settings import CombineBlock, WeightsBlock

NAME = re.compile(r"[^\W\d]\w*")
DISTANCES = ("nearest", "nearest_k", "balancing_time", "raam")
OF = re.compile(r"(?P<layer>\w+)(?:\[kind=(?P<kinds>\w+(?:\|\w+)*)\])?(?:\.(?P<column>\w+))?")


class ProjectBlock(Model):
    """`[project]`: title, working CRS (projected, metres), language, seed, date of documents."""

    title: str
    crs: str
    language: Language = "zh"
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    date: Date | None = None


class ScreenBlock(Model):
    """`[screen]`: the rulebook of constraint layers by their `kind`, and rules on the parcels themselves.

    rulebook: `cn`, `none`, or a TOML file of rules beside siting.toml. setting: where the town lies, for rules
    whose distance depends on it. slope: the raster layer (elevation in metres, or kind `slope_pct`) that slope
    is taken from; slope_max in per cent. area_min in m2. source, evidence: of area_min and slope_max.
    """

    rulebook: str = "none"
    setting: Literal["urban", "suburb", "town", "rural"] | None = None
    slope: str = ""
    slope_max: Positive | None = None
    area_min: NotNegative | None = None
    source: str = ""
    evidence: Evidence = "U"


class Of(Model):
    """What a criterion looks at: a layer, some of its kinds, and a column to add up."""

    layer: str
    kinds: tuple[str, ...] = ()
    column: str | None = None

    @classmethod
    def parse(cls, written: str) -> "Of | None":
        """Return the parts of `layer[kind=a|b].column`, or None if it is not of that form."""
        match = OF.fullmatch(written)
        if match is None:
            return None
        kinds = tuple((match["kinds"] or "").split("|")) if match["kinds"] else ()
        return cls(layer=match["layer"], kinds=kinds, column=match["column"])


class Criterion(Model):
    """`[[criterion]]`: a measure, what it is of, its fixed reference points and its weight.

    demand: who competes for the places, `layer.column`. demand_per_home: what a home adds to it, for the access
    after building. cutoff_from: start of the interval up to `cutoff`. tau: minutes that weigh as much as a place
    as full as the mean. shares: of people by mode of travel, for `multimodal`. weight: left out where `[weights]` finds
    it. shape, with points, half or other: of the value between worst and best, see `score.value`.
    """

    name: Name
    measure: str
    of: str
    better: Better
    worst: Number
    best: Number
    weight: NotNegative | None = None
    shape: Literal["linear", "piecewise", "stepped", "saturating", "target"] = "linear"
    points: tuple[Annotated[tuple[Number, Number], Field(strict=False)], ...] = Field(default=(), strict=False)
    half: Number | None = None
    other: Number | None = None
    mode: TravelMode | None = None
    direction: Direction = "to"
    cutoff: Positive | None = None
    cutoff_from: NotNegative | None = None
    k: int | None = Field(default=None, ge=1, le=100)
    decay: DecayBlock | None = None
    demand: str = ""
    demand_per_home: Positive | None = None
    tau: Minutes | None = None
    shares: dict[TravelMode, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    floor: Number | None = None
    title: str = ""
    title_en: str = ""
    source: str = ""
    evidence: Evidence = "U"

    @property
    def target(self) -> Of:
        """The parsed `of`."""
        return Of.parse(self.of) or Of(layer=self.of)

    @property
    def rivals(self) -> Of:
        """The parsed `demand`."""
        return Of.parse(self.demand) or Of(layer=self.demand)

    @property
    def modes(self) -> tuple[TravelMode, ...]:
        """The modes that it travels by."""
        shared = tuple(mode for mode in sorted(self.shares) if self.shares[mode] > 0)
        on_foot: tuple[TravelMode, ...] = ("walk",) if self.measure == "circle_coverage" else ()
        return shared or on_foot or (() if self.mode is None else (self.mode,))

    @property
    def counts(self) -> bool:
        """Whether it counts in the score."""
        return self.weight is not None and self.weight > 0

    @property
    def is_distance(self) -> bool:
        """Whether nothing within the limit is farthest (a time or cost), not least (an amount)."""
        return self.measure in DISTANCES

    @property
    def street_modes(self) -> tuple[Mode, ...]:
        """The modes by which it meets the streets: public transport is met on foot."""
        met: set[Mode] = {"walk" if mode == "transit" else mode for mode in self.modes}
        return tuple(sorted(met))

    @property
    def street_mode(self) -> Mode | None:
        """The first of the street modes, None where it does not travel."""
        return next(iter(self.street_modes), None)

    def caption(self, language: Language) -> str:
        """Return the title in a language, or the name where none is given."""
        return (self.title_en if language == "en" else self.title) or self.title or self.name


class Condition(Model):
    """One branch of a flag: a criterion below or above a bound."""

    criterion: str
    below: Number | None = None
    above: Number | None = None

    @property
    def bound(self) -> float:
        """The one bound that is given."""
        return float(self.above if self.above is not None else self.below or 0)

    @model_validator(mode="after")
    def _one_bound(self) -> "Condition":
        if (self.below is None) == (self.above is None):
            msg = "one of: below, above"
            raise ValueError(msg)
        return self


class Flag(Model):
    """`[flag.NAME]`: a warning that fires when any of its conditions holds."""

    title: str
    any_of: tuple[Condition, ...] = Field(strict=False)
    title_en: str = ""
    source: str = ""
    evidence: Evidence = "U"

    def caption(self, language: Language) -> str:
        """Return the title in a language."""
        return (self.title_en if language == "en" else self.title) or self.title


class CapacityBlock(Model):
    """`[capacity]`: how many homes a parcel holds; no defaults, all numbers are the user's.

    climate_zone: picks the shipped table of block controls (GB 50180-2018 4.0.2), with storeys. sun_hours: of
    sunlight on the day of 大寒 that the spacing check asks for. frontage: share of the row that slabs fill.
    """

    far: Positive | None = None
    mean_home_m2: Positive | None = None
    climate_zone: Literal["I", "II", "III", "IV", "V", "VI", "VII"] | None = None
    storeys: int | None = Field(default=None, ge=1, le=60)
    storey_m: Positive | None = None
    depth_m: Positive | None = None
    frontage: Positive | None = Field(default=None, le=1)
    sun_hours: Positive | None = Field(default=None, le=8)
    density_max: Positive | None = Field(default=None, le=1)
    green_min: NotNegative | None = Field(default=None, le=1)
    parking_per_home: NotNegative | None = None
    parking_m2: Positive | None = None
    parking_on_ground: NotNegative | None = Field(default=None, le=1)


class UtilityBlock(Model):
    """`[utility.KIND]`: how a parcel is joined to a network; the public ledger pays it.

    layer: the utility layer; kind: which of its rows (the block's name where empty). free_m, max_m: metres of
    route. unit_price: yuan a metre of route. need: must or should. demand_per_home: in the unit of the layer's
    `capacity` (headroom).
    """

    layer: Name
    kind: str = ""
    free_m: NotNegative
    max_m: Positive
    unit_price: NotNegative
    need: Literal["must", "should"] = "must"
    demand_per_home: Positive | None = None
    source: str = ""
    evidence: Evidence = "U"


class Settings(Model):
    """All settings of a project."""

    project: ProjectBlock
    travel: TravelBlock = TravelBlock()
    screen: ScreenBlock = ScreenBlock()
    criterion: tuple[Criterion, ...] = Field(default=(), strict=False)
    combine: CombineBlock = CombineBlock()
    weights: WeightsBlock | None = None
    certificate: CertificateBlock = CertificateBlock()
    flag: dict[str, Flag] = Field(default_factory=dict)
    capacity: CapacityBlock = CapacityBlock()
    utility: dict[Name, UtilityBlock] = Field(default_factory=dict)
    life_circle: LifeCircleBlock | None = None
    jobs_housing: JobsHousingBlock | None = None
    school: dict[Name, SchoolBlock] = Field(default_factory=dict)
    inequality: InequalityBlock | None = None
    vacancy: VacancyBlock | None = None
    take_up: TakeUpBlock | None = None
    calibration: CalibrationBlock | None = None
    finance: FinanceBlock | None = None
    need: NeedBlock | None = None
    quota: QuotaBlock | None = None
    papers: PapersBlock | None = None

    @property
    def weighted(self) -> tuple[Criterion, ...]:
        """The criteria that count in the score."""
        return tuple(criterion for criterion in self.criterion if criterion.counts)


def layers_named(settings: Settings) -> frozenset[str]:
    """Return the layers that criteria and the blocks on living name."""
    written = [text for each in settings.criterion for text in (each.of, each.demand) if text]
    written += [each.of for each in settings.school.values()]
    for block in (settings.jobs_housing, settings.vacancy, settings.take_up, settings.inequality):
        written += [getattr(block, key) for key in ("jobs", "workers", "people") if getattr(block, key, "")]
    named = {(Of.parse(each) or Of(layer=each)).layer for each in written}
    named |= set(settings.life_circle.layers if settings.life_circle is not None else ())
    named |= set(settings.vacancy.places if settings.vacancy is not None else ())
    for name in (
        settings.take_up and settings.take_up.applicants,
        settings.jobs_housing and settings.jobs_housing.flows,
    ):
        named |= {name} if name else set()
    return frozenset(named | ({settings.calibration.records} if settings.calibration is not None else set()))
