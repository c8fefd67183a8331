"""A labour market: workers at origins, jobs at places, and the cost between them, in one order that rows cannot change."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from siting.base.travel import TravelCosts
from siting.indicators.transport import SAME, Floats, Ints

Costs: TypeAlias = TravelCosts | pd.DataFrame
"""Travel costs, or a matrix of them: origins x places, missing where a pair is out of reach. Any unit of cost."""

FLOW_COLUMNS = ("origin", "destination", "persons")
NAMED = 5


class Scaling(NamedTuple):
    """How unequal totals were made equal: `side` was multiplied by `factor` (side empty, factor 1: they were equal)."""

    side: str
    factor: float
    workers: float
    jobs: float


@dataclass(frozen=True)
class Market:
    """Workers and jobs as given, in the order of labels as text; cost has NaN where a pair is out of reach."""

    origins: pd.Index
    places: pd.Index
    cost: Floats = field(repr=False)
    workers: Floats = field(repr=False)
    jobs: Floats = field(repr=False)

    @property
    def scaling(self) -> Scaling:
        """How the jobs are scaled to the workers."""
        workers, jobs = float(self.workers.sum()), float(self.jobs.sum())
        if abs(workers - jobs) <= SAME * workers:
            return Scaling("", 1.0, workers, jobs)
        return Scaling("jobs", workers / jobs, workers, jobs)

    @property
    def filled(self) -> Floats:
        """The jobs, scaled so that there is one for every worker."""
        return self.jobs * self.scaling.factor

    def random_mean(self) -> float:
        """Return the mean cost over pairs within reach, weighted by workers x jobs; missing if there is none.

        Source: Hamilton 1982; Σ W_i J_j c_ij / Σ W_i J_j.
        """
        is_near = ~np.isnan(self.cost)
        # einsum, not a product of matrices: the result must not depend on how many threads the latter would use
        weight = float(np.einsum("i,ij,j->", self.workers, is_near, self.jobs))
        total = float(np.einsum("i,ij,j->", self.workers, np.where(is_near, self.cost, 0.0), self.jobs))
        return total / weight if weight > 0 else float("nan")


def market(costs: Costs, workers: pd.Series, jobs: pd.Series) -> Market:
    """Return the market; ValueError if labels do not agree with the costs, or a side has no one.

    `workers` must name every origin of the costs and no other, `jobs` every place.
    """
    matrix = cost_matrix(costs)
    sides = (("workers", workers, matrix.index), ("jobs", jobs, matrix.columns))
    amounts = [_amounts(name, series, labels) for name, series, labels in sides]
    for (name, *_), side in zip(sides, amounts, strict=True):
        if not side.sum() > 0:
            msg = f"{name}: there are none"
            raise ValueError(msg)
    return Market(matrix.index, matrix.columns, matrix.to_numpy(np.float64), *amounts)


def cost_matrix(costs: Costs, name: str = "costs") -> pd.DataFrame:
    """Return costs as a matrix, origins x places in the order of their labels as text, NaN out of reach."""
    if isinstance(costs, TravelCosts):
        long = costs.table()
        filled = np.full((len(costs.origins), len(costs.places)), np.nan)
        at = costs.origins.get_indexer(long["origin"]), costs.places.get_indexer(long["destination"])
        filled[at] = long["minutes"].to_numpy(np.float64)
        matrix = pd.DataFrame(filled, costs.origins, costs.places)
    elif isinstance(costs, pd.DataFrame):
        matrix = costs.astype(np.float64)
    else:
        msg = f"{name} must be a TravelCosts or a DataFrame, not {type(costs).__name__}"
        raise ValueError(msg)  # noqa: TRY004  every wrong argument is a ValueError
    if not (matrix.index.is_unique and matrix.columns.is_unique):
        msg = f"{name}: a label stands more than once"
        raise ValueError(msg)
    rows, columns = text_order(matrix.index), text_order(matrix.columns)
    matrix = matrix.iloc[rows, columns]
    values = matrix.to_numpy()
    if (values < 0).any() or np.isinf(values).any():
        msg = f"{name} must be finite and not negative; leave pairs that are out of reach missing"
        raise ValueError(msg)
    return matrix


def flow_table(flows: pd.DataFrame) -> pd.DataFrame:
    """Return flows with one row a pair that has persons, sorted by labels as text.

    ValueError for missing columns, and persons that are negative or not finite.
    """
    missing = [column for column in FLOW_COLUMNS if column not in flows.columns]
    if missing:
        msg = f"flows needs the columns {', '.join(FLOW_COLUMNS)}; missing: {', '.join(missing)}"
        raise ValueError(msg)
    persons = flows["persons"].to_numpy(np.float64, na_value=np.nan)
    if not np.isfinite(persons).all() or (persons < 0).any():
        msg = "flows: persons must be finite and not negative"
        raise ValueError(msg)
    if flows[["origin", "destination"]].isna().any(axis=None):
        msg = "flows: an origin or destination is missing"
        raise ValueError(msg)
    kept = flows.loc[persons > 0, list(FLOW_COLUMNS)].astype({"persons": np.float64})
    # sorted by persons too before adding, so that no order of the rows changes a bit
    keys = kept["persons"].to_numpy(), kept["destination"].astype(str), kept["origin"].astype(str)
    kept = kept.iloc[np.lexsort(keys)]
    return kept.groupby(["origin", "destination"], sort=False, as_index=False)["persons"].sum()


def flow_costs(flows: pd.DataFrame, costs: Costs, name: str = "costs") -> Floats:
    """Return the cost of each row of flows; ValueError that names the first pairs that have none."""
    matrix = cost_matrix(costs, name)
    row, column = matrix.index.get_indexer(flows["origin"]), matrix.columns.get_indexer(flows["destination"])
    found = np.where((row < 0) | (column < 0), np.nan, matrix.to_numpy()[row, column])
    lost = flows[np.isnan(found)]
    if len(lost):
        first = lost.iloc[:NAMED]
        pairs = ", ".join(f"{a} -> {b}" for a, b in zip(first["origin"], first["destination"], strict=True))
        msg = f"flows on {len(lost)} pairs without {name}: {pairs}"
        raise ValueError(msg)
    return np.asarray(found, np.float64)


def margins(flows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the persons of flows by origin and by destination."""
    by_origin = flows.groupby("origin", sort=False)["persons"].sum()
    return by_origin, flows.groupby("destination", sort=False)["persons"].sum()


