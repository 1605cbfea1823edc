"""How good the answers are: swiftreg's estimators and others, each tuned for the same CPU seconds.

Every method has the same training parts, scaled alike, and so many CPU seconds to be tuned by cross-validation
within the training part, to which the best candidate is then fitted. The test part is looked at once, at the end.
The results go to build/tables/results.json; --docs also puts the tables into docs/choosing.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from pathlib import Path
from typing import Any

from processor import cpu

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "tables" / "results.json"
DOCUMENT = ROOT / "docs" / "choosing.md"
# The budget grows with the rows of a training part beyond these, up to so many times.
ROWS, MOST_TIMES = 2000, 3
# The method with whose measurement early stopping is compared with stopping by hand.
STOPPING = "swiftreg default"
THREADS = ("SWIFTREG_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/tables.sh", description=__doc__)
    parser.add_argument("--budget", type=float, default=1.5, metavar="SECONDS",
                        help=f"of CPU time for a method and a split; for more than {ROWS} rows up to {MOST_TIMES} times as many")
    parser.add_argument("--quick", action="store_true", help="a budget of 0.5 seconds, two splits")
    parser.add_argument("--splits", type=int, default=3, metavar="N")
    parser.add_argument("--data", nargs="+", default=[], metavar="NAME", help="these data sets only")
    parser.add_argument("--methods", nargs="+", default=None, metavar="NAME",
                        help="these methods only; none of them with ''")
    parser.add_argument("--keep", action="store_true", help="keep what results.json has of other methods and data")
    parser.add_argument("--from", dest="source", action="store_true", help="report the results of an earlier run")
    parser.add_argument("--docs", action="store_true", help="put the tables into docs/choosing.md")
    return parser.parse_args()


def conditions(options: argparse.Namespace) -> dict[str, Any]:
    from importlib.metadata import version

    names = ("swiftreg", "scikit-learn", "torch", "skorch", "numpy", "ISLP", "palmerpenguins")
    return {
        "cpu": cpu(), "system": f"{platform.system()} {platform.release()}", "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(), "versions": {name: version(name) for name in names},
        "budget": options.budget, "splits": options.splits,
    }


def measured(method: Any, split: Any, classes: int | None, budget: float, seed: int) -> dict[str, Any]:
    from answers.measures import auc, cpu_seconds, loss, score

    start = cpu_seconds()
    chosen = method.fit(split.X, split.y, classes, budget, seed)
    seconds = cpu_seconds() - start
    test = (split.test_X, split.test_y)
    found = {"loss": loss(chosen.model, *test, classes), "score": score(chosen.model, *test, classes)}
    if classes is not None:
        found["auc"] = auc(chosen.model, *test)
    return found | {"seconds": seconds, "candidates": chosen.candidates, "parameters": chosen.parameters}


def warm_up() -> None:
    """What a first call costs is nobody's training."""
    from answers.data import splits
    from answers.methods import METHODS

    split = next(iter(splits("iris", 1)))
    for method in METHODS.values():
        if method.space.startswith("skorch"):
            method.fit(split.X, split.y, 3, 0.0, 0)


def run(options: argparse.Namespace, kept: dict[str, Any]) -> dict[str, Any]:
    from answers.data import DATA, splits
    from answers.methods import METHODS
    from answers.stopping import by_default_and_by_hand

    methods = list(METHODS) if options.methods is None else [name for name in options.methods if name]
    data = options.data or list(DATA)
    stops = STOPPING in methods
    found = {
        "conditions": conditions(options),
        "stopping": [r for r in kept.get("stopping", []) if r["data"] not in data or not stops],
        "records": [r for r in kept.get("records", []) if r["data"] not in data or r["method"] not in methods],
    }
    if "PyTorch" in methods:
        warm_up()
    for name in data:
        for seed, split in enumerate(splits(name, options.splits)):
            classes = None if DATA[name].regression else int(split.y.max()) + 1
            place = {"data": name, "split": seed}
            if stops:
                found["stopping"].append(place | by_default_and_by_hand(split, classes, seed))
            budget = options.budget * min(MOST_TIMES, max(1.0, len(split.X) / ROWS))
            for method in methods:
                record = measured(METHODS[method], split, classes, budget, seed)
                found["records"].append(place | {"method": method, "budget": budget} | record)
                print(f"{name} {seed} {method}: loss {record['loss']:.4f}, score {record['score']:.4f},"
                      f" {record['seconds']:.2f} s, {record['candidates']} candidates, {record['parameters']}",
                      flush=True)
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(found, indent=1, default=str))
    return found


def sections(found: dict[str, Any]) -> dict[str, list[str]]:
    """The tables by their marks in the document."""
    from answers import report
    from answers.data import DATA
    from answers.methods import METHODS

    records, c = found["records"], found["conditions"]
    versions = ", ".join(f"{name} {number}" for name, number in c["versions"].items())
    missing = [name for name in DATA if not any(r["data"] == name for r in records)]
    three = "{:.3f} ± {:.3f}".format
    return {
        "tables: conditions": [
            f"- CPU: {c['cpu']}; one process, one thread", f"- System: {c['system']}, Python {c['python']}",
            f"- Versions: {versions}", f"- Date: {c['date']}",
            f"- Budget: {c['budget']:g} CPU seconds for a method and a split, in proportion to the rows for more than"
            f" {ROWS} training rows, at most {MOST_TIMES} times as many; {c['splits']} splits",
            *([f"- Not in this run: {', '.join(missing)}"] if missing else []),
        ],
        "tables: methods": [f"- {name}: {method.space}." for name, method in METHODS.items()],
        "tables: loss": report.results(records, "loss", False, three),
        "tables: R2": report.results(records, "score", True, three),
        "tables: AUC": report.results(records, "auc", False, three),
        "tables: seconds": report.results(records, "seconds", None, lambda mean, error: f"{mean:.1f}"),
        "tables: stopping": report.stopping(found["stopping"]),
        "tables: claims": [f"- {line}." for line in report.claims(records, found["stopping"])],
    }


def main() -> None:
    options = parse()
    if options.quick:
        options.budget, options.splits = 0.5, 2
    warnings.simplefilter("ignore")
    kept = json.loads(RESULTS.read_text()) if (options.keep or options.source) and RESULTS.exists() else {}
    found = kept if options.source else run(options, kept)
    shown = sections(found)
    for mark, lines in shown.items():
        print("\n".join(["", mark, "", *lines]))
    if options.docs:
        from document import put

        text = DOCUMENT.read_text()
        for mark, lines in shown.items():
            text = put(text, mark, lines)
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    for variable in THREADS:
        os.environ[variable] = "1"
    main()
