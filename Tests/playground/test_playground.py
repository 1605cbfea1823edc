"""The playground in Chromium: controls, hashes, links, tables, code, pictures."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

import swiftreg
from conftest import PICTURES, ROOT, Page

BASE: dict[str, Any] = {"data": "moons", "count": 100, "noise": 0.2, "layers": [20, 3], "keepProb": [1, 1]}

# Six settings, the first that of the notebook's L2 run.
SETTINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"data": "notebook", "l2": 0.7, "seed": 1, "epochs": 3000}, {"l2": 0.7, "seed": 1}),
    ({"data": "notebook", "keepProb": [0.86, 0.86], "seed": 2, "epochs": 500},
     {"keep_prob": [1, 0.86, 0.86], "seed": 2}),
    ({**BASE, "l1": 0.1, "optimizer": "adam", "learningRate": 0.01, "batchSize": 16, "epochs": 40},
     {"l1": 0.1, "optimizer": "adam", "learning_rate": 0.01}),
    ({**BASE, "layers": [33], "keepProb": [0.5], "activation": "tanh", "maxNorm": 1.5, "epochs": 200},
     {"keep_prob": [1, 0.5], "activation": "tanh", "max_norm": 1.5}),
    ({**BASE, "layers": [8, 8, 8], "keepProb": [0.9, 1, 0.8], "activation": "sigmoid",
      "optimizer": "nesterov", "labelSmoothing": 0.1, "epochs": 200},
     {"keep_prob": [1, 0.9, 1, 0.8], "activation": "sigmoid", "optimizer": "nesterov",
      "label_smoothing": 0.1}),
    ({**BASE, "activation": "leaky_relu", "optimizer": "adamw", "learningRate": 0.003, "l2": 0.05,
      "batchSize": 32, "seed": 9, "epochs": 60},
     {"activation": "leaky_relu", "optimizer": "adamw", "learning_rate": 0.003, "l2": 0.05, "seed": 9}),
]  # fmt: skip


def training_points(page: Page) -> tuple[Any, Any]:
    points = page.driver.execute_script(
        "const p = window.playground.points.train; return {x: [...p.x], y: [...p.y]}"
    )
    X = (np.array(points["x"]).reshape(-1, 2) / 1000).astype(np.float32)
    return X, np.array(points["y"], dtype=np.float32)


def native_hash(page: Page, state: dict[str, Any], options: dict[str, Any]) -> str:
    """SHA-256 of the weights that Python trains from the page's points."""
    X, Y = training_points(page)
    network = swiftreg.MLP(
        [2, *state.get("layers", [20, 3]), 1],
        **{"seed": 1, "optimizer": "sgd", "learning_rate": 0.3, **options},
    )
    batch = state.get("batchSize", 0)
    network.fit(X, Y, epochs=state["epochs"], batch_size=batch or None, shuffle=batch > 0)
    return hashlib.sha256(network.parameters.tobytes()).hexdigest()


@pytest.mark.parametrize("module", ["plain", "relaxed"])
@pytest.mark.parametrize("case", range(len(SETTINGS)))
def test_the_hash_is_that_of_the_native_library(page: Page, case: int, module: str) -> None:
    state, options = SETTINGS[case]
    page.open(state, module)
    snapshot = page.wait_for_epoch(state["epochs"])
    assert page.find("module").text == {"plain": "simd128", "relaxed": "relaxed-simd"}[module]
    assert snapshot["hash"] == native_hash(page, state, options)


LIVE = {
    "l2": ("l2", 150), "l1": ("l1", 120), "maxNorm": ("maxNorm", 2), "labelSmoothing": ("labelSmoothing", 0.1),
    "learningRate": ("learningRate", 100), "batchSize": ("batchSize", 16), "keep_prob": ("keepProb", 0.7),
}  # fmt: skip


def test_every_live_slider_acts_while_it_trains(page: Page) -> None:
    page.open(BASE)
    page.click("play")
    page.wait_for_epoch(50)
    for slider, (setting, position) in LIVE.items():
        before = page.snapshot()
        page.move_slider(slider, position)
        after = page.wait(
            lambda: (s := page.snapshot())["settings"][setting] != before["settings"][setting]
            and s["epochs"] > before["epochs"] and s
        )
        assert page.error() == ""
        assert after["changes"][-1]["settings"].keys() == {setting}
    page.choose("optimizer", "adam")
    page.wait(lambda: page.snapshot()["settings"]["optimizer"] == "adam")
    page.click("play")


