"""Floor 1: candidate parcels: origin, unit, terrain, idleness, needs, sites, what screening says, homes they hold."""

from siting.parcels.capacity import capacity, capacity_problems
from siting.parcels.distances import distance_problems
from siting.parcels.hit_reasons import evidence_of, reason_of
from siting.parcels.hits import AREA_MIN, PARCEL_RULE, Hit
from siting.parcels.idle import DATE_COLUMNS, check_idle, idle
from siting.parcels.needs import NEEDS, Need, check_documents, closed_gates, gate_ids, needs, needs_text
from siting.parcels.parcel_rules import parcel_problems
from siting.parcels.screen import Constraint, screen
from siting.parcels.sites import assemble, check_sites, in_site
from siting.parcels.terrain import terrain, terrain_problems
from siting.parcels.units import given_unit, unit_of

__all__ = [
    "AREA_MIN",
    "DATE_COLUMNS",
    "NEEDS",
    "PARCEL_RULE",
    "Constraint",
    "Hit",
    "Need",
    "assemble",
    "capacity",
    "capacity_problems",
    "check_documents",
    "check_idle",
    "check_sites",
    "closed_gates",
    "distance_problems",
    "evidence_of",
    "gate_ids",
    "given_unit",
    "idle",
    "in_site",
    "needs",
    "needs_text",
    "parcel_problems",
    "reason_of",
    "screen",
    "terrain",
    "terrain_problems",
    "unit_of",
]
