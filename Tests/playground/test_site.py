"""The site from file://: search without a server, the playground inside, nothing loaded from elsewhere."""

from __future__ import annotations

import json
import time

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from conftest import ROOT

SITE = ROOT / "build" / "site"


@pytest.fixture
def site(driver: webdriver.Chrome) -> webdriver.Chrome:
    assert (SITE / "index.html").is_file(), "make site"
    driver.get_log("performance")
    return driver


def addresses(driver: webdriver.Chrome) -> list[str]:
    events = (json.loads(line["message"])["message"] for line in driver.get_log("performance"))
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


def test_search_finds_words_of_every_kind(site: webdriver.Chrome) -> None:
    for word in ("Philox", "reg_fit_many", "keep_prob"):
        site.get((SITE / "index.html").as_uri())
        site.execute_script("document.querySelector('#__search').click()")
        field = site.find_element(By.CSS_SELECTOR, "input.md-search__input")
        end = time.monotonic() + 30
        found = []
        while not found and time.monotonic() < end:
            field.clear()
            field.send_keys(word)
            time.sleep(0.7)
            found = site.find_elements(By.CSS_SELECTOR, ".md-search-result__item")
        assert found, word


def test_pages_load_nothing_from_elsewhere(site: webdriver.Chrome) -> None:
    for page in sorted(SITE.glob("*.html")):
        site.get(page.as_uri())
    time.sleep(0.5)
    assert [url for url in addresses(site) if not url.startswith(("file:", "data:", "blob:", "about:"))] == []


def test_the_playground_trains_inside(site: webdriver.Chrome) -> None:
    site.get((SITE / "playground.html").as_uri())
    frame = site.find_element(By.TAG_NAME, "iframe")
    site.switch_to.frame(frame)
    try:
        end = time.monotonic() + 60
        epochs = 0
        while epochs < 10 and time.monotonic() < end:
            time.sleep(0.2)
            epochs = site.execute_script(
                "const p = window.playground; if (p?.snapshot && !p.playing) document.getElementById('play').click();"
                "return p?.snapshot?.epochs ?? 0"
            )
        assert epochs >= 10
    finally:
        site.switch_to.default_content()
