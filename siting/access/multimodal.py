"""Competition between people who travel by several modes."""

from collections.abc import Mapping

import pandas as pd

from siting.access.sums import amounts_at, checked, counted, ratio, same_places, weighed
from siting.base.travel import Reach, Weigh

SHARE_TOLERANCE = 1e-9


def multimodal(
    reaches: Mapping[str, Reach],
    supply: pd.Series,
    demand: pd.Series,
    *,
    shares: Mapping[str, float | pd.Series],
    decays: Mapping[str, Weigh] | Weigh,
    at: Mapping[str, Reach] | None = None,
) -> pd.Series:
    """Return, for every origin, A_i = Σ_m α_im Σ_j S_j f_m(t_ijm) / Σ_k Σ_m α_km P_k f_m(t_kjm), α the share of mode m.

    reaches: by mode, from the same origins to the same places. shares: by mode, one number or one an origin,
    between 0 and 1, of each origin 1 in all. decays: by mode, or one for all. With one mode it is e2sfca. The sum of
    P x A is the supply of the places with demand in reach, as long as no one has a share in a mode without reach.
    A place without demand in reach gives nothing; an origin that reaches no place with demand in reach by a
    mode that it uses is missing. at: by mode, reaches of origins without demand (whose shares must be there too) to
    the same places; none of them changes the competition.
    Raises ValueError for modes without a share, decay or `at`, for shares that do not add up, for reaches whose
    origins or places differ; CutoffError as `gravity`. Source: Shen 1998.
    """
    seen = reaches if at is None else at
    weights = _decays(reaches, decays)
    _same_modes(reaches, shares, "shares")
    _same_modes(reaches, seen, "at")
    first, first_seen = next(iter(reaches.values())), next(iter(seen.values()))
    for group, lead in ((reaches, first), (seen, first_seen)):
        for reach in group.values():
            same_places(first, reach)
            if not reach.origins.equals(lead.origins):
                msg = "reaches must have the same origins in the same order, whatever the mode"
                raise ValueError(msg)
    given, asked = amounts_at(first.places, supply, "supply"), amounts_at(first.origins, demand, "demand")
    there = _shares(shares, first.origins)
    pressure = pd.Series(0.0, index=first.places)
    for mode, reach in reaches.items():
        pressure += reach.sum_at_places(asked * there[mode], *weighed(reach, weights[mode])).reindex(first.places)
    return _received(seen, ratio(given, pressure), _shares(shares, first_seen.origins), weights)


def _same_modes(reaches: Mapping[str, Reach], given: Mapping[str, object], name: str) -> None:
    if not reaches or set(given) != set(reaches):
        msg = f"{name} must have the modes of reaches ({', '.join(reaches)}), not {', '.join(given) or 'none'}"
        raise ValueError(msg)


def _decays(reaches: Mapping[str, Reach], decays: Mapping[str, Weigh] | Weigh) -> dict[str, Weigh]:
    if not isinstance(decays, Mapping):
        return dict.fromkeys(reaches, checked(decays))
    _same_modes(reaches, decays, "decays")
    return {mode: checked(decay) for mode, decay in decays.items()}


def _received(
    reaches: Mapping[str, Reach], ratios: pd.Series, shares: pd.DataFrame, decays: Mapping[str, Weigh]
) -> pd.Series:
    known = ratios.notna().astype(float)
    total, reached = (pd.Series(0.0, index=shares.index) for _ in range(2))
    for mode, reach in reaches.items():
        share, decay = shares[mode], decays[mode]
        total += share * reach.sum_at_origins(ratios.fillna(0.0), *weighed(reach, decay))
        reached += share * reach.sum_at_origins(known, *counted(reach, decay))
    return total.where(reached > 0)


def _shares(shares: Mapping[str, float | pd.Series], origins: pd.Index) -> pd.DataFrame:
    """Return the shares by origin and mode."""
    table = pd.DataFrame(
        {
            mode: amounts_at(
                origins, share if isinstance(share, pd.Series) else pd.Series(float(share), index=origins), "shares"
            )
            for mode, share in shares.items()
        },
        index=origins,
    )
    total = table.sum(axis=1)
    off = (total - 1).abs() > SHARE_TOLERANCE
    if off.any():
        msg = f"shares must add up to 1 for each origin, not {total[off].iloc[0]:g} for {origins[off][0]}"
        raise ValueError(msg)
    return table
