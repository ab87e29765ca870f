"""Tags that need not be well-formed, as feeds, lists and leftover HTML have them."""

from __future__ import annotations

from rilo_reader.html.tags import ATTRIBUTES_LIMIT, Markup, iter_tags, parse_attributes
from tests.support.for_each import for_each


@for_each(
    "text, xml, html, listed",
    [
        ("<a href=x>1</a>", "a /a", "a /a", "a /a"),
        ("<a t='>'>", "a", "a", "a"),
        ("<a t='b < c' d>", "", "a", "a"),
        ("<a t='b>1</a>", "a /a", "a /a", "a /a"),
        ("<a t=1 <b>", "b", "b", "a b"),
        ("<a t=1", "", "", "a"),
        ("1 < 2 </3 <!-- <a> --> <?x?><!DOCTYPE a [<!ENTITY b 'c'>]>", "", "", ""),
        ("<![CDATA[<a>]]> <A:b/> <!-- <a>", "A:b", "A:b", "A:b"),
    ],
)
def test_how_far_a_tag_reaches(text: str, xml: str, html: str, listed: str) -> None:
    for markup, names in ((Markup.XML, xml), (Markup.HTML, html), (Markup.LIST, listed)):
        found = (
            tag["start"] or (tag["end"] and f"/{tag['end']}") for tag in iter_tags(text, markup)
        )
        assert " ".join(filter(None, found)) == names, markup


def test_attributes_by_their_names_each_the_first() -> None:
    inside = "HREF=\"?a&amp;b&copy=1\" x:y='&eacute;&unknown;' bare=1 href=2 = 'none'"
    assert parse_attributes(inside) == {"href": "?a&b&copy=1", "x:y": "é&unknown;", "bare": "1"}
    many = " ".join(f"a{number}=1" for number in range(ATTRIBUTES_LIMIT + 9))
    assert len(parse_attributes(many)) == ATTRIBUTES_LIMIT
