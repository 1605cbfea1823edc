"""The expected results of the JavaScript tests are those of Python."""

import json
import runpy
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "javascript"


def test_expected_hashes_are_pythons():
    program = runpy.run_path(str(FOLDER / "expected.py"))
    expected = json.loads((FOLDER / "expected.json").read_text())
    # Through JSON, which turns tuples into lists.
    now = json.loads(json.dumps([program["trained"](*network) for network in program["NETWORKS"]]))
    assert expected == {"networks": now}
