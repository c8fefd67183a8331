"""Logistic regression of shares with a penalty whose strength the records choose, fitted with and without parts of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
INNER_FOLDS = 5
STRENGTHS = tuple(10.0**power for power in range(-3, 3))
"""Inverse strengths of the L2 penalty that are tried, for records of mean weight 1 and predictors of unit spread."""
SURE = 1e-12
"""How near to 0 or 1 a probability may come where its logarithm is taken."""
NEAR = 1e-9
NEWTON_MOST = 100


@dataclass(frozen=True)
class Sample:
    """Records in an order that never changes, for fits with and without parts of them.

    values: predictors (records x predictors). vacant: shares. weights: of mean 1. group: number of the group that each
    is left out with.
    """

    values: Floats
    vacant: Floats
    weights: Floats
    group: Places


@dataclass(frozen=True)
class Fitted:
    """Log-odds = intercept + slopes . values, on the scale of the values; their spread in the fit; the strength chosen."""

    intercept: float
    slopes: Floats
    spread: Floats
    strength: float

    def predict(self, values: Floats) -> Floats:
        """Return probabilities by row."""
        return probability(self.intercept + (values * self.slopes).sum(axis=1))


def probability(odds: Floats) -> Floats:
    """Return 1 / (1 + exp(-log-odds))."""
    return np.asarray(expit(odds), np.float64)


def log_odds(shares: Floats | np.float64) -> Floats:
    """Return ln(p / (1 - p)), finite at 0 and 1 too."""
    return np.asarray(logit(np.clip(shares, SURE, 1 - SURE)), np.float64)


def fit_best(sample: Sample, inside: Mask) -> Fitted:
    """Return the fit of the records inside, at the strength of the least log loss in a cross-validation within them."""
    losses = [_inner_loss(sample, inside, strength) for strength in STRENGTHS]
    # of equals the strongest penalty
    return _fit(sample, inside, STRENGTHS[int(np.argmin(losses))])


def left_out(sample: Sample) -> tuple[Floats, Floats, Floats]:
    """Return probabilities and mean shares by record, from all groups but its own, and the slopes of each fit."""
    held, means, slopes = np.empty(len(sample.vacant)), np.empty(len(sample.vacant)), []
    for group in range(int(sample.group.max()) + 1):
        out = sample.group == group
        fitted = fit_best(sample, ~out)
        held[out] = fitted.predict(sample.values[out])
        means[out] = np.average(sample.vacant[~out], weights=sample.weights[~out])
        slopes.append(fitted.slopes)
    return held, means, np.array(slopes)


def _inner_loss(sample: Sample, inside: Mask, strength: float) -> float:
    """Return the log loss of five folds, each foretold by the others; a group is never split."""
    loss = 0.0
    for fold in range(INNER_FOLDS):
        test = inside & (sample.group % INNER_FOLDS == fold)
        train = inside & ~test
        if not test.any() or not train.any():
            continue
        p = np.clip(_fit(sample, train, strength).predict(sample.values[test]), SURE, 1 - SURE)
        vacant = sample.vacant[test]
        loss -= float((sample.weights[test] * (vacant * np.log(p) + (1 - vacant) * np.log1p(-p))).sum())
    return loss


def _fit(sample: Sample, inside: Mask, strength: float) -> Fitted:
    values, vacant, weights = sample.values[inside], sample.vacant[inside], sample.weights[inside]
    centre, spread = values.mean(axis=0), values.std(axis=0)
    if vacant.max() == vacant.min() and vacant[0] in (0.0, 1.0):
        # from one outcome nothing can be learnt but that outcome
        return Fitted(np.inf if vacant[0] else -np.inf, np.zeros(values.shape[1]), spread, strength)
    scale = np.where(spread > 0, spread, 1.0)
    found = penalised((values - centre) / scale, vacant, weights, strength)
    slopes = found[1:] / scale
    return Fitted(float(found[0]) - float((slopes * centre).sum()), slopes, spread, strength)


def penalised(values: Floats, vacant: Floats, weights: Floats, strength: float) -> Floats:
    """Return intercept and slopes of the least sum w (ln(1 + e^o) - v o) + |slopes|^2 / (2 strength), o the log-odds.

    The same as two weighted rows a record, vacant and occupied; by Newton's method with halved steps, for thousands of
    small fits. Needs both outcomes to occur. Source: Hosmer & Lemeshow 2000; le Cessie & van Houwelingen 1992 (penalty).
    """
    design = np.column_stack([np.ones(len(values)), values])
    penalty = np.full(design.shape[1], 1 / strength)
    penalty[0] = 0.0
    found = np.zeros(design.shape[1])
    found[0] = log_odds(np.average(vacant, weights=weights))
    loss = _loss(design, vacant, weights, penalty, found)
    for _ in range(NEWTON_MOST):
        p = probability(design @ found)
        slope = design.T @ (weights * (p - vacant)) + penalty * found
        bend = (design.T * (weights * p * (1 - p))) @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        following = _loss(design, vacant, weights, penalty, found - step)
        while following > loss and np.abs(step).max() > NEAR:
            step = step / 2
            following = _loss(design, vacant, weights, penalty, found - step)
        found, loss = found - step, following
        if np.abs(step).max() <= NEAR:
            break
    return found


def _loss(design: Floats, vacant: Floats, weights: Floats, penalty: Floats, at: Floats) -> float:
    odds = design @ at
    return float((weights * (np.logaddexp(0, odds) - vacant * odds)).sum() + (penalty * at**2).sum() / 2)
