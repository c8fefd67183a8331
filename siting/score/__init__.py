"""Floor 2: from raw criteria to a defended rank."""

from siting.score.acceptability import Certificates, acceptability, acceptability_of, confidence
from siting.score.check import StaysPut, reordered, stays_put
from siting.score.combine import combine
from siting.score.compare import compare
from siting.score.elicited import Weights
from siting.score.flags import fired
from siting.score.rank import order, rank, rounded, valued
from siting.score.rivals import nearest_rivals, pairwise
from siting.score.similarity import kendall, spearman, weighted_spearman, ws
from siting.score.textbook import normalised, topsis_raw
from siting.score.values import value
from siting.score.weights import weigh, weights_of
from siting.score.worlds import World, data_worlds, factor_worlds, filled, price_worlds, scored

__all__ = [
    "Certificates",
    "StaysPut",
    "Weights",
    "World",
    "acceptability",
    "acceptability_of",
    "combine",
    "compare",
    "confidence",
    "data_worlds",
    "factor_worlds",
    "filled",
    "fired",
    "kendall",
    "nearest_rivals",
    "normalised",
    "order",
    "pairwise",
    "price_worlds",
    "rank",
    "reordered",
    "rounded",
    "scored",
    "spearman",
    "stays_put",
    "topsis_raw",
    "value",
    "valued",
    "weigh",
    "weighted_spearman",
    "weights_of",
    "ws",
]
