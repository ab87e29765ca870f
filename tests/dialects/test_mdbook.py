"""Chapters of mdBook: what the golden page cannot say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.dialects import named
from rilo_reader.dialects.mdbook import FILE_LIMIT, READ_LIMIT
from rilo_reader.dialects.sites import Sites
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each

MDBOOK = named("mdBook")
FILES = {
    "code/a.rs": "one\n// ANCHOR: a\nthree\n/* ANCHOR:b */\nfive\n// ANCHOR_END: b\n"
    "seven\n// ANCHOR_END: a\nnine\r\nten\n",
    "code/twice.rs": "no\nANCHOR: a\n1\nANCHOR_END: a\nno\nANCHOR: a\n2\nANCHOR_END: a\nno\n",
    "code/marks.rs": "```` a\n",
}


def markdown(body: str) -> str:
    """A chapter as Markdown."""
    return MDBOOK.body(body, "src/chapter.md", FILES.get)


@for_each(
    "said, expected",
    [
        ("include ../code/a.rs", "one|three|five|seven|nine|ten"),
        ("rustdoc_include ../code/a.rs", "one|three|five|seven|nine|ten"),
        ("include ../code/a.rs:1", "one"),
        ("include ../code/a.rs:2", ""),
        ("include ../code/a.rs:7:", "seven|nine|ten"),
        ("include ../code/a.rs::3", "one|three"),
        ("include ../code/a.rs:3:5", "three|five"),
        ("include ../code/a.rs:99", ""),
        ("include ../code/a.rs:0", "one"),
        ("include ../code/a.rs:a", "three|five|seven"),
        ("include ../code/a.rs:b", "five"),
        ("include ../code/a.rs:none", ""),
        ("include ../code/twice.rs:a", "1|2"),
        ("playground ../code/twice.rs:a", "```rust|1|2|```"),
        ("playground ../code/marks.rs editable", "`````rust|```` a|`````"),
        ("title A book", ""),
    ],
)
def test_tags_show_a_file_or_a_part_of_it(said: str, expected: str) -> None:
    assert markdown("<{{#" + said + "}}>") == "<" + expected.replace("|", "\n") + ">"


@for_each(
    "text",
    [
        "{{#include ../code/none.rs}}",
        "{{#include ../../code/a.rs}}",
        "{{#include  }}",
        "{{#include :}}",
        "{{#include ../code/a.rs",
        "{{#includes ../code/a.rs}}",
        "{{ include }} {% include a.rs %}",
        "{{#toc}}",
    ],
)
def test_what_is_no_tag_stays(text: str) -> None:
    assert markdown(text) == text


@for_each(
    "body, expected",
    [
        (
            "```rust\n# a\nb\n#\n    # c\n#[d]\n## e\n#![f]\n```",
            "```rust\nb\n#[d]\n# e\n#![f]\n```",
        ),
        ("- ```rust,ignore\n  # a\n  b\n  ```", "- ```rust,ignore\n  b\n  ```"),
        ("```toml\n# a\n```", "```toml\n# a\n```"),
        ("```\n# a\n```", "```\n# a\n```"),
        ("```rusty\n# a\n```", "```rusty\n# a\n```"),
        ("# a\n\nb", "# a\n\nb"),
    ],
)
def test_lines_of_rust_are_hidden_and_no_others(body: str, expected: str) -> None:
    assert markdown(body) == expected


@for_each("before", ["", "\n\n", '<!-- Old headings -->\n\n<a id="old"></a>\n\n'])
def test_the_heading_at_the_top_is_the_title(before: str) -> None:
    assert markdown(f"{before}### A\n\n## B\n") == f"{before}# A\n\n## B\n"
    assert markdown(f"{before}Words\n\n## B\n") == f"{before}Words\n\n## B\n"


@pytest.mark.slow
def test_files_include_files_so_deep_and_so_many() -> None:
    itself = "{{#include a.md}}"
    assert MDBOOK.body(itself, "a.md", {"a.md": f"x{itself}"}.get) == f"xxxx{itself}"
    many = MDBOOK.body(itself * 1_000, "b.md", {"a.md": "x"}.get)
    assert many == "x" * FILE_LIMIT + itself * (1_000 - FILE_LIMIT)
    large = MDBOOK.body(itself * 5, "b.md", {"a.md": "x" * (READ_LIMIT // 3)}.get)
    assert len(large) <= READ_LIMIT + len(itself) * 5


def test_nothing_from_outside_of_the_book_is_included(tmp_path: Path) -> None:
    book = tmp_path / "book"
    for name in (
        "secret",
        "book/.git/config",
        "book/.env",
        "book/node_modules/a",
        "book/code/a.rs",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("private" if name[-1] != "s" else "public", encoding="utf-8")
    (book / "book.toml").touch()
    (book / "src").mkdir()
    (book / "src" / "picture").write_bytes(b"private" + bytes(range(256)))
    (book / "src" / "large").write_text("private" * 200_000, encoding="utf-8")
    links = {"link": tmp_path / "secret", "folder": tmp_path, "inside": book / ".env"}
    for name, target in links.items():
        try:
            (book / "src" / name).symlink_to(target)
        except OSError:
            pytest.skip("no links here")
    paths = ["../../secret", "../../../secret", "../.git/config", "../.env", "../node_modules/a"]
    paths += [
        "picture",
        "large",
        "link",
        "inside",
        "folder/secret",
        str(tmp_path / "secret"),
        "/secret",
        "..",
    ]
    for library, path in ((book, "src/a.md"), (tmp_path, "book/src/a.md")):
        for said in paths:
            tag = "{{#include " + said + "}}"
            (library / path).write_text(f"{tag} {{{{#include ../code/a.rs}}}}\n", encoding="utf-8")
            body = read_article(library, path, site=Sites(library).of(path)).body
            assert body == f"{tag} public\n"
