"""Floor 2: what a place is like."""

from siting.indicators.jobs_housing import jobs_housing
from siting.indicators.registry import INDICATORS, Indicator
from siting.indicators.utilities import (
    connections,
    joint_cost,
    road_access,
    utility_cost,
    utility_problems,
    utility_reasons,
)

__all__ = [
    "INDICATORS",
    "Indicator",
    "connections",
    "jobs_housing",
    "joint_cost",
    "road_access",
    "utility_cost",
    "utility_problems",
    "utility_reasons",
]
