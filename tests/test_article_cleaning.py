"""Text and addresses from outside: what cleaning drops, keeps and promises."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.store.folder import read_article
from rilo_reader.text import (
    LINE_LIMIT,
    SLUG_BYTES,
    URL_LIMIT,
    clean_body,
    clean_line,
    clean_text,
    make_slug,
    reading_minutes,
    safe_url,
    to_display_title,
)
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, samples_and_corpus

RANGES = (
    (0x00, 0x08), (0x0B, 0x1F), (0x7F, 0x9F), (0x2028, 0x202E), (0x2066, 0x2069), (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB), (0xD800, 0xDFFF), (0xE0000, 0xE007F),
)  # fmt: skip
UNSAFE = frozenset(code for first, last in RANGES for code in range(first, last + 1))
anything = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from([chr(code) for code in sorted(UNSAFE)]),
        st.sampled_from("\r\n\t a\u200d\u200c\u00a0\u3000é税\x1b\x1b[];1mK\\\x07"),
    )
)


def naive(text: str) -> str:
    """Section 6 rule 1 of the design, character by character."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character for character in text if ord(character) not in UNSAFE)


@given(anything)
@examples(500)
@example("a\ud800b\r\r\n\x1b]52;c;x\x07")
def test_cleaning_drops_exactly_what_the_rule_says(text: str) -> None:
    assert clean_text(text) == naive(text)
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.slow
def test_every_single_character_is_judged_as_the_rule_says() -> None:
    for code in range(0x110000):
        character = chr(code)
        # The last is the sign that stands where a terminal draws a picture.
        dropped = (code in UNSAFE and character != "\r") or code == 0x10EEEE
        assert clean_text(f"a{character}b") == (
            "ab" if dropped else "a\nb" if character == "\r" else f"a{character}b"
        )


def test_text_that_needs_no_cleaning_is_not_even_copied() -> None:
    for text in ("plain\n\ttext " * 50, "Zürich, 税関, ไทย, 👩\u200d🔬, می\u200cخواهم"):
        assert clean_text(text) is text


