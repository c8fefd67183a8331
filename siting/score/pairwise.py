"""Weights from comparing criteria two by two (AHP): the principal eigenvector, and who contradicts where.

Source: Saaty 1977, 1980. Judges are taken together by the geometric mean of each judgement (Aczél & Saaty 1983).
All is computed in the order of the names as text with exact sums, so that the order of names and judges changes nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from siting.base.errors import Problem
from siting.score.elicited import Weights, as_shares, checked_names

RANDOM_INDEX = {3: 0.58, 4: 0.90, 5: 1.12, 6: 1.24, 7: 1.32, 8: 1.41, 9: 1.45, 10: 1.49}
"""Mean consistency index of random matrices (Saaty 1980; evidence R)."""
MOST_CRITERIA = 10
RATIO_MAX = 0.10
"""Consistency ratio up to which judgements are taken as they are (Saaty 1980; evidence R)."""
RECIPROCAL_TOLERANCE = 1e-6
ROUNDS = 100_000
STILL = 1e-15
Matrix = list[list[float]]


class Triad(NamedTuple):
    """Three criteria whose judgements contradict most: a to b and b to c imply `implied`, but a to c is `stated`."""

    names: tuple[str, str, str]
    stated: float
    implied: float


def ahp(pairwise: Any, names: Iterable[str] | None = None) -> Weights:
    """Return weights from square matrices of judgements: a_ij says how many times as important i is as j.

    pairwise: one matrix (a table with the names on both sides, or an array or nested lists in the order of `names`), or
    several, as a sequence or by the name of the judge. consistency is the ratio CR = CI / RI of the joint judgements, CI =
    (λ - n) / (n - 1), and 0 for one or two criteria. Where the ratio of a judge, or of all together, exceeds 0.10, a warning names the
    triad that contradicts most. Raises ValueError for more than ten criteria (group them), and for matrices that are not square,
    positive and reciprocal.
    """
    judges = _by_judge(pairwise)
    first = next(iter(judges.values()))
    found = checked_names(names, first.index if isinstance(first, pd.DataFrame) else None, "pairwise")
    if len(found) > MOST_CRITERIA:
        msg = f"pairwise: {len(found)} criteria are more than {MOST_CRITERIA}; group them and compare the groups first"
        raise ValueError(msg)
    ordered = sorted(found)
    matrices = {judge: _checked(matrix, found, ordered) for judge, matrix in judges.items()}
    joint = _joint(list(matrices.values()))
    vector, root = principal(joint)
    ratio = consistency_ratio(root, len(ordered))
    notes = [
        _contradiction(matrix, ordered, each, judge)
        for judge, matrix in matrices.items()
        if (each := consistency_ratio(principal(matrix)[1], len(ordered))) > RATIO_MAX
    ]
    if len(matrices) > 1 and ratio > RATIO_MAX:
        notes.append(_contradiction(joint, ordered, ratio, "*"))
    weights = as_shares(dict(zip(ordered, vector, strict=True)))
    return Weights(weights.loc[found], ratio, tuple(notes))


def principal(matrix: Matrix) -> tuple[list[float], float]:
    """Return the principal eigenvector of a positive matrix, adding up to 1, and its eigenvalue.

    By powers of the matrix; ValueError where they do not settle.
    """
    size = len(matrix)
    vector = [1.0 / size] * size
    for _ in range(ROUNDS):
        product = [math.fsum(map(float.__mul__, row, vector)) for row in matrix]
        total = math.fsum(product)
        following = [each / total for each in product]
        still = all(abs(new - old) <= STILL * new for new, old in zip(following, vector, strict=True))
        vector = following
        if still:
            break
    else:
        msg = "pairwise: the judgements contradict each other too much to settle"
        raise ValueError(msg)
    grown = [math.fsum(map(float.__mul__, row, vector)) / own for row, own in zip(matrix, vector, strict=True)]
    return vector, math.fsum(grown) / size


def consistency_ratio(root: float, size: int) -> float:
    """Return CR from the principal eigenvalue of a matrix of that size; 0 for one or two criteria."""
    if size not in RANDOM_INDEX:
        return 0.0
    # rounding may leave the eigenvalue of consistent judgements a hair below their number
    return max(0.0, (root - size) / (size - 1)) / RANDOM_INDEX[size]


def worst_triad(matrix: Matrix, names: Sequence[str]) -> Triad:
    """Return the triad with the largest |log(a_ij a_jk / a_ik)|; of equal ones the first by the order of names."""

    def gap(triad: tuple[int, int, int]) -> float:
        i, j, k = triad
        return round(abs(math.log(matrix[i][j]) + math.log(matrix[j][k]) - math.log(matrix[i][k])), 9)

    i, j, k = max(combinations(range(len(names)), 3), key=gap)
    return Triad((names[i], names[j], names[k]), matrix[i][k], matrix[i][j] * matrix[j][k])


def _contradiction(matrix: Matrix, names: Sequence[str], ratio: float, judge: str) -> Problem:
    triad = worst_triad(matrix, names)
    one, middle, last = triad.names
    return Problem(
        "ahp_contradiction",
        where=judge,
        found=f"{ratio:.3f}",
        expected=f"{RATIO_MAX:.2f}",
        level="warn",
        values={
            "ids": f"{one}, {middle}, {last}",
            "better": f"{one}/{last}: {triad.stated:.3g} → {triad.implied:.3g}",
        },
    )


def _by_judge(pairwise: Any) -> dict[str, Any]:
    if isinstance(pairwise, Mapping):
        judges = {str(judge): matrix for judge, matrix in pairwise.items()}
    elif isinstance(pairwise, pd.DataFrame) or np.ndim(pairwise) == 2:
        judges = {"1": pairwise}
    else:
        judges = {str(at): matrix for at, matrix in enumerate(pairwise, start=1)}
    if not judges:
        msg = "pairwise must hold a matrix"
        raise ValueError(msg)
    return judges


def _checked(matrix: Any, names: list[str], ordered: list[str]) -> Matrix:
    if isinstance(matrix, pd.DataFrame):
        checked_names(names, matrix.index, "pairwise")
        checked_names(names, matrix.columns, "pairwise")
        table = matrix.loc[ordered, ordered].to_numpy(float)
    else:
        table = np.asarray(matrix, dtype=float)
        if table.shape != (len(names), len(names)):
            msg = f"pairwise must be square with {len(names)} rows, not {table.shape}"
            raise ValueError(msg)
        at = [names.index(name) for name in ordered]
        table = table[np.ix_(at, at)]
    if not np.isfinite(table).all() or (table <= 0).any():
        msg = "pairwise must be finite and above 0"
        raise ValueError(msg)
    rows, columns = np.nonzero(np.abs(table * table.T - 1) > RECIPROCAL_TOLERANCE)
    if len(rows):
        one, other = ordered[rows[0]], ordered[columns[0]]
        msg = f"pairwise must be reciprocal: {one} to {other} times {other} to {one} is not 1"
        raise ValueError(msg)
    return [[float(each) for each in row] for row in table]


def _joint(matrices: list[Matrix]) -> Matrix:
    if len(matrices) == 1:
        return matrices[0]
    size = len(matrices[0])
    joint = [[1.0] * size for _ in range(size)]
    for i, j in combinations(range(size), 2):
        logs = [math.log(matrix[i][j]) for matrix in matrices]
        joint[i][j] = math.exp(math.fsum(logs) / len(logs))
        joint[j][i] = 1 / joint[i][j]
    return joint
