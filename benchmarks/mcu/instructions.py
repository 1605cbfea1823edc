"""instructions.py: what run prints, as a table; and how many times as many instructions AIfES executes."""

from __future__ import annotations

import sys

OURS = ("swiftreg", "swiftreg, L2 and dropout")
PEER = "AIfES, a batch at once"


def main() -> None:
    counts: dict[str, dict[str, int]] = {}
    target = ""
    for line in sys.stdin:
        if not line.startswith(" "):
            target = line.strip().removesuffix(":")
        else:
            name, _, count = line.strip().removesuffix(" instructions a step").partition(": ")
            counts.setdefault(name, {})[target] = int(count)
    targets = list(next(iter(counts.values())))
    print(f"| instructions of a step | {' | '.join(targets)} |")
    print("| - |" + " - |" * len(targets))
    for name, row in counts.items():
        print(f"| {name} | {' | '.join(f'{row[target]:,}' for target in targets)} |")
    for name in OURS:
        if PEER in counts:
            ratios = (f"{counts[PEER][target] / counts[name][target]:.2f}" for target in targets)
            print(f"| {PEER} / {name} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main()
