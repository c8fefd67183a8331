"""Weights that the spread of the candidates' own values would give: to be shown beside stated ones, never used unseen.

They reward columns in which the candidates differ, not those that matter, and they move when a candidate comes or goes.
"""

import math
from collections.abc import Iterable
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from siting.base.errors import Problem
from siting.score.elicited import Weights, as_shares, checked_names

SAME = 1e-12


def entropy(matrix: Any, names: Iterable[str] | None = None) -> Weights:
    """Return weights by entropy: w ~ 1 - e, e = -Σ p ln p / ln m, p the share of each of m rows in its column.

    matrix: rows are candidates, columns criteria, values 0 or more, more is better. Raises ValueError for missing or negative
    values, an empty column, fewer than two rows, or where no column differs. Source: Shannon 1948; Zeleny 1982.
    """
    columns = _columns(matrix, names)
    if any(min(column) < 0 or math.fsum(column) <= 0 for column in columns.values()):
        msg = "matrix must be 0 or more, with something in every column"
        raise ValueError(msg)
    return _weights({name: _difference(column) for name, column in columns.items()}, "entropy")


def critic(matrix: Any, names: Iterable[str] | None = None) -> Weights:
    """Return weights by CRITIC: w ~ σ_j Σ_k (1 - r_jk), on columns stretched from their minimum to their maximum.

    matrix: rows are candidates, columns criteria; a cost is given with its sign turned. A column in which nothing differs
    has weight 0 and no part in the sums of the others, for it has no correlation. Raises ValueError for missing values, fewer
    than two rows, or where no weight is left. Source: Diakoulaki, Mavrotas & Papayannakis 1995.
    """
    columns = _columns(matrix, names)
    stretched = {name: _stretched(column) for name, column in columns.items()}
    moved = {name: _deviations(column) for name, column in stretched.items() if column is not None}
    sigma = {name: math.sqrt(math.fsum(each * each for each in column)) for name, column in moved.items()}
    conflict: dict[str, list[float]] = {name: [] for name in moved}
    for one, other in combinations(moved, 2):
        product = math.fsum(a * b for a, b in zip(moved[one], moved[other], strict=True))
        apart = 1 - max(-1.0, min(1.0, product / (sigma[one] * sigma[other])))
        conflict[one].append(apart)
        conflict[other].append(apart)
    found = {name: sigma[name] * math.fsum(conflict[name]) if name in moved else 0.0 for name in columns}
    return _weights(found, "critic")


def _columns(matrix: Any, names: Iterable[str] | None) -> dict[str, list[float]]:
    table = np.asarray(matrix, dtype=float)
    if table.ndim != 2 or len(table) < 2 or not np.isfinite(table).all():
        msg = "matrix must have two rows or more of finite numbers"
        raise ValueError(msg)
    labels = list(matrix.columns) if isinstance(matrix, pd.DataFrame) else None
    found = checked_names(names, labels, "matrix")
    if table.shape[1] != len(found):
        msg = f"matrix must have {len(found)} columns, not {table.shape[1]}"
        raise ValueError(msg)
    position = {name: at for at, name in enumerate(found if labels is None else labels)}
    return {name: [float(each) for each in table[:, position[name]]] for name in found}


def _difference(column: list[float]) -> float:
    total = math.fsum(column)
    shares = [each / total for each in column]
    evenness = -math.fsum(share * math.log(share) for share in shares if share > 0) / math.log(len(column))
    # an even column has 1 but for rounding
    return 1 - evenness if 1 - evenness > SAME else 0.0


def _stretched(column: list[float]) -> list[float] | None:
    low, high = min(column), max(column)
    return None if low == high else [(each - low) / (high - low) for each in column]


def _deviations(column: list[float]) -> list[float]:
    mean = math.fsum(column) / len(column)
    return [each - mean for each in column]


def _weights(found: dict[str, float], method: str) -> Weights:
    if not math.fsum(found.values()) > SAME:
        msg = "matrix has no column that tells the rows apart"
        raise ValueError(msg)
    return Weights(as_shares(found), None, (Problem("weights_shown_only", found=method, level="note"),))
