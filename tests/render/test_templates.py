"""Tags of site generators left in Markdown: what they mean, and text about them whole."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from rilo_reader.render.document import Layout, render_whole
from rilo_reader.render.page import Page, Styles
from rilo_reader.render.parser import MarkdownSource
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import body_of, make_article, page_of

PAGE = "https://www.example.org/news/a"


def links(page: Page) -> list[tuple[str, str]]:
    """The words and addresses of a page's links."""
    return [(link.text, link.url) for link in page.links]


def looks_dim(body: str, words: str) -> bool:
    """Whether a page shows these words, and as dim text."""
    styles = Styles()
    page = render_whole(make_article(body), Layout(200, styles), "")
    segments = [segment for line in page.lines for segment in line.segments]
    return any(words in segment.text and segment.style == styles.dim for segment in segments)


def test_code_between_tags_is_a_block_with_its_language() -> None:
    source = "{% highlight ruby %}\nputs '{{ x }}' # ```\n{% endhighlight %}\n\nText."
    code = next(iter(MarkdownSource(source).parse_blocks()))[0]
    assert (code.type, code.content, code.info) == ("fence", "puts '{{ x }}' # ```\n", "ruby")
    assert body_of(source) == " puts '{{ x }}' # ```\n\nText."
    source = '{{< highlight go "linenos=table" >}}\nx := 1\n{{< /highlight >}}'
    assert body_of(source) == " x := 1"


@for_each(
    "tag",
    [
        "{% include map.html %}",
        "{% link a.md %}",
        "{{ made_up(a=1) }}",
        "{{ box(text='It's cut here') }}",
        "{{ image(sources=[1, 2]) [3] }}",
    ],
)
def test_what_nobody_can_know_here_is_dim_and_whole(tag: str) -> None:
    assert body_of(f"Say {tag} here.", 80) == f"Say {tag} here."
    assert looks_dim(f"Say {tag} here.", tag)


def test_the_name_of_a_variable_is_dim() -> None:
    assert looks_dim("Version {{ release.version }} is out.", "release.version")


IN_HTML = '<a href="{{ site.url }}/en/">a</a> <a href="{% link a.md %}">b</a>'
NOTE = 'content="Do *not* \\"push\\": see\n[the list](/list) at 5%, {a}."'
SHOWN = 'Do not "push": see the list at 5%, {a}.'


@for_each(
    "source, shown",
    [
        ("{% include note.html " + NOTE + " %}", SHOWN),
        ("One\n{% include_relative a.md\n  " + NOTE + "\n%}\nTwo", f"One\n\n{SHOWN}\n\nTwo"),
        ('{% render "a.liquid", title: "Care", body: "So *be* it." %}', "Care: So be it."),
        ('{% include a.html content="A.\n\nB {{ site.c }}." class="d e" %}', "A.\n\nB site.c."),
        ('- Item\n\n  {% include a.html content="Of `it`." %}', "• Item\n\n  Of it."),
        ('A {% include a.html content="small `thing`" %} here.', "A small thing here."),
        ('<p>{% include a.html lead="Three small words" %}</p>', "Three small words"),
        ('{% include image.html file="a.png" alt="A" caption="Ours" %}', "[image: A] Ours"),
        ('{{< note title="Care" content="So *be* [it](/it)." >}}', "Care: So be it."),
        ('{{< card link="/x" title="Go" subtitle="Or stay" >}}', "Go Or stay"),
        ('{{< def id="AIA" name="机构" name_en="Some access" >}}: a.', "机构 Some access: a."),
        ('{{ note(body="So *be* it.") }}', "So be it."),
        (
            '{% include a.html src="/a b.html" %}\n\nText',
            '{% include a.html src="/a b.html" %}\n\nText',
        ),
        ('`{% include note.html content="x y" %}`', '{% include note.html content="x y" %}'),
    ],
)
def test_text_handed_to_an_include_is_shown(source: str, shown: str) -> None:
    assert body_of(source, 80) == shown


def test_addresses_keep_what_can_be_known_of_them() -> None:
    source = (
        "[a]({{ site.url }}/en/) [b]({{ site.baseurl }}/x) [c]({{ '/y' | relative_url }}) "
        "[d]({{ site.repository }}/x) [e](https://a.example/{{ tag }}/x) "
        '[f]({{< link "/z" >}}) [g]({{< tmp "a.md" >}}) [h]()'
    )
    base = "https://www.example.org"
    assert links(page_of(source, 80, url=PAGE)) == [
        ("a", f"{base}/en/"),
        ("b", f"{base}/x"),
        ("c", f"{base}/y"),
        ("f", f"{base}/z"),
    ]
    assert body_of(source, 80) == "a b c d e f g h"


@for_each("source, linked", [
        ('{{< youtube id="abc" title="A talk" >}} {{< tweet user="someone" id="12" >}}',
         [("[video: A talk]", "https://www.youtube.com/watch?v=abc"),
          ("@someone", "https://twitter.com/someone/status/12")]),
        ("{{< gist someone 12 >}}",
         [("https://gist.github.com/someone/12", "https://gist.github.com/someone/12")]),
        ("{% include note.html " + NOTE + " %}", [("the list", "https://www.example.org/list")]),
        (IN_HTML, [("a", "https://www.example.org/en/")]),
        (f"<div>\n{IN_HTML}\n</div>", [("a", "https://www.example.org/en/")]),
    ])  # fmt: skip
def test_films_posts_and_addresses_are_links(source: str, linked: list[tuple[str, str]]) -> None:
    assert links(page_of(source, 80, url=PAGE)) == linked


@given(
    st.lists(
        st.sampled_from(
            [
                *("{% raw %}", "{% endraw %}", "{{< a >}}", "{{< /a >}}", "{{ b }}", "`", "```"),
                *("    ", "{% highlight c %}", "{% endhighlight %}", "word", "<", ">", "[x](", ")"),
                *("{%", "{{", "}}", "%}", "[^1]", "\n[^1]: ", "\n\n", "{{raw `\n", "\n`}}", "~~~"),
                *("{% box() %}", "{% end %}", "{{ f(a=1) }}", "{::comment}", "{:/}"),
                *("{::options a /}", "\n", "<code>", "</code>", "<p>", '"'),
                *("&#xe0001;", "7", "&#xe007f;"),  # a mark, spelled in entities
            ]
        ),
        max_size=20,
    )
)
@examples(300)
@example(["&#xe0001;", "7", "&#xe007f;"])
@example(["{{ b }}", "&#xe0001;"])
def test_whatever_the_order_no_mark_of_ours_is_seen(pieces: list[str]) -> None:
    page = page_of("".join(pieces))
    text = "\n".join(line.text for line in page.lines)
    assert text.isprintable() or all(sign == "\n" or sign.isprintable() for sign in text)
    assert not any("\U000e0001" in link.url for link in page.links)
