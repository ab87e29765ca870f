"""Build the site: `python -m tools.make_site` (`make site`), into build/site.

The pages of docs/ are copied to build/docs on the way, and there

- the tables of the reference are filled in from the program (tools/reference.py);
- CONTRIBUTING.md and CHANGELOG.md are pages too;
- code in a table has its | without the backslash that GitHub needs;
- a link to a file of the repository that is no page of the site becomes plain text;
- the navigation of mkdocs.yml loses what is not there, and gains what it does not list.

So the generator sees plain Markdown, and another one can take its place. It builds strictly: a
link or an anchor that leads nowhere is an error, and so is anything loaded from elsewhere.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tools.reference import filled

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
FROM_ROOT = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
FOR_DEVELOPERS = ("decisions/", "features.md")  # in docs/, and no pages of the site

_LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\(([^)\s]+)\)")
_ROW = re.compile(r"^\|.*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_ELSEWHERE = r"""["']?((?:https?:)?//[^"'\s>)]+)"""
_LOADED = re.compile(
    rf"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc={_ELSEWHERE}"
    rf"|<link\b(?![^>]*rel=[\"']?canonical)[^>]*?\bhref={_ELSEWHERE}"
    rf"|(?:@import|url\()\s*{_ELSEWHERE}",
    re.IGNORECASE,
)


def pages() -> dict[str, str]:
    """Every page by its path on the site, such as "find.md", as the site has it."""
    docs = ROOT / "docs"
    texts = {
        name: file.read_text(encoding="utf-8")
        for file in sorted(docs.rglob("*.md"))
        if not (name := file.relative_to(docs).as_posix()).startswith(FOR_DEVELOPERS)
    }
    origins = {name: f"docs/{name}" for name in texts}
    for source, name in FROM_ROOT.items():
        texts[name] = (ROOT / source).read_text(encoding="utf-8")
        origins[name] = source
    places = {origin: name for name, origin in origins.items()}
    whole = {name: filled(_relinked(text, origins[name], places)) for name, text in texts.items()}
    return {name: _ROW.sub(_with_bars, text) for name, text in whole.items()}


def _with_bars(row: re.Match[str]) -> str:
    r"""A row of a table with | in code where GitHub wants \|, which the generator would show."""
    return _CODE.sub(lambda code: code[0].replace("\\|", "|"), row[0])


def _relinked(markdown: str, origin: str, places: dict[str, str]) -> str:
    """A page with links that hold on the site; `places` are pages by their files."""
    here = posixpath.dirname(places[origin])

    def link(found: re.Match[str]) -> str:
        text, target = found.groups()
        path, sharp, anchor = target.partition("#")
        if not path or ":" in target:
            return found[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
        if file in places:
            return f"[{text}]({posixpath.relpath(places[file], here or '.')}{sharp}{anchor})"
        # What is nowhere stays as it is, and the strict build fails at it.
        return text if (ROOT / file).exists() else found[0]

    return _LINK.sub(link, markdown)


def navigation(listed: list[Any], names: set[str]) -> list[Any]:
    """The navigation of what there is; pages that it does not list are added by their folders."""
    left = set(names)

    def existing(entries: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for entry in entries:
            [(title, target)] = entry.items()
            if isinstance(target, list):
                kept.append({title: existing(target)})
            elif target in names:
                kept.append(entry)
                left.discard(target)
        return kept

    shown = existing(listed)
    for name in sorted(left):
        section = "Contributing" if name.startswith("contributing/") else "Reference"
        next(part[section] for part in shown if section in part).append(name)
    return shown


def stage() -> Path:
    """Write what the generator is given, and return its configuration."""
    shutil.rmtree(BUILD / "docs", ignore_errors=True)
    texts = pages()
    for name, text in texts.items():
        file = BUILD / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "assets", BUILD / "docs" / "assets")
    shutil.copy(ROOT / "docs" / "tour.svg", BUILD / "docs")
    nav = navigation(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"], set(texts))
    places = {"docs_dir": "docs", "site_dir": "site"}
    settings = {"INHERIT": "../mkdocs.yml", **places, "nav": nav}
    configuration = BUILD / "mkdocs.yml"
    configuration.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    return configuration


def loaded_from_elsewhere(site: Path) -> list[str]:
    """What the files of a built site would have a browser fetch from another host."""
    return [
        f"{file.relative_to(site)} loads {next(filter(None, found.groups()))}"
        for file in sorted(site.rglob("*"))
        if file.suffix in (".html", ".css", ".svg")
        for found in _LOADED.finditer(file.read_text(encoding="utf-8"))
    ]


def build() -> int:
    """Build the site; returns 0 where nothing is wrong with it."""
    configuration = stage()
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(configuration)]
    # Material says by this that its maintenance ends: docs/decisions/0303.
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    # Not made quiet by an option: what is not shown is not counted as a warning either.
    built = subprocess.run(argv, env=quiet, capture_output=True, text=True, check=False)
    if built.returncode:
        print(built.stdout + built.stderr)
        return built.returncode
    faults = loaded_from_elsewhere(BUILD / "site")
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(list((BUILD / 'site').rglob('*.html')))} pages in {BUILD / 'site'}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(build())
