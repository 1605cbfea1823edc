"""The name of the CPU."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def _cpu_lines() -> dict[str, str]:
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text().split("\n\n")[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def cpu_flags() -> set[str]:
    return set(_cpu_lines().get("flags", "").split())


def cpu() -> str:
    lines = _cpu_lines()
    name = lines.get("model name", platform.processor() or platform.machine())
    if "cpu family" in lines:
        name += f" (family {lines['cpu family']}, model {lines['model']})"
    vectors = [f for f in ("avx512f", "avx2", "fma") if f in cpu_flags()]
    return f"{name}, {os.cpu_count()} cores, {', '.join(vectors) or 'no AVX'}"
