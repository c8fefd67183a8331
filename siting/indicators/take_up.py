"""Who on the waiting list would take which home, if homes are offered by lot and anyone may stay away.

An applicant's utility of a site follows from what the user says applicants go by; nothing here is calibrated, so the
outcome compares sites and predicts none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.base.arguments import takes
from siting.base.travel import aligned
from siting.indicators.home_wishes import size_fit, wished_band

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.intp]
QUANTILES = (0.1, 0.5, 0.9)
SITE_COLUMNS = ("work", "services", "price_gap", "mean_home_m2", "unit")
APPLICANT_COLUMNS = ("unit", "area_band")
LEAST_PULL = 1e-300


@dataclass(frozen=True)
class Taste:
    """What applicants go by, in units of utility: the user's numbers, all of them.

    work: of a unit of logsum. services: of their whole share 0..1. price: of the whole price gap. size: of a perfect
    fit. unit: of staying in one's own unit. stay: the utility of staying away.
    """

    work: float
    services: float
    price: float
    size: float
    unit: float
    stay: float


@dataclass(frozen=True)
class Utilities:
    """Utility of every site to every applicant (applicants x sites); a site with unknown data is missing throughout.

    unknown_bands: applicants whose wished size is not stated or cannot be read; any size fits them.
    no_work: sites from which no work is reached, which nobody chooses.
    """

    table: pd.DataFrame = field(repr=False)
    unknown_bands: tuple[object, ...]
    no_work: tuple[object, ...]


@dataclass(frozen=True)
class TakeUp:
    """What came of drawing lots many times.

    sites: by site, homes; takers (mean), takers_p10, _p50, _p90; vacancy = E[max(0, 1 - takers / homes)], vacancy_p10,
    _p90; missing for a site that stood outside. stayed_away, turned_away: applicants who wanted none of the sites at
    all, and those whose wishes were all gone; mean, p10, p50, p90.
    """

    sites: pd.DataFrame = field(repr=False)
    stayed_away: pd.Series
    turned_away: pd.Series
    applicants: int
    draws: int
    seed: int


@takes(access="column")
def logsum(access: pd.Series) -> pd.Series:
    """Return log(sum_j jobs_j exp(-beta t_ij)), the expected best of all work in reach, from that sum by site.

    A sum of 0, no work in reach, is minus infinity: nobody chooses such a site. Missing stays missing.
    ValueError for a negative or infinite sum. Source: Ben-Akiva & Lerman 1985.
    """
    values = access.to_numpy(np.float64, na_value=np.nan)
    if (values < 0).any() or np.isinf(values).any():
        msg = "access must be sums from 0 up"
        raise ValueError(msg)
    return pd.Series(np.log(values, out=np.where(np.isnan(values), np.nan, -np.inf), where=values > 0), access.index)


def price_gap(price: pd.Series, market: pd.Series | float) -> pd.Series:
    """Return by what share the price lies below that of comparable homes: (market - price) / market.

    Missing where either is. ValueError for a market price that is not above zero. Source: ours.
    """
    comparable = market.reindex(price.index) if isinstance(market, pd.Series) else pd.Series(market, price.index)
    if (comparable <= 0).any():
        msg = "market must be a price above zero"
        raise ValueError(msg)
    return (comparable - price) / comparable


@takes(applicants="table", sites="table")
def utilities(applicants: pd.DataFrame, sites: pd.DataFrame, taste: Taste) -> Utilities:
    """Return V = work x logsum + services x share + price x gap + size x fit + unit x (same unit).

    `applicants`, a row a household: unit, area_band (as written, m2). `sites`: work (see `logsum`), services (0..1),
    price_gap (see `price_gap`), mean_home_m2, unit. A term whose coefficient is 0 needs no data; else a site with
    an empty cell is missing for all. No unit is nobody's own. ValueError for missing columns, repeated ids,
    coefficients that are not finite, infinite values but for no work, and work < 0 where a site has no work.
    Source: methods of discrete choice (McFadden 1974); the terms are ours.
    """
    _check_tables(applicants, sites, taste)
    alike = np.zeros(len(sites))
    for name, coefficient in (("work", taste.work), ("services", taste.services), ("price_gap", taste.price)):
        if coefficient != 0:
            alike = alike + coefficient * sites[name].to_numpy(np.float64, na_value=np.nan)
    if (np.isposinf(alike)).any():
        msg = "taste.work must not be below zero where a site reaches no work"
        raise ValueError(msg)
    bands = applicants["area_band"]
    values = alike[np.newaxis, :] + np.zeros((len(applicants), 1))
    if taste.size != 0:
        values += taste.size * _fits(bands, sites["mean_home_m2"])
    if taste.unit != 0:
        own = applicants["unit"].to_numpy(object)[:, np.newaxis] == sites["unit"].to_numpy(object)[np.newaxis, :]
        values += taste.unit * (own & applicants["unit"].notna().to_numpy()[:, np.newaxis])
    return Utilities(
        table=pd.DataFrame(values, applicants.index, sites.index),
        unknown_bands=tuple(bands.index[[wished_band(each) is None for each in bands]]),
        no_work=tuple(sites.index[np.isneginf(sites["work"].to_numpy(np.float64, na_value=np.nan))]),
    )


@takes(table="table", homes="column", stay="number")
def take_up(table: pd.DataFrame, homes: pd.Series, *, stay: float, draws: int, seed: int) -> TakeUp:
    """Return who takes what when homes are offered by lot (摇号), over many draws of lots and of tastes.

    `table`: utilities, applicants x sites (see `utilities`). In each draw every applicant's utility of every site, and of
    staying away (`stay`), gets a standard Gumbel term of its own; then, in the order of the lot, each takes the best site
    that has homes left, or stays away where that is better. So a choice follows a multinomial logit over what is left.

    A site stands outside, with missing results, where its homes are missing or its utilities are missing for all.
    The same seed gives the same bytes, in whatever order applicants and sites stand: both are sorted by id, and each draw
    has a stream of random numbers of its own. Memory: about 32 bytes an applicant and site. ValueError for repeated ids,
    homes that are not whole numbers from 0 up, utilities missing in part or plus infinite, draws < 1, seed < 0.
    Source: Train 2009, ch. 3 (Gumbel terms); serial dictatorship: Abdulkadiroglu & Sonmez 1998.
    """
    _check_draws(table, stay, draws, seed)
    places = _homes(homes, table.columns)
    inside = places.index[~table.isna().to_numpy().any(axis=0) & places.notna().to_numpy()]
    order, offered = _by_id(table.index), inside[_by_id(inside)]
    pulls = _pulls(table.loc[:, offered].to_numpy(np.float64)[order], float(stay))
    room = places.loc[offered].to_numpy(np.int64)
    counts = np.array([*_draws(pulls, room, draws, seed)], np.int64).reshape(draws, len(offered) + 2)
    taken = pd.DataFrame(counts[:, :-2], columns=offered)
    return TakeUp(
        sites=_outcome(taken, places).reindex(homes.index),
        stayed_away=_summary(counts[:, -2]),
        turned_away=_summary(counts[:, -1]),
        applicants=len(table),
        draws=draws,
        seed=seed,
    )


def _draws(pulls: Floats, room: npt.NDArray[np.int64], draws: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield takers by site, who stayed away and who was turned away, draw by draw.

    Of options with weights exp(V), the largest V + Gumbel is the earliest of exponential clocks that run at exp(V).
    """
    people, options = pulls.shape
    away = options - 1
    for draw in range(draws):
        stream = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, draw])))
        lot = stream.permutation(people)
        with np.errstate(divide="ignore"):
            clocks = stream.standard_exponential((people, options)) / pulls[lot]
        first = clocks.argmin(axis=1) if people else np.zeros(0, np.intp)
        stayed = int((first == away).sum())
        chosen = by_lot(clocks, room)
        counts = np.bincount(chosen, minlength=options)
        yield np.array([*counts[:away], stayed, counts[away] - stayed], np.int64)


