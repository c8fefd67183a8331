"""The jobs as data: seeded, the same for every library, with the checksum each must show."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scripts.bench.graph import Floats, Wide

Kind = Literal["nearest", "nearest_k", "sums", "twostep", "matrix", "growth"]
SEED = 20_241
FACILITIES = 200
CATCHMENTS = 2_000
MATRIX_SIDE = 5_000
OPPORTUNITY_SHARE = 5
PROBE_ORIGINS = 20
PROBE_SOURCES = 5
PROBE_NODES = 1_000
MS_PER_MINUTE = 60_000
EXACT, NEARLY = 1e-9, 1e-4


@dataclass(frozen=True)
class Job:
    """What is asked. `minutes` is the cutoff, `decay` weighs with exp(-time / cutoff), `tolerance` is for checksums."""

    name: str
    kind: Kind
    unit: str
    categories: int = 1
    k: int = 1
    minutes: int = 0
    decay: bool = False
    tolerance: float = EXACT

    @property
    def cutoff_ms(self) -> int:
        """Cutoff in milliseconds; exactly at the cutoff counts as reached."""
        return self.minutes * MS_PER_MINUTE


NEAREST = [
    Job("nearest1", "nearest", "node x category", categories=10),
    Job("nearest16", "nearest", "node x category", categories=16),
    Job("nearest3", "nearest_k", "node x category", categories=10, k=3),
]
SUMS = [
    job
    for minutes in (5, 15, 30)
    for job in (
        Job(f"cumulative{minutes}", "sums", "origin", minutes=minutes),
        Job(f"ten{minutes}", "sums", "origin", categories=10, minutes=minutes),
        Job(f"gravity{minutes}", "sums", "origin", minutes=minutes, decay=True, tolerance=NEARLY),
    )
]
OTHERS = [
    Job("twostep", "twostep", "node", minutes=15, tolerance=NEARLY),
    Job("matrix", "matrix", "pair"),
    Job("growth_nodes", "growth", "node"),
    Job("growth_origins", "growth", "origin"),
    Job("growth_cutoff", "growth", "minute"),
]
JOBS = {job.name: job for job in (*NEAREST, *SUMS, *OTHERS)}


def facilities(nodes: int, categories: int) -> list[Wide]:
    """Return the sorted nodes of the facilities of every category."""
    rng = np.random.default_rng([SEED, 1])
    count = min(FACILITIES, nodes // 4)
    return [np.sort(rng.choice(nodes, count, replace=False)) for _ in range(categories)]


def amounts(nodes: int, categories: int) -> Floats:
    """Return nodes x categories: 1..49 at a fifth of the nodes, else 0."""
    rng = np.random.default_rng([SEED, 2])
    table = np.zeros((nodes, categories))
    for column in range(categories):
        at = rng.choice(nodes, nodes // OPPORTUNITY_SHARE, replace=False)
        table[at, column] = rng.integers(1, 50, len(at))
    return table


def catchments(nodes: int) -> tuple[Wide, Floats, Floats]:
    """Return facility nodes, their capacity, and the demand 0..19 of every node, for two-step catchments."""
    rng = np.random.default_rng([SEED, 3])
    at = np.sort(rng.choice(nodes, min(CATCHMENTS, nodes // 4), replace=False))
    return at, rng.integers(1, 100, len(at)).astype(float), rng.integers(0, 20, nodes).astype(float)


def matrix_ends(nodes: int) -> tuple[Wide, Wide]:
    """Return the sources, in random order so that any first few are a sample, and the sorted targets."""
    rng = np.random.default_rng([SEED, 4])
    side = min(MATRIX_SIDE, nodes)
    return rng.choice(nodes, side, replace=False), np.sort(rng.choice(nodes, side, replace=False))


def sample(nodes: int, size: int) -> Wide:
    """Return origins for a library too slow for all of them; a smaller sample begins a larger one."""
    return np.random.default_rng([SEED, 5]).permutation(nodes)[:size]


def full_units(job: Job, nodes: int) -> int:
    """Return the units of the whole job."""
    if job.kind in ("nearest", "nearest_k"):
        return nodes * job.categories
    return min(MATRIX_SIDE, nodes) ** 2 if job.kind == "matrix" else nodes


def check_nearest(ms: Floats) -> float:
    """Return the checksum of the first category's (k-th) time at every node; inf is unreachable."""
    probe = ms[sample(len(ms), PROBE_NODES)]
    return float(probe[np.isfinite(probe)].sum())


def check_sums(sampled: Floats) -> float:
    """Return the checksum of the sums of the sampled origins, one row each, all categories."""
    return float(sampled[:PROBE_ORIGINS].sum())


def check_matrix(ms: Floats) -> float:
    """Return the checksum of sources x targets; inf is unreachable."""
    probe = ms[:PROBE_SOURCES]
    return float(probe[np.isfinite(probe)].sum())


def check_twostep(access: Floats) -> float:
    """Return the checksum of the access of every node: for facilities with demand near, the capacity handed out."""
    return float(access.sum())
