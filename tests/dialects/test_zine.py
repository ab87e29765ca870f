"""Pages of Zine: what the golden page cannot say."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.dialects import named
from rilo_reader.dialects.sites import Site
from rilo_reader.store.folder import read_article
from tests.support.for_each import for_each

ZINE = named("Zine")


def markdown(body: str) -> str:
    """A body as Markdown, in a site with one file of code."""
    return ZINE.body(body, "blog/a/index.smd", {"blog/a/b.zig": "`x`\n````\n"}.get)


@for_each("end", ["\n", "\r\n"])
def test_fields_of_ziggy_in_their_forms(end: str) -> None:
    text = (
        '\ufeff\n---\n.title =  "A \\"b\\" \\xc3\\xa4",\n.date = @date("2024-08-07:00:00:00"),\n'
        '.tags = [\n  "c, d",\n  "e",\n],\n.custom = {"title": "no"},\n.draft = false,\n'
        '.description =\n  \\\\One\n  \\\\two\n,\n.alternatives = [{\n  .title = "no",\n}],\n'
        "---\n\nText\n"
    ).replace("\n", end)
    header = ZINE.header(text)
    assert header is not None
    assert text[header.end :].strip() == "Text"
    assert {key: said for key, said in header.metadata.items() if key != "description"} == {
        "title": 'A "b" ä',
        "date": "2024-08-07T00:00:00",
        "tags": ["c, d", "e"],
        "draft": "false",
    }
    assert str(header.metadata["description"]).split() == ["One", "two"]


@for_each(
    "text", ["", "---\n", "---\ntitle: A\n---\n", "---\n\n.5 is a half\n", "+++\na = 1\n+++\n"]
)
def test_what_is_no_ziggy_is_read_as_any_text(text: str) -> None:
    assert ZINE.header(text) is None


@for_each(
    "body, expected",
    [
        ("# [A [b] c]($section.id('d'))", "# A [b] c"),
        ('[]($section.id("d"))', ""),
        ("[a]($link.page('b/c').ref('d'))", "[a](</b/c#d>)"),
        ("[a]($link.ref('d'))", "[a](<#d>)"),
        ("[a]($link.siteAsset('d.json'))", "[a](</d.json>)"),
        ("[a\nb](<$image\n  .asset('d (1).png')\n  .linked(true)>)", "![a\nb](<d (1).png>)"),
        ("[]($video.url('https://a.example/b'))", "[`https://a.example/b`](<https://a.example/b>)"),
        ("[![a](b)]($link.page('c'))", "[![a](b)](</c>)"),
        ("[`x`]($mathtex)", "$x$"),
        ("[a]($nobody.knows('b')) c", "a c"),
        ("[a]($5) [b](c) $d", "[a]($5) [b](c) $d"),
    ],
)
def test_directives_become_markdown(body: str, expected: str) -> None:
    assert markdown(body) == expected


@for_each("code", ["`[a]($b.c('d'))`", "```\n[a]($b.c('d'))\n```", "~~~=html\n<b>\n~~~"])
def test_code_is_left_alone(code: str) -> None:
    assert markdown(code) == code


def test_only_code_beside_the_page_is_shown(tmp_path: Path) -> None:
    assert markdown("[]($code.asset('b.zig').language('zig'))") == "`````zig\n`x`\n````\n`````"
    assert markdown("[a]($code.asset('c.zig'))") == "[a](<c.zig>)"
    (tmp_path / "site" / ".git").mkdir(parents=True)
    for name in ("out", "site/.git/config", "site/.secret"):
        (tmp_path / name).write_text("private", encoding="utf-8")
    (tmp_path / "site" / "link").symlink_to(tmp_path / "out")
    (tmp_path / "site" / "b.zig").write_bytes(b"private" + bytes(range(256)))
    for name in (
        "../out",
        ".git/config",
        ".secret",
        "link",
        "b.zig",
        "/out",
        str(tmp_path / "out"),
    ):
        page = f"---\n.title = \"A\",\n---\n[]($code.asset('{name}'))\n"
        (tmp_path / "site" / "a.smd").write_text(page, encoding="utf-8")
        body = read_article(tmp_path / "site", "a.smd", site=Site("Zine")).body
        assert "private" not in body, name
