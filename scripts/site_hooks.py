"""The parts of the site that are no files of docs/: pages made of other files of the repository, and
the links between them.

A page keeps the links that it has in the repository. A link to a file outside docs/ leads to a page
made of that file: Markdown as it is, everything else as a listing.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(\]\()([^)#\s:]+)(#[^)\s]*)?(\))")
LANGUAGES = {".py": "python", ".c": "c", ".h": "c", ".swift": "swift", ".sh": "sh", ".toml": "toml"}

# Pages of the site by the repository's file that they are made of.
MADE_OF = {
    "README.md": "index.md",
    "SECURITY.md": "SECURITY.md",
    "ARCHITECTURE.md": "ARCHITECTURE.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "include/swiftreg.h": "swiftreg.h.md",
    "include/swiftreg_network.h": "swiftreg_network.h.md",
    "examples/regularization.ipynb": "regularization.ipynb",
}

PYTHON_MODULES = (
    ("swiftreg", ("MLP", "MLPClassifier", "MLPRegressor", "MLPClassifierCV", "MLPRegressorCV", "playground",
                  "carry_over", "dropout", "dropout_backward", "dropout_mask", "build_info",
                  "get_num_threads", "set_num_threads", "History", "Progress")),
    ("swiftreg.plot", ()),
    ("swiftreg.onnx", ()),
    ("swiftreg.notebook", ()),
)  # fmt: skip


def _source_of(page: str) -> str:
    """The repository's file behind a page of the site."""
    for source, made in MADE_OF.items():
        if made == page:
            return source
    if page.startswith("source/"):
        return page.removeprefix("source/").removesuffix(".md")
    return f"docs/{page}"


def _page_of(source: str) -> str | None:
    """The page of the site for a file or folder of the repository, None if there is no such file."""
    if source in MADE_OF:
        return MADE_OF[source]
    if source.startswith("docs/"):
        return source.removeprefix("docs/")
    if (ROOT / source).is_dir():
        readme = next((f"{source}/{name}" for name in ("README.md", "Package.swift") if (ROOT / source / name).is_file()), None)
        return None if readme is None else _page_of(readme)
    return f"source/{source}.md" if (ROOT / source).is_file() else None


def _links(text: str) -> list[str]:
    return [match[2] for match in LINK.finditer(re.sub(r"```.*?```", "", text, flags=re.DOTALL))]


def _listing(source: str) -> str:
    text = (ROOT / source).read_text(encoding="utf-8")
    if source.endswith(".md"):
        return text
    language = LANGUAGES.get(Path(source).suffix, "text")
    return f"# {source}\n\n````{language}\n{text}\n````\n"


def _python_page() -> str:
    parts = ["# Python reference\n"]
    for module, names in PYTHON_MODULES:
        parts.append(f"## {module}\n")
        parts += [f"::: {module}.{name}\n" for name in names] or [f"::: {module}\n    options:\n      show_root_heading: false\n"]
    return "\n".join(parts)


def _playground_page() -> str:
    return (
        "# Playground\n\nlambda, keep_prob and the rest, dragged while two networks train: on the kernels of the "
        "library, compiled to WebAssembly.\n\n"
        '<iframe src="playground-page.html" title="swiftreg playground" '
        'style="width: 100%; height: 1200px; border: 0"></iframe>\n'
    )


def on_files(files: Files, config: Any) -> Files:
    made = {"python.md": _python_page(), "playground.md": _playground_page()}
    pending = [*MADE_OF, *(f"docs/{file.src_uri}" for file in files if file.src_uri.endswith(".md"))]
    seen: set[str] = set()
    while pending:
        source = pending.pop()
        page = _page_of(source)
        if source in seen or page is None or not (ROOT / source).is_file():
            continue
        seen.add(source)
        if not source.startswith("docs/"):
            # The notebook is a link in docs/: its plugin takes files of that folder only.
            if not (ROOT / "docs" / page).exists():
                made[page] = _listing(source)
        if source.endswith(".md"):
            here = posixpath.dirname(source)
            pending += [posixpath.normpath(posixpath.join(here, link)) for link in _links((ROOT / source).read_text(encoding="utf-8"))]
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    # The gallery and its pictures, where `make site` has drawn them.
    gallery = ROOT / "build" / "gallery"
    for file in sorted(gallery.glob("*")):
        files.append(File.generated(config, file.name, abs_src_path=str(file)))
    playground = ROOT / "build" / "playground.html"
    if playground.is_file():
        files.append(File.generated(config, "playground-page.html", abs_src_path=str(playground)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    here = page.file.src_uri
    source_folder = posixpath.dirname(_source_of(here))

    def replace(match: re.Match[str]) -> str:
        target = _page_of(posixpath.normpath(posixpath.join(source_folder, match[2])))
        if target is None:
            return match[0]
        return f"{match[1]}{posixpath.relpath(target, posixpath.dirname(here) or '.')}{match[3] or ''}{match[4]}"

    return LINK.sub(replace, markdown)


SHIM = re.compile(r'<script src="https://unpkg\.com/iframe-worker/shim"></script>')


def _without_shim(output: str, folder: str) -> str:
    """Nothing is loaded from elsewhere: the theme's worker for file:// is ours."""
    root = posixpath.relpath(".", folder or ".")
    return SHIM.sub(f'<script src="{root}/javascripts/frame-worker.js"></script>', output)


def on_post_page(output: str, page: Any, config: Any) -> str:
    return _without_shim(output, posixpath.dirname(page.file.dest_uri))


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    return _without_shim(output_content, "")
