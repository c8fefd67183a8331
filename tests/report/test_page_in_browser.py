"""The page in a real browser with the network off."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import siting
from siting.score import combine, order, rounded
from tests import small_project

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
HOSTILE = {
    "P1": "{{7*191}} </script><script>document.title='x'</script>",
    "P2": "<img src=x onerror=alert(1)>`${alert(2)}`",
    "P3": '=HYPERLINK("http://example.invalid")',
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "tests need Chromium: sudo apt-get install chromium"
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> siting.project.chain.Results:
    parcels = small_project.parcels()
    parcels["名称"] = [HOSTILE.get(parcel, name) for parcel, name in zip(parcels["编号"], parcels["名称"], strict=True)]
    return siting.run(small_project.write(tmp_path_factory.mktemp("page") / "p", parcels=parcels))


@pytest.fixture
def said(browser: Browser, results: siting.project.chain.Results) -> Iterator[tuple[Page, list[str]]]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.set_offline(True)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on(
        "request", lambda request: heard.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    page.on("requestfailed", lambda request: heard.append(f"failed {request.url}"))
    page.goto((results.path / "index.html").resolve().as_uri())
    page.wait_for_selector("#table tbody tr")
    yield page, heard
    context.close()


def test_the_page_opens_without_network_request_or_console_message(said: tuple[Page, list[str]]) -> None:
    page, heard = said
    page.click("#language")
    page.locator("#table tbody tr").first.click()
    page.wait_for_timeout(300)
    assert heard == []


def test_hostile_names_stay_text(said: tuple[Page, list[str]]) -> None:
    page, heard = said
    shown = page.inner_text("#table")
    for name in HOSTILE.values():
        assert name in shown
    page.locator("#table tbody tr", has_text="{{7*191}}").click()
    assert page.inner_text("#card h2") == HOSTILE["P1"]
    assert page.title() == "小镇"
    assert page.locator("#card img, #table img").count() == 0
    assert heard == []


def test_sliders_rank_as_python_does(said: tuple[Page, list[str]], results: siting.project.chain.Results) -> None:
    page, _ = said
    random = np.random.default_rng(5)
    criteria = [criterion.name for criterion in results.settings.criterion]
    ranking = results.ranking.set_index("parcel_id")
    values = ranking[[f"{name}_score" for name in criteria]].set_axis(criteria, axis=1)
    for _ in range(20):
        weights = dict(zip(criteria, (random.integers(0, 101, len(criteria)) / 10).tolist(), strict=True))
        weights[criteria[0]] += 0.1
        move = """weights => { for (const [name, weight] of Object.entries(weights)) {
            const slider = document.querySelector(`[data-name=${name}]`);
            slider.value = weight; slider.dispatchEvent(new Event('input')); } }"""
        page.evaluate(move, weights)
        set_to = page.evaluate(
            "() => Object.fromEntries([...document.querySelectorAll('.slider input')].map(s => [s.dataset.name, Number(s.value)]))"
        )
        expected = rounded(combine(values, set_to))
        shown = {
            row.get_attribute("data-id"): row.locator("td").first.inner_text().split("\n")[0]
            for row in page.locator("#table tbody tr").all()
        }
        ranks = order(expected)
        assert shown == {parcel: "—" if pd.isna(ranks[parcel]) else str(ranks[parcel]) for parcel in ranking.index}


def test_all_weights_at_zero_is_said_not_divided(said: tuple[Page, list[str]]) -> None:
    page, heard = said
    page.evaluate(
        "() => document.querySelectorAll('.slider input').forEach(s => { s.value = 0; s.dispatchEvent(new Event('input')); })"
    )
    assert page.locator("#zero").is_visible()
    page.click("#reset")
    assert not page.locator("#zero").is_visible()
    assert heard == []


def test_the_card_speaks_the_chosen_language(said: tuple[Page, list[str]]) -> None:
    page, _ = said
    page.locator("#table tbody tr", has_text="HYPERLINK").click()
    assert "60 分钟内没有" in page.inner_text("#card")
    page.click("#language")
    assert "none within 60 min" in page.inner_text("#card")


def test_a_click_on_the_map_chooses_the_parcel(said: tuple[Page, list[str]]) -> None:
    page, _ = said
    page.locator("#table tbody tr", has_text="{{7*191}}").click()
    page.click("#card .close")
    box = page.locator("#map").bounding_box()
    assert box is not None
    # choosing from the table centres the parcel half a card to the left of the middle
    page.mouse.click(box["x"] + box["width"] / 2 - 195, box["y"] + box["height"] / 2)
    assert page.locator("#card h2").inner_text() == HOSTILE["P1"]


def test_the_page_fits_a_phone(browser: Browser, results: siting.project.chain.Results) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 800})
    page = context.new_page()
    page.goto((results.path / "index.html").resolve().as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    context.close()


def test_the_data_block_is_one_json_text(results: siting.project.chain.Results) -> None:
    written = Path(results.path / "index.html").read_text("utf-8")
    block = written.split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert not set("<>&") & set(block)
    assert json.loads(block)["title"] == "小镇"
