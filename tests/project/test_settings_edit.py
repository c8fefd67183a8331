"""Writing `[weights]` into siting.toml: all else stays byte for byte."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siting.base.errors import UsageError
from siting.base.weights_settings import JudgeBlock, WeightsBlock
from siting.project.settings_edit import (
    PREVIOUS,
    read_settings_file,
    weights_toml,
    with_weights,
    write_settings,
)

POINTS = WeightsBlock(method="direct", points={"school": 2.0, "jobs": 0.5}, source="局务会", evidence="S")
BLOCK = """[weights]
method = "direct"
source = "局务会"
evidence = "S"

[weights.points]
school = 2
jobs = 0.5
"""
TOWN = """# 小镇
[project]
title = "t"   # 说明

[[criterion]]
name = "school" # 小学
weight = 2 # 示例权重
# 参考点
best = 0

[criterion.decay]
weight = 7

[[criterion]]
weight = 0
name = "shown"
note = '''
[weights]
weight = 3
'''

[[criterion]]
weight=1
name='jobs'

# 关于预警
[flag.remote]
title = "r"
"""


def test_the_block_goes_to_the_end_and_only_the_named_weights_go() -> None:
    kept = TOWN.replace("weight = 2 # 示例权重\n", "").replace("weight=1\n", "")
    assert with_weights(TOWN, POINTS, ["school", "jobs"]) == f"{kept}\n{BLOCK}"


def test_a_former_block_is_replaced_where_it_stands_and_the_comment_above_the_next_header_stays() -> None:
    former = '# 权重\n[weights]\nmethod = "swing"\n# 内部\n[weights.points]\nschool = 100\n\n# 关于产能\n'
    found = with_weights(f'[project]\ntitle = "t"\n\n{former}[capacity]\nfar = 1.2\n', POINTS, [])
    assert found == f'[project]\ntitle = "t"\n\n# 权重\n\n{BLOCK}\n# 关于产能\n[capacity]\nfar = 1.2\n'


def test_writing_the_same_block_again_changes_nothing() -> None:
    once = with_weights(TOWN, POINTS, ["school", "jobs"])
    assert with_weights(once, POINTS, []) == once


def test_pieces_of_the_former_block_go_wherever_they_stand() -> None:
    text = 'weights.method = "direct"\nother = 1\n[a]\nx = 1\n'
    assert with_weights(text, POINTS, []) == f"other = 1\n[a]\nx = 1\n\n{BLOCK}"
    apart = '[weights]\nmethod = "direct"\n[a]\nx = 1\n[weights.points]\nz = 1\n[b]\ny = 1\n'
    assert with_weights(apart, POINTS, []) == f"{BLOCK}\n[a]\nx = 1\n[b]\ny = 1\n"


def test_line_ends_and_a_missing_last_one_are_those_of_the_file() -> None:
    assert with_weights("[a]\r\nx = 1\r\n", POINTS, []) == "[a]\r\nx = 1\r\n\r\n" + BLOCK.replace("\n", "\r\n")
    assert with_weights("[a]\nx = 1", POINTS, []) == f"[a]\nx = 1\n\n{BLOCK}"


def test_criteria_on_one_line_are_refused_where_a_weight_would_have_to_go() -> None:
    with pytest.raises(UsageError) as refused:
        with_weights('criterion = [{ name = "school", weight = 1 }]\n', POINTS, ["school"])
    assert refused.value.problem.code == "settings_unusual"


def test_names_and_sentences_are_escaped() -> None:
    judge = JudgeBlock(name='张"三\\', pairwise=(("一", "b", 3.0), ("b", "c", 1 / 3)))
    block = WeightsBlock(method="ahp", judge=(judge,), source='他说："可以" = [1] # 真的')
    written = tomllib.loads(weights_toml(block))["weights"]
    assert WeightsBlock.model_validate(written) == block
    turned = WeightsBlock(method="bwm", best="一", worst="b", best_to_others={"b": 9.0}, others_to_worst={"一": 9.0})
    assert WeightsBlock.model_validate(tomllib.loads(weights_toml(turned))["weights"]) == turned
    ordered = WeightsBlock(method="rank_order", order=(("一", "b"), "c"))
    assert WeightsBlock.model_validate(tomllib.loads(weights_toml(ordered))["weights"]) == ordered


LINES = st.sampled_from(
    [
        "# 注\n",
        "\n",
        'x = """\n[weights]\n"""\n',
        "y = [\n  1, # [[criterion]]\n  2,\n]\n",
        "z = 1 # w\n",
        "weight = 3\r\n",
        "\t\n",
    ]
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["[[criterion]]", "[weights]", "[flag.a]", "[b]"]), st.lists(LINES, unique=True))
    )
)
def test_whatever_stands_around_it_the_file_says_the_same_but_for_the_weights(
    parts: list[tuple[str, list[str]]],
) -> None:
    text, seen = "", set()
    for at, (header, lines) in enumerate(parts):
        if header in seen:
            continue
        seen |= {header} - {"[[criterion]]"}
        name = f'name = "c{at}"\n' if header == "[[criterion]]" else ""
        text += f"{header}\n{name}{''.join(lines)}"
    before = tomllib.loads(text)
    made = with_weights(text, POINTS, [f"c{at}" for at in range(len(parts))])
    after = tomllib.loads(made)
    assert after.pop("weights") == tomllib.loads(BLOCK)["weights"]
    before.pop("weights", None)
    for each in before.get("criterion", []):
        each.pop("weight", None)
    assert after == before
    assert made.count("# 注") == sum("# 注\n" in each for each in _outside(text, parts))


def _outside(text: str, parts: list[tuple[str, list[str]]]) -> list[list[str]]:
    """The lines whose comments must stay: all outside `[weights]`, and those that end it."""
    seen: set[str] = set()
    kept: list[list[str]] = []
    for header, lines in parts:
        if header in seen:
            continue
        seen |= {header} - {"[[criterion]]"}
        said = [at for at, line in enumerate(lines) if line not in ("# 注\n", "\n", "\t\n")]
        kept.append(lines if header != "[weights]" else lines[said[-1] + 1 if said else 0 :])
    assert text.count("# 注") >= sum("# 注\n" in each for each in kept)
    return kept


def project(folder: Path, content: bytes = TOWN.encode()) -> Path:
    (folder / "siting.toml").write_bytes(content)
    return folder


def test_the_former_file_stays_beside_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    before = read_settings_file(project(tmp_path))
    write_settings(before, "[a]\nx = 1\n")
    assert (tmp_path / "siting.toml").read_bytes() == b"[a]\nx = 1\n"
    assert (tmp_path / PREVIOUS).read_bytes() == TOWN.encode()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["siting.toml", PREVIOUS]


def test_a_byte_order_mark_and_the_permissions_stay(tmp_path: Path) -> None:
    file = project(tmp_path, b"\xef\xbb\xbf[a]\r\nx = 1\r\n") / "siting.toml"
    file.chmod(0o640)
    before = read_settings_file(tmp_path)
    write_settings(before, with_weights(before.text, POINTS, []))
    assert file.read_bytes().startswith(b"\xef\xbb\xbf[a]\r\nx = 1\r\n\r\n[weights]\r\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    project(tmp_path / "kept")
    (tmp_path / "siting.toml").symlink_to(tmp_path / "kept/siting.toml")
    write_settings(read_settings_file(tmp_path), "x = 1\n")
    assert (tmp_path / "siting.toml").is_symlink()
    assert (tmp_path / "kept/siting.toml").read_text() == "x = 1\n"
    assert (tmp_path / "kept" / PREVIOUS).read_bytes() == TOWN.encode()


def test_a_file_that_changed_meanwhile_is_not_written(tmp_path: Path) -> None:
    before = read_settings_file(project(tmp_path))
    project(tmp_path, b"x = 2\n")
    with pytest.raises(UsageError) as refused:
        write_settings(before, "x = 1\n")
    assert refused.value.problem.code == "settings_moved"
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"siting.toml": b"x = 2\n"}


def test_a_file_that_was_removed_meanwhile_or_cannot_be_replaced_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_settings_file(project(tmp_path))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError) as refused:
        write_settings(before, "x = 1\n")
    assert refused.value.problem.code == "cannot_write"
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"siting.toml": TOWN.encode()}
    monkeypatch.undo()
    (tmp_path / "siting.toml").unlink()
    with pytest.raises(UsageError):
        write_settings(before, "x = 1\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "code"), [(None, "no_settings"), (b"[a", "toml_broken"), (b"x = '\xff'", "toml_broken")]
)
def test_a_file_that_cannot_be_read_is_a_plain_problem(tmp_path: Path, content: bytes | None, code: str) -> None:
    if content is not None:
        project(tmp_path, content)
    with pytest.raises(UsageError) as refused:
        read_settings_file(tmp_path)
    assert refused.value.problem.code == code
