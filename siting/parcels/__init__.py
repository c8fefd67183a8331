"""Floor 1: candidate parcels: which unit they lie in, what screening says, how many homes they hold."""

from siting.parcels.capacity import homes
from siting.parcels.screen import Constraint, Hit, screen
from siting.parcels.units import given_unit, unit_of

__all__ = ["Constraint", "Hit", "given_unit", "homes", "screen", "unit_of"]
