"""The wheels for other machines: what they hold and need. `make test-wheels` runs them where they belong."""

from __future__ import annotations

import platform
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from conftest import DIST, ROOT, note

TOOLS = ROOT / "build" / "wheel-tools" / "bin"
BINARIES = {"swiftreg/_core.abi3.so", "swiftreg/libSwiftReg.so.0"}
MACHINES = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}
TARGETS = [f"manylinux_2_17_{machine}" for machine in MACHINES] + [f"musllinux_1_2_{machine}" for machine in MACHINES]
# What the loader of each C library must find.
LIBRARIES = {
    "manylinux": r"lib(c|m|pthread)\.so\.[06]|ld-linux-(x86-64\.so\.2|aarch64\.so\.1)",
    "musllinux": r"libc\.musl-(x86_64|aarch64)\.so\.1",
}


@pytest.fixture(params=TARGETS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """The tag of a target, and the wheel's files."""
    wheels = list(DIST.glob(f"swiftreg-*-cp311-abi3-*{request.param}.whl"))
    if not wheels:
        pytest.skip(f"this machine cannot build it: see the output of make wheel ({request.param})")
    (wheel,) = wheels
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    return request.param, tmp_path


def readelf(*arguments: str | Path) -> str:
    return subprocess.run(["readelf", "-W", *arguments], check=True, capture_output=True, text=True).stdout


def symbols(file: Path, kind: str) -> set[str]:
    """The names of the dynamic symbols that are UND, or not."""
    found = set()
    for line in readelf("--dyn-syms", file).splitlines():
        match = re.match(r"\s*\d+: \S+\s+\d+ \S+\s+(GLOBAL|WEAK)\s+\S+\s+(\S+) (\w+)", line)
        if match and (match[2] == "UND") == (kind == "UND") and (kind != "UND" or match[1] == "GLOBAL"):
            found.add(match[3])
    return found


def test_its_binaries_are_of_the_target(other: tuple[str, Path]) -> None:
    tag, folder = other
    machine = next(machine for machine in MACHINES if tag.endswith(machine))
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.so*")} == BINARIES
    for binary in BINARIES:
        assert MACHINES[machine] in readelf("-h", folder / binary)
        needed = set(re.findall(r"\(NEEDED\) .*\[(.*)\]", readelf("-d", folder / binary)))
        needed.discard("libSwiftReg.so.0")
        assert needed and all(re.fullmatch(LIBRARIES[tag.split("_")[0]], name) for name in needed), needed
        versions = re.findall(r"GLIBC_([\d.]+)", readelf("-V", folder / binary))
        assert bool(versions) == tag.startswith("manylinux")
        assert all(tuple(map(int, version.split("."))) <= (2, 17) for version in versions)
    assert "[$ORIGIN]" in readelf("-d", folder / "swiftreg/_core.abi3.so")
    for metadata in folder.glob("*.dist-info/WHEEL"):
        assert f"Tag: cp311-abi3-{tag}\n" in metadata.read_text()


def test_every_function_is_there(other: tuple[str, Path]) -> None:
    """Those of the extension in the library, in Python's stable interface, or in the C library."""
    tag, folder = other
    extension, library = folder / "swiftreg/_core.abi3.so", folder / "swiftreg/libSwiftReg.so.0"
    missing = symbols(extension, "UND") - symbols(library, "defined")
    python = {name for name in missing if re.match(r"_?Py", name)}
    assert python and not any(name.startswith("reg_") for name in missing)
    own = next(iter(DIST.glob(f"*manylinux*_{platform.machine()}.whl")))
    with zipfile.ZipFile(own) as archive:
        archive.extract("swiftreg/_core.abi3.so", folder / "own")
    # The extension of this machine's wheel is tested on every Python there is.
    assert python <= symbols(folder / "own" / "swiftreg/_core.abi3.so", "UND")
    if tag == "musllinux_1_2_x86_64":
        have = symbols(Path("/usr/lib/x86_64-linux-musl/libc.so"), "defined")
    elif tag == "musllinux_1_2_aarch64":
        have = symbols(ROOT / "build/musl-arm64/lib/aarch64-linux-musl/libc.so", "defined")
    else:
        return  # versioned, and so checked above
    assert missing - python <= have and symbols(library, "UND") <= have


def test_auditwheel_agrees(other: tuple[str, Path]) -> None:
    tag, _ = other
    (wheel,) = DIST.glob(f"swiftreg-*-cp311-abi3-*{tag}.whl")
    shown = subprocess.run([TOOLS / "auditwheel", "show", wheel], check=True, capture_output=True, text=True).stdout
    assert f'"{tag}"' in " ".join(shown.split()), shown
    note(f"{wheel.name}: {wheel.stat().st_size} bytes")


def test_a_python_without_the_gil_takes_none_of_them() -> None:
    """pip then takes the sdist, whose build says that it needs a Python with it (test_distribution.py)."""
    from packaging.tags import cpython_tags

    free_threaded = {str(tag) for tag in cpython_tags((3, 13), ["cp313t"], ["manylinux_2_17_x86_64"])}
    assert "cp311-abi3-manylinux_2_17_x86_64" not in free_threaded
    assert "cp311-abi3-manylinux_2_17_x86_64" in {str(tag) for tag in cpython_tags((3, 13), ["cp313"], ["manylinux_2_17_x86_64"])}
