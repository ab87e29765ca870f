"""Dialects of Markdown, a file each: what a single program knows of its texts (pure).

A folder has a dialect (see `sites`), and an article has its name: "" if nothing tells. Grammar that
several dialects share is a form: a switch here, read by `render` and `store`. What only one of them
has, its file rewrites to common Markdown before anything parses, so that the page, searches and
exports agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from operator import or_
from typing import ClassVar, NamedTuple

ReadFile = Callable[[str], str | None]
"""Returns the text of a file of the same site by its path in the library; None if there is none
that may be read."""


class Forms(NamedTuple):
    """The grammar beyond CommonMark, tables, footnotes, `~~`, alerts and `$` that texts may use."""

    attributes: bool = True  # `{: .class}`, `{.class}` behind a link, `[text]{.class}`, `# A {#id}`
    block_names: bool = True  # `^name` at the end of a paragraph
    boxes: bool = True  # `:::note`, `!!! note`, `/// note`, ```` ```{note} ````
    brackets: bool = True  # TeX in `\(` and `\)`
    contents: bool = True  # `[TOC]`, `[[toc]]`
    emoji: bool = True  # `:smile:`
    grids: bool = True  # tables of `+---+`
    includes: bool = True  # texts of other files in their place
    marks: bool = True  # `==marked==`
    mdx: bool = True  # statements, components and expressions of JavaScript
    raised: bool = True  # `x^2^`, `H~2~O`, `^[a note]`
    references: bool = True  # `[text][label]` without a definition is its text
    roles: bool = True  # `{ref}` before code, lines such as `(target)=` and `% comment`
    templates: bool = True  # `{{ x }}`, `{% x %}`, `{{< x >}}`
    terms: bool = True  # definition lists
    wiki: bool = True  # `[[page|words]]`, `![[file]]`


USUAL = Forms()
NO_FORMS = Forms(*(False for _ in Forms._fields))


class Header(NamedTuple):
    """Front matter in a syntax that only one dialect has."""

    metadata: Mapping[str, object]  # text, dates, lists and mappings of these, by keys as written
    end: int  # where the body begins
    is_shown: bool = False  # whether the page shows keys that mean nothing to it, as those of notes


class Dialect:
    """A dialect of Markdown beyond its forms; methods are pure and never raise."""

    forms: ClassVar[Forms] = USUAL
    are_notes: ClassVar[bool] = False  # tags in the text, aliases, properties
    # names of files and folders that are no articles, such as a table of contents
    left_out: ClassVar[frozenset[str]] = frozenset()

    def header(self, text: str) -> Header | None:
        """Return the front matter of a file, None to read it as that of any file is read."""
        return None

    def metadata(self, metadata: Mapping[str, object]) -> Mapping[str, object]:
        """Return front matter with the keys and values that are known everywhere."""
        return metadata

    def title(self, path: str) -> str:
        """Return the title in a file's name, for a text without one; "" for the name itself."""
        return ""

    def has_title_at(self, level: int) -> bool:
        """Return whether a heading of this level at the top of a text is its title."""
        return True

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return the text of a file as common Markdown; `read` gives files that it includes."""
        return body

    def link(self, first: str, second: str) -> tuple[str, str]:
        """Return the page and the words of `[[first|second]]`; `second` may be ""."""
        return first, second or first


class _AnyDialect(Dialect):
    """A folder that shows nothing: every form, and what can belong to one dialect only."""

    def header(self, text: str) -> Header | None:
        return named("Logseq").header(text) if "::" in text[:200] else None

    def body(self, body: str, path: str, read: ReadFile) -> str:
        if " [#" in body:
            body = named("Nextra").body(body, path, read)
        if "%%" in body and ("[[" in body or "[!" in body):
            from rilo_reader.dialects.obsidian import is_likely_note

            return named("Obsidian").body(body, path, read) if is_likely_note(body) else body
        return body


class _PlainDialect(Dialect):
    """Texts that rilo-reader collected: the web has no dialect."""

    forms = NO_FORMS


def _join(first: Dialect, second: Dialect) -> Dialect:
    """Return the dialect of a folder of two: the forms and texts of both, else the first's."""
    said = {
        "forms": Forms(*map(or_, first.forms, second.forms)),
        "are_notes": first.are_notes or second.are_notes,
        "left_out": first.left_out | second.left_out,
        "header": lambda self, text: first.header(text) or second.header(text),
        "body": lambda self, body, *place: second.body(first.body(body, *place), *place),
    }
    joined: Dialect = type("JoinedDialect", (type(first),), said)()
    return joined


CODE = (
    r"^[ \t]*(?:[-*+][ \t]+)*(`{3,}+|~{3,}+)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(`++)[^`\n]+\2"
)
"""A fenced block of code (group 1) or a span of it (2), to be left alone; with re.M and re.S."""


def fence_code(text: str, language: str = "") -> str:
    """Return code as a fenced block, whose fence is longer than any in it."""
    marks = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{marks}{language}\n{text}\n{marks}"


