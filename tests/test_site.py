"""The site: its reference is the program's, its commands work, its links lead somewhere."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from tools.make_site import BUILD, build, loaded_from_elsewhere, navigation, pages
from tools.reference import TABLES, filled

from rilo_reader.cli import all_verbs, verb_of
from rilo_reader.commands import all_commands
from rilo_reader.config.all_settings import plain_settings
from rilo_reader.feeds.status import Standing
from rilo_reader.paths import user_paths
from rilo_reader.query.parser import parse
from tests.support.chromium import needs_chromium, tab
from tests.support.guide_language import KEYS, inline_code, key, section
from tests.support.plugins import every_plugin

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = pages()
README = (ROOT / "README.md").read_text(encoding="utf-8")
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```(sh|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(text: str) -> Iterator[list[str]]:
    """The words of every command of ours that a page shows, also behind a pipe."""
    for kind, block in _FENCED.findall(text):
        lines = block.replace("\\\n", " ").splitlines()
        for line in lines if kind == "sh" else [one[2:] for one in lines if one[:2] == "$ "]:
            words = shlex.shlex(line, posix=True, punctuation_chars=True)
            words.whitespace_split = True
            command: list[str] = []
            for word in [*words, ";"]:
                if re.fullmatch(r"[|&;()]+", word):
                    if command and command[0] in ("rilo", "rilo-reader"):
                        yield command[1:]
                    command = []
                else:
                    command.append(word)


@every_plugin
def test_every_command_is_one() -> None:
    for words in chain.from_iterable(commands_of(page) for page in (README, *PAGES.values())):
        given = words[: next((at for at, word in enumerate(words) if word[0] in "<>"), None)]
        if given and given[0] in all_verbs():
            verb_of(given[0]).parse(given[1:])
        else:
            assert len(given) <= 1, words


@every_plugin
def test_every_command_in_a_sentence_is_one() -> None:
    for name, page in {"README": README, **PAGES}.items():
        if name in ("contributing.md", "changelog.md"):
            continue
        for code in inline_code(page):
            words = shlex.split(code) if code.startswith(("rilo-reader ", "rilo ")) else []
            given = words[1 : next((at for at, word in enumerate(words) if word == ">"), None)]
            if given and given[0] in all_verbs():
                verb_of(given[0]).parse(given[1:])
            elif given:
                assert given[0][0] in "~./-" or given[0].isupper(), (name, code)


def test_every_standing_of_a_feed_is_one() -> None:
    text = "\n".join((README, *PAGES.values()))
    assert set(re.findall(r'\.standing [!=]= "([^"]*)"', text)) <= set(Standing)


def test_commands_of_pages_are_found() -> None:
    assert ["search", "--count", "is:unread"] in list(commands_of(PAGES["find.md"]))
    assert ["mark", "star", "-"] in list(commands_of(PAGES["automate.md"]))
    assert len(list(commands_of(PAGES["command-line.md"]))) > 30


def test_the_reference_has_everything() -> None:
    assert {command.id for command in all_commands()} <= set(inline_code(PAGES["keys.md"]))
    assert {*plain_settings()} <= set(inline_code(PAGES["settings.md"]))
    headings = set(re.findall(r"^## rilo-reader (\w+)$", PAGES["command-line.md"], re.MULTILINE))
    assert headings == set(all_verbs())
    used = {
        name
        for file in DOCS.glob("*.md")
        for name in re.findall(r"<!-- table: ([\w ]+) -->", file.read_text(encoding="utf-8"))
    }
    assert used == set(TABLES)


@every_plugin
def test_tables_of_the_reference_are_in_the_pages_of_the_repository() -> None:
    """`python -m tools.reference` writes them."""
    for file in DOCS.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert text == filled(text), f"{file.name}: python -m tools.reference"


def test_the_reference_documents_every_verb_and_option() -> None:
    for name in all_verbs():
        part = section(PAGES["command-line.md"], f"rilo-reader {name}")
        written = verb_of(name).make_parser().format_help()
        options = set(re.findall(r"^  (--[a-z-]+)", written, re.MULTILINE))
        assert "--library" in options, name
        assert options <= {code.partition(" ")[0] for code in inline_code(part)}, name


def test_every_table_has_as_many_cells_in_each_row() -> None:
    for name, made in TABLES.items():
        for block in re.findall(r"(?:^\|.*\n?)+", made(), re.MULTILINE):
            cells = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
            assert len(cells) == 1, (name, block)


def anchors(name: str) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _CODE.sub("", PAGES[name]), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_plugin
def test_a_bar_in_code_has_no_backslash_on_the_site() -> None:
    assert "`/(tusk|mask)s/`" in PAGES["query.md"]
    assert "`|`" in PAGES["keys.md"]


def links() -> Iterator[tuple[str, str]]:
    """Each page with the target of each of its links."""
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", _CODE.sub("", text)):
            yield name, target


def test_every_link_of_a_page_leads_to_a_page_and_its_heading() -> None:
    for name, target in links():
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        there = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        assert there in PAGES or (DOCS / there).suffix == ".svg", (name, target)
        assert not anchor or anchor in anchors(there), (name, target)


def test_what_is_for_developers_is_no_page() -> None:
    assert "features.md" not in PAGES
    assert not any(name.startswith("decisions/") for name in PAGES)
    for name in ("index.md", "read.md", "find.md", "collect.md", "query.md", "files.md"):
        assert not re.search(r"test_\w+|decisions", PAGES[name]), name


def test_each_page_says_first_whom_it_is_for() -> None:
    for name in {file.name for file in DOCS.glob("*.md")} - {"features.md"}:
        text = (DOCS / name).read_text(encoding="utf-8")
        assert re.match(r"# .*\n\nFor (everyone|those|a group)\b", text), name


def test_the_navigation_has_what_there_is() -> None:
    listed = [{"Start": "index.md"}, {"Install": "install.md"}, {"Reference": [{"Keys": "k.md"}]}]
    shown = navigation([*listed, {"Contributing": []}], {"index.md", "k.md", "contributing/a.md"})
    assert shown == [
        {"Start": "index.md"},
        {"Reference": [{"Keys": "k.md"}]},
        {"Contributing": ["contributing/a.md"]},
    ]


@pytest.mark.parametrize(
    ("html", "loads"),
    [
        ('<script src="https://example.org/a.js"></script>', "https://example.org/a.js"),
        ("<link rel=stylesheet href=//example.org/a.css>", "//example.org/a.css"),
        ("<style>@font-face{src:url(https://example.org/a.woff2)}</style>", "a.woff2"),
        ('<a href="https://example.org">a link is not loaded</a>', ""),
        ('<link rel="canonical" href="https://example.org/">', ""),
    ],
)
def test_what_is_loaded_from_elsewhere_is_noticed(tmp_path: Path, html: str, loads: str) -> None:
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    found = loaded_from_elsewhere(tmp_path)
    assert [loads in one for one in found] == ([True] if loads else [])


# Keys of a selection, which no command has: `visual_mode` and the highlights.
_SELECTING = {"w", "b", "}", "{", "1", "4", "N", "Y", "d", "v"}


@pytest.mark.parametrize("name", ["index.md", "read.md", "find.md", "highlights.md"])
@every_plugin
def test_every_key_is_a_default_key(name: str) -> None:
    codes = set(inline_code(PAGES[name])) - (_SELECTING if name == "highlights.md" else set())
    keys = {code for code in codes if len(code) == 1 or code.startswith("ctrl+")}
    assert len(keys) > 3
    assert {key(code) for code in keys} <= KEYS


def test_every_query_parses() -> None:
    rows = [row for row in PAGES["find.md"].splitlines() if row.startswith("| `")]
    assert len(rows) > 5
    for row in rows:
        for code in inline_code(row.split(" | ")[0]):
            assert parse(code).faults == (), code


@pytest.mark.skipif(not Path("/proc").exists(), reason="the page names Linux's places")
def test_the_places_are_where_it_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{name}_HOME", raising=False)
    paths = user_paths()
    text = PAGES["files.md"].partition("\n## ")[0]
    apple = MacOS("rilo-reader", appauthor=False)
    there = {"~/Library/Application Support/rilo-reader", "~/Library/Caches/rilo-reader"}
    assert {apple.user_data_dir, apple.user_state_dir, apple.user_config_dir} | {
        apple.user_cache_dir
    } == {place.replace("~", str(tmp_path)) for place in there}
    named = {code for code in inline_code(text) if code.startswith("~/")} - there
    files = (paths.settings_file, paths.feeds_file, paths.config / "accounts.toml")
    kept = (paths.default_library, paths.data / "notes", paths.state, paths.cache)
    meant = (*kept, *files)
    assert named == {str(path).replace(str(tmp_path), "~") for path in meant}


def test_the_header_on_the_page_is_what_is_written() -> None:
    keys = re.findall(r"^(\w+) = ", section(PAGES["files.md"], "Articles"), re.MULTILINE)
    assert keys == ["id", "title", "date", "source", "url", "tags"]


@pytest.mark.service
@needs_chromium
async def test_the_search_finds_a_word_in_a_site_that_is_opened_from_its_folder(
    tmp_path: Path,
) -> None:
    """Without a server, and with nothing loaded from elsewhere."""
    pytest.importorskip("material")
    assert build() == 0
    async with tab(tmp_path) as it:
        await it.call("Page.navigate", url=(BUILD / "site" / "query.html").as_uri())
        await it.until("document.readyState == 'complete'")
        await it.value("document.querySelector('.md-search__input').focus()")
        await it.type("keyring")
        found = "[...document.querySelectorAll('.md-search-result__link')].map(it => it.href)"
        await it.until(f"{found}.length > 0")
        assert await it.value(f"{found}.some(it => it.includes('services.html?h=keyring'))")
        assert {url.partition(":")[0] for url in it.asked} <= {"file", "data"}
