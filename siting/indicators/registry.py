"""The indicators by unit and of the whole: unit of measure, titles, formula and source, one row each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Indicator:
    """What an indicator is."""

    name: str
    unit: str
    zh: str
    en: str
    formula: str
    source: str


INDICATORS: dict[str, Indicator] = {
    row.name: row
    for row in (
        Indicator("population", "persons", "人口", "population", "P_u", "-"),
        Indicator("jobs", "jobs", "就业岗位", "jobs", "J_u = Σ_{j in u} jobs_j", "-"),
        Indicator("workers", "persons", "就业人口", "workers", "W_u", "-"),
        Indicator("jobs_housing_ratio", "jobs per worker", "职住比", "jobs-housing ratio", "J_u / W_u", "Cervero 1989"),
        Indicator("jobs_per_resident", "jobs per person", "人均岗位", "jobs per resident", "J_u / P_u", "-"),
        Indicator("parcels", "parcels", "候选地块数", "candidate parcels", "count, any status", "-"),
        Indicator("parcels_ranked", "parcels", "参与排序地块数", "ranked parcels", "count, status ok or gate", "-"),
        Indicator(
            "homes_ranked", "homes", "可建（可用）套数", "homes on ranked parcels", "Σ homes, status ok or gate", "-"
        ),
        Indicator("parcels_remote", "parcels", "偏远地块数", "remote parcels", "count, flag remote", "-"),
    )
}
