"""Floor 1: streets to travel times. Build a `Network`, then ask it for times.

net = network.from_osm("town.osm.pbf", mode="walk")
costs = network.travel_costs(net, parcels, schools, cutoff=45)
"""

from siting.network.build import from_lines
from siting.network.edits import edit
from siting.network.exchange import from_networkx
from siting.network.graph import Network
from siting.network.isochrones import isochrones
from siting.network.osm import from_osm
from siting.network.paths import paths
from siting.network.question import OneDirection
from siting.network.reach import StreetReach, accumulate, nearest, travel_costs
from siting.network.snap import snap
from siting.network.turn_graph import TurnCosts, Turning

__all__ = [
    "Network",
    "OneDirection",
    "StreetReach",
    "TurnCosts",
    "Turning",
    "accumulate",
    "edit",
    "from_lines",
    "from_networkx",
    "from_osm",
    "isochrones",
    "nearest",
    "paths",
    "snap",
    "travel_costs",
]