def test_regularization_does_what_it_says(page: Page) -> None:
    page.open({**BASE, "epochs": 500})
    start = page.wait_for_epoch(500)
    assert start["regularized"]["penalty"] == 0
    assert start["regularized"]["dataTerm"] == start["plain"]["dataTerm"]
    page.set_number("l2", 2)
    page.set_number("until", 2000)
    page.click("play")
    end = page.wait_for_epoch(2000)
    assert end["regularized"]["penalty"] > 0
    assert end["regularized"]["dataTerm"] > end["plain"]["dataTerm"]
    norms = [cell.text for cell in page.driver.find_elements("css selector", "#norms td:nth-child(2)")]
    plain = [cell.text for cell in page.driver.find_elements("css selector", "#norms td:nth-child(3)")]
    assert all(float(a) < float(b) for a, b in zip(norms, plain, strict=True))


def test_the_drawing_shows_the_mask_of_the_next_step(page: Page) -> None:
    page.open({**BASE, "keepProb": [0.5, 0.5], "epochs": 7})
    snapshot = page.wait_for_epoch(7)
    assert snapshot["steps"] == 7
    for layer, units in enumerate((20, 3), start=1):
        mask = swiftreg.dropout_mask(units, 0.5, seed=1, stream=7 * 2**16 + layer)
        assert snapshot["dropped"][layer - 1] == (1 - mask).tolist()


@pytest.mark.parametrize("slider", ["count", "noise", "trainShare", "dataSeed", "seed"])
def test_sliders_of_data_and_network_start_anew(page: Page, slider: str) -> None:
    page.open({**BASE, "epochs": 20})
    before = page.wait_for_epoch(20)
    page.move_slider(slider, {"count": 200, "noise": 0.4, "trainShare": 0.7}.get(slider, 7))
    after = page.wait(lambda: (s := page.snapshot())["epochs"] == 0 and s)
    assert after["hash"] != before["hash"] or slider != "seed"


def test_play_pause_step_restart_and_keys(page: Page) -> None:
    page.open(BASE)
    page.click("step")
    page.wait(lambda: page.snapshot()["epochs"] == 1)
    body = page.driver.find_element("tag name", "body")
    body.send_keys("s")
    page.wait(lambda: page.snapshot()["epochs"] == 2)
    body.send_keys("p")
    page.wait_for_epoch(20)
    assert page.find("play").text == "Pause"
    body.send_keys("p")
    page.wait(lambda: page.find("play").text == "Play")
    time.sleep(0.3)
    stopped = page.snapshot()["epochs"]
    time.sleep(0.3)
    assert page.snapshot()["epochs"] == stopped
    body.send_keys("r")
    page.wait(lambda: page.snapshot()["epochs"] == 0)
    page.find("play").send_keys(Keys.ENTER)
    page.wait_for_epoch(1)
    page.click("play")


def test_a_link_holds_the_whole_state(page: Page) -> None:
    page.open({**BASE, "epochs": 100})
    page.wait_for_epoch(100)
    page.set_number("l2", 2.5)
    page.set_number("learningRate", 0.1)
    page.set_number("until", 300)
    page.click("play")
    snapshot = page.wait_for_epoch(300)
    page.click("link")
    address = page.wait(lambda: "#" in (url := page.driver.current_url) and url)
    page.driver.get("about:blank")
    page.driver.get(address)
    again = page.wait_for_epoch(300)
    assert again["hash"] == snapshot["hash"]
    assert again["settings"] == snapshot["settings"]
    assert page.find("l2").get_attribute("value") == "2.5"
    # Going on from there is going on.
    page.click("step")
    page.wait_for_epoch(301)


@pytest.mark.parametrize(("fragment", "error"), [
    ("#%%%", "damaged"),
    ("#eyJsMiI6LTF9", "l2 is -1"),
    ("#eyJuZXciOjF9", "unknown setting: new"),
])  # fmt: skip
def test_a_bad_link_says_what_is_wrong(page: Page, fragment: str, error: str) -> None:
    page.open()
    page.driver.get(page.page.as_uri() + fragment)
    page.wait(lambda: error in page.error())


