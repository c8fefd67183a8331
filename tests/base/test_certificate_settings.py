"""The block `[certificate]` and what is amiss between it and the criteria."""

import tomllib

import pytest
from pydantic import ValidationError

from siting.base.certificate_settings import CHOICES, CertificateBlock, certificate_problems
from siting.base.columns import Language
from siting.base.texts import section, table, text


def block(written: str) -> CertificateBlock:
    """Return the block as a file states it."""
    return CertificateBlock.model_validate(tomllib.loads(written))


def test_a_block_is_read_as_a_file_states_it() -> None:
    found = block(
        'weights = "around"\nspread = 0.2\ntop = 5\ntimes = [0.8, 1.25]\nprices = 0.3\ndata = { jobs_15 = 0.1 }\n'
    )
    assert (found.weights, found.spread, found.top, found.times, found.prices) == ("around", 0.2, 5, (0.8, 1.25), 0.3)
    assert found.data == {"jobs_15": 0.1}
    assert (found.draws, found.world_draws) == (10_000, 1000)
    assert found.kinds == ("weights", "data", "times", "prices")
    assert block('weights = "uniform"').kinds == ("weights",)


def test_only_effort_and_display_have_a_default() -> None:
    optional = {name for name, each in CertificateBlock.model_fields.items() if not each.is_required()}
    unsaid = {"spread", "times", "prices", "data", "source", "evidence"}
    assert optional == {"weights", *CHOICES, *unsaid}
    # the order of the stated weights asks for no number of its own
    assert block("").weights == "ordered"
    assert not any(getattr(block('weights = "uniform"'), name) for name in unsaid - {"evidence"})


@pytest.mark.parametrize(
    "written",
    [
        'weights = "some"',
        'weights = "around"',
        'weights = "ordered"\nspread = 0.2',
        'weights = "around"\nspread = 1.0',
        'weights = "uniform"\ndraws = 100001',
        'weights = "uniform"\ndraws = 99',
        'weights = "uniform"\ntimes = [1.1, 1.25]',
        'weights = "uniform"\ntimes = [0.8, 1.0]',
        'weights = "uniform"\ntimes = [0.8]',
        'weights = "uniform"\ntimes = ["0.8", "1.25"]',
        'weights = "uniform"\nprices = 0',
        'weights = "uniform"\ndata = { jobs = 1.5 }',
        'weights = "uniform"\ntop = 0',
        'weights = "uniform"\nunknown = 1',
    ],
)
def test_a_block_that_cannot_be_meant_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        block(written)


def test_an_unknown_criterion_is_named_with_the_nearest_one() -> None:
    (found,) = certificate_problems(block('weights = "uniform"\ndata = { job_15 = 0.1 }'), ["jobs_15", "school"])
    assert (found.code, found.found, found.expected, found.level) == (
        "certificate_criterion",
        "job_15",
        "jobs_15",
        "refuse",
    )
    assert "jobs_15" in found.line("zh")


def test_a_doubt_that_no_criterion_feels_is_refused() -> None:
    asked = block('weights = "uniform"\ntimes = [0.8, 1.2]\nprices = 0.3')
    assert [each.found for each in certificate_problems(asked, ["a"], timed=[], priced=[])] == ["times", "prices"]
    assert not list(certificate_problems(asked, ["a"], timed=["a"], priced=["a"]))
    assert not list(certificate_problems(asked, ["a"]))


def test_few_draws_are_a_warning_with_the_error_they_leave() -> None:
    (found,) = certificate_problems(block('weights = "uniform"\ndraws = 400\nworld_draws = 400'), ["a"])
    assert (found.where, found.level, found.expected) == ("certificate.draws", "warn", "5 %")
    assert "400" in found.line("en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sentence_of_a_certificate_can_be_filled(language: Language) -> None:
    names = (
        "rank draws best worst median top share spread widths low high weights title weight rival side now then seed"
    )
    values = dict.fromkeys(names.split(), "7")
    for key in section("certificate", language):
        assert "{" not in text(f"certificate.{key}", language, **values)
    assert {each["zh"] for key, each in table().items() if key.startswith("certificate.kind")} >= {"权重", "单价"}


def test_the_sentence_of_a_receipt_reads_as_asked() -> None:
    said = text("certificate.ordered", "zh", draws="10000", best="2", worst="9", median="4", top="10", share="97%")
    assert said == "在 10000 组权重（保持所给的先后次序）下，本地块排第 2 至第 9（中位第 4），进入前 10 的占 97%。"
    swap = text("certificate.more", "zh", rival="X", side="后", title="jobs_15", now="0.20", then="0.26")
    assert swap == "最近的对手是 X（目前在其后）：“jobs_15”的权重由 0.20 提高到 0.26 以上，两者就会互换。"
