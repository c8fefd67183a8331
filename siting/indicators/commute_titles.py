"""What the indicators of homes, jobs and commuting are: unit, titles, formula and source, one row each."""

from siting.indicators.monitor import MONITORED
from siting.indicators.registry import Indicator

COMMUTE_INDICATORS: dict[str, Indicator] = {
    name: Indicator(name, unit, zh, en, formula, source)
    for name, unit, zh, en, formula, source in (
        ("self_containment", "", "居住者本地就业率", "self-containment", "T_uu / O_u", "Cervero 1996"),
        ("self_sufficiency", "", "岗位本地满足率", "self-sufficiency", "T_uu / D_u", "Cervero 1996"),
        ("independence", "", "职住独立指数", "independence index", "T_uu / (inflow + outflow)", "Thomas 1969"),
        ("mismatch", "", "职住空间错位指数", "spatial mismatch index", "½ Σ |J_u/J − W_u/W|", "Martin 2004"),
        ("minimum_min", "min", "理论最小平均通勤时间", "least mean commute", "min Σ x_ij c_ij / N", "White 1988"),
        ("maximum_min", "min", "理论最大平均通勤时间", "greatest mean commute", "max Σ x_ij c_ij / N", "Horner 2002"),
        ("random_min", "min", "随机平均通勤时间", "random mean commute", "Σ W_i J_j c_ij / Σ W_i J_j", "Hamilton 1982"),
        ("excess", "", "过剩通勤率", "excess commute", "(C_obs − C_min) / C_obs", "White 1988"),
        (
            *("potential_used", "", "通勤潜力利用率", "commuting potential used"),
            *("(C_obs − C_min) / (C_max − C_min)", "Horner 2002"),
        ),
        (
            "newcomers_mean_min",
            "min",
            "新居民平均通勤时间",
            "mean commute of newcomers",
            "Σ_j T_sj c_sj / Σ_j T_sj",
            "-",
        ),
        ("unmatched", "persons", "无可达岗位的就业人口", "workers without a job in reach", "N − max Σ x_ij", "-"),
        ("residents_mean_min", "min", "居民平均通勤时间", "mean commute of residents", "Σ_j T_uj c_uj / Σ_j T_uj", "-"),
        ("workers_per_job", "", "就业人口与岗位之比", "workers per job", "W / J", "-"),
        ("economy", "", "通勤经济性", "commuting economy", "(C_rand − C_obs) / C_rand", "Murphy & Killen 2011"),
        (
            *("normalised_economy", "", "标准化通勤经济性", "normalised commuting economy"),
            *("(C_rand − C_obs) / (C_rand − C_min)", "Murphy & Killen 2011"),
        ),
        ("beta", "", "距离衰减系数（每分钟）", "decay a minute", "T = A O B D e^(−βc)", "Wilson 1971; Hyman 1969"),
        ("beta_low", "", "距离衰减系数下限", "decay, low", "-", "Hyman 1969"),
        ("beta_high", "", "距离衰减系数上限", "decay, high", "-", "Hyman 1969"),
        ("jobs_scaling", "", "岗位缩放系数", "factor that jobs are scaled by", "W / J", "-"),
    )
} | MONITORED
"""By name. `jobs_housing_ratio` stands with the indicators by unit."""
