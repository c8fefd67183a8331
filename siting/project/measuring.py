"""The measures that travel, each from the trips of a criterion to its values by parcel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from siting import access
from siting.base.columns import TravelMode
from siting.base.errors import InputProblems, NoEquilibriumError, Problem
from siting.base.living_settings import DecayBlock
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Criterion
from siting.base.travel import Reach


@dataclass(frozen=True)
class Asked:
    """A criterion's trips in one season and direction, by mode, and what lies at their ends.

    sites: parcels to places. rivals: those who compete for the places, to the places. crowd: parcels to the rivals.
    amounts: at places. demand: at rivals. own: the parcels' own demand.
    """

    criterion: Criterion
    sites: Mapping[TravelMode, Reach]
    amounts: pd.Series
    rivals: Mapping[TravelMode, Reach]
    crowd: Reach | None = None
    demand: pd.Series | None = None
    own: pd.Series | None = None

    @property
    def site(self) -> Reach:
        """The parcels' trips by the one mode that there is."""
        (found,) = self.sites.values()
        return found

    @property
    def rival(self) -> Reach:
        """The rivals' trips by the one mode that there is."""
        (found,) = self.rivals.values()
        return found

    @property
    def wanted(self) -> pd.Series:
        """The demand, which the measure needs."""
        if self.demand is None:
            msg = f"{self.criterion.measure} needs a demand"
            raise ValueError(msg)
        return self.demand

    @property
    def cutoff(self) -> float:
        """Minutes of the criterion."""
        return float(self.criterion.cutoff or 0)


def decay_of(block: DecayBlock | None, cutoff: float) -> access.Decay:
    """Return the decay that settings declare, a step at the cutoff where they declare none."""
    return access.step(cutoff) if block is None else access.decay(block.form, block.terms)


def _nearest(asked: Asked) -> pd.DataFrame:
    return access.nearest(asked.site).rename(columns={"minutes": "value"})


def _nearest_k(asked: Asked) -> pd.DataFrame:
    return access.nearest_k(asked.site, asked.criterion.k or 1).rename(columns={"minutes": "value"})


def _cumulative(asked: Asked) -> pd.DataFrame:
    return access.cumulative(asked.site, asked.amounts, cutoff=asked.cutoff).to_frame("value")


def _interval(asked: Asked) -> pd.DataFrame:
    interval = (float(asked.criterion.cutoff_from or 0), asked.cutoff)
    return access.cumulative_interval(asked.site, asked.amounts, interval=interval).to_frame("value")


def _gravity(asked: Asked) -> pd.DataFrame:
    decay = decay_of(asked.criterion.decay, asked.cutoff)
    return access.gravity(asked.site, asked.amounts, decay=decay).to_frame("value")


def _balancing(asked: Asked) -> pd.DataFrame:
    own = pd.Series(0.0, index=asked.site.origins) if asked.own is None else asked.own
    known = own.reindex(asked.site.origins)
    found = access.balancing_time(asked.site, asked.amounts, known.fillna(0.0))
    return found.where(known.notna()).to_frame("value")


_METHODS: Mapping[str, access.Method] = {
    "2sfca": "2sfca",
    "e2sfca": "e2sfca",
    "m2sfca": "m2sfca",
    "3sfca": "3sfca",
    "bfca": "bfca",
    "raam": "raam",
    "spatial_availability": "e2sfca",  # per head they are the same
}


def _catchment(asked: Asked) -> pd.DataFrame:
    criterion = asked.criterion
    terms = {} if criterion.tau is None else {"tau": criterion.tau}
    found = access.floating_catchment(
        asked.rival,
        asked.amounts,
        asked.wanted,
        decay=decay_of(criterion.decay, asked.cutoff),
        method=_METHODS[criterion.measure],
        at=asked.site,
        **terms,
    )
    return found.to_frame("value")


def _competitive(asked: Asked) -> pd.DataFrame:
    decay = decay_of(asked.criterion.decay, asked.cutoff)
    found = access.competitive(asked.rival, asked.amounts, asked.wanted, decay=decay, at=asked.site)
    return found.to_frame("value")


def _multimodal(asked: Asked) -> pd.DataFrame:
    found = access.multimodal(
        {str(mode): reach for mode, reach in asked.rivals.items()},
        asked.amounts,
        asked.wanted,
        shares={mode: asked.criterion.shares[mode] for mode in asked.criterion.modes},
        decays=decay_of(asked.criterion.decay, asked.cutoff),
        at={str(mode): reach for mode, reach in asked.sites.items()},
    )
    return found.to_frame("value")


def _jobs_housing(asked: Asked) -> pd.DataFrame:
    jobs = access.cumulative(asked.site, asked.amounts, cutoff=asked.cutoff)
    if asked.crowd is None:
        msg = "jobs_housing needs the trips to where people live"
        raise ValueError(msg)
    workers = access.cumulative(asked.crowd, asked.wanted, cutoff=asked.cutoff)
    return (jobs / workers.where(workers > 0)).to_frame("value")


MEASURED: Mapping[str, Callable[[Asked], pd.DataFrame]] = {
    "nearest": _nearest,
    "nearest_k": _nearest_k,
    "cumulative": _cumulative,
    "cumulative_interval": _interval,
    "gravity": _gravity,
    "balancing_time": _balancing,
    **dict.fromkeys(_METHODS, _catchment),
    "competitive": _competitive,
    "multimodal": _multimodal,
    "jobs_housing": _jobs_housing,
}
"""By the name in settings: a table with `value`, and `place` where one place stands for it."""
COUNTS = ("cumulative", "cumulative_interval", "gravity")
"""Measures in which nothing within reach is a true 0."""


def measured_or_told(asked: Asked) -> pd.DataFrame:
    """Return the values of a question; raises InputProblems for a competition that does not come to rest."""
    try:
        return MEASURED[asked.criterion.measure](asked)
    except NoEquilibriumError as error:
        where = f"criterion {asked.criterion.name}"
        said = Problem("no_equilibrium", SETTINGS_FILE, where, asked.criterion.measure)
        raise InputProblems([said]) from error
