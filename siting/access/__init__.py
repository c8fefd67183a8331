"""Floor 1: travel times to access measures; pure arithmetic on anything that is a `Reach`."""

from siting.access.balancing import balancing_time
from siting.access.catchments import Method, floating_catchment, spatial_availability
from siting.access.competition import competitive
from siting.access.congestion import Equilibrium, equilibrium, raam
from siting.access.decays import Decay, bands, decay, exponential, gaussian, linear, logistic, power, step
from siting.access.marginal import Inserted, marginal, with_site
from siting.access.measures import cumulative, cumulative_interval, gravity, nearest, nearest_k
from siting.access.multimodal import multimodal
from siting.access.registry import MEASURES, Measure
from siting.access.schools import free_places, school_places

__all__ = [
    "MEASURES",
    "Decay",
    "Equilibrium",
    "Inserted",
    "Measure",
    "Method",
    "balancing_time",
    "bands",
    "competitive",
    "cumulative",
    "cumulative_interval",
    "decay",
    "equilibrium",
    "exponential",
    "floating_catchment",
    "free_places",
    "gaussian",
    "gravity",
    "linear",
    "logistic",
    "marginal",
    "multimodal",
    "nearest",
    "nearest_k",
    "power",
    "raam",
    "school_places",
    "spatial_availability",
    "step",
    "with_site",
]