PLAIN = "plain"
"""The name of the dialect of what rilo-reader collected, and the value of its own key."""

ANY = "any"
"""The name that users give to the dialect of a folder that is to be read as if it had none."""


class Sign(NamedTuple):
    """A file or folder by which the folder that has it is known as the top of a site."""

    path: str
    holds: bytes = b""  # what stands within its first 4 kB
    beside: str = ""  # another file or folder that has to be there, too


class DialectRow(NamedTuple):
    """A dialect, by which it is known before its file is imported."""

    name: str  # in settings, `doctor` and the index
    module: str  # its file, "" if it is the usual forms
    signs: tuple[Sign, ...]
    suffixes: tuple[str, ...] = ()  # of files that are Markdown of this dialect alone
    folder_suffix: str = ""  # of the name of a folder that is such a site


def _signs(*paths: str) -> tuple[Sign, ...]:
    return tuple(map(Sign, paths))


def _scripts(stem: str) -> tuple[Sign, ...]:
    return tuple(Sign(f"{stem}.{end}") for end in ("js", "mjs", "cjs", "ts", "mts", "cts"))


DIALECTS = (
    DialectRow("Logseq", "logseq", _signs("logseq/config.edn")),
    DialectRow("Obsidian", "obsidian", _signs(".obsidian")),
    DialectRow("Dendron", "dendron", _signs("dendron.yml")),
    DialectRow("Gollum", "gollum", _signs("_Sidebar.md", "_Footer.md"), folder_suffix=".wiki"),
    DialectRow(
        "Hugo",
        "",
        (
            *_signs("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json", "config/_default"),
            Sign("config.toml", b"baseURL"),
        ),
    ),
    DialectRow("Hexo", "hexo", (Sign("package.json", b'"hexo"', "_config.yml"),)),
    DialectRow(
        "Jekyll",
        "",
        (
            *(Sign("_config.yml", beside=other) for other in ("Gemfile", "_posts", "_layouts")),
            *(Sign("_posts", beside=other) for other in ("_layouts", "_includes")),
        ),
    ),
    DialectRow("Eleventy", "eleventy", (*_scripts("eleventy.config"), *_signs(".eleventy.js"))),
    DialectRow("MkDocs", "mkdocs", _signs("mkdocs.yml", "mkdocs.yaml")),
    DialectRow("MyST", "", (*_signs("myst.yml", "_toc.yml"), Sign("conf.py", b"myst_"))),
    DialectRow("Quarto", "", _signs("_quarto.yml", "_quarto.yaml")),
    DialectRow("Docusaurus", "", _scripts("docusaurus.config")),
    DialectRow("Astro", "", _scripts("astro.config")),
    DialectRow("VitePress", "", _signs(".vitepress", ".vuepress")),
    DialectRow("Zola", "", (Sign("zola.toml"), Sign("config.toml", b"base_url"))),
    DialectRow("Pelican", "", _signs("pelicanconf.py")),
    DialectRow("Franklin", "franklin", (Sign("_layout/head.html", beside="config.md"),)),
    DialectRow("mdBook", "mdbook", _signs("book.toml")),
    DialectRow("Zine", "zine", _signs("zine.ziggy"), suffixes=(".smd",)),
    DialectRow("Lektor", "lektor", (), suffixes=(".lr",)),
    DialectRow(
        "Nuxt", "nuxt", (*_scripts("content.config"), Sign("package.json", b'"@nuxt/content"'))
    ),
    DialectRow("Nextra", "nextra", (Sign("package.json", b'"nextra"'),)),
    DialectRow("Fumadocs", "fumadocs", _scripts("source.config")),
    DialectRow("NimblePublisher", "", (Sign("mix.exs", b"nimble_publisher"),)),
)
"""If signs of two stand in one folder, both are read; what only one can say, the first says."""

DIALECT_NAMES = {name.lower(): name for name in (ANY, PLAIN, *(row.name for row in DIALECTS))}
"""Names as they are written, by what users write: the same in any case."""

BY_SUFFIX = {suffix: row.name for row in DIALECTS for suffix in row.suffixes}
_MODULES = {row.name.lower(): row.module for row in DIALECTS}


def is_special(name: str) -> bool:
    """Return whether texts of a dialect mean something else where nothing tells it."""
    return any(_MODULES.get(each.lower()) for each in name.split(" + "))


@cache
def named(name: str) -> Dialect:
    """Return the dialect of a name in any case, or of two (`Obsidian + Hugo`)."""
    first, plus, second = name.partition(" + ")
    if plus:
        return _join(named(first), named(second))
    if name == PLAIN:
        return _PlainDialect()
    module = _MODULES.get(name.lower())
    if not module:
        return _AnyDialect() if module is None else Dialect()
    dialect: Dialect = import_module(f"{__name__}.{module}").DIALECT
    return dialect