def by_lot(clocks: Floats, room: npt.NDArray[np.int64]) -> Ranks:
    """Return the column that each row takes, if rows choose in turn their least clock among the columns with room.

    The last column has room for all. Rounds of proposals, in which a full column keeps the earliest rows, end in the one
    stable match, which is that of choosing in turn (Gale & Shapley 1962; all columns rank the rows alike).
    `clocks` is used up.
    """
    limits = np.where(room > 0, len(clocks), -1)
    clocks[:, :-1][:, room <= 0] = np.inf
    chosen = clocks.argmin(axis=1) if len(clocks) else np.zeros(0, np.intp)
    while True:
        counts = np.bincount(chosen, minlength=clocks.shape[1])[:-1]
        over = np.flatnonzero(counts > room)
        if not len(over):
            return chosen
        for column in over:
            limits[column] = np.flatnonzero(chosen == column)[room[column] - 1]
        refused = np.flatnonzero(np.arange(len(clocks)) > np.append(limits, len(clocks))[chosen])
        left = clocks[refused]
        # whoever comes after the last row that a full column kept is refused there for good
        left[:, :-1][refused[:, np.newaxis] > limits[np.newaxis, :]] = np.inf
        clocks[refused] = left
        chosen[refused] = left.argmin(axis=1)


