"""`siting weights` as a user types it: answers in, siting.toml out."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from siting import UsageError, open_project
from siting.cli.app import app
from siting.cli.weights import register
from siting.project import check, settings_edit
from tests import small_project

COMMAND = typer.Typer()
register(COMMAND)
ENGLISH = small_project.SETTINGS.replace('title = "小镇"', 'title = "t"\nlanguage = "en"')
BY_BEST_WORST = "bwm\n步行到小学\n4\nk\n局务会\nS\n"


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return small_project.write(tmp_path / "town")


def said(folder: Path, typed: str, *options: str) -> Result:
    return CliRunner().invoke(COMMAND, [str(folder), *options], input=typed)


def files(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}


def shares(folder: Path) -> dict[str, float]:
    return {each.name: float(each.weight or 0) for each in open_project(folder).settings.weighted}


def test_answers_become_the_weights_of_the_project(town: Path) -> None:
    done = said(town, BY_BEST_WORST)
    assert done.exit_code == 0, done.output
    # school is 4 times jobs: .8 and .2
    assert shares(town) == pytest.approx({"school": 0.8, "jobs": 0.2})
    block = open_project(town).settings.weights
    assert block is not None
    assert (block.source, block.evidence) == ("局务会", "S")
    assert [each for each in check(town) if each.level == "refuse"] == []


def test_all_else_stays_and_the_former_file_is_kept(town: Path) -> None:
    said(town, BY_BEST_WORST)
    kept = small_project.SETTINGS.replace("weight = 2\n", "").replace("weight = 1\n", "")
    assert (town / "siting.toml").read_text("utf-8").startswith(f"{kept}\n[weights]\nmethod = ")
    assert (town / "siting.toml.previous").read_text("utf-8") == small_project.SETTINGS


def test_the_dialogue_says_who_is_weighed_what_came_out_and_what_will_be_written(town: Path) -> None:
    done = said(town, BY_BEST_WORST)
    told = (
        "1. 步行到小学（school）：最差 60 分钟，最好 0 分钟，现权重 66.7%",
        "bwm 最优最劣法（推荐）",
        "重要多少倍（1 至 9）：4",
        "80.0%",
        "同时删去这些指标处原有的 weight（连同行尾的注释）：步行到小学、jobs。",
        "下一步：siting check",
    )
    assert [each for each in told if each not in done.output] == []


def test_it_speaks_the_language_of_the_project(tmp_path: Path) -> None:
    folder = small_project.write(tmp_path / "town", settings=ENGLISH)
    done = said(folder, "1\n100\nk\n\n\n", "--method", "swing")
    assert '"walk to school" from 60 min to 0 min' in done.output
    assert not any("一" <= each <= "鿿" for each in done.output)


@pytest.mark.parametrize(
    ("method", "typed", "expected"),
    [
        ("swing", "2\n25\n", {"school": 0.2, "jobs": 0.8}),
        ("rank_order", "jobs > school\n", {"school": 0.25, "jobs": 0.75}),
        ("direct", "3\n2\n", {"school": 0.6, "jobs": 0.4}),
        ("ahp", "李工\n1/3\n", {"school": 0.25, "jobs": 0.75}),
    ],
)
def test_every_method_ends_in_a_project_that_opens(
    town: Path, method: str, typed: str, expected: dict[str, float]
) -> None:
    done = said(town, f"{typed}k\n\n\n", "--method", method)
    assert done.exit_code == 0, done.output
    assert shares(town) == pytest.approx(expected)


def test_judges_come_one_after_the_other(town: Path) -> None:
    said(town, "4\nk\n\n\n", "--judge", "甲")
    done = said(town, "1\nk\n\n\n", "--judge", "乙")
    assert "甲" in done.output
    # the geometric mean of 4 and 1 is 2
    assert shares(town) == pytest.approx({"school": 2 / 3, "jobs": 1 / 3})
    said(town, "1/4\nk\n\n\n", "--judge", "甲")
    assert shares(town) == pytest.approx({"school": 1 / 3, "jobs": 2 / 3})


def test_a_project_without_weights_gets_its_first_ones(tmp_path: Path) -> None:
    bare = small_project.SETTINGS.replace("weight = 2\n", "").replace("weight = 1\n", "")
    folder = small_project.write(tmp_path / "town", settings=bare)
    assert "现权重 未定" in said(folder, BY_BEST_WORST).output
    assert shares(folder) == pytest.approx({"school": 0.8, "jobs": 0.2})


def test_a_criterion_of_weight_0_stays_shown_only(tmp_path: Path) -> None:
    folder = small_project.write(
        tmp_path / "town", settings=small_project.SETTINGS.replace("weight = 1\n", "weight = 0\n")
    )
    assert "只展示" in said(folder, "k\n\n\n").output
    assert "weight = 0\n" in (folder / "siting.toml").read_text("utf-8")
    assert shares(folder) == {"school": 1.0}


@pytest.mark.parametrize("typed", ["", "bwm\n", "bwm\n1\n4\n", "bwm\n1\n4\nk\n", "bwm\n1\n4\nk\n局务会\n"])
def test_input_that_ends_early_writes_nothing_and_ends_with_2(town: Path, typed: str) -> None:
    before = files(town)
    done = said(town, typed)
    assert done.exit_code == 2
    assert "没有写入任何内容" in done.output
    assert files(town) == before


@pytest.mark.parametrize("typed", ["q\n", "bwm\nQ\n", "bwm\n1\n4\nq\n", "bwm\n1\n4\nk\nq\n"])
def test_q_quits_without_writing(town: Path, typed: str) -> None:
    before = files(town)
    done = said(town, typed)
    assert done.exit_code == 0
    assert "已退出，没有写入任何内容" in done.output
    assert files(town) == before


def test_an_interruption_writes_nothing(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    before = files(town)
    monkeypatch.setattr("siting.project.asking.Dialogue.heard", interrupted)
    done = said(town, "bwm\n")
    assert done.exit_code == 130
    assert files(town) == before


def test_dry_shows_the_toml_and_writes_nothing(town: Path) -> None:
    before = files(town)
    done = said(town, BY_BEST_WORST, "--dry")
    assert '[weights]\nmethod = "bwm"\nbest = "school"\nworst = "jobs"\nsource = "局务会"' in done.output
    assert files(town) == before


def test_a_change_by_another_hand_is_refused_and_the_answers_are_shown(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = town / "siting.toml"
    edit = settings_edit.with_weights
    monkeypatch.setattr(
        "siting.cli.weights.with_weights",
        lambda *given: (file.write_text(f"{small_project.SETTINGS}# 他人改动\n", "utf-8"), edit(*given))[1],
    )
    done = said(town, BY_BEST_WORST)
    assert isinstance(done.exception, UsageError)
    assert done.exception.problem.code == "settings_moved"
    assert 'best = "school"' in done.output
    assert file.read_text("utf-8") == f"{small_project.SETTINGS}# 他人改动\n"


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("[project\n", "toml_broken"),
        ('criterion = []\n[project]\ntitle = "t"\ncrs = "EPSG:4538"\n', "nothing_to_weigh"),
    ],
)
def test_settings_that_cannot_be_used_are_a_plain_problem(town: Path, settings: str, code: str) -> None:
    (town / "siting.toml").write_text(settings, "utf-8")
    done = said(town, BY_BEST_WORST)
    assert isinstance(done.exception, UsageError)
    assert done.exception.problem.code == code


def test_settings_that_could_not_be_written_are_refused_before_the_first_question(town: Path) -> None:
    head, _, rest = small_project.SETTINGS.partition("[[criterion]]")
    assert rest
    one = 'name = "school", measure = "nearest", of = "places", mode = "walk", cutoff = 60, better = "less"'
    (town / "siting.toml").write_text(f"criterion = [{{ {one}, worst = 60, best = 0, weight = 1 }}]\n{head}", "utf-8")
    done = said(town, "k\n\n\n")
    assert isinstance(done.exception, UsageError)
    assert done.exception.problem.code == "settings_unusual"
    assert done.output == ""
    assert "school = 1" in said(town, "k\n\n\n", "--dry").output


def test_it_is_a_command_of_the_command_line(town: Path) -> None:
    done = CliRunner().invoke(app, ["weights", str(town)], input=BY_BEST_WORST)
    assert done.exit_code == 0, done.output
    assert shares(town) == pytest.approx({"school": 0.8, "jobs": 0.2})


def test_answers_in_another_encoding_are_a_plain_problem(town: Path) -> None:
    before = files(town)
    done = CliRunner().invoke(COMMAND, [str(town)], input="bwm\n步行到小学\n".encode("gbk"))
    assert isinstance(done.exception, UsageError)
    assert done.exception.problem.code == "answers_encoding"
    assert files(town) == before


def test_options_that_contradict_each_other_are_refused(town: Path) -> None:
    assert isinstance(said(town, "", "--judge", "甲", "--method", "bwm").exception, UsageError)
    assert said(town, "", "--method", "entropy").exit_code == 2


def test_titles_cannot_drive_the_terminal(tmp_path: Path) -> None:
    named = small_project.SETTINGS.replace('title = "步行到小学"', 'title = "a\\u001b[31mb"')
    folder = small_project.write(tmp_path / "town", settings=named)
    done = said(folder, "q\n", "--method", "bwm")
    assert "\x1b" not in done.output
    assert "a\\x1b[31mb" in done.output
