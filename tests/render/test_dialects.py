"""Markdown of site generators and note-taking programs shows what it means; what is none stays."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rilo_reader.render.page import JUMP
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import body_of, page_of

# By dialect: the width of the page, and texts with what is shown for them.
SHOWN: dict[str, tuple[int, list[tuple[str, str]]]] = {
    "admonitions of MkDocs": (40, [
        ("!!! note\n    Take care.", "▎ Note: Take care."),
        ('!!! note "Mind the step"\n    Take care.', "▎ Note: Mind the step\n▎ Take care."),
        ('??? tip "How to go on"\n\n    Like this.', "▎ Tip: How to go on\n▎ Like this."),
        ("???+ bug\n\tIt breaks.\n\nMore.", "▎ Bug: It breaks.\n\nMore."),
        ('!!! danger highlight blink "Do not!"\n    No.', "▎ Danger: Do not!\n▎ No."),
        ('!!! warning "Title alone"', "▎ Warning: Title alone"),
        ("Text.\n!!! note\n    One.\nMore.", "Text.\n\n▎ Note: One.\n\nMore."),
        ("!!! note\n    One.\n\n    Two.\n\nMore.", "▎ Note: One.\n▎\n▎ Two.\n\nMore."),
        ("!!! note\n    One.\n\n    !!! tip\n        Two.", "▎ Note: One.\n▎\n▎ ▎ Tip: Two."),
        ("1. One\n\n    !!! note\n        In it.\n\n2. Two",
         "1. One\n\n   ▎ Note: In it.\n\n2. Two"),
        ("a\n:   b\n\n    !!! note\n        In it.", "a\n  b\n\n  ▎ Note: In it."),
        ('=== "C"\n\n    One.\n\n=== "Go"\n\n    Two.', "C\n\nOne.\n\nGo\n\nTwo."),
    ]),
    "boxes between colons or slashes": (40, [
        (":::note\nTake care.\n:::", "▎ Note: Take care."),
        (":::note Mind the step\n\nTake care.\n\n:::", "▎ Note: Mind the step\n▎ Take care."),
        (":::tip[Mind the *step*]\nTake care.\n:::", "▎ Tip: Mind the step\n▎ Take care."),
        (":::tip[Go on]{#go}\nTake care.\n:::", "▎ Tip: Go on\n▎ Take care."),
        ("::: warning 注意\nTake care.\n:::", "▎ 注意\n▎ Take care."),
        ("::: warning Warning\nTake care.\n:::", "▎ Warning\n▎ Take care."),
        ("::: tip {no-title}\nTake care.\n:::", "▎ Tip: Take care."),
        ("::: details Click here\n- a\n- b\n:::", "▎ Click here\n▎\n▎ • a\n▎ • b"),
        ("::: code-group\n```js [a.js]\nx\n```\n:::\n", " x"),
        ("::: theorem Of all\nIt holds.\n:::", "▎ Theorem: Of all\n▎ It holds."),
        ("::: incremental\n- a\n:::\nMore.", "• a\n\nMore."),
        ("::: {.note}\nTake care.\n:::", "▎ Note: Take care."),
        ('::: {.callout-tip title="Go on"}\nSo.\n:::', "▎ Tip: Go on\n▎ So."),
        ("::: note :::::\nTake care.\n::::", "▎ Note: Take care."),
        (":::: {.columns}\n::: {.column}\na\n:::\n::: {.column}\nb\n:::\n::::", "a\n\nb"),
        ("::::note\na\n:::tip\nb\n:::\nc\n::::", "▎ Note: a\n▎\n▎ ▎ Tip: b\n▎\n▎ c"),
        (":::note\na\n:::tip\nb\n:::\nc\n:::", "▎ Note: a\n▎\n▎ ▎ Tip: b\n▎\n▎ c"),
        ("1. One\n   ::: tip\n   In it.\n   :::\n2. Two", "1. One\n\n   ▎ Tip: In it.\n\n2. Two"),
        (":::warning\n| a | b |\n|---|---|\n| c | d |\n:::",
         "▎ Warning\n▎\n▎ a  b\n▎ ─  ─\n▎ c  d"),
        (":::note\nHead\n----\nText.\n:::", "▎ Note\n▎\n▎ Head\n▎\n▎ Text."),
        ("/// tip | So it goes\n\nText.\n\n///\nMore.", "▎ Tip: So it goes\n▎ Text.\n\nMore."),
        ("//// tab | A\n\n/// note\n    type: x\n\na\n\n///\n\n////", "A\n\n▎ Note: a"),
    ]),
    "directives of MyST and places for contents": (40, [
        ("```{note}\nTake care.\n```", "▎ Note: Take care."),
        ("```{admonition} Mind it\n:class: tip\nSo.\n```", "▎ Mind it\n▎ So."),
        (":::{tip}\n---\nclass: dropdown\n---\nSo.\n:::", "▎ Tip: So."),
        ("````{note}\na\n```{tip}\nb\n```\n````", "▎ Note: a\n▎\n▎ ▎ Tip: b"),
        ("```{versionadded} 0.19\nSo.\n```", "▎ New in version 0.19\n▎ So."),
        (":::{seealso}\nThat.\n:::", "▎ See also\n▎ That."),
        ("```{figure} a/b.png\n:alt: A cat\n\nOurs.\n```", "[image: A cat]\n\nOurs."),
        ("```{toctree}\na\nb\n```\nText.", "Text."),
        ("```{code-cell} ipython3\n:tags: [hide-input]\n\nx = 1\n```", " x = 1"),
        ("```{raw} html\n<p>A <b>word</b></p>\n```\n\nText.", "A word\n\nText."),
        (":::{note .dropdown} Go on\nText.\n:::", "▎ Note: Go on\n▎ Text."),
        (":::{code-block} python\nx = 1\n:::", " x = 1"),
        ("::::{tab-set}\n:::{tab-item} One\na\n:::\n::::", "One\n\na"),
        (":::{whatever}\nText.\n:::", "Text."),
        ("(target)=\n## Head\n\nText.", "Head\n\nText."),
        ("(a)=\n\n% nobody\n% sees\n\nText.\n\n+++\n\nMore.\n+++", "Text.\n\nMore. +++"),
        ("Text.\n\n[[toc]]\n\nMore.\n\n[[_TOC_]]", "Text.\n\nMore."),
        ("[[TOC]]\n\nMore.", "More."),
    ]),
    "roles of MyST": (40, [
        ("See {ref}`the words <there>`.", "See the words."),
        ("See {doc}`there` and {term}`HTML`.", "See there and HTML."),
        ("Call {py:meth}`~a.b.C`, {func}`!f`.", "Call C, f."),
        ("H{sub}`2`O, {rfc}`2119`, {cite:p}`key`", "H₂O, RFC 2119, key"),
        ("**{ref}`a <b>`**", "a"),
        ("A {made-up}`thing`.", "A thing."),
    ]),
    "attribute lists": (40, [
        ("Words of a note.\n{: .note #top}", "Words of a note."),
        ("{: .lead}\nWords.", "Words."),
        ("{:.lead.is-5.mt-10}\nWords.", "Words."),
        ("Words.\n\n{: .right}\n\nMore.", "Words.\n\nMore."),
        ("A *word*{: .big} more.", "A word more."),
        ('[Site](https://example.org){: target="_blank" rel="me"}, and on.', "Site, and on."),
        ("![a map](map.png){: width=\"180\" height='130'}", "[image: a map]"),
        ("[Start](https://example.org){ .md-button } now", "Start now"),
        ("![a map](map.png){width=50%}", "[image: a map]"),
        ("# Head {#top}\n\nWords.", "Head\n\nWords."),
        ("## Head {: .no_toc }\n\nWords.", "Head\n\nWords."),
        ("* Contents\n{:toc}\n\nWords.", "Words."),
        ("1. TOC\n{:toc}\n\nWords.", "Words."),
        ("[TOC]\n\nWords.", "Words."),
        ("[[_TOC_]]\n\nWords.", "Words."),
        ("|a|b|\n|--|--|\n|c|d|\n{: .x}\n\nWords.", "a  b\n─  ─\nc  d\n\nWords."),
        ("| a | b |\n|---|---|\n| c {: .x} | d |", "a  b\n─  ─\nc  d"),
    ]),
    "comments of Obsidian": (60, [
        ("%% hub %%\n\nText, see [[note]].", "Text, see note."),
        ("Text %%not for you%% goes on, ![[a.png]]", "Text  goes on, [image: a.png]"),
        ("> [!tip] Title\n\n%%\nlong\n\none\n%%\n\nEnd.", "▎ Tip: Title\n\nEnd."),
    ]),
    "callouts and what is none": (60, [
        ("- `[!x]` is code", "• [!x] is code"),
        ("> `[!x]` is code", "▎ [!x] is code"),
        ("`[!x]` is code", "[!x] is code"),
        ("[!x] is text", "[!x] is text"),
        ("> [!x] is a title", "▎ X: is a title"),
        ("> [!x]\n> is text", "▎ X: is text"),
        ("- one\n  > quoted\n- two", "• one\n\n  ▎ quoted\n• two"),
        ("- one\n\n  !!! note\n      In it.\n- two", "• one\n\n  ▎ Note: In it.\n\n• two"),
    ]),
    "names of emoji": (60, [
        ("We did it :tada:", "We did it 🎉"),
        (":warning: Mind it. :heart_eyes:", "⚠ Mind it. 😍"),
        ("So :+1: and :-1:, :x: or :100:", "So 👍 and 👎, ❌ or 💯"),
        ("**Now :rocket:**!", "Now 🚀!"),
        ("# Head :bug:\n\nText.", "Head 🐛\n\nText."),
        ("| a |\n|---|\n| :x: |", "a\n──\n❌"),
    ]),
    "attributes and signs of Pandoc": (1000, [
        ('![](a.png){fig-alt="A plot of *x*"}', "[image: A plot of *x*]"),
        ("![Our *plot*](a.png){#fig-a .b\nfig-alt='A line' width=50%} here",
         "[image: A line] Our plot here"),
        (r'![](a.png){fig-alt="A \"quoted\" word"}', '[image: A "quoted" word]'),
        ('![](a.png){fig-alt="x" alt="A plot"}', "[image: A plot]"),
        ('[![](a.png){fig-alt="A plot"}](/b)', "[image: A plot]"),
        ("[Lined]{.ul} and [*small*]{.smallcaps #a} [see [x](/x)]{b=c}", "Lined and small see x"),
        ("The API[A note beside it.]{.aside} and AP[I]{.x}", "The API A note beside it. and API"),
        ("`x <- 1`{.r} and `<b>`{=html}", "x <- 1 and <b>"),
        ("```{=html}\n<p>A <b>word</b></p>\n<script>x()</script>\n```\n\nText", "A word\n\nText"),
        ("```{=latex}\n\\newpage\n```", " \\newpage"),
        ("H~2~O and x^2^, E = mc^2^", "H₂O and x², E = mc²"),
        ("Area^a,b^ of CO~2~", "Area^a,b of CO₂"),
    ]),
    "formulas of several lines": (60, [
        ("$$\na = b \\\\\n+ c_1\n$$", "$$\na = b \\\\\n+ c_1\n$$"),
        ("where\n$$\n\\begin{x}\n- a &= b_1\n\n= c\n\\end{x}\n$$\nholds",
         "where\n\n$$\n\\begin{x}\n- a &= b_1\n= c\n\\end{x}\n$$\n\nholds"),
        ("> $$\n> a_1\n> $$", "▎ a₁"),
        ("$$ a_1 =\nb $$\n\nText", "a₁ = b\n\nText"),
        ("$$\na = 1\n$$", "a = 1"),
        ("$$a = 1\n+ 2$$", "a = 1 + 2"),
        ("so $$a=1\nb$$ holds", "so a=1 b holds"),
        ("They cost $$ or\n$$ more", "They cost $$ or $$ more"),
    ]),
    "formulas in brackets": (80, [
        (r"where \(x\) is \(a + b\) and \(n_1\)", "where x is a + b and n₁"),
        (r"so \\(x\\) and \[ x = 1 \]", "so x and x = 1"),
        ("\\[\nx = \\frac{1}{2}\n\\]", "x = 1/2"),
        (r"\(a\) first, \(see here\) \[a note\] \(or so\)",
         "(a) first, (see here) [a note] (or so)"),
        (r"`\(x\)` stays", r"\(x\) stays"),
        (r"\[a \[ x = 1 \] and \(b \(n_1\)", "[a x = 1 and (b n₁"),
    ]),
    "grid tables of Pandoc": (60, [
        (("+---+-----+\n| a | b   |\n+===+=====+\n| 1 | *2* |\n+---+-----+\n"
         "| 3 | 4   |\n+---+-----+"),
         "a  b\n─  ─\n1  2\n3  4"),
        ("+---+-----+\n| 1 | two |\n|   | 2   |\n+---+-----+\n\nText", "1  two 2\n\nText"),
        ("+---+-----+\n| 1 | - a |\n|   | - b |\n+---+-----+", "1  • a\n   • b"),
        ("+:--+----:+\n| 1 | 2   |\n+---+-----+", "1  2"),
        ("+------+---+\n| 北京 | b |\n+------+---+", "北京  b"),
        ("+---+---+\n| spans |\n+---+---+", "+---+---+ | spans | +---+---+"),
        ("+--- no table", "+--- no table"),
        ("+ a\n+ b", "• a\n• b"),
    ]),
    "titles and lists of pictures": (80, [
        ('![A map](a.png "Of the port")', "[image: A map – Of the port]"),
        ("![](a.png 'Of the port')", "[image: Of the port]"),
        ('![A map of it](a.png "a map")', "[image: A map of it]"),
        ('<img src="a.png" alt="A map" title="The port">', "[image: A map – The port]"),
        ("![A map](a.png)\n{.border-0}\n\nText", "[image: A map]\n\nText"),
        ("![A map](a.png)\n{.a} words", "[image: A map] {.a} words"),
        ("Words\n{.lead}\n\nMore", "Words\n\nMore"),
        ("Words\n{.lead}\nmore", "Words {.lead} more"),
        ("Words {.lead}", "Words {.lead}"),
    ]),
    "comments of Nunjucks": (60, [
        ("One\n\n{# not for\nyou #}\n\nTwo {#- nor this -#}.", "One\n\nTwo ."),
        ("## Head {#top}\n\n`{# code #}`", "Head\n\n{# code #}"),
        ("A {# that never ends", "A {# that never ends"),
        ("- One\n\n  $$\n  a^2\n  $$", "• One\n\n  a²"),
    ]),
    "links that lead nowhere": (60, [
        ("See [the *notice*][nowhere] and [this][].", "See the notice and this."),
        ("In [v0.4.2][time-v0.4.2] ([#1063][]): [see][1].", "In v0.4.2 (#1063): see."),
        ("![A map][nowhere] here", "[image: A map] here"),
        ("See [the guide][Install] here.", "See the guide here."),
        ("See [it][now] here.\n\n[now]: /now", "See it here."),
    ]),
    "tags of site generators": (80, [
        ("See [the notice]({% link en/_posts/a.md %}).", "See the notice."),
        ("See [the notice]({%link en/_posts/a.md %}#part).", "See the notice."),
        ("See [the notice][1].\n\n[1]: {% post_url 2013-05-06-a %}", "See the notice."),
        ('See [it]({{< ref "a.md" >}}).', "See it."),
        ("{% raw %}\nWrite `{{ x }}` and {% if %}.\n{% endraw %}", "Write {{ x }} and {% if %}."),
        ("{% comment %}\nNot for readers.\n{% endcomment %}\n\nText.", "Text."),
        ("{% assign a = site.data.b %}\nText.", "Text."),
        ("Text.\n\n{% assign a = site.data.b %}\n\nMore.", "Text.\n\nMore."),
        ("{{< note >}}\nTake care.\n{{< /note >}}", "Take care."),
        ("{{% note %}}Take care.{{% /note %}}", "Take care."),
        ('{{< figure src="a.png" caption="A cat" >}}', "[image: A cat]"),
        ('{{< figure src="a.png" alt="A cat" caption="Ours" >}}', "[image: A cat] Ours"),
        ('{{< figure\n  src="a.png"\n  caption="A cat" >}}', "[image: A cat]"),
        ('{% image "a/b.png" "A cat" %}', "[image: A cat]"),
        ('{% include "f.html", image: "/a.png", alt: "A cat" %}', "[image: A cat]"),
        ('{% include "t.html", quote: "It works", source: "A user" %}', "“It works” — A user"),
        ('{{< quote-block text="Less is more." cite="" >}}', "“Less is more.”"),
        ('{{image "a/b.png" 500}}', "[image]"),
        ('{{< ring title="A case">}}\n1. One\n{{< /ring >}}', "A case\n\n1. One"),
        ("{{< row >}}\n    {{< good >}} Do. {{< /good >}}\n{{< /row >}}", "Do."),
        ("{{raw `\n\tif x {\n\t}\n`}}", " if x {\n }"),
        ("* <{{ release.url }}>", "• release.url"),
        ("<p>{% if a %}One{% endif %}</p>", "One"),
        ("A {% assign a = b %}text, {%- set c = 1 -%} more.", "A text, more."),
        ("One{% if a %}, two{% elsif b %}, three{% else %}{% endif %}.", "One, two, three."),
        ("The {{ site.title }} of {{ page.a | upcase }}.", "The site.title of page.a."),
        ("- {% for a in b %}\n- One\n- {% endfor %}\n", "• One"),
        ("{% set a %}\nText.\n{% endset %}", "Text."),
        ('{{ youtube(id="abc") }}', "[video]"),
        ('{{ figure(src="a.png", alt="A cat", caption="Ours") }}', "[image: A cat] Ours"),
        ('{% quote(author="Ada") %}\nIt works.\n{% end %}', "It works. — Ada"),
        ('{% note(title="Mind it") %}\nSo.\n{% end %}', "Mind it\n\nSo."),
        ("{% a() %}\n{% b(author='Ada') %}\nOne.\n{% end %}\nTwo.\n{% end %}", "One. — Ada Two."),
        ('{{ full_image(src="a.png", dark_alt="A cat") }}', "[image: A cat]"),
        ('{{ aside(title="Mind it", text="See `x` at [y](/z)") }}', "Mind it: See x at y"),
        ("{% mermaid() %}\na --> b\nb --> c\n{% end %}\n", " a --> b\n b --> c"),
        ("{{< toc >}}\n\nText.", "Text."),
        ("Text <code>{{ site.url }}</code>.", "Text {{ site.url }}."),
        ("Text <code>{% box() %} {% end %}</code>.", "Text {% box() %} {% end %}."),
        ("{::comment}\nNot for readers.\n\nNor this.\n{:/comment}\n\nText.", "Text."),
        ("Text{::comment} hidden{:/}.", "Text."),
        ("{::nomarkdown}<b>One</b>{:/nomarkdown} two.", "One two."),
        ('{::options toc_levels="1..3" /}\n\nText.', "Text."),
    ]),
}  # fmt: skip


@pytest.mark.slow
@for_each("dialect", SHOWN)
def test_dialects_show_what_they_mean(dialect: str) -> None:
    width, rows = SHOWN[dialect]
    assert {source: body_of(source, width).strip("\n") for source, _ in rows} == dict(rows)


ALIKE = [
    "It is 5 %% 3 and 7 %% 4 here.",
    "Said 5 %% 3 and 7 %% 4, in [[Some note]].",
    "Text.\n\n    fmt %%a\n    fmt %%b\n\n[[note]]",
    "Text %%not a comment%% without a vault.",
    "a%%b%%c and [[note]]",
    "100 %% of `%% code %%` in [[note]]",
    "!!! Warning and more",
    "!!! note\nText that is not indented.",
    "What ??? really",
    "::: a container that nobody closes",
    ":::\nClosed, and never opened.\n:::",
    "A line of ::: colons, and one of /// slashes.",
    "::: fastapi.Request",
    "/// never closed",
    "{note}: a set of braces, and {note} too.",
    "f(x)=\nis no target within a paragraph",
    "100\n% of all",
    "% of all",
    "Where (a)= stands in a line.",
    "[[toc]] in a line",
    "=== Title without quotation marks",
    "A price of ${xy}`z` and {a}`b`.",
    "In Ruby {:b=>2, :c=>3} is a hash, and {:name} a set.",
    "Use {:?} to print it, {:#?} to print it well, {:>10} for a width.",
    "The set {x = 1, y = 2} and {a} and {}.",
    "A brace { .like } this, and {#that} in the middle.",
    "See `{: .note}` in code.",
    "We speak of toc here, {: and there.",
    "Uses of {x}",
    "It is 12:30:45 now.",
    "At 10:100:20 it was :nothing: of note.",
    "std::rocket::Config and a:rocket:b",
    "https://example.org/:bug:/x",
    "Say :Rocket: or : rocket :",
    "::rocket::",
    ":o: and :a: and :b:",
    ":octicons-tag-24:",
    'An array[0][1], a matrix [i][j], keys[name][id], o["a"]["b"] and ["a"]["b"].',
    "Notes [1][2] and [^1][^2], [x] and [ ] alone, [text] [other].",
    "[News][Sports] and [ZH][EN] and [to merge][A rather long title]",
    "A set ^[0-9]+ or ^[a-z ]* and ^[x] of 2^10^5, a ^b c^ d.",
    "About ~5 to ~9 or ~/a/~b, a [b]{c} and [d]{}, f(x){.y and z}.",
    "It costs $$ 5 or $$\n6 and more $$",
    "Of 10^3 and 2~3 and snake~case here",
    "Liquid has {% if %}, {% include %} and {% unknown tag %}.",
    "{% raw %} without an end",
    "{% highlight ruby %} without an end",
    "The value of ${{ secrets.TOKEN }} and {{ 7 }} and {{",
    "Hugo has {{</* figure */>}}.".replace("<", "").replace(">", ""),
    "100 {% off } {{",
    "Zola has {% end %} and {% box(a=1) %} without one.",
    "Kramdown has {::comment} without an end.",
    "Liquid has {% else %} and {% endif %}.",
    "Nothing begins here{:/}, nor {::other} there.",
]


@for_each("source", ALIKE)
def test_what_looks_alike_stays(source: str) -> None:
    kept = source.replace("[[", "").replace("]]", "").replace("`", "")
    assert body_of(source, 200).split() == kept.split()


SIGNS = [
    *("{% raw %}", "{% assign a = b %}", "{{ site.url }}", "{{% note %}}", '{{image "a.png"}}'),
    *("{{ youtube(id='a') }}", "{% box() %} {% end %}", "{::comment}a{:/comment}"),
    *("^[a note]", "[x]{.underline}", "H~2~O", "[a b][nowhere]", "x^2^", ":bug:", "{: .note}"),
]


@for_each(
    "code",
    [
        *("```\n{X}\n```", "~~~ yaml\n{X}\n~~~", "Text.\n\n    {X}", "`{X}`", "``a ` {X}``"),
        *("- item\n\n  ```\n  {X}\n  ```", "> ```\n> {X}\n> ```", "<pre>{X}</pre>"),
    ],
)
def test_code_is_left_alone(code: str) -> None:
    assert [sign for sign in SIGNS if sign not in body_of(code.replace("{X}", sign))] == []


def test_a_long_description_is_whole() -> None:
    source = f'![A plot](a.png){{.border fig-alt="{"far " * 200}"}}'
    text = body_of(source, 1_000)
    assert "{" not in text
    assert text.count("far") == 200


def test_a_list_keeps_its_other_items() -> None:
    assert body_of("* Contents\n{:toc}\n* One\n", 40).split() == ["•", "One"]


RULE = "─" * 60


@for_each("source, shown", [
        ("Text^[A *note*, see [x](/x).] goes on.", ["Text[1] goes on.", "1. A note, see x. ↩"]),
        ("A[^b] ^[A note\nof two.].\n\n[^b]: B.", ["A[1] [2].", "1. B. ↩", "2. A note of two. ↩"]),
        ("A ^[One ^[and two].]", ["A [1]", "1. One [2]. ↩", "2. and two ↩"]),
    ])  # fmt: skip
def test_a_note_in_the_text_is_a_footnote(source: str, shown: list[str]) -> None:
    lines = [line.strip() for line in body_of(source).split("\n")]
    assert [line for line in lines if line and line != RULE] == shown


def test_a_note_in_the_text_jumps_there_and_back() -> None:
    page = page_of("Text^[A short note.].")
    jumps = {s.style.meta.get(JUMP) for line in page.lines for s in line.segments if s.style}
    assert {"fn-1", "fnref-1"} <= jumps


PIECES = [
    *("^[", "]", "[", "]{.a}", "][b]", "~2~", "^2^", "$$", "\n", "word ", "a", "`", "{", "![", "*")
]


@given(st.lists(st.sampled_from(PIECES), max_size=25))
@examples(300)
def test_every_word_stays_whatever_the_order(pieces: list[str]) -> None:
    source = "".join(pieces)
    assume("```" not in source)  # a fence that nothing follows: its words name a language
    shown = "".join(line.text + line.joint for line in page_of(source).lines)
    assert shown.count("word") >= source.count("word") - source.count("][b]")
