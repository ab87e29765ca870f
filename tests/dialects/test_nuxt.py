"""Pages of Nuxt Content: what the golden page cannot say."""

from __future__ import annotations

from rilo_reader.dialects import named
from tests.support.for_each import for_each

NUXT = named("Nuxt")


def markdown(body: str) -> str:
    """A body as Markdown, without blank lines."""
    text = NUXT.body(body, "a.md", lambda path: None)
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


@for_each(
    "body, expected",
    [
        ("::note\na\n::\nb", "> [!NOTE]\n> a\nb"),
        ("- a\n\n  ::tip\n  b\n  ::\n  c", "- a\n  > [!TIP]\n  > b\n  c"),
        ("::a\n  :::b\n      c\n  :::\n::\nd", "    c\nd"),
        ("::a\n:::b\nc\n::\nd", "c\nd"),
        ("::a\n\n---\n\nb\n::", "---\nb"),
        ("::a{title='b' to=\"/c\"}\nd\n::", "[b](</c>)\nd"),
        ("::a\n---\ntitle: >\n  b\n  c\nd: e\n---\n::\nf", "b c\nf"),
        ("::a\n---\nto: /b\n---\nc\n::", "c"),
        ("::a[b]\n::", "b"),
        (":video{src='a.mp4'} :br b", "[a.mp4](<a.mp4>) <br> b"),
        (
            "`a`{lang='b'} [c]{.d-(e)} [f]{g='h'} **i**{.j}",
            "`a`{lang='b'} [c]{.a} [f]{g='h'} **i**",
        ),
        ("```a [b.c]{1}\n::d\n```", "`b.c`\n```a [b.c]{1}\n::d\n```"),
    ],
)
def test_components_become_markdown(body: str, expected: str) -> None:
    assert markdown(body) == expected


@for_each(
    "text",
    [
        "std::map a",
        "::",
        ":::",
        "a :b c:d[e] ::f[g]",
        "10:30[a] http://a.example:80{b}",
        "`::note` `:a[b]` \\:a[b]",
        "#tag",
        "$x_{i}$",
        "~~~\n::note\n:a[b]\n~~~",
    ],
)
def test_what_is_no_component_stays(text: str) -> None:
    assert markdown(text) == text


@for_each(
    "path, title",
    [
        ("1.docs/2.two-words.md", "Two words"),
        ("1.docs/index.md", "Docs"),
        ("1.docs/0.index.md", "Docs"),
        ("index.md", "Index"),
        ("v1.2.md", "V1.2"),
    ],
)
def test_names_have_an_order(path: str, title: str) -> None:
    assert NUXT.title(path) == title


def test_components_are_unfolded_so_deep() -> None:
    text = markdown("::note\n" * 99 + "deep")
    assert text.endswith("deep")
    assert max(map(len, text.split("\n"))) < 60