def among(costs: Costs, origins: pd.Index, places: pd.Index) -> pd.DataFrame:
    """Return the costs between some origins and places."""
    return cost_matrix(costs).loc[origins, places]


def text_order(labels: pd.Index) -> Ints:
    """Return the positions of labels in the order of their text."""
    return np.argsort(labels.astype(str).to_numpy(object), kind="stable")


def _amounts(name: str, amounts: pd.Series, labels: pd.Index) -> Floats:
    if not isinstance(amounts, pd.Series):
        msg = f"{name} must be a Series, not {type(amounts).__name__}"
        raise ValueError(msg)  # noqa: TRY004  every wrong argument is a ValueError
    if not amounts.index.is_unique:
        msg = f"{name}: a label stands more than once"
        raise ValueError(msg)
    strange, lost = amounts.index[~amounts.index.isin(labels)], labels[~labels.isin(amounts.index)]
    if len(strange) or len(lost):
        msg = f"{name}: {_named(strange)} not in the costs; {_named(lost)} in the costs only"
        raise ValueError(msg)
    values = np.asarray(amounts.reindex(labels).to_numpy(np.float64, na_value=np.nan))
    if not np.isfinite(values).all() or (values < 0).any():
        bad = labels[~(np.isfinite(values) & (values >= 0))]
        msg = f"{name} must be finite and not negative: {_named(bad)}"
        raise ValueError(msg)
    return values


def _named(labels: Iterable[object]) -> str:
    listed = list(map(str, labels))
    return ", ".join(listed[:NAMED]) + (" …" if len(listed) > NAMED else "") if listed else "none"
