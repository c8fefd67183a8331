"""Charts: what stands on them, and that they stay the same."""

import struct
from collections.abc import Iterator

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from siting.report import chart_fonts, charts
from siting.report.chart_fonts import CJK_FAMILIES, drawn, lettering, sheet
from siting.report.charts import Letters, homes_by_year, price_tornado, quota_met, rank_ranges, score_bars, two_ledgers
from siting.report.run_tables import of_results
from tests.report import made_up_run

EN = Letters("en", has_chinese=False)


def texts(figure: Figure) -> list[str]:
    """Return everything written on a figure."""
    found = []
    for axes in figure.axes:
        found += [each.get_text() for each in axes.texts]
        found += [each.get_text() for each in (*axes.get_yticklabels(), *axes.get_xticklabels())]
        found.append(axes.get_title())
    return [each.strip() for each in found]


def chunks(png: bytes) -> Iterator[str]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8].decode()
        at += 12 + length


def test_bars_of_scores_carry_scores_and_reference_points() -> None:
    run = of_results(made_up_run.small())
    said = texts(charts._score_bars(run, ["P1", "P3"], EN))
    assert [each for each in said if each in ("0.83", "0.00", "1.00")] == ["0.83", "1.00", "0.00", "1.00"]
    assert "walk to school\n0: 60   1: 0" in said
    assert "jobs\n0: 0   1: 200" in said


def test_ranges_carry_the_best_and_worst_rank() -> None:
    run = of_results(made_up_run.full())
    known = run.ranking[run.ranking["rank"].notna()]
    assert texts(charts._rank_ranges(run, known, EN)).count("1 to 3") == 3


def test_the_tornado_carries_both_prices_of_every_line() -> None:
    said = texts(charts._tornado(pd.DataFrame(made_up_run.TORNADO), EN))
    assert {"2300", "3000", "2600", "2700", "construction (purchase, conversion)", "land"} <= set(said)


def test_ledgers_stand_on_axes_of_their_own_and_unknown_is_not_zero() -> None:
    figure = charts._ledgers(pd.DataFrame(made_up_run.PRICES).set_index("parcel_id"), EN)
    sale, public = figure.axes
    assert [each.get_text().strip() for each in sale.texts] == ["1440.00", "1560.00", "no data"]
    assert [each.get_text().strip() for each in public.texts] == ["123.45", "200.00", "98.76"]
    assert not sale.get_shared_x_axes().joined(sale, public)


def test_homes_asked_for_stand_beside_homes_supplied() -> None:
    rows = pd.DataFrame(made_up_run.QUOTA).assign(shown=lambda table: table["unit"])
    said = texts(charts._quota(rows, EN))
    assert [each for each in said if each.isdigit()] == ["50", "80", "50", "80", "60", "60", "60", "60"]
    assert "total 2026" in said


def test_homes_of_a_year_add_up_on_the_bar() -> None:
    plan = pd.DataFrame({"year": [2027, 2026, 2026], "kind": ["land", "stock", "land"], "homes": [50, 40, 90]})
    table = plan.pivot_table(index="year", columns="kind", values="homes", aggfunc="sum", fill_value=0)
    said = texts(charts._homes(table, EN))
    assert {"90", "40", "130", "50", "2026", "2027"} <= set(said)


def test_without_a_chinese_font_letters_are_english_and_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lettering("zh", ["DejaVu Sans"])[0] == "en"
    monkeypatch.setattr(chart_fonts, "_installed", lambda: frozenset({"DejaVu Sans"}))
    chart = score_bars(of_results(made_up_run.small()), ["P1"], "zh")
    assert chart is not None
    assert chart.note is not None
    assert "没有中文字体" in chart.note.line("zh")
    assert EN.name("城区", "P1") == "P1"
    assert Letters("zh", has_chinese=True).name("城区", "P1") == "城区"


@pytest.mark.parametrize("family", CJK_FAMILIES)
def test_any_known_chinese_font_letters_chinese(family: str) -> None:
    language, fonts, note = lettering("zh", ["Arial", family])
    assert (language, fonts[0], note) == ("zh", family, None)


def test_the_same_tables_give_the_same_bytes_without_date_or_program() -> None:
    run = of_results(made_up_run.full())
    made = [
        (score_bars(run, ["P1", "P2"], "zh"), rank_ranges(run, "zh"), two_ledgers(run.tables["prices"], ["P1"], "zh"))
        for _ in range(2)
    ]
    for one, two in zip(*made, strict=True):
        assert one is not None
        assert two is not None
        assert one.png == two.png
        assert set(chunks(one.png)) <= {"IHDR", "pHYs", "IDAT", "IEND"}


def test_the_order_of_rows_of_quota_and_plan_does_not_show() -> None:
    run = of_results(made_up_run.full())
    for make, name in ((quota_met, "plan_quota"), (homes_by_year, "plan")):
        table = run.tables[name]
        one, two = make(table, "en"), make(table.iloc[::-1], "en")
        assert one is not None
        assert two is not None
        assert one.png == two.png


def test_hostile_names_are_drawn_as_text() -> None:
    chart = score_bars(of_results(made_up_run.hostile()), ["P1", "P2", "P3"], "zh")
    assert chart is not None
    assert chart.png.startswith(b"\x89PNG")


def test_settings_of_the_caller_do_not_change_a_chart_nor_are_changed() -> None:
    import matplotlib as mpl

    plan = pd.DataFrame(made_up_run.PLAN)
    plain = homes_by_year(plan, "en")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black"}):
        assert homes_by_year(plan, "en") == plain
        assert mpl.rcParams["font.size"] == 30


def test_a_sheet_is_as_large_as_asked(tmp_path: object) -> None:
    png = drawn(lambda: sheet(7.0, 3.0), ["DejaVu Sans"])
    assert struct.unpack(">II", png[16:24]) == (7 * chart_fonts.DPI, 3 * chart_fonts.DPI)


def test_nothing_to_draw_is_none_and_a_missing_column_is_named() -> None:
    run = of_results(made_up_run.unranked())
    assert rank_ranges(run, "zh") is None
    assert score_bars(of_results(made_up_run.small()), ["undrawn"], "zh") is None
    assert homes_by_year(pd.DataFrame(columns=["year", "kind", "homes"]), "zh") is None
    assert quota_met(pd.DataFrame(columns=["unit", "year", "asked", "supplied"]), "zh") is None
    assert two_ledgers(pd.DataFrame(made_up_run.PRICES), ["far"], "zh") is None
    with pytest.raises(ValueError, match="price_high"):
        price_tornado(pd.DataFrame({"line": ["land"], "price_low": [1.0]}), "zh")


def test_colours_differ_in_lightness_enough_to_be_told_in_grey() -> None:
    """Printed in grey the first two colours, which stand side by side, differ by a tenth of the scale or more."""
    grey = [Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0)) for colour in charts.COLOURS[:2]]
    assert abs(int(grey[0]) - int(grey[1])) >= 25  # type: ignore[arg-type]
