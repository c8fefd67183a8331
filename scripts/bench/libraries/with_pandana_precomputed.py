"""Pandana with `precompute`: every range search of the cutoff stored ahead."""

from functools import partial

from scripts.bench.libraries.with_pandana import sums

JOBS = {"sums": partial(sums, ahead=True)}
