"""Floor 2: from ranks to a land-supply plan: what homes cost, how many are needed, which parcels in which year."""

from siting.plan.affordability import affordability
from siting.plan.allocate import allocate
from siting.plan.model import Apart, Limits, Plan, School
from siting.plan.need import Need, ledger, waiting
from siting.plan.portfolios import Portfolios, loss_without, portfolios
from siting.plan.price import parcel_problems, price, reasons_told
from siting.plan.quota_proposal import Proposal, propose, quota_toml
from siting.plan.regret import regret
from siting.plan.tornado import tornado

__all__ = [
    "Apart",
    "Limits",
    "Need",
    "Plan",
    "Portfolios",
    "Proposal",
    "School",
    "affordability",
    "allocate",
    "ledger",
    "loss_without",
    "parcel_problems",
    "portfolios",
    "price",
    "propose",
    "quota_toml",
    "reasons_told",
    "regret",
    "tornado",
    "waiting",
]
