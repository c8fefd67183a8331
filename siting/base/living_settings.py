"""The settings on what it is like to live at a parcel: life circles, jobs and homes, schools, who would move in.

Nothing here has a default that is a demand, a rate or a weight: those are the user's.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from siting.base.columns import Evidence, Mode
from siting.base.model import Model, Name, NotNegative, Number, Positive

Minutes = Annotated[float, Field(gt=0, le=24 * 60, allow_inf_nan=False)]
TERMS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "step": (("cutoff",),),
    "linear": (("cutoff",),),
    "gaussian": (("cutoff",),),
    "exponential": (("beta",), ("half_at",)),
    "power": (("beta",),),
    "logistic": (("midpoint", "spread"),),
    "bands": (("bands",),),
}
"""What each form of decay needs; where there are several sets, one of them."""


class DecayBlock(Model):
    """`decay = { form = "gaussian", cutoff = 30 }`: how a place counts less the farther it is, in minutes.

    bands: `{ "10" = 1.0, "20" = 0.68 }`, the weight up to each bound.
    """

    form: Literal["step", "linear", "exponential", "power", "gaussian", "logistic", "bands"]
    cutoff: Minutes | None = None
    beta: Positive | None = None
    half_at: Minutes | None = None
    midpoint: Minutes | None = None
    spread: Positive | None = None
    bands: dict[str, Annotated[float, Field(ge=0, le=1)]] | None = None

    @property
    def terms(self) -> dict[str, Any]:
        """The terms that are given, bands by their bound in minutes."""
        given = self.model_dump(exclude={"form"}, exclude_none=True)
        if self.bands is not None:
            given["bands"] = {float(bound): weight for bound, weight in self.bands.items()}
        return given

    @property
    def reach(self) -> float | None:
        """Minutes beyond which the weight is 0, None where it never is."""
        return max(map(float, self.bands)) if self.bands else self.cutoff

    @model_validator(mode="after")
    def _own_terms(self) -> "DecayBlock":
        given = tuple(sorted(self.model_dump(exclude={"form"}, exclude_none=True)))
        wanted = TERMS[self.form]
        if given not in {tuple(sorted(each)) for each in wanted}:
            msg = f"{self.form}: {' | '.join(', '.join(each) for each in wanted)}"
            raise ValueError(msg)
        if self.bands is not None and not all(_is_minutes(bound) for bound in self.bands):
            msg = 'bands = { "10" = 1.0, "20" = 0.68 }'
            raise ValueError(msg)
        return self


class LifeCircleBlock(Model):
    """`[life_circle]`: which facilities lie within reach on foot, by the tier of the settlement.

    layers: of places, whose kinds are facilities. distance: along the streets, or as the crow flies. search_m:
    how far the nearest of a kind is looked for. radius_m: own radii by kind. above_tier_min: minutes by car for
    kinds above the settlement's tier; None takes the shipped one. drive_min: own minutes by kind. slow_mode_m: least
    radius in a small town. source, evidence: of own values.
    """

    layers: tuple[Name, ...] = Field(strict=False)
    distance: Literal["network", "straight"] = "network"
    search_m: Positive = 5000
    radius_m: dict[str, Positive] = Field(default_factory=dict)
    above_tier_min: Minutes | None = None
    drive_min: dict[str, Minutes] = Field(default_factory=dict)
    slow_mode_m: Positive | None = None
    source: str = ""
    evidence: Evidence = "U"


class JobsHousingBlock(Model):
    """`[jobs_housing]`: where people work and live, how they travel, and how many workers a home adds.

    jobs, workers: `layer.column` (workers of places or units). cutoff: minutes beyond which nobody commutes.
    catchments: minutes of the curves. workers_per_home: without it no effect of homes is reported. mean_minutes
    (one number, or low and high) or beta make modelled flows. flows: a demand layer with unit, work_unit, persons.
    """

    jobs: str
    workers: str
    mode: Mode
    cutoff: Minutes
    catchments: tuple[Minutes, ...] = Field(default=(), strict=False)
    workers_per_home: Positive | None = None
    mean_minutes: tuple[Minutes, ...] = Field(default=(), max_length=2, strict=False)
    beta: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)] | None = None
    flows: str = ""
    source: str = ""
    evidence: Evidence = "U"

    @model_validator(mode="before")
    @classmethod
    def _one_or_two(cls, raw: Any) -> Any:
        mean = raw.get("mean_minutes") if isinstance(raw, dict) else None
        return {**raw, "mean_minutes": [mean]} if isinstance(mean, int | float) else raw

    @model_validator(mode="after")
    def _one_calibration(self) -> "JobsHousingBlock":
        if self.beta is not None and self.mean_minutes:
            msg = "one of: mean_minutes, beta"
            raise ValueError(msg)
        if len(self.mean_minutes) == 2 and self.mean_minutes[0] > self.mean_minutes[1]:
            msg = "mean_minutes = [low, high]"
            raise ValueError(msg)
        return self


class SchoolBlock(Model):
    """`[school.NAME]`: pupils that homes add against free places (seats less enrolled) within reach."""

    of: str
    pupils_per_home: Positive
    mode: Mode
    cutoff: Minutes
    source: str = ""
    evidence: Evidence = "U"


class VacancyBounds(Model):
    """`[vacancy.flag.ID]`: own bounds of a warning sign, and its weight in the index if signs are to differ."""

    amber: Number | None = None
    red: Number | None = None
    weight: NotNegative | None = None
    source: str = ""
    evidence: Evidence = "U"


class VacancyBlock(Model):
    """`[vacancy]`: warning signs that homes may stand empty.

    jobs: `layer.column`. places: layers with shops, stops and unit centres. mode: how people get to work. car_free:
    whether households are taken to have no car. cluster_share: of a unit's jobs, from which a square kilometre
    counts as a job cluster. off: signs not to be judged.
    """

    jobs: str
    places: tuple[Name, ...] = Field(strict=False)
    mode: Mode
    car_free: bool
    cluster_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    off: tuple[str, ...] = Field(default=(), strict=False)
    flag: dict[str, VacancyBounds] = Field(default_factory=dict)


class TakeUpTaste(Model):
    """`[take_up.taste]`: what applicants go by, in units of utility; staying away has utility `stay`."""

    work: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
    services: Number
    price: Number
    size: Number
    unit: Number
    stay: Number


class TakeUpBlock(Model):
    """`[take_up]`: the waiting list chooses among the candidate sites, or stays away.

    applicants: a demand layer. jobs, mode, cutoff, decay: the access to work that applicants look at. price: yuan
    a m2 asked, market: that of comparable homes; numbers, or number columns of the parcels. draws: lots drawn.
    """

    applicants: Name
    jobs: str
    mode: Mode
    cutoff: Minutes
    decay: DecayBlock
    taste: TakeUpTaste
    price: Positive | Name
    market: Positive | Name
    draws: int = Field(default=500, ge=100, le=100_000)
    source: str = ""
    evidence: Evidence = "U"


class InequalityBlock(Model):
    """`[inequality]`: how unevenly access is spread over people and units.

    people: `layer.column` of places or units. criteria: whose access is looked at. epsilon: of Atkinson's index, which
    is left out without it.
    """

    people: str
    criteria: tuple[Name, ...] = Field(min_length=1, strict=False)
    epsilon: Positive | None = None


class CalibrationBlock(Model):
    """`[calibration]`: how occupied past projects are, and the criteria that may explain it.

    records: a layer of places with `homes` and `occupied`.
    """

    records: Name
    predictors: tuple[Name, ...] = Field(min_length=1, strict=False)


def _is_minutes(written: str) -> bool:
    try:
        return 0 < float(written) <= 24 * 60
    except ValueError:
        return False
