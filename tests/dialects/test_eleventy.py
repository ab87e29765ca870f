"""Pages of Eleventy: what the golden page cannot say."""

from __future__ import annotations

from rilo_reader.dialects import named
from tests.support.for_each import for_each

ELEVENTY = named("Eleventy")


def markdown(body: str) -> str:
    """A body as Markdown."""
    return ELEVENTY.body(body, "a.md", lambda path: None)


@for_each(
    "body, expected",
    [
        ("{% set a = 'b' %}{{ a }} {{ a | safe }}", "b b"),
        ('{% set a = "b" %}{{ a }}{% set a = "c" %}{{ a }}', "bc"),
        ("{% set a %}\n`b`\n{% endset %}\n{{ a | highlight('js') }}", "\n\n```js\n`b`\n```"),
        (
            "- b\n  {% set a %}\n  c\n  {% endset %}\n  {{ a | highlight('js') }}",
            "- b\n\n\n  ```js\n  c\n  ```",
        ),
        (
            "{% set code %}\nb\n{% endset %}\n{% include 'c.njk' %}",
            "\n```\nb\n```\n{% include 'c.njk' %}",
        ),
        ("<b>c</b>\n{% set code %}b{% endset %}", "<b>c</b>\n\n```\nb\n```"),
        ("{% set a %}*b*{% endset %}", "*b*"),
        ("{%- set a -%}{% raw %}{{ b }}{% endraw %}{%- endset -%}{{- a -}}", "{{ b }}"),
        ("{% set a = 'b' %}", "{% set a = 'b' %}"),
    ],
)
def test_what_is_set_is_where_it_is_printed(body: str, expected: str) -> None:
    assert markdown(body) == expected


@for_each(
    "text",
    [
        "`{% set a = 'b' %}` `{{ a }}`",
        "```\n{% set a %}b{% endset %}{{ a }}\n```",
        "{% raw %}{% set a = 'b' %}{{ a }}{% endraw %}",
        "{{ a }} {% set a = b + 1 %} {{ a }}",
        "{% set a %} nothing closes it {{ a }}",
        "{% if a %}{{ a.b }}{% endif %}",
    ],
)
def test_code_and_other_values_stay(text: str) -> None:
    assert markdown(text) == text


def test_a_title_may_be_set() -> None:
    header = ELEVENTY.header('\n{% set title = \'A "b"\' %}\n{%- set date = "2020-01-01" -%}\nText')
    assert header and header.metadata == {"title": 'A "b"', "date": "2020-01-01"}
    for text in ("", "Text {% set title = 'a' %}", "---\ntitle: a\n---\n", "{% set a = 'b' %}"):
        assert ELEVENTY.header(text) is None


def test_what_is_printed_is_bounded() -> None:
    text = markdown("{% set a %}" + "b" * 9_000 + "{% endset %}" + "{{ a }}" * 9_000)
    assert 100_000 < len(text) < 1_000_000