@given(anything, st.integers(min_value=2, max_value=40))
@examples(300)
def test_a_line_is_one_bounded_clean_line(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert not set("\n\t\r") & set(line)
    assert "  " not in line
    assert clean_text(line) == line
    assert clean_line(line, limit) == line


@given(anything)
def test_a_body_loses_whole_sequences_of_style_and_no_other_text(text: str) -> None:
    assert clean_body(text) == naive(re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", text))
    assert clean_body(clean_body(text)) == clean_body(text)


def test_a_pasted_log_is_read_as_it_was_printed(tmp_path: Path) -> None:
    text = "**\x1b[1;31mred\x1b[0m** \x1b]b\n\n    \x1b[2K10 %\x1b[Kdone \x1b[3\x1b[31m\n"
    (tmp_path / "log.md").write_text(text)
    assert read_article(tmp_path, "log.md").body == "**red** ]b\n\n    10 %done [3\n"


def test_lines_in_particular() -> None:
    assert clean_line("  Post\r\n\tchannel \x1b[31m ivory ") == "Post channel [31m ivory"
    assert clean_line("a" * 600) == "a" * (LINE_LIMIT - 1) + "…"
    assert clean_line("「税関\u3000速報」") == "「税関\u3000速報」"
    assert clean_line("\u202egnp.exe") == "gnp.exe"


@for_each("title, shown", [
        ("Plain", "Plain"),
        ("NOAA&#8217;s app &amp; AT&amp;T &mdash; a test", "NOAA’s app & AT&T — a test"),
        ("Action <em>and</em> <span class='x'>flexibility</span><br/>now",
         "Action and flexibility now"),
        ("Vec<T> and a < b & c", "Vec<T> and a < b & c"),
        ("&#27;]52;c;x&#7; &#x202e;gnp &#x9b;31m", "]52;c;x gnp ›31m"),
        ("&lt;script&gt;", "<script>"),
        ("<br>", "<br>"),
        ("&#10;", "&#10;"),
    ])  # fmt: skip
def test_a_title_is_shown_as_it_is_meant(title: str, shown: str) -> None:
    assert to_display_title(title) == shown
    assert clean_line(to_display_title(title)) == shown


@for_each(
    "text, url",
    [
        ("https://riloap.org/rilo2/contents/view/news/103", None),
        (" https://a.example/b?c=d#e ", "https://a.example/b?c=d#e"),
        ("HTTPS://a.example/", "https://a.example/"),
        ("https://a.example/b c\"d'e", "https://a.example/b%20c%22d'e"),
        ("https://a.example/100%", "https://a.example/100%25"),
        ("https://a.example/%E2%82%AC", "https://a.example/%E2%82%AC"),
        ("https://例え.jp/税?q=ü", "https://xn--r8jz45g.jp/%E7%A8%8E?q=%C3%BC"),
        ("https://аpple.com/", "https://xn--pple-43d.com/"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("mailto:desk@a.example", None),
        ("mailto:desk@a.example?subject=a b", "mailto:desk@a.example?subject=a%20b"),
    ],
)
def test_addresses_that_are_safe(text: str, url: str | None) -> None:
    assert safe_url(text) == (url or text)


@for_each("text", [
        "", "a.example", "/relative", "//host/path", "javascript:alert(1)", "vscode://file/x",
        "ssh://a", "file:///etc/passwd", "data:text/html,x", "https:", "https://", "https:///x",
        "https:a.example", "https://a\x1b.example/", "https://a.example/\x07", "http://a/\u202eb",
        "https://a.example/\nb", "https://a b/", "https://a\\b/", "https://a.example\\@b",
        " ", "https://exam\u202eple.org/", "http:example.org", "https://example.org\n.evil.example/",
        "mailto:", "https://[]/", "https://[::g]/", "https://[", "https://a.example:port/",
        "https://a℀b.example/", "https://%1b/", "https://.", "x https://a.example", "https://\ud800",
    ])  # fmt: skip
def test_addresses_that_are_none(text: str) -> None:
    assert safe_url(text) is None


def test_an_address_has_a_bound() -> None:
    assert safe_url("https://a.example/" + "x" * URL_LIMIT) is None
    assert safe_url("https://a.example/" + "税" * (URL_LIMIT // 2)) is None


addresses = st.builds(
    lambda scheme, rest: scheme + rest,
    st.sampled_from(["https://", "http://", "HTTPS://a.example/", "https://é", "mailto:", ""]),
    st.one_of(anything, st.text("ab.:/?#[]@!$&'()*+,;=%0{}|\\^`<>\" é例")),
)


@pytest.mark.slow
@example("mailto://[")
@given(addresses)
@examples(500)
def test_a_safe_address_is_printable_ascii_and_stays_what_it_is(text: str) -> None:
    for address in (text, quote(text, safe=":/?#@%", errors="surrogatepass")):
        if (url := safe_url(address)) is None:
            continue
        assert re.fullmatch(r"[!-~]+", url)
        assert not set('"<>`\\{}|^') & set(url)
        assert urlsplit(url).scheme in ("http", "https", "mailto")
        assert len(url) <= URL_LIMIT
        assert safe_url(url) == url


def test_reading_time_counts_words_and_characters() -> None:
    assert reading_minutes("") == 1
    assert reading_minutes("word " * 2380) == 10
    assert reading_minutes("税関" * 2000) == 10
    assert reading_minutes("ภาษา" * 1000) == 10
    assert reading_minutes("한국 관세청 " * 1190) == 10


@for_each(
    "title, name",
    [
        ("Coalition marks first year!", "coalition-marks-first-year"),
        ("Hot off the press: 18F's API", "hot-off-the-press-18fs-api"),
        ("Café Zürich — straße", "cafe-zurich-strasse"),
        ("税関 速報", "税関-速報"),
        ("Правила й", "правила-й"),
        ("हिन्दी", "हिन्दी"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-file"),
        ("★ ☆", ""),
        ("", ""),
    ],
)
def test_slugs(title: str, name: str) -> None:
    assert make_slug(title) == name


@given(anything)
@examples(300)
def test_a_slug_is_always_a_file_name(text: str) -> None:
    name = make_slug(text)
    assert len(name.encode()) <= SLUG_BYTES + 5
    assert not set('/\\:*?"<>|. \n\t\0') & set(name)
    assert not name.startswith("-")
    assert name == unicodedata.normalize("NFC", name)


@samples_and_corpus
def test_naughty_strings_come_out_safe(data: Data) -> None:
    folder = data("unicode")
    (file,) = [*folder.rglob("naughty.json"), *folder.rglob("blns.json")]
    strings = json.loads(file.read_text(encoding="utf-8"))
    assert len(strings) > 40
    for text in strings:
        assert not set(map(ord, clean_text(text))) & UNSAFE
        assert not set(map(ord, clean_line(text))) & UNSAFE
        make_slug(text)
        safe_url(text)
        reading_minutes(text)
