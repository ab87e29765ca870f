"""The text that is searched is the text of the page, without laying it out."""

from __future__ import annotations

from datetime import UTC, datetime

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.tokens import to_tokens
from rilo_reader.render.document import visible_text
from rilo_reader.render.shown_text import read_shown_text
from tests.support.for_each import for_each

SHOWN_AND_HIDDEN = [
    ("## Usage {#hiddenid}", "Usage"),
    ('<p class="hidden" data-hidden="x">seen</p>', "seen"),
    ("<!-- hidden\n\nhidden -->\n\nseen <!-- hidden --> too", "seen too"),
    ('[seen](hidden/place.md) [two](https://hidden.example/path "hidden")', "seen two"),
    ("![seen](hidden.png)", "seen"),
    ("[![seen](hidden.png)](hidden.html)", "seen"),
    ("seen\n{: .hidden}", "seen"),
    ('{{< figure src="/hidden.png" alt="seen" >}}', "seen"),
    ("::: {.hidden}\n\nseen\n\n:::", "seen"),
    ("before\n\n::: seen that nothing closes\n\ntext", "before seen that nothing closes text"),
    ("/// seen | too\ntext", "seen too text"),
    ("::: hidden\nseen\n:::\n\n::: last", "seen last"),
    ('[seen][label] more\n\n[label]: https://hidden.example "hidden"', "seen more"),
    ("seen[^hidden] text\n\n[^hidden]: the note", "seen text the note"),
    ("[[Hidden|seen]]", "seen"),
    ('`<b class="seen">` is code', "b class seen is code"),
    ("a ``b `c` [d](e)`` f `g` `` h\n\n`` i `[j](k)` \\``[l](m)`", "a b c d e f g h i j k l"),
    ("```hiddenlanguage\n[seen](also/seen)\n```", "seen also seen"),
    ("text\n\n    [seen](also/seen)\n", "text seen also seen"),
    ("caf&eacute; C\\+\\+", "cafe C++"),
    ("**Glet**scher and `Vec`s", "gletscher and vecs"),
    ("a **B**&amp;C", "a B&C"),
    ("<https://seen.example/path>", "https seen example path"),
    ("<script>hidden</script>seen<style>hidden</style>", "seen"),
    (
        "Title of [The page][1](seen) here\n\n[1]: https://hidden.example",
        "Title of The page seen here",
    ),
]


@for_each("markdown, words", SHOWN_AND_HIDDEN)
def test_what_is_searched_is_what_the_page_shows(markdown: str, words: str) -> None:
    assert set(to_tokens(read_shown_text(markdown).text)) - {"\x7f"} == set(to_tokens(words))
    article = Article(ArticleId("a"), "a.md", "T", datetime(2020, 1, 1, tzinfo=UTC), body=markdown)
    page = visible_text(article).replace("[image:", "").replace("[1]", "").replace("\u21a9", "")
    assert set(to_tokens(page)) - {"\x7f"} == set(to_tokens(words))


def test_addresses_of_links_are_told_apart() -> None:
    found = read_shown_text(
        "[a](https://one.example/x) [b](two.md) <a href='https://three.example'>c</a>"
    )
    assert found.addresses == ("https://three.example", "https://one.example/x")
