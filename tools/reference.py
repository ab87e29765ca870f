"""The reference of the site, from the tables that the program itself uses.

    python -m tools.reference

A page in docs/ has `<!-- table: NAME -->` above the table NAME of TABLES, `<!-- end -->` below;
this writes the tables into the pages, where readers of the repository find them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

from rilo_reader.cli import all_verbs, verb_of
from rilo_reader.cli.verb import Verb
from rilo_reader.commands import all_commands
from rilo_reader.config import Config
from rilo_reader.config.all_settings import plain_settings, value_of
from rilo_reader.config.settings import make_template
from rilo_reader.config.toml_edit import to_literal
from rilo_reader.keys import key_label
from rilo_reader.query.tree import MARK_FIELDS, WHOLE_FIELDS, WORD_FIELDS, Sort, TimedMark
from rilo_reader.store import article_fields as headers


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    lines = [head, ("---",) * len(head), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in lines)
    return "\n".join(f"| {' | '.join(row)} |" for row in escaped)


def codes(words: Iterable[str], between: str = " ") -> str:
    """Words as code."""
    return between.join(f"`{word}`" if "`" not in word else f"`` {word} ``" for word in words)


def keys() -> str:
    """Every command by its group: keys, what it does, its name in the palette and in settings."""
    parts = []
    for group, commands in groupby(all_commands(), key=lambda command: command.group):
        rows = (
            (codes(map(key_label, one.keys)), one.help, one.title, f"`{one.id}`")
            for one in commands
        )
        parts.append(f"## {group}\n\n{table(('Keys', 'Does', 'Command', 'In settings'), rows)}")
    return "\n\n".join(parts)


def query_fields() -> str:
    """Every field of the query language with its values."""
    names: dict[str, list[str]] = {}
    for name, field in WORD_FIELDS.items():
        names.setdefault(field, []).append(f"{name}:")
    rows = [(codes(several), "words, a phrase, a pattern") for several in names.values()]
    rows += [(f"`{field}:=`", "the whole value, exactly") for field in WHOLE_FIELDS]
    dates = "a day, month, year, span, or an amount such as `30d`"
    rows += [(codes(["after:", "before:", "date:"]), dates)]
    rows += [(codes(f"{mark}:" for mark in TimedMark), "when you marked it, as for `date:`")]
    rows += [("`feeds:`", 'a tag of your feeds, `*` for all feeds, `""` for those without a tag')]
    rows += [("`minutes:`", codes(["10", "<10", ">20", "5..15"]))]
    rows += [(f"`{name}:`", codes(marks)) for name, marks in MARK_FIELDS.items()]
    rows += [("`sort:`", codes(Sort)), ("`@NAME`", "the saved search of that name")]
    return table(("Field", "Takes"), rows)


def settings() -> str:
    """Every setting with one value: its default and its meaning."""
    rows = []
    for name, one in plain_settings().items():
        default = value_of(Config(), name)
        shown = "" if default is None else f"`{to_literal(default)}`"
        rows.append((f"`{name}`", shown, one.meaning.replace("\n", " ")))
    return table(("Setting", "Default", "Means"), rows)


def settings_tables() -> str:
    """What a new settings.toml says of folders, keys, saved searches and mutes."""
    text = make_template()
    text = text[text.index("# Your folders of articles") :]
    text = re.sub("# -- Rarely needed.*?(?=# Keys)", "", text, flags=re.DOTALL)
    text = re.sub(r"^(# \w+ = \[.*\]  # .*|# -- .*)\n\n?", "", text, flags=re.MULTILINE)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return f"```toml\n{text.strip()}\n```"


def header_keys() -> str:
    """The keys of an article's header, each with the other names under which it is read."""
    meanings = {
        "title": "the title",
        "date": "the day, or the moment, of publication",
        "updated": "when it was last changed",
        "url": "the address of its page",
        "authors": "a name, or a list of them",
        "tags": "a list",
        "lang": "its language, such as `en`",
        "summary": "a sentence or two",
        "enclosures": "attached files, each with `url`, and `type`, `bytes` and `seconds` if known",
        "comments": "the page where it is discussed",
    }
    rows = [("`id`", "", "its identity; else its address, else its path")]
    for name, meaning in meanings.items():
        key, *others = headers.KEYS[name]
        rows.append((f"`{key}`", codes(others), meaning))
    rows += [("`draft`", "", "if true, it is shown only with `drafts = true`")]
    return table(("Key", "Also read", "Means"), rows)


def _sections(verb: type[Verb]) -> Iterator[str]:
    """What the help of a verb says, as Markdown."""
    yield f"## rilo-reader {verb.verb}"
    parser = verb.make_parser()
    yield f"```text\n{parser.format_usage().strip()}\n```"
    yield _prose(verb.about)
    given = [spec.metadata for spec in verb.argument_fields()]
    rows = [
        (f"`{' '.join(one[part] for part in ('flag', 'metavar') if part in one)}`", one["help"])
        for one in sorted(given, key=lambda one: "flag" in one)  # places come first
    ]
    yield table(("Argument", "Means"), [*rows, ("`--library FOLDER`", verb.library_help)])
    yield _prose(verb.sections)
    yield "```console\n" + "\n".join(f"$ {example}" for example in verb.examples) + "\n```"
    yield f"Exit codes: {' '.join(verb.exit_codes.split())}"


def _prose(text: str) -> str:
    """A help text: paragraphs as they are, lists with columns as they are printed."""
    parts = re.split(r"\n\s*\n", text.strip("\n"))
    return "\n\n".join(
        f"```text\n{part}\n```" if re.search(r"^ |\S  +\S", part, re.MULTILINE) else part
        for part in parts
        if part.strip()
    )


def verbs() -> str:
    """The command line, verb by verb."""
    return "\n\n".join(
        part for verb in map(verb_of, all_verbs()) for part in _sections(verb) if part
    )


def json_objects() -> str:
    """What --json of each verb prints."""
    rows = []
    for verb in map(verb_of, all_verbs()):
        for spec in verb.argument_fields():
            if spec.metadata.get("flag") == "--json":
                place = f"command-line.md#rilo-reader-{verb.verb}"
                rows.append((f"[`{verb.verb}`]({place})", spec.metadata["help"]))
    return table(("Command", "Prints"), rows)


TABLES: Mapping[str, Callable[[], str]] = {
    "keys": keys,
    "query fields": query_fields,
    "settings": settings,
    "settings tables": settings_tables,
    "header keys": header_keys,
    "verbs": verbs,
    "json": json_objects,
}


def filled(markdown: str) -> str:
    """A page with its tables as they are now."""
    return re.sub(
        r"(<!-- table: ([\w ]+) -->\n\n).*?(\n\n<!-- end -->)",
        lambda found: found[1] + TABLES[found[2]]() + found[3],
        markdown,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    for page in Path("docs").glob("*.md"):
        if (now := filled(before := page.read_text(encoding="utf-8"))) != before:
            page.write_text(now, encoding="utf-8")
