"""How far the ranks of a run hold: under other weights, other speeds, other data and other prices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from siting import score
from siting.base.settings import Criterion, Settings
from siting.project.evaluation import Evaluation, limit_of
from siting.score import Certificates
from siting.score.doubt import Options

WEIGHT_KINDS = ("uniform", "ordered", "around")
CELLS_MAX = 100_000_000
"""Draws times parcels; more parcels than it allows get fewer draws, and the table says how many."""
DRAWS_MIN = 500
DECIMALS = 6
Paced = Callable[[float], Mapping[str, Evaluation]]


@dataclass(frozen=True)
class Certified:
    """The certificates of a ranking.

    values: scored parcels x weighted criteria, 0..1. evaluations: the criteria as measured. penalty: factor on each
    score. paced: measures the criteria with all streets so many times as fast.
    """

    settings: Settings
    values: pd.DataFrame = field(repr=False)
    evaluations: Mapping[str, Evaluation] = field(repr=False)
    penalty: pd.Series = field(repr=False)
    paced: Paced = field(repr=False)
    workers: int | None = None

    @property
    def _criteria(self) -> tuple[Criterion, ...]:
        return self.settings.weighted

    @property
    def weights(self) -> dict[str, float]:
        """The stated weights."""
        return {each.name: float(each.weight or 0) for each in self._criteria}

    @property
    def _seed(self) -> int:
        return self.settings.project.seed

    @property
    def draws(self) -> int:
        """Draws of weights for this many parcels."""
        return self._fewer(self.settings.certificate.draws)

    def _fewer(self, asked: int) -> int:
        return min(asked, max(DRAWS_MIN, CELLS_MAX // max(1, len(self.values))))

    @property
    def leading(self) -> str:
        """The doubt whose ranks stand in the ranking."""
        return self.settings.certificate.weights

    def _options(self) -> Options:
        combine, block = self.settings.combine, self.settings.certificate
        return {
            "method": combine.method,
            "alpha": combine.alpha,
            "penalty": self.penalty,
            "top": block.top,
            "shown": block.shown,
        }

    @cached_property
    def by_doubt(self) -> dict[str, Certificates]:
        """The certificates by what is in doubt; only those that the settings give a band for, weights always."""
        if self.values.empty:
            return {}
        found = {kind: self._by_weights(kind) for kind in WEIGHT_KINDS if kind != "around" or self._spread is not None}
        return found | dict(self._by_other())

    @property
    def _spread(self) -> float | None:
        return self.settings.certificate.spread

    def _by_weights(self, kind: Any) -> Certificates:
        options = self._options()
        if kind == "around":
            options["spread"] = self._spread
        return score.acceptability(
            self.values,
            self.weights,
            kind=kind,
            draws=self.draws,
            seed=self._seed,
            workers=self.workers,
            **options,
        )

    def _by_other(self) -> Iterator[tuple[str, Certificates]]:
        block, draws = self.settings.certificate, self._fewer(self.settings.certificate.world_draws)
        raw, fixed = self._raw(self.evaluations)
        if block.data:
            widths = {name: width for name, width in block.data.items() if name in raw.columns}
            yield "data", self._of(score.data_worlds(raw, widths, draws=draws, seed=self._seed, fixed=fixed))
        costs = {each.name: block.prices for each in self._criteria if each.measure == "utility_cost"}
        if block.prices is not None and costs:
            widths = {name: float(width or 0) for name, width in costs.items()}
            yield "prices", self._of(score.price_worlds(raw, widths, draws=draws, seed=self._seed))
        if block.times is not None:
            low, high = block.times
            tables = {factor: self._raw(self.paced(factor))[0] for factor in (low, high)} | {1.0: raw}
            yield "times", self._of(score.factor_worlds(tables, draws=draws, seed=self._seed))

    def _raw(self, evaluations: Mapping[str, Evaluation]) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return raw values with a number where nothing lies within the limit, and which cells these are."""
        index = self.values.index
        columns = {each.name: evaluations[each.name].raw.reindex(index) for each in self._criteria}
        beyond = pd.DataFrame({each.name: evaluations[each.name].beyond.reindex(index) for each in self._criteria})
        at = {each.name: limit_of(each) for each in self._criteria}
        return score.filled(pd.DataFrame(columns), beyond, at), beyond

    def _of(self, worlds: Iterator[score.World]) -> Certificates:
        combine, block = self.settings.combine, self.settings.certificate
        scores = score.scored(
            worlds,
            self._criteria,
            self.values.index,
            method=combine.method,
            alpha=combine.alpha,
            penalty=self.penalty,
        )
        return score.acceptability_of(
            scores, self.values.index, top=block.top, shown=block.shown, seed=self._seed, workers=self.workers
        )

    @cached_property
    def rivals(self) -> pd.DataFrame:
        """The nearest rival of each parcel; for the weighted mean only."""
        if self.values.empty or self.settings.combine.method != "wsm":
            return pd.DataFrame()
        return score.nearest_rivals(self.values, self.weights, penalty=self.penalty)

    @cached_property
    def methods(self) -> pd.DataFrame:
        """The ranks by all four ways to combine, penalties in, and how far they disagree."""
        alpha = self.settings.combine.alpha
        if self.values.empty:
            return pd.DataFrame()
        return score.compare(self.values, self.weights, alpha=1.0 if alpha is None else alpha, penalty=self.penalty)

    def columns(self) -> pd.DataFrame:
        """Return rank_best, rank_worst and p_top of the leading doubt, by parcel."""
        if self.leading not in self.by_doubt:
            return pd.DataFrame(columns=["rank_best", "rank_worst", "p_top"])
        table = self.by_doubt[self.leading].table[["rank_best", "rank_worst", "p_top"]]
        return table.assign(p_top=table["p_top"].round(DECIMALS))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return certificates, central weights, rivals and methods, by the name of their file."""
        if not self.by_doubt:
            return {}
        parts = [_long(doubt, found) for doubt, found in self.by_doubt.items()]
        tables = {"certificates": pd.concat(parts, ignore_index=True)}
        central = [
            found.central.dropna(how="all").round(DECIMALS).rename_axis("parcel_id").reset_index().assign(doubt=doubt)
            for doubt, found in self.by_doubt.items()
            if not found.central.empty
        ]
        if central:
            tables["central_weights"] = pd.concat(central, ignore_index=True)
        if not self.rivals.empty:
            tables["rivals"] = self.rivals.rename_axis("parcel_id").reset_index()
        tables["methods"] = self.methods.rename_axis("parcel_id").reset_index()
        return tables

    def record(self, parcel: str) -> dict[str, Any] | None:
        """Return the certificate of one parcel, as its receipt holds it; None where it has no rank."""
        if parcel not in self.values.index:
            return None
        doubts = {
            doubt: {
                "draws": found.draws,
                "top": found.top,
                **{name: _plain(found.table.loc[parcel, name]) for name in found.table.columns if name != "rank"},
            }
            for doubt, found in self.by_doubt.items()
        }
        rival = None if self.rivals.empty else self.rivals.loc[parcel]
        told = rival is not None and not pd.isna(rival["rival"])
        return {
            "leading": self.leading,
            "doubts": doubts,
            "rival": {name: _plain(rival[name]) for name in rival.index} if told and rival is not None else None,
            "methods": {name: _plain(self.methods.loc[parcel, name]) for name in self.methods.columns},
        }

    def stamp(self) -> dict[str, Any]:
        """Return what the certificates are made of."""
        return {doubt: {"draws": found.draws, "seed": found.seed} for doubt, found in self.by_doubt.items()}


def _long(doubt: str, found: Certificates) -> pd.DataFrame:
    table = found.table.drop(columns="rank").round(DECIMALS)
    shares = found.shares.round(DECIMALS).rename(columns=lambda rank: f"rank_{rank}")
    rows = pd.concat([table, shares], axis=1).rename_axis("parcel_id").reset_index()
    rows.insert(1, "doubt", doubt)
    rows.insert(2, "draws", found.draws)
    return rows


def _plain(cell: Any) -> Any:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell
