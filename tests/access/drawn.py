"""Small tables of minutes, written out or drawn."""

from collections.abc import Mapping, Sequence

import pandas as pd
from hypothesis import strategies as st

from siting.access import Decay, bands, exponential, gaussian, linear, logistic, power, step
from siting.base.travel import TravelCosts

Times = Mapping[tuple[str, str], float]

# A walks to x at once and to y in ten minutes, B lives at y
TOWN: Times = {("A", "x"): 0.0, ("A", "y"): 10.0, ("B", "y"): 0.0}
SEATS = pd.Series({"x": 30.0, "y": 50.0})
PEOPLE = pd.Series({"A": 10.0, "B": 20.0})
HALF_AT_TEN = bands({0: 1, 10: 0.5})


def table(
    times: Times, origins: Sequence[str] = "AB", places: Sequence[str] = "xy", cutoff: float | None = None
) -> TravelCosts:
    """Return travel costs of pairs."""
    pairs = pd.DataFrame([(*pair, each) for pair, each in times.items()], columns=["origin", "destination", "minutes"])
    labels = {"origins": pd.Index(list(origins)), "places": pd.Index(list(places))}
    return TravelCosts.from_table(pairs, mode="given", cutoff=cutoff, **labels)


def one_place(*minutes: float) -> TravelCosts:
    """Return origins A, B, … each at its own minutes from the place x."""
    names = "ABCDEFGH"[: len(minutes)]
    return table({(name, "x"): each for name, each in zip(names, minutes, strict=True)}, names, "x")


HOMES, PLACES = "ABCDE", "wxyz"
TIMES = st.dictionaries(
    st.tuples(st.sampled_from(HOMES), st.sampled_from(PLACES)),
    st.integers(0, 240).map(lambda each: each / 8),
    min_size=1,
)
ALL_TIMES = st.lists(st.integers(0, 240).map(lambda each: each / 8), min_size=20, max_size=20).map(
    lambda times: dict(zip([(home, place) for home in HOMES for place in PLACES], times, strict=True))
)
AMOUNT = st.one_of(st.just(0.0), st.integers(1, 300).map(lambda each: each / 7))
DEMAND = st.lists(AMOUNT, min_size=5, max_size=5).map(lambda each: pd.Series(each, index=list(HOMES)))
SUPPLY = st.lists(AMOUNT, min_size=4, max_size=4).map(lambda each: pd.Series(each, index=list(PLACES)))
DECAYS: st.SearchStrategy[Decay] = st.sampled_from(
    [
        step(12),
        linear(25),
        gaussian(30),
        exponential(half_at=6),
        power(1.5),
        logistic(midpoint=10, spread=3),
        bands({5: 1, 15: 0.6, 30: 0.1}),
    ]
)


def drawn(times: Times) -> TravelCosts:
    """Return travel costs of drawn times between all homes and places, known without limit."""
    return table(times, HOMES, PLACES)
