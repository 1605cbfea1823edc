#!/usr/bin/env python3
"""artifact_bundle.py OUT TRIPLE=ARCHIVE...: OUT.artifactbundle, a static library for Swift packages, and its zip.

OUT.artifactbundle has the headers, and for each triple the archive libSwiftReg.a. Prints the checksum of
OUT.artifactbundle.zip for a binary target. The same archives give the same zip.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version() -> str:
    header = (ROOT / "include/swiftreg.h").read_text()
    return ".".join(re.findall(r"^#define REG_VERSION_\w+ (\d+)$", header, re.M))


def write_bundle(bundle: Path, archives: dict[str, Path]) -> None:
    if bundle.exists():
        shutil.rmtree(bundle)
    shutil.copytree(ROOT / "include", bundle / "include")
    shutil.copy(ROOT / "LICENSE", bundle)
    variants = []
    for triple, archive in archives.items():
        (bundle / triple).mkdir()
        shutil.copyfile(archive, bundle / triple / "libSwiftReg.a")
        variants.append({
            "path": f"{triple}/libSwiftReg.a",
            "supportedTriples": [triple],
            "staticLibraryMetadata": {
                "headerPaths": ["include"], "moduleMapPath": "include/module.modulemap",
            },
        })  # fmt: skip
    artifact = {"type": "staticLibrary", "version": version(), "variants": variants}
    info = {"schemaVersion": "1.0", "artifacts": {"CSwiftReg": artifact}}
    (bundle / "info.json").write_text(json.dumps(info, indent=2) + "\n")


def write_zip(bundle: Path) -> Path:
    path = bundle.with_name(bundle.name + ".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(file for file in bundle.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(str(file.relative_to(bundle.parent)), (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def main(out: str, *archives: str) -> None:
    bundle = Path(f"{out}.artifactbundle")
    write_bundle(bundle, {triple: Path(path) for triple, path in (each.split("=") for each in archives)})
    path = write_zip(bundle)
    print(f"note: {path} checksum {hashlib.sha256(path.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