def fill_table(page: Page, text: str) -> None:
    page.driver.execute_script(
        "const [t, v] = arguments; t.closest('details').open = true; t.value = v;"
        "t.dispatchEvent(new Event('change', {bubbles: true}))", page.find("table"), text,
    )


def test_a_table_of_ones_own(page: Page) -> None:
    page.open()
    rng = np.random.default_rng(1)
    rows = [f"{a:.3f};{'yes' if a + b > 20 else 'no'};{b:.3f}" for a, b in rng.normal(10, 3, (60, 2))]
    fill_table(page, "height;kind;\"width; in mm\"\n" + "\n".join(rows))
    assert [option.text for option in page.find("column-y").find_elements("tag name", "option")] == [
        "height", "kind", "width; in mm",
    ]  # fmt: skip
    page.choose("column-y", "2")
    page.choose("column-class", "1")
    page.click("use-table")
    page.wait(lambda: page.driver.execute_script("return window.playground.state.data") == "custom")
    X, _ = training_points(page)
    assert abs(X.std() - 0.5) < 0.1
    page.click("play")
    page.wait(lambda: page.snapshot()["regularized"]["trainAccuracy"] > 0.8)
    page.click("play")


@pytest.mark.parametrize(("text", "error"), [
    ("", "empty"),
    ("a,b\n1,2\n", "2 columns"),
    ("a,b,c\n1,2\n", "Row 2 has 2 fields"),
    ('a,b,c\n1,"2,x\n', "quotation mark"),
    ("a,b,c\n" + "1,x,0\n2,3,1\n" * 6, 'b is "x"'),
    ("a,b,c\n" + "1,2,0\n3,4,1\n5,6,2\n" * 4, "3 different values"),
    ("a,b,c\n1,2,0\n2,3,1\n", "2 rows"),
    ("a,b,c\n" + "1,2,0\n1,4,1\n" * 6, "same value"),
])  # fmt: skip
def test_a_bad_table_says_what_is_wrong(page: Page, text: str, error: str) -> None:
    page.open()
    before = page.snapshot()["hash"]
    fill_table(page, text)
    page.click("use-table")
    page.wait(lambda: error in page.error())
    assert page.snapshot()["hash"] == before


def test_layers_are_checked(page: Page) -> None:
    page.open()
    page.set_number("layers", "20, 0")
    page.wait(lambda: "1 to 6 whole numbers" in page.error())
    page.set_number("layers", "5, 4, 3")
    page.wait(lambda: len(page.snapshot()["settings"]["keepProb"]) == 3)
    assert page.error() == ""


def test_what_the_library_refuses_is_said_in_its_words(page: Page) -> None:
    page.open(BASE)
    page.set_number("keep_prob", 1.5)
    page.wait(lambda: "keep_prob" in page.error())
    page.wait(lambda: page.find("keep_prob").get_attribute("value") == "1")


def test_each_lesson_is_a_state_and_three_sentences(page: Page) -> None:
    page.open()
    buttons = page.driver.find_elements("css selector", "#lessons button")
    assert len(buttons) == 6
    for button in buttons:
        page.driver.execute_script("arguments[0].click()", button)
        assert len(page.find("lesson-text").find_elements("tag name", "p")) == 3
        page.wait_for_epoch(1)
        assert page.error() == ""
    page.click("play")


CHANGED = {**BASE, "keepProb": [0.8, 1], "epochs": 150, "changes": [
    {"epoch": 50, "settings": {"l2": 1.5, "keepProb": [0.9, 0.9]}},
    {"epoch": 100, "settings": {"learningRate": 0.05, "batchSize": 16}},
]}  # fmt: skip


def shown_code(page: Page, language: str) -> str:
    page.open(CHANGED)
    page.wait_for_epoch(150)
    page.click("show-code")
    for button in page.find("languages").find_elements("tag name", "button"):
        if button.text == language:
            page.driver.execute_script("arguments[0].click()", button)
            break
    return page.find("code").get_attribute("textContent") or ""


def test_the_python_code_prints_the_hash_of_the_page(page: Page) -> None:
    text = shown_code(page, "Python")
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == page.snapshot()["hash"], done.stderr


