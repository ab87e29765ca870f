"""The second wall: what entities decode to is cleaned, and only safe addresses are followed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.render.document import to_plain_text
from rilo_reader.render.page import Page
from rilo_reader.text import clean_text, safe_url
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import make_article, page_of

CONTROLS = [0x07, 0x08, 0x0B, 0x1B, 0x7F, 0x85, 0x9B, 0x9D, 0x202E, 0x2066, 0x2028, 0xFEFF, 0xE0041]

PLACES = [
    "text {} text",
    "**{}**",
    "# {}",
    "> {}",
    "- {}",
    "| {} | b |\n|--|--|\n| {} | c |",
    "<p>{}</p>",
    "<pre>{}</pre>",
    '<img alt="{}" src="x">',
    '<iframe title="{}" src="https://a.org"></iframe>',
    "![{}](x)",
    "[{}](https://a.org/{})",
    '<a href="https://a.org/{}">x</a>',
    "<table><tr><td>{}</td><td>{}</td></tr></table>",
    "a[^1]\n\n[^1]: {}",
    "[r]\n\n[r]: https://a.org/{}",
    "https://a.org/{}",
    "```{}\ncode\n```",
]


def assert_clean(page: Page) -> None:
    for line in page.lines:
        for segment in line.segments:
            assert "\n" not in segment.text
            assert clean_text(segment.text) == segment.text
            assert segment.control is None
            if segment.style is not None and segment.style.link:
                assert safe_url(segment.style.link) == segment.style.link
    for link in page.links:
        assert safe_url(link.url) == link.url
    for heading in page.headings:
        assert clean_text(heading.title) == heading.title


@for_each("place", PLACES)
def test_entities_never_become_control_characters(place: str) -> None:
    entities = "".join(f"&#{code};&#x{code:x};" for code in CONTROLS)
    assert_clean(page_of(place.replace("{}", entities)))
    assert clean_text(to_plain_text(make_article(place.replace("{}", entities)))) == to_plain_text(
        make_article(place.replace("{}", entities))
    )


@for_each(
    "address",
    [
        *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java&#10;script:alert(1)"),
        *("vscode://file/etc/passwd", "file:///etc/passwd", "ssh://host", "data:text/html,x"),
        *("\\\\host\\share", "x-man-page:ls"),
    ],
)
def test_other_schemes_are_text_without_an_action(address: str) -> None:
    for source in (
        f"[words](<{address}>)",
        f'<a href="{address}">words</a>',
        f"![words](<{address}>)",
    ):
        page = page_of(source, url="")
        assert page.links == ()
        assert "words" in page.lines[-1].text
        assert all(not s.style or not s.style.link for line in page.lines for s in line.segments)


@pytest.mark.slow
@examples(300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["[", "](", ")", "<", ">", "&#27;", "&#x9b;", "`", "*", "_", "~~", "|", "\n", "- ",
                 "> ", "# ", "1. ", "    ", "<b>", "</b>", "<td>", "<table>", "<!--", "-->", "![",
                 "[^1]", "[^1]:", "https://a.org/", "www.", "```", "<a href='", "'>", "\\", "&",
                 "|--|"]
            ),
            st.text(max_size=6),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_any_source_is_laid_out_clean_and_within_the_width(pieces: list[str]) -> None:
    from rich.cells import cell_len

    source = "".join(pieces)
    page = page_of(source, 23)
    assert page.is_complete
    assert_clean(page)
    assert all(cell_len(line.text) <= 23 for line in page.lines)
    wide = page_of(source, 70)
    assert sum(line.body_letters for line in wide.lines) == sum(
        line.body_letters for line in page.lines
    )


def test_titles_and_sources_are_not_read_as_markup() -> None:
    page = page_of("x", title="[@click=app.quit]x[/] *y* <b>z</b>", source="[b]S[/b]")
    assert page.lines[0].text == "[@click=app.quit]x[/] *y* z", "a title's tags are decoded"
    assert page.lines[1].text.startswith("[b]S[/b] · ")
