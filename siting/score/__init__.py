"""Floor 2: from raw criteria to a defended rank."""

from siting.score.combine import combine
from siting.score.flags import fired
from siting.score.rank import order, rank, rounded
from siting.score.values import value

__all__ = ["combine", "fired", "order", "rank", "rounded", "value"]
