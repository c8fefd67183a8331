"""How well a prediction orders what came true, with an interval; whether it beats the mean."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from siting.base.arguments import takes

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AT_ONCE = 250_000
"""Ranks held in memory at a time."""


@dataclass(frozen=True)
class Skill:
    """Spearman's rho of prediction and truth, its 95 % bootstrap interval, and the records that have both."""

    rho: float
    low: float
    high: float
    records: int

    @property
    def shown(self) -> bool:
        """Whether the interval lies above no skill."""
        return self.low > 0


NO_SKILL = Skill(float("nan"), float("nan"), float("nan"), 0)


@takes(prediction="column", truth="column", weights="column", groups="column")
def skill(
    prediction: pd.Series,
    truth: pd.Series,
    weights: pd.Series | None = None,
    *,
    groups: pd.Series | None = None,
    seed: int,
    draws: int = 2000,
) -> Skill:
    """Return Spearman's rank correlation of prediction and truth with a 95 % percentile bootstrap interval.

    Records without either are left out (`records` counts the rest). Ranks of equals are averaged; with `weights` the
    correlation of the ranks is weighted. The bootstrap draws records, or whole `groups`, with replacement. A draw in
    which either does not vary has no correlation and counts as 0. Missing where fewer than 3 records are left or either
    does not vary. Reproducible by seed, in whatever order the rows stand. ValueError for series on other ids,
    repeated ids, weights that are negative or not finite, draws < 1. Source: Efron & Tibshirani 1993.
    """
    if draws < 1 or seed < 0:
        msg = f"draws must be 1 or more and seed 0 or more, not {draws} and {seed}"
        raise ValueError(msg)
    both = _both(prediction, truth, weights, groups)
    predicted, true, weight = (both[name].to_numpy(np.float64) for name in ("prediction", "truth", "weight"))
    if len(both) < 3 or np.ptp(predicted) == 0 or np.ptp(true) == 0 or not weight.any():
        return Skill(float("nan"), float("nan"), float("nan"), len(both))
    rho = float(_correlations(predicted[np.newaxis], true[np.newaxis], weight[np.newaxis])[0])
    found = np.concatenate([*_drawn(predicted, true, weight, both["group"].to_numpy(np.intp), (seed, draws))])
    low, high = np.quantile(found, (0.025, 0.975))
    return Skill(rho, float(low), float(high), len(both))


def skill_over_mean(held: Floats, means: Floats, vacant: Floats, weights: Floats) -> tuple[float, float]:
    """Return what share of the mean's error a prediction saves: by Brier score of shares, and by log loss.

    1 - sum w (v - p)^2 / sum w (v - m)^2, and 1 - D(p) / D(m) with the deviance D = sum w (v ln(v / p) +
    (1 - v) ln((1 - v) / (1 - p))): in each, 1 is the truth itself, 0 the mean `m`. Missing where the mean has no error.
    Source: Brier 1950; the skill score of Murphy 1988.
    """
    shares = []
    for score in (_brier, _deviance):
        own, mean = (float((weights * score(vacant, each)).sum()) for each in (held, means))
        shares.append(1 - own / mean if mean > 0 else float("nan"))
    return shares[0], shares[1]


def area_under_curve(vacant: Floats, predicted: Floats) -> float:
    """Return how often a vacant record is foretold higher than one that is not (AUC), equals half.

    Missing unless every record is wholly vacant or not at all. Source: Hanley & McNeil 1982.
    """
    if not np.isin(vacant, (0.0, 1.0)).all() or np.ptp(vacant) == 0:
        return float("nan")
    positive = int(vacant.sum())
    ranks = rankdata(predicted)[vacant == 1].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * (len(vacant) - positive)))


def _brier(vacant: Floats, predicted: Floats) -> Floats:
    return (vacant - predicted) ** 2


def _deviance(vacant: Floats, predicted: Floats) -> Floats:
    p = np.clip(predicted, 1e-12, 1 - 1e-12)
    full = np.where((vacant > 0) & (vacant < 1), vacant, 0.5)
    entropy = np.where((vacant > 0) & (vacant < 1), vacant * np.log(full) + (1 - vacant) * np.log1p(-full), 0.0)
    gap: Floats = entropy - vacant * np.log(p) - (1 - vacant) * np.log1p(-p)
    return gap


def _both(prediction: pd.Series, truth: pd.Series, weights: pd.Series | None, groups: pd.Series | None) -> pd.DataFrame:
    """Return what is known of both, in the order of ids as text; groups numbered in the order of their names."""
    for name, series in (("truth", truth), ("weights", weights), ("groups", groups), ("prediction", prediction)):
        if series is not None and not (series.index.is_unique and set(series.index) == set(prediction.index)):
            msg = f"{name}: must be on the ids of prediction, each once"
            raise ValueError(msg)
    rows = pd.DataFrame({"prediction": prediction.astype(np.float64), "truth": truth.astype(np.float64)})
    rows["weight"] = 1.0 if weights is None else weights.astype(np.float64)
    rows["group"] = rows.index.astype(str) if groups is None else groups.astype(str)
    rows = rows.dropna(subset=["prediction", "truth"])
    if not np.isfinite(rows[["prediction", "truth", "weight"]].to_numpy()).all() or (rows["weight"] < 0).any():
        msg = "prediction, truth, weights: must be finite, weights from 0 up"
        raise ValueError(msg)
    rows = rows.iloc[np.argsort(np.array([str(each) for each in rows.index], object))]
    return rows.assign(group=np.unique(rows["group"].to_numpy(object), return_inverse=True)[1])


def _drawn(
    predicted: Floats, true: Floats, weight: Floats, group: Places, drawing: tuple[int, int]
) -> Iterator[Floats]:
    """Yield correlations of resampled groups.

    A resample is how often each group was drawn: its records weigh so much more, and ranks follow the counts.
    """
    seed, draws = drawing
    stream = np.random.Generator(np.random.PCG64(seed))
    count = int(group.max()) + 1
    step = max(1, AT_ONCE // len(group))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        picked = stream.integers(0, count, (size, count))
        offsets = picked + count * np.arange(size)[:, np.newaxis]
        times = np.bincount(offsets.ravel(), minlength=size * count).reshape(size, count)[:, group].astype(np.float64)
        yield _correlations(_ranks(predicted, times), _ranks(true, times), weight * times, ranked=True)


def _ranks(values: Floats, times: Floats) -> Floats:
    """Return mean ranks of values that stand `times` times each, a row a resample."""
    levels, level = np.unique(values, return_inverse=True)
    held = np.zeros((len(times), len(levels)))
    for at in range(len(values)):
        held[:, level[at]] += times[:, at]
    below = np.cumsum(held, axis=1) - held
    ranks: Floats = (below + (held + 1) / 2)[:, level]
    return ranks


def _correlations(first: Floats, second: Floats, weight: Floats, *, ranked: bool = False) -> Floats:
    """Return the weighted correlation of the ranks of each row, 0 where one of them does not vary."""
    one, two = (first, second) if ranked else (rankdata(first, axis=1), rankdata(second, axis=1))
    total = weight.sum(axis=1, keepdims=True)
    total = np.where(total > 0, total, 1.0)
    one = one - (weight * one).sum(axis=1, keepdims=True) / total
    two = two - (weight * two).sum(axis=1, keepdims=True) / total
    across, own, other = ((weight * a * b).sum(axis=1) for a, b in ((one, two), (one, one), (two, two)))
    spread = np.sqrt(own * other)
    found: Floats = np.divide(across, spread, out=np.zeros(len(spread)), where=spread > 1e-9)
    return np.clip(found, -1.0, 1.0)
