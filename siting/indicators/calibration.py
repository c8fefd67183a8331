"""What past occupancy can teach: a logistic regression that is believed only as far as it foretells what it has not seen.

Where it shows no skill on records left out, it gives no probability.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from siting.base.arguments import takes
from siting.base.errors import SitingError
from siting.indicators.logistic import Floats, Places, Sample, fit_best, left_out, log_odds, probability
from siting.indicators.skill import NO_SKILL, Skill, area_under_curve, skill, skill_over_mean

Refusal = Literal["few_records", "no_variation", "no_skill"]
LeftOut = Literal["record", "group", "fold"]

MIN_RECORDS = 20
"""Records below which nothing is calibrated: a placeholder, about ten for one predictor at even odds (Peduzzi 1996)."""
MOST_FOLDS = 100


class CalibrationRefusedError(SitingError, ValueError):
    """A probability was asked of records that do not support one; `refusal` says why."""

    def __init__(self, refusal: Refusal, detail: str) -> None:
        self.refusal = refusal
        self.detail = detail
        super().__init__(f"no probability of vacancy: {refusal.replace('_', ' ')}" + (f" ({detail})" if detail else ""))


@dataclass(frozen=True)
class Calibration:
    """A regression of vacancy, and how well it foretells records that it has not seen.

    coefficients: by predictor, coefficient (log-odds a unit), standardised (log-odds a standard deviation), same_sign (the
    share of left-out fits with that sign), low, high (what the records span). held_out: probability by record, from a
    fit without it (or without its group). skill: rank correlation with the truth of its log-odds over those of the mean of
    the records it was fitted to (the bare prediction falls where a high value is left out, and looks worse than chance). brier_skill, log_loss_skill: share
    of the error of the mean that it saves, left out alike. auc: where every record is vacant or not, else missing.
    strength: inverse of the penalty. left_out_of_use: records with an empty cell or without homes.
    """

    predictors: tuple[str, ...]
    intercept: float
    coefficients: pd.DataFrame = field(repr=False)
    held_out: pd.Series = field(repr=False)
    skill: Skill
    brier_skill: float
    log_loss_skill: float
    auc: float
    strength: float
    records: int
    left_out_by: LeftOut
    folds: int
    left_out_of_use: tuple[Hashable, ...]
    refusal: Refusal | None
    detail: str = ""

    @property
    def useful(self) -> bool:
        """Whether it foretells better than chance: the interval of the rank correlation lies above 0, and so do both skills."""
        return self.refusal is None

    @takes(table="table")
    def predict(self, table: pd.DataFrame) -> pd.Series:
        """Return the probability that a home stands vacant, by row; missing where a predictor is.

        Raises CalibrationRefusedError where the calibration is not useful; ValueError for missing columns.
        """
        if self.refusal is not None:
            raise CalibrationRefusedError(self.refusal, self.detail)
        values = _numbers(table, self.predictors, "table")
        slopes = self.coefficients["coefficient"].to_numpy()
        # column by column, so that a row's sum never depends on how many rows there are
        odds = sum(
            (slopes[at] * values[:, at] for at in range(len(slopes))), start=np.full(len(values), self.intercept)
        )
        return pd.Series(probability(odds), index=table.index)

    @takes(table="table")
    def beyond_records(self, table: pd.DataFrame) -> pd.Series:
        """Return whether a predictor of a row lies outside what the records span: there a prediction is extrapolation."""
        values = _numbers(table, self.predictors, "table")
        low, high = self.coefficients["low"].to_numpy(), self.coefficients["high"].to_numpy()
        return pd.Series(((values < low) | (values > high)).any(axis=1), index=table.index)

    def record(self) -> dict[str, Any]:
        """Return what was found, fit for JSON; a missing number is None."""
        numbers = {
            "rho": self.skill.rho,
            "low": self.skill.low,
            "high": self.skill.high,
            **{name: getattr(self, name) for name in ("brier_skill", "log_loss_skill", "auc", "intercept", "strength")},
        }
        return {
            **{name: _or_none(value) for name, value in numbers.items()},
            **{
                name: getattr(self, name) for name in ("records", "left_out_by", "folds", "refusal", "detail", "useful")
            },
            "least": MIN_RECORDS,
            "left_out_of_use": [str(each) for each in self.left_out_of_use],
            "coefficients": {
                name: {column: _or_none(value) for column, value in row.items()}
                for name, row in self.coefficients.to_dict("index").items()
            },
        }


@takes(records="table", vacant="column", homes="column", groups="column")
def calibrate(
    records: pd.DataFrame,
    vacant: pd.Series,
    homes: pd.Series,
    *,
    predictors: Sequence[str],
    groups: pd.Series | None = None,
    vacant_is: Literal["share", "homes"] = "share",
    seed: int,
) -> Calibration:
    """Return a logistic regression of vacancy on predictors by place, with its skill on records left out.

    A record is two rows, vacant and occupied, weighted by their homes (to a mean of 1 a record, for homes of one project
    are no independent witnesses). Predictors are standardised; the strength of the L2 penalty is that of the least log loss
    in a cross-validation of five folds inside each training set. Predictions left out leave out one group at a time
    (`groups`), else one record, or one of 100 parts where there are more records; standardising and strength are redone
    each time. Not useful (`refusal`, and `predict` raises): fewer than 20 records, vacancy or a predictor that does not
    vary, and no skill, which is a 95 % bootstrap interval of Spearman's rho that reaches 0 or below (of groups where
    given), or an error (Brier, log loss) no smaller than that of the mean of the training set. Of pure noise about 4 in 100 still pass.

    `vacant` is a share 0..1, or homes with `vacant_is="homes"`. A record with an empty cell or no homes is not used and
    told. Deterministic; no order of the rows matters. ValueError for missing columns, repeated ids, series on other
    ids, values out of range, and a seed below 0. Source: Hosmer & Lemeshow 2000; Stone 1974 (leaving out).
    """
    names = tuple(predictors)
    if seed < 0:
        msg = f"seed must be 0 or more, not {seed}"
        raise ValueError(msg)
    values, shares, weights = _checked(records, names, vacant, homes, vacant_is)
    labels = None if groups is None else groups.reindex(records.index)
    used = ~np.isnan(values).any(axis=1) & ~np.isnan(shares) & (weights > 0)
    if labels is not None:
        used &= labels.notna().to_numpy()
    at = _by_id(records.index)
    at = at[used[at]]
    unused = tuple(records.index[~used])
    refusal, detail = _refusal_before(values[at], shares[at], names)
    group, by = _groups(None if labels is None else labels.iloc[at], len(at))
    if refusal is None and group.max() == 0:
        refusal, detail = "no_variation", "groups"
    if refusal is not None:
        return _unfitted(records.index, names, unused, (len(at), by), refusal, detail)
    sample = Sample(values[at], shares[at], weights[at] / weights[at].mean(), group)
    return _calibrated(sample, records.index, at, names, (by, unused), seed)


def _calibrated(
    sample: Sample,
    ids: pd.Index,
    at: Places,
    names: tuple[str, ...],
    told: tuple[LeftOut, tuple[Hashable, ...]],
    seed: int,
) -> Calibration:
    by, unused = told
    whole = fit_best(sample, np.ones(len(at), bool))
    held, means, slopes = left_out(sample)
    lift = log_odds(held) - log_odds(means)
    truth, weights = pd.Series(sample.vacant), pd.Series(sample.weights)
    found = skill(pd.Series(lift), truth, weights, groups=pd.Series(sample.group), seed=seed)
    brier, log_loss = skill_over_mean(held, means, sample.vacant, sample.weights)
    useful = found.low > 0 and brier > 0 and log_loss > 0
    held_out = pd.Series(np.nan, index=ids)
    held_out.iloc[at] = held
    coefficients = pd.DataFrame(
        {
            "coefficient": whole.slopes,
            "standardised": whole.slopes * whole.spread,
            "same_sign": (np.sign(slopes) == np.sign(whole.slopes)).mean(axis=0),
            "low": sample.values.min(axis=0),
            "high": sample.values.max(axis=0),
        },
        index=list(names),
    )
    return Calibration(
        predictors=names,
        intercept=whole.intercept,
        coefficients=coefficients,
        held_out=held_out,
        skill=found,
        brier_skill=brier,
        log_loss_skill=log_loss,
        auc=area_under_curve(sample.vacant, lift),
        strength=whole.strength,
        records=len(at),
        left_out_by=by,
        folds=int(sample.group.max()) + 1,
        left_out_of_use=unused,
        refusal=None if useful else "no_skill",
    )


def _checked(
    records: pd.DataFrame, names: tuple[str, ...], vacant: pd.Series, homes: pd.Series, vacant_is: str
) -> tuple[Floats, Floats, Floats]:
    if not names or len(set(names)) < len(names):
        msg = "predictors: one or more, each once"
        raise ValueError(msg)
    if vacant_is not in ("share", "homes"):
        msg = f"vacant_is must be share or homes, not {vacant_is!r}"
        raise ValueError(msg)
    for name, series in (("vacant", vacant), ("homes", homes)):
        if not series.index.is_unique or not records.index.is_unique or set(series.index) != set(records.index):
            msg = f"{name}: must be on the ids of records, each once"
            raise ValueError(msg)
    weights = homes.reindex(records.index).to_numpy(np.float64, na_value=np.nan)
    given = vacant.reindex(records.index).to_numpy(np.float64, na_value=np.nan)
    if (weights < 0).any() or np.isinf(weights).any():
        msg = "homes: must be numbers from 0 up"
        raise ValueError(msg)
    if vacant_is == "homes":
        given = np.divide(given, weights, out=np.full(len(given), np.nan), where=weights > 0)
    if (given < 0).any() or (given > 1).any():
        msg = "vacant: must be shares from 0 to 1, or with vacant_is='homes' no more than homes"
        raise ValueError(msg)
    return _numbers(records, names, "records"), given, np.nan_to_num(weights)


def _numbers(table: pd.DataFrame, names: tuple[str, ...], argument: str) -> Floats:
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        msg = f"{argument}: no columns {', '.join(lacking)}"
        raise ValueError(msg)
    values: Floats = table.loc[:, list(names)].to_numpy(np.float64, na_value=np.nan)
    if np.isinf(values).any():
        msg = f"{argument}: a predictor is infinite"
        raise ValueError(msg)
    return values


def _refusal_before(values: Floats, vacant: Floats, names: tuple[str, ...]) -> tuple[Refusal | None, str]:
    """Return why nothing can be fitted, if so, and what it is about."""
    if len(vacant) < MIN_RECORDS:
        return "few_records", f"{len(vacant)} of {MIN_RECORDS}"
    constant = [name for at, name in enumerate(names) if np.ptp(values[:, at]) == 0]
    if np.ptp(vacant) == 0:
        return "no_variation", "vacant"
    return ("no_variation", ", ".join(constant)) if constant else (None, "")


def _unfitted(
    ids: pd.Index,
    names: tuple[str, ...],
    unused: tuple[Hashable, ...],
    told: tuple[int, LeftOut],
    refusal: Refusal,
    detail: str,
) -> Calibration:
    lost = float("nan")
    columns = ["coefficient", "standardised", "same_sign", "low", "high"]
    return Calibration(
        predictors=names,
        intercept=lost,
        coefficients=pd.DataFrame(np.nan, index=list(names), columns=columns),
        held_out=pd.Series(np.nan, index=ids),
        skill=NO_SKILL,
        brier_skill=lost,
        log_loss_skill=lost,
        auc=lost,
        strength=lost,
        records=told[0],
        left_out_by=told[1],
        folds=0,
        left_out_of_use=unused,
        refusal=refusal,
        detail=detail,
    )


def _groups(labels: pd.Series | None, records: int) -> tuple[Places, LeftOut]:
    """Return which group each record is left out with, numbered in the order of their names."""
    if labels is None:
        by: LeftOut = "record" if records <= MOST_FOLDS else "fold"
        return np.arange(records, dtype=np.intp) % MOST_FOLDS, by
    names = np.array([str(each) for each in labels], object)
    return np.unique(names, return_inverse=True)[1].astype(np.intp), "group"


def _by_id(ids: pd.Index) -> Places:
    names = np.array([str(each) for each in ids], object)
    if len(set(names)) < len(names):
        msg = "records: ids must differ as text"
        raise ValueError(msg)
    return np.argsort(names).astype(np.intp)


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
