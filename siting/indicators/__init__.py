"""Floor 2: what a place is like."""

from siting.indicators.calibration import Calibration, CalibrationRefusedError, calibrate
from siting.indicators.catchment_curve import catchment_curve
from siting.indicators.circle_rules import facility_rules, longest_bounds, tiers_for
from siting.indicators.commute import CommuteBounds, commute_bounds
from siting.indicators.commute_titles import COMMUTE_INDICATORS
from siting.indicators.excess import ExcessCommute, excess_commute
from siting.indicators.flows import Flows, flows
from siting.indicators.home_wishes import wished_band
from siting.indicators.inequality import inequality, inequality_table, lorenz, theil_parts
from siting.indicators.jobs_housing import jobs_housing
from siting.indicators.life_circles import circle_record, circle_summary, judge_circles
from siting.indicators.mismatch import containment, mismatch
from siting.indicators.monitor import commute_monitoring
from siting.indicators.registry import INDICATORS, Indicator
from siting.indicators.site_effect import site_effects
from siting.indicators.skill import Skill, skill
from siting.indicators.take_up import TakeUp, Taste, logsum, price_gap, take_up
from siting.indicators.utilities import (
    connections,
    joint_cost,
    road_access,
    utility_cost,
    utility_problems,
    utility_reasons,
)
from siting.indicators.vacancy import VacancyIndex, vacancy_index

__all__ = [
    "COMMUTE_INDICATORS",
    "INDICATORS",
    "Calibration",
    "CalibrationRefusedError",
    "CommuteBounds",
    "ExcessCommute",
    "Flows",
    "Indicator",
    "Skill",
    "TakeUp",
    "Taste",
    "VacancyIndex",
    "calibrate",
    "catchment_curve",
    "circle_record",
    "circle_summary",
    "commute_bounds",
    "commute_monitoring",
    "connections",
    "containment",
    "excess_commute",
    "facility_rules",
    "flows",
    "inequality",
    "inequality_table",
    "jobs_housing",
    "joint_cost",
    "judge_circles",
    "logsum",
    "longest_bounds",
    "lorenz",
    "mismatch",
    "price_gap",
    "road_access",
    "site_effects",
    "skill",
    "take_up",
    "theil_parts",
    "tiers_for",
    "utility_cost",
    "utility_problems",
    "utility_reasons",
    "vacancy_index",
    "wished_band",
]
