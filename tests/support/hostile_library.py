"""A library full of hostile text: every payload wherever an article can hold text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.support.hostile import ENTITIES, LINKS, payloads


def body(mark: str, text: str) -> str:
    """A body with the payload wherever Markdown can hold text."""
    line = " ".join(text.splitlines())
    return "\n\n".join(
        (
            f"Body {mark} begins {text} and goes on.",
            f"# Heading {line} {mark}",
            f"Setext {line}\n-------",
            f"*soft {line}* **loud {line}** ~~gone {line}~~ `code {line}`",
            f"> quote {line}\n> more",
            f"- item {line}\n  1. nested {line}\n- [x] task {line}",
            f"```python {line}\nprint('{text}')\n```",
            f"    indented {line}",
            f"| head {line} | b |\n|---|---|\n| {line} | cell |",
            f"[link {line}](https://example.org/{mark} '{line}') ![picture {line}](x.png)",
            f"note[^{mark}] <b>{line}</b> <span title='{line}'>{line}</span>",
            f"[^{mark}]: footnote {line}",
            f"<div>\n{line}\n</div>",
            f"End of {mark}.",
        )
    )


def _escaped(text: str) -> str:
    """A string of TOML or YAML."""
    return '"' + "".join(f"\\U{ord(character):08X}" for character in text) + '"'


def header(form: str, fields: dict[str, str | list[str]]) -> str:
    """Front matter in one of the five forms, its strings escaped as the form allows."""
    if form == "json":
        return json.dumps(fields, indent=1) + "\n\n"
    if form in ("toml", "yaml", "raw-yaml"):
        fence, sign = ("+++", " =") if form == "toml" else ("---", ":")
        quote = str if form == "raw-yaml" else _escaped
        lines = [f"{key}{sign} {_listed(value, quote)}" for key, value in fields.items()]
        return "\n".join((fence, *lines, fence, ""))
    lines = []
    for key, value in fields.items():
        joined = ", ".join(value) if isinstance(value, list) else value
        lines.append(f"{key.title()}: {' '.join(joined.splitlines())}")
    return "\n".join(lines) + "\n\n"


def _listed(value: str | list[str], quote: Callable[[str], str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(quote(item) for item in value) + "]"
    # Dates are not strings in TOML and YAML.
    return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else str(quote(value))


FORMS = ("toml", "yaml", "json", "pelican")


def fill(folder: Path) -> list[str]:
    """Write the hostile library; returns the marks of its articles, newest first."""
    marks = []
    for number, (name, (mark, text)) in enumerate(payloads().items()):
        fields: dict[str, str | list[str]] = {
            "title": f"Title {mark} {text}",
            "date": f"2024-{12 - number // 28:02d}-{28 - number % 28:02d}",
            "source": f"Source {text}",
            "authors": [f"Author {text}", text],
            "tags": [f"tag {text}", text],
            "url": f"https://example.org/{mark}?{text}",
            "lang": f"en{text}",
            "summary": f"Summary {text}",
        }
        form = FORMS[number % len(FORMS)]
        # A file with NUL in it is no text to the reader; escaped in a header it still is.
        bare = text.replace("\x00", "")
        _write(folder, f"{name}.md", header(form, fields) + "\n" + body(mark, bare))
        # Controls as they are where YAML forbids them: a fault to name, and a file to show whole.
        _write(
            folder,
            f"broken/{name}.md",
            header("raw-yaml", fields).replace("\x00", "") + f"\nBroken {bare}\n",
        )
        marks.append(mark)
    everything = "\n\n".join(body(mark, text) for mark, text in payloads().values()).replace(
        "\x00", ""
    )
    documents = [("everything", everything), *_documents()]
    for number, (mark, text) in enumerate(documents):
        day = f"2023-12-{28 - number:02d}"
        _write(
            folder,
            f"{mark}.md",
            header("toml", {"title": f"Title {mark}", "date": day}) + f"\nBody {mark}\n\n{text}",
        )
        marks.append(mark)
    _fill_surrogates(folder)
    _fill_names(folder)
    return marks


def _fill_surrogates(folder: Path) -> None:
    """Halves of characters: escaped where a header can hold them, and as bytes that are no text."""
    half = '"half \\ud800 and \\udfff"'
    _write(folder, "broken/half-json.md", f'{{"title": {half}, "tags": [{half}]}}\n\n\ud800 body')
    _write(folder, "broken/half-yaml.md", f"---\ntitle: {half}\n---\n\n\udfff body")
    _write(folder, "broken/half-toml.md", f"+++\ntitle = {half}\n+++\n\n\udfff body")


def _documents() -> Iterator[tuple[str, str]]:
    yield "entities", "\n\n".join(text.format("markent") for text in ENTITIES)
    code = "\n\n".join(f"`{text.format('markent')}`" for text in ENTITIES)
    yield "entitycode", f"<pre>{code}</pre>\n\n# {ENTITIES[0]}\n\n{code}"
    for number in range(0, len(LINKS), 7):
        yield (
            f"links{number}",
            "\n\n".join(text.format(f"markl{number}") for text in LINKS[number : number + 7]),
        )


def _fill_names(folder: Path) -> None:
    """Files and folders whose very names are hostile; what the system refuses is left out."""
    names = [text for name, (_, text) in payloads().items() if name != "nul"]
    names += ["new\nline", "[red]name[/]", "-rf", "--help", "name\udcff\udcfe"]
    for number, name in enumerate(names):
        for relative in (f"named/{name.replace('/', '_')}.md", f"{name.replace('/', '_')}/in.md"):
            try:
                _write(folder, relative, f"Named number {number}\n")
            except (OSError, ValueError):
                continue


def _write(folder: Path, relative: str, text: str) -> None:
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


def fill_recordings(folder: Path, recordings: Iterable[Path]) -> list[str]:
    """Articles out of recorded terminal sessions, raw bytes and all; returns their marks."""
    marks = []
    for number, recording in enumerate(sorted(recordings)):
        mark = f"recording{number:03d}"
        data = recording.read_bytes()
        start = max(data.find(b"\x1b") - 40, 0)
        text = data[start : start + 1500]
        day = f"2022-{1 + number // 28:02d}-{1 + number % 28:02d}"
        title = text[:120].replace(b"\n", b" ").replace(b"\r", b" ")
        content = b"Title: %s %s\nDate: %s\n\nBody %s\n\n%s\n\n```\n%s\n```\n" % (
            mark.encode(), title, day.encode(), mark.encode(), text, text,
        )  # fmt: skip
        (folder / f"{mark}.md").write_bytes(content)
        marks.append(mark)
    return marks
