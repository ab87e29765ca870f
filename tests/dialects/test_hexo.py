"""Posts of Hexo: what the golden page cannot say."""

from __future__ import annotations

from rilo_reader.dialects import named
from tests.support.for_each import for_each

HEXO = named("Hexo")


def markdown(body: str, **posts: str) -> str:
    """A body as Markdown, in a folder of posts."""
    files = {f"_posts/{name}.md": text for name, text in posts.items()}
    return HEXO.body(body, "_posts/a.md", files.get)


@for_each(
    "body, expected",
    [
        ("{% code %}\n```\n{% endcode %}", "````\n```\n````"),
        ("{% codeblock lang:a b.c first_line:2 %}\nd\n{% endcodeblock %}", "b.c\n\n```a\nd\n```"),
        (
            "{% code http://a.example/ %}\nb\n{% endcode %}",
            "[http://a.example/](<http://a.example/>)\n\n```\nb\n```",
        ),
        ("{% quote Ann, A Life %}\na\n{% endquote %}", "> a\n> \n> — Ann, A Life\n"),
        (
            "{% blockquote @ann https://a.example/1 %}\na\n{% endblockquote %}",
            "> a\n> \n> — @ann [https://a.example/1](<https://a.example/1>)\n",
        ),
        ("{% asset_img a.jpg %}", "![](<a.jpg>)"),
        ("{% img left /a/b 10 20 'It is b' %}", "![It is b](</a/b>)"),
        ("{% asset_img 'a b.jpg' 50% c d %}", "![c d](<a b.jpg>)"),
        ("{% link a b http://c.example true %}", "[a b](<http://c.example>)"),
        ("{% asset_link a.pdf %}", "[a.pdf](<a.pdf>)"),
        ("{%- post_link b 'a < b' false -%}", "[a < b](<b>)"),
        ("[a]({% post_path b %})", "[a](b)"),
    ],
)
def test_tags_become_markdown(body: str, expected: str) -> None:
    assert markdown(body) == expected


@for_each(
    "text",
    [
        "`{% post_link a %}`",
        "```\n{% code %}\na\n{% endcode %}\n```",
        "{% raw %}{% post_link a %}{% endraw %}",
        "{% code %}\nnothing closes it",
        "{% post_link %} {% link",
        "{% if a %}b{% endif %} {{ c }}",
        "{% imgs a.jpg %}",
    ],
)
def test_code_and_other_tags_stay(text: str) -> None:
    assert markdown(text) == text


def test_a_link_has_the_title_of_its_post() -> None:
    title = "---\ndate: 2020-01-01\ntitle: 'Of b'\n---\ntitle: no\n"
    assert markdown("{% post_link b %}", b=title) == "[Of b](<b>)"
    assert markdown("{% post_link b 'a' %}", b=title) == "[a](<b>)"
    assert markdown("{% post_link c %}", b=title, c="title: no\n") == "[c](<c>)"
    many = markdown("{% post_link b %}\n" * 99, b=title)
    assert 0 < many.count("Of b") < 99
