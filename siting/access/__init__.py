"""Floor 1: travel times to access measures; pure arithmetic on anything that is a `Reach`."""

from siting.access.measures import cumulative, nearest
from siting.access.registry import MEASURES, Measure

__all__ = ["MEASURES", "Measure", "cumulative", "nearest"]