def _pulls(values: Floats, stay: float) -> Floats:
    """Return exp(V) of the sites and of staying away, each row to its own scale."""
    whole = np.column_stack([values, np.full(len(values), stay)])
    scaled: Floats = np.exp(whole - whole.max(axis=1, keepdims=True))
    # staying away must remain the last resort of whoever is turned away, however much better the sites were
    scaled[:, -1] = np.maximum(scaled[:, -1], LEAST_PULL)
    return scaled


def _fits(bands: pd.Series, sizes: pd.Series) -> Floats:
    """Return the fit of each wish (rows) to each mean size (columns); each pair of them is judged once."""
    wishes, row = np.unique(bands.fillna("").astype(str).to_numpy(object), return_inverse=True)
    mean = sizes.to_numpy(np.float64, na_value=np.nan)
    any_size = np.where(np.isnan(mean), np.nan, 1.0)
    known = [
        any_size if wished_band(wish) is None else np.array([size_fit(wish, size) for size in mean]) for wish in wishes
    ]
    return np.array(known, np.float64).reshape(len(wishes), len(mean))[row]


def _check_tables(applicants: pd.DataFrame, sites: pd.DataFrame, taste: Taste) -> None:
    for name, rows, columns in (("applicants", applicants, APPLICANT_COLUMNS), ("sites", sites, SITE_COLUMNS)):
        lacking = [column for column in columns if column not in rows.columns]
        if lacking or not rows.index.is_unique:
            msg = f"{name}: ids once each, and columns {', '.join(columns)}; missing: {', '.join(lacking) or 'none'}"
            raise ValueError(msg)
    if not np.isfinite([taste.work, taste.services, taste.price, taste.size, taste.unit, taste.stay]).all():
        msg = "taste: every coefficient must be a finite number"
        raise ValueError(msg)
    numbers = sites[["services", "price_gap", "mean_home_m2"]].to_numpy(np.float64, na_value=np.nan)
    if np.isinf(numbers).any() or np.isposinf(sites["work"].to_numpy(np.float64, na_value=np.nan)).any():
        msg = "sites: a value is infinite"
        raise ValueError(msg)


def _check_draws(table: pd.DataFrame, stay: float, draws: int, seed: int) -> None:
    if not np.isfinite(stay):
        msg = f"stay must be a finite number, not {stay}"
        raise ValueError(msg)
    for name, value, least in (("draws", draws, 1), ("seed", seed, 0)):
        if not isinstance(value, int) or value < least:
            msg = f"{name} must be a whole number, {least} or more, not {value}"
            raise ValueError(msg)
    lost = table.isna().to_numpy()
    if np.isposinf(table.to_numpy(np.float64)).any() or (lost.any(axis=0) & ~lost.all(axis=0)).any():
        msg = "table: utilities must be numbers, or missing for all applicants of a site"
        raise ValueError(msg)


def _homes(homes: pd.Series, sites: pd.Index) -> pd.Series:
    if not homes.index.is_unique or not sites.is_unique or set(homes.index) != set(sites):
        msg = "homes: must name the sites of table, each once"
        raise ValueError(msg)
    given = homes.astype(np.float64)
    known = given.dropna()
    if len(known) and ((aligned(known, known.index, "homes") < 0) | (known != known.round())).any():
        msg = "homes: must be whole numbers from 0 up"
        raise ValueError(msg)
    return given.reindex(sites)


def _by_id(ids: pd.Index) -> Ranks:
    """Return the order of ids as text; ValueError where two read alike."""
    names = np.array([str(each) for each in ids], object)
    if len(set(names)) < len(names):
        msg = "table: ids must differ as text"
        raise ValueError(msg)
    return np.argsort(names).astype(np.intp)


def _outcome(taken: pd.DataFrame, homes: pd.Series) -> pd.DataFrame:
    found = pd.DataFrame(index=taken.columns)
    room = homes.loc[taken.columns].where(homes.loc[taken.columns] > 0)
    found["takers"] = taken.sum() / max(len(taken), 1)
    for share in QUANTILES:
        found[f"takers_p{100 * share:.0f}"] = _quantile(taken.to_numpy(), share)
    # nobody is housed twice and no home twice, so 1 - takers / homes is never below 0
    found["vacancy"] = 1 - found["takers"] / room
    found["vacancy_p10"], found["vacancy_p90"] = 1 - found["takers_p90"] / room, 1 - found["takers_p10"] / room
    return found.reindex(homes.index).assign(homes=homes)[["homes", *found.columns]]


def _summary(counts: npt.NDArray[np.int64]) -> pd.Series:
    each = {f"p{100 * share:.0f}": float(_quantile(counts, share)) for share in QUANTILES}
    return pd.Series({"mean": int(counts.sum()) / len(counts), **each})


def _quantile(counts: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.int64]:
    """Return a quantile over the draws that is a count itself."""
    return np.asarray(np.quantile(counts, share, axis=0, method="inverted_cdf"), np.int64)
