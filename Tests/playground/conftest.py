"""A real browser on the page as it is shipped: one file, opened by itself."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "build" / "playground.html"
PICTURES = ROOT / "build" / "playground-pictures"


class Page:
    """The page in a browser, and what a test does with it."""

    def __init__(self, driver: webdriver.Chrome, page: Path) -> None:
        self.driver = driver
        self.page = page

    def open(self, state: dict[str, Any] | None = None, module: str | None = None) -> None:
        """Loads the page; `state` as its link has it."""
        # A change of the fragment alone would load nothing.
        self.driver.get("about:blank")
        query = f"?module={module}" if module else ""
        fragment = ""
        if state is not None:
            text = json.dumps(state).encode()
            fragment = "#" + base64.urlsafe_b64encode(text).decode().rstrip("=")
        self.driver.get(self.page.as_uri() + query + fragment)
        self.wait(lambda: self.snapshot() is not None or self.error())

    def find(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, name)

    def click(self, name: str) -> None:
        self.driver.execute_script("arguments[0].click()", self.find(name))

    def snapshot(self) -> Any:
        """What the page shows, without its arrays."""
        return self.driver.execute_script(
            "const s = window.playground?.snapshot;"
            "return s && {...s, regularized: {...s.regularized, surface: null, parameters: null},"
            " plain: {...s.plain, surface: null, parameters: null}, dropped: s.dropped.map(d => [...d])}"
        )

    def error(self) -> str:
        return self.find("error").text

    def wait(self, holds: Callable[[], Any], seconds: float = 60) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = holds()
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s; the page says: {self.error()!r}")

    def wait_for_epoch(self, epoch: int) -> Any:
        return self.wait(lambda: (s := self.snapshot()) and s["epochs"] >= epoch and s)

    def set_number(self, name: str, value: float) -> None:
        self.driver.execute_script(
            "const [f, v] = arguments; f.value = v; f.dispatchEvent(new Event('change', {bubbles: true}))",
            self.find(name), value,
        )

    def move_slider(self, name: str, position: float) -> None:
        """Drags as a pointer does: an input event at the new position."""
        self.driver.execute_script(
            "const [s, v] = arguments; s.value = v; s.dispatchEvent(new Event('input', {bubbles: true}))",
            self.find(f"{name}-slider"), position,
        )

    def choose(self, name: str, value: str) -> None:
        self.driver.execute_script(
            "const [s, v] = arguments; s.value = v; s.dispatchEvent(new Event('change', {bubbles: true}))",
            self.find(name), value,
        )

    def console(self) -> list[Any]:
        return [line for line in self.driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> list[str]:
        """Addresses that the page asked for since the last call."""
        events = (json.loads(line["message"])["message"] for line in self.driver.get_log("performance"))
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000",
                     "--js-flags=--expose-gc"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver: webdriver.Chrome) -> Iterator[Page]:
    assert PAGE.is_file(), "make playground"
    driver.get_log("browser")
    driver.get_log("performance")
    driver.set_window_size(1280, 1000)
    page = Page(driver, PAGE)
    yield page
    # Whatever a test did: no error in the console, and no request that leaves the page.
    assert page.console() == []
    assert [url for url in page.requests() if not url.startswith(("file:", "blob:", "data:", "about:"))] == []
