"""The default number of threads: the affinity mask, and the CPU quota of a container, whichever is less."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CORES = len(os.sched_getaffinity(0))

QUOTAS = {
    # The files below the root; the quota in cores, None without one.
    "no quota": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
    "no control groups": ({}, None),
    "one core": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1),
    "half a core": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
    "one and a half": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
    "more than there are": ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "99900000 100000\n"}, 999),
    "of the group above": (
        {
            "proc/self/cgroup": "0::/pod/box\n",
            "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
            "sys/fs/cgroup/pod/cpu.max": "100000 100000\n",
        },
        1,
    ),
    "a group named from outside": (
        {"proc/self/cgroup": "0::/../../outside\n", "sys/fs/cgroup/cpu.max": "100000 100000\n"}, 1,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "12:cpuset:/a\n4:cpu,cpuacct:/a\n1:name=systemd:/a\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "100000\n",
            "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
        },
        1,
    ),
    "version 1, in a container": (
        {
            "proc/self/cgroup": "4:cpuacct,cpu:/docker/0123\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "20000\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
        1,
    ),
    "version 1, none": (
        {
            "proc/self/cgroup": "4:cpu:/\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
        None,
    ),
    "no numbers": ({"proc/self/cgroup": "0::/\nnonsense\n::\n", "sys/fs/cgroup/cpu.max": "\n"}, None),
}  # fmt: skip


def threads_with(root: Path | None, **variables: str) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | variables
    if root is not None:
        environment["SWIFTREG_SYSTEM_ROOT"] = str(root)
    code = "import swiftreg; print(swiftreg.get_num_threads())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize("name", QUOTAS)
def test_a_quota_bounds_the_threads(name: str, tmp_path: Path) -> None:
    files, quota = QUOTAS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert threads_with(tmp_path) == min(CORES, quota or CORES)


def test_a_number_that_is_asked_for_wins(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("100000 100000\n")
    assert threads_with(tmp_path, SWIFTREG_NUM_THREADS="3") == 3
