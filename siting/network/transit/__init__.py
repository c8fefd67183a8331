"""Public transport: a timetable of one day, and travel times from door to door by it.

day = transit.from_gtfs("feed.zip", date="2025-05-14")
costs = transit.transit_costs(day, walk, parcels, schools, journey=transit.Journey(cutoff=60))
"""

from siting.network.transit.frequency import departures_per_hour, headway_costs, stop_frequency
from siting.network.transit.gtfs import from_gtfs
from siting.network.transit.headways import from_headways
from siting.network.transit.journey import Journey
from siting.network.transit.reach import TransitReach, transit_costs
from siting.network.transit.timetable import Patterns, Timetable

__all__ = [
    "Journey",
    "Patterns",
    "Timetable",
    "TransitReach",
    "departures_per_hour",
    "from_gtfs",
    "from_headways",
    "headway_costs",
    "stop_frequency",
    "transit_costs",
]
