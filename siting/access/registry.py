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
            "nearest_k",
            "min",
            "less",
            "第 k 近设施时间",
            "time to the k-th nearest",
            "t_i(k)",
            "Geurs & van Wee 2004",
        ),
        Measure(
            "cumulative_interval",
            "",
            "more",
            "时限区间累计机会（中位）",
            "opportunities within a time, median over an interval",
            "median_{a ≤ T ≤ b} Σ_j S_j · 1[t_ij ≤ T]",
            "Tomasiello et al. 2023",
        ),
        Measure(
            "gravity", "", "more", "重力式可达性", "opportunities weighted by time", "Σ_j S_j f(t_ij)", "Hansen 1959"
        ),
        Measure(
            "balancing_time",
            "min",
            "less",
            "供需平衡时间",
            "time until opportunities match demand",
            "min {T: Σ_j S_j · 1[t_ij ≤ T] ≥ P_i}",
            "Barboza et al. 2021",
        ),
        Measure(
            "2sfca",
            "per head",
            "more",
            "两步移动搜索法人均供给",
            "supply per head, two-step floating catchment",
            "Σ_j f_ij S_j / Σ_k P_k f_kj, f = 1[t ≤ T]",
            "Luo & Wang 2003",
        ),
        Measure(
            "e2sfca",
            "per head",
            "more",
            "增强两步移动搜索法人均供给",
            "supply per head, enhanced two-step floating catchment",
            "Σ_j f_ij S_j / Σ_k P_k f_kj",
            "Luo & Qi 2009",
        ),
        Measure(
            "m2sfca",
            "per head",
            "more",
            "改进两步移动搜索法人均供给",
            "supply per head, modified two-step floating catchment",
            "Σ_j f_ij² S_j / Σ_k P_k f_kj",
            "Delamater 2013",
        ),
        Measure(
            "3sfca",
            "per head",
            "more",
            "三步移动搜索法人均供给",
            "supply per head, three-step floating catchment",
            "Σ_j G_ij f_ij S_j / Σ_k G_kj f_kj P_k, G_ij = f_ij / Σ_j f_ij",
            "Wan et al. 2012",
        ),
        Measure(
            "bfca",
            "per head",
            "more",
            "均衡移动搜索法供给水平",
            "level of service, balanced floating catchment",
            "Σ_j R_j f_ij / Σ_i f_ij, R_j = S_j / Σ_i P_i f_ij / Σ_j f_ij",
            "Páez et al. 2019",
        ),
        Measure(
            "raam",
            "",
            "less",
            "理性选择综合代价（出行与拥挤）",
            "cost of travel and crowding, rational agents",
            "min_j t_ij / τ + D_j / (S_j ρ), D at equilibrium",
            "Saxon & Snow 2020",
        ),
        Measure(
            "spatial_availability",
            "per head",
            "more",
            "空间可获供给（人均）",
            "spatial availability per head",
            "V_i / P_i, V_i = Σ_j S_j · P_i f_ij / Σ_k P_k f_kj",
            "Soukhov et al. 2023",
        ),
        Measure(
            "competitive",
            "per head",
            "more",
            "双向竞争可达性",
            "supply per head, both ends competing",
            "A_i = Σ_j S_j f_ij / L_j, L_j = Σ_i P_i f_ij / A_i",
            "Allen & Farber 2020",
        ),
        Measure(
            "multimodal",
            "per head",
            "more",
            "多方式竞争可达性",
            "supply per head, competing by several modes",
            "Σ_m α_im Σ_j S_j f_m(t_ijm) / Σ_k Σ_m α_km P_k f_m(t_kjm)",
            "Shen 1998",
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
        Measure(
            "jobs_housing",
            "",
            "more",
            "服务圈内职住比",
            "jobs per worker in the catchment",
            "Σ_j J_j · 1[t_ij ≤ T] / Σ_k W_k · 1[t_ik ≤ T]",
            "Peng 1997",
        ),
        Measure(
            "circle_coverage",
            "",
            "more",
            "生活圈设施覆盖率",
            "share of the life circle's facilities within reach",
            "Σ_f 1[d_if ≤ r_f] / Σ_f 1",
            "GB 50180-2018",
        ),
        Measure("column", "", "more", "地块自身属性", "the parcel's own column", "x_i", "-"),
    )
}
