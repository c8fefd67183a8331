"""The measures that a criterion may name: unit, titles, formula and source, one row each."""

from dataclasses import dataclass

from siting.base.columns import Better


@dataclass(frozen=True)
class Measure:
    """What a measure is: unit (empty: that of its column), which way is better, formula, source."""

    name: str
    unit: str
    better: Better
    zh: str
    en: str
    formula: str
    source: str


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("nearest", "min", "less", "最近设施时间", "time to the nearest", "min_j t_ij", "Geurs & van Wee 2004"),
        Measure(
            "cumulative",
            "",
            "more",
            "时限内累计机会",
            "opportunities within a time",
            "Σ_j S_j · 1[t_ij ≤ T]",
            "Wickstrom 1971",
        ),
        Measure(
            "stop_frequency",
            "departures/h",
            "more",
            "步行可达站点每小时发车次数",
            "departures an hour at the best stop on foot",
            "max_{j: t_ij ≤ T} f_j",
            "-",
        ),
        Measure(
            "utility_cost",
            "yuan",
            "less",
            "市政接入费用（公共账）",
            "cost of joining the utilities (public ledger)",
            "Σ_must p_k · max(0, L_ik − free_k)",
            "-",
        ),
        Measure("column", "", "more", "地块自身属性", "the parcel's own column", "x_i", "-"),
    )
}