def test_the_c_code_prints_the_hash_of_the_page(page: Page, tmp_path: Path) -> None:
    (tmp_path / "train.c").write_text(shown_code(page, "C"))
    library = ROOT / "build" / "lib"
    subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "train.c", f"-I{ROOT / 'include'}", f"-L{library}",
         "-lSwiftReg", f"-Wl,-rpath,{library}", "-o", "train"], cwd=tmp_path, check=True,
    )  # fmt: skip
    done = subprocess.run([tmp_path / "train"], capture_output=True, check=True)
    assert hashlib.sha256(done.stdout).hexdigest() == page.snapshot()["hash"]


def test_the_swift_code_prints_the_hash_of_the_page(page: Page, tmp_path: Path) -> None:
    assert shutil.which("swiftc"), "swiftc is missing"
    (tmp_path / "train.swift").write_text(shown_code(page, "Swift"))
    library = ROOT / "build" / "lib"
    subprocess.run(
        ["swiftc", "train.swift", "-I", ROOT / "include", f"-L{library}", "-lSwiftReg", "-Xlinker", "-rpath",
         "-Xlinker", library, "-o", "train"], cwd=tmp_path, check=True,
    )  # fmt: skip
    done = subprocess.run([tmp_path / "train"], capture_output=True, check=True)
    assert hashlib.sha256(done.stdout).hexdigest() == page.snapshot()["hash"]


def private_memory(driver_process: int) -> int:
    """Bytes that the processes that draw and train, the browser's renderers, have written and share with none."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    total, left = 0, [driver_process]
    while left:
        process = left.pop()
        left += children.get(process, [])
        if b"--type=renderer" in Path(f"/proc/{process}/cmdline").read_bytes():
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += 1024 * int(rollup.partition("Private_Dirty:")[2].split()[0])
    return total


def test_training_takes_no_more_memory(page: Page) -> None:
    """MEMORY_SECONDS=1800: half an hour of it.

    Chromium keeps some 2 MB more for every minute of drawing; without drawing, private memory does not grow.
    """
    page.open({**BASE, "keepProb": [0.9, 0.9]})
    page.click("play")

    def used() -> tuple[float, int]:
        page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        heap = float(page.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"])
        return heap, private_memory(page.driver.service.process.pid)

    time.sleep(5)
    before = used()
    seconds = float(os.environ.get("MEMORY_SECONDS", "10"))
    time.sleep(seconds)
    after = used()
    print(f"{page.snapshot()['epochs']} epochs; heap and memory, bytes: {before}, then {after}")
    page.click("play")
    assert after[0] < before[0] + 3e6, (before, after)
    assert 0 < after[1] < before[1] + 20e6 + 60e3 * seconds, (before, after)


@pytest.mark.parametrize(("name", "width", "height"), [
    ("desktop", 1280, 1000), ("tablet", 820, 1100), ("phone", 390, 844),
])  # fmt: skip
def test_pictures_of_three_sizes(page: Page, name: str, width: int, height: int) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": name == "phone",
    })
    try:
        page.open({"data": "notebook", "l2": 0.7, "keepProb": [0.86, 1], "epochs": 4000})
        page.wait_for_epoch(4000)
        time.sleep(0.5)
        size = page.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        assert size["width"] <= width, "the page scrolls sideways"
        page.driver.save_screenshot(str(PICTURES / f"{name}.png"))
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_screen_reader_has_names_for_everything(page: Page) -> None:
    page.open(BASE)
    page.click("step")
    page.wait_for_epoch(1)
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    wanted = {"slider", "button", "spinbutton", "comboBoxMenuList", "combobox", "textbox", "image", "checkbox"}
    unnamed = [
        node["role"]["value"] for node in tree
        if not node.get("ignored") and node.get("role", {}).get("value") in wanted
        and not node.get("name", {}).get("value")
    ]
    assert unnamed == []


def test_points_from_python(page: Page, tmp_path: Path) -> None:
    from swiftreg._playground import Playground, _page, _points

    rng = np.random.default_rng(0)
    X = rng.normal(5, 2, (80, 2))
    y = np.where(X[:, 0] > 5, "b", "a")
    text = _page().replace('"custom": null', f'"custom": {json.dumps(_points(X, y))}')
    page.page = Playground(text).save(tmp_path / "mine.html")
    page.open()
    assert page.driver.execute_script("return window.playground.state.data") == "custom"
    points, labels = training_points(page)
    assert len(points) == 40
    assert set(labels) == {0, 1}
