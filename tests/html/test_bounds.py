"""Start tags without end: what costs libxml2 minutes never reaches it, whatever hides it."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml.html import HTMLParser, document_fromstring, tostring

from rilo_reader.html import to_markdown
from rilo_reader.html.tree import ATTRIBUTES, HARMLESS, bound_attributes
from tests.support.examples import examples
from tests.support.for_each import for_each

MANY = " ".join(f"a{number}=1" for number in range(1_000))
ATTACKS = {
    "plain": "<p {}>x",
    "a > in quotes": "<p q='>' {}>x",
    "names that begin with <": "<p <a <b {}>x",
    "a comment": '<!-- <x y=" --><p {}>" x',
    "an empty comment": "<!--><p {}>-->x",
    "a declaration": '<!x "><p {}>" x',
    "an instruction": '<?x "?><p {}>" x',
    "a cdata section": '<svg><![CDATA[<p x="]]><p {}>" x',
    "a script": '<script>"<p "</script><p {}>" x',
    "in a script": "<script><p {}></script>x",
    "a script in a script": "<script><!--<script></script><p {}>--></script>x",
    "a style": "<style>'</style><p {}>' x",
    "a title": '<title>"<b a="</title><p {}>" x',
    "a text field": "<textarea><a b='</textarea><p {}>'>x",
    "an example": "<xmp><a b='</xmp><p {}>'>x",
    "no frames": "<noframes><a b='</noframes><p {}>'>x",
    "plain text": "<plaintext><p {}>x",
    "a quote in a name": '<p "a=" {}>x',
    "a quote in a value": '<p a=b"c {}>x',
    "no name": '<p ==" {}>x',
    "never closed": "<p {}",
    "an end": "</p {}>x",
    "a space that is none in HTML": '<p a\u2003=\u2003"\'{}>x"',
    "a form feed": "<p\f{}>x",
    "an entity": "<p a=&quot; {}>x",
}


@for_each("attack", ATTACKS.values())
@for_each("many", [MANY, MANY.replace("=1", ""), MANY.replace("=1", "='>'")])
def test_no_element_has_more_attributes_than_a_writer_gives_it(attack: str, many: str) -> None:
    html = attack.replace("{}", many)
    root = document_fromstring(b"<div>" + bound_attributes(html, 0).encode(), parser=HTMLParser())
    for element in root.iter("*"):
        assert len(element.attrib) <= ATTRIBUTES, element.tag


@pytest.mark.slow
def test_three_megabytes_of_attributes_are_read() -> None:
    many = " ".join(f"a{number}=1" for number in range(300_000))
    assert to_markdown(f"<p {many}>Words</p> <p>and <b>more</b>.", "") == "Words\n\nand **more**."


def test_a_long_page_says_what_a_short_one_says() -> None:
    page = "<p id=a class='b > c'>One &lt; two, 3 < 4 <!-- <b>no</b> --> <i title='\"'>x</i>.</p>"
    filler = "<p>" + "word " * (HARMLESS // 5) + "</p>"
    assert to_markdown(page + filler, "").startswith(to_markdown(page, "").strip() + "\n")


def test_data_of_a_script_stays_what_it_is() -> None:
    data = {"headline": "<b>One</b> </p>", "n": 1}
    page = f'<script type="application/ld+json">{json.dumps(data)}</script><p>x'
    [script] = document_fromstring(bound_attributes(page, 0)).iter("script")
    assert json.loads(script.text) == data
    assert script.get("type") == "application/ld+json"


PIECES = st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "<b a='x'>", "</b>", "<br/>", '<a href="y>z">', "</a>"),
            *("<!-- c -->", "x", " ", "&amp;", "&lt;b>", "é", "\n", "<i class=u>", "</i>"),
            *("<img alt='1 < 2'>", " < "),
        ]
    ),
    max_size=40,
).map("".join)


@examples(200)
@given(PIECES)
@example("<b a='x'>x</b> < y")
def test_what_is_bounded_reads_the_same(html: str) -> None:
    def read(text: str) -> str:
        parser = HTMLParser(encoding="utf-8", remove_comments=True)
        root = document_fromstring(f"<div>{text}</div>".encode(), parser=parser)
        return str(tostring(root, encoding="unicode"))

    assert read(bound_attributes(html, -1)) == read(html)


@examples(200)
@given(st.text(alphabet="<>\"'=/!-? \tabscript", max_size=60))
def test_whatever_is_written_is_written_again_in_one_way(html: str) -> None:
    once = bound_attributes(html, -1)
    assert bound_attributes(once, -1) == once
