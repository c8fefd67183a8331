"""Floor 2: what a place is like."""

from siting.indicators.jobs_housing import jobs_housing
from siting.indicators.registry import INDICATORS, Indicator

__all__ = ["INDICATORS", "Indicator", "jobs_housing"]
