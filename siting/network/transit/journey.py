"""What counts as a journey: when it starts, how long it may take, how far one walks, how often one boards."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from siting.base.columns import MS_PER_MINUTE
from siting.network.question import OneDirection
from siting.network.transit.timetable import HORIZON_S, Timetable

ROUNDING = 1e-6
"""8.2 minutes are 492,000 ms, which binary fractions miss by a hair."""


@dataclass(frozen=True, kw_only=True)
class Journey:
    """The terms of a question to a timetable.

    cutoff: minutes from door to door. departures: local clock times, the last not included, one journey every
    `step_min` minutes. walk_cutoff: minutes from the door to a stop, and from a stop to the door.
    transfer_cutoff: minutes between two stops. boardings: vehicles at most. board_slack_s: seconds that one is
    at a stop before the vehicle leaves, at every boarding. direction `from` is place to origin. snap_m: metres
    within which origins and places meet the street (None: anyhow).
    """

    cutoff: float
    departures: tuple[str, str] = ("07:00", "09:00")
    step_min: float = 1.0
    walk_cutoff: float = 15.0
    transfer_cutoff: float = 5.0
    boardings: int = 4
    board_slack_s: int = 60
    direction: OneDirection = "to"
    snap_m: float | None = None

    def __post_init__(self) -> None:
        if min(self.cutoff, self.walk_cutoff, self.transfer_cutoff, self.board_slack_s) < 0:
            msg = "cutoffs and slack must not be negative"
            raise ValueError(msg)
        if self.boardings < 1 or self.step_min <= 0:
            msg = "boardings must be at least 1 and step_min above 0"
            raise ValueError(msg)

    @property
    def cutoff_ms(self) -> int:
        """Whole milliseconds of the cutoff."""
        return int(np.floor(self.cutoff * MS_PER_MINUTE + ROUNDING))

    def moments(self, timetable: Timetable) -> npt.NDArray[np.int32]:
        """Return the departures in milliseconds of the service day, rising.

        Raises ValueError for a window without a departure, or one that ends after 30:00 less the cutoff,
        beyond which the timetable of a day does not know all trips.
        """
        first, last = (timetable.seconds(clock) * 1000 for clock in self.departures)
        moments = np.arange(first, last, round(self.step_min * MS_PER_MINUTE), dtype=np.int64)
        if not len(moments):
            msg = f"no departure between {self.departures[0]} and {self.departures[1]}"
            raise ValueError(msg)
        if timetable.date is not None and moments[-1] + self.cutoff_ms > HORIZON_S * 1000:
            msg = "departures and cutoff reach beyond 30:00 of the service day; ask the timetable of the next date"
            raise ValueError(msg)
        return moments.astype(np.int32)
