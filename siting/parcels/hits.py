"""What screening says of a parcel: one rule met by it."""

from dataclasses import dataclass
from typing import Literal

from siting.base.layers import Action

AREA_MIN = "[screen].area_min"
PARCEL_RULE = "[rule].{}"
"""How a rule without a layer is named in a Hit; no layer can have such a name."""
Gate = Literal["", "open", "near"]


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule met by one parcel: the overlap in m2 and as a share of the parcel.

    buffer_m: the distance used, `basis` how it was found (`distances.Basis`) from `label`, a voltage or class.
    outer: only the wider ring is met. shapes: ids of the first shapes that meet the parcel. value: what a rule on
    the parcel measured (slope in per cent, area in m2). gate: `open` where the parcel's documents name the rule's
    own, `near` where one is much like it (`document`).
    """

    parcel: str
    rule: str
    action: Action
    overlap_m2: float
    share: float
    buffer_m: float = 0.0
    basis: str = ""
    label: str = ""
    outer: bool = False
    shapes: tuple[str, ...] = ()
    value: float | None = None
    gate: Gate = ""
    document: str = ""
