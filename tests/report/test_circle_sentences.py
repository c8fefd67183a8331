"""The life circle of a parcel as a planner reads it."""

import numpy as np
import pandas as pd
import pytest

from siting.indicators.circle_rules import facility_rules, tiers_for
from siting.indicators.life_circles import circle_record, circle_summary, judge_circles
from siting.report.circle_sentences import circle_sentences

KINDS = ("kindergarten", "primary", "junior_high", "convenience")


def told(population: float, language: str, use: str = "network", **options: object) -> list[str]:
    """Return the sentences of a parcel: a kindergarten behind a wall, a junior high a drive away, no shop."""
    tier = tiers_for(pd.Series({"P1": population}))
    walk = pd.DataFrame([[520, 480, 4800, np.nan]], index=["P1"], columns=KINDS, dtype=float)
    straight = pd.DataFrame([[280, 400, 4000, np.nan]], index=["P1"], columns=KINDS, dtype=float)
    drive = pd.DataFrame([[1, 1, 18.04, np.nan]], index=["P1"], columns=KINDS, dtype=float)
    long = judge_circles(walk, straight, drive, tier, facility_rules(), use=use, **options)
    record = circle_record("P1", long, circle_summary(long, tier), population=population, search_m=5000)
    return circle_sentences(record, language)


def test_what_is_missing_is_told_with_its_distance_and_the_detour() -> None:
    lines = told(21_400, "zh")
    assert lines[0] == "所在城镇常住人口 21,400 人，按十分钟生活圈配套要求评判。"
    assert lines[1] == "应配设施覆盖 1/4；宜配设施无可评判项。"
    assert lines[2] == (
        "应配设施未覆盖：幼儿园（直线 280 米达标，实走 520 米不达标，服务半径 300 米，绕行系数 1.86）、"
        "初中（最近驾车 18.0 分钟，上限 15 分钟）、便利店/小商店（步行 5,000 米内没有，服务半径 300 米）。"
    )
    assert lines[3] == "高于所在城镇生活圈等级的设施，按驾车时间评判：初中。"
    assert any(line.startswith("无数据，未计入：托育机构、") for line in lines)
    assert "未规定服务半径，不作评判：派出所。" in lines
    assert "GB 50180-2018 附录C（凭记忆，待核）" in lines[-1]


def test_english_says_the_same() -> None:
    lines = told(21_400, "en")
    assert lines[0] == "A settlement of 21,400 residents, judged as a 10-minute circle."
    assert lines[1] == "Facilities: 1 of 4 required ones covered; no advisable ones that can be judged."
    assert (
        "280 m as the crow flies is within, 520 m on foot is not; service radius 300 m, detour factor 1.86" in lines[2]
    )
    assert "junior high school (nearest 18.0 min by car, limit 15 min)" in lines[2]
    assert len(lines) == len(told(21_400, "zh"))


def test_a_small_town_is_said_to_be_one() -> None:
    lines = told(4000, "zh")
    assert lines[0] == "所在城镇常住人口 4,000 人，不足五分钟生活圈规模，按小城镇评判，步行半径按慢行放宽。"
    assert "幼儿园" not in lines[2]
    assert "上海市2024年导则草案" in lines[-1]


def test_judged_by_the_straight_line_what_the_walk_would_deny_is_told() -> None:
    lines = told(21_400, "zh", use="straight")
    assert "按直线距离覆盖但实走不达标：幼儿园（直线 280 米，实走 520 米，服务半径 300 米）。" in lines
    assert "便利店/小商店（直线 5,000 米内没有，服务半径 300 米）" in lines[2]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_unknown_population_is_one_sentence(language: str) -> None:
    assert len(told(np.nan, language)) == 1


def test_a_parcel_off_the_streets_is_said_to_be_so() -> None:
    off = pd.DataFrame({"walk": [False], "drive": [False]}, index=["P1"])
    lines = told(21_400, "zh", connected=off)
    assert "地块未接入路网，无法评判：幼儿园、小学、初中、便利店/小商店。" in lines
    assert lines[1] == "应配设施无可评判项；宜配设施无可评判项。"
