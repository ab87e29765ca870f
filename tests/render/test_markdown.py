"""Markdown as a page: text snapshots of lines, and the styles and links they carry."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style

from rilo_reader.render.document import Layout, render_whole, to_plain_text
from rilo_reader.render.page import JUMP, LINK, VALUE, Page, Styles
from rilo_reader.render.page import body_text as joined_body
from rilo_reader.render.tex import tex_to_unicode
from tests.support.for_each import for_each
from tests.support.rendering import body_of, make_article, page_of


def shown(source: str, width: int = 40) -> str:
    return body_of(dedent(source).strip("\n"), width)


def expect(text: str) -> str:
    return dedent(text).strip("\n")


def segment_with(page: Page, text: str) -> Segment:
    for line in page.lines:
        for segment in line.segments:
            if segment.text.strip() == text:
                return segment
    raise AssertionError(f"no segment {text!r} on the page")


@for_each("source, shown", [
        ("one two three four five six seven eight\nnine\n\nten",
         "one two three four five six seven eight\nnine\n\nten"),
        ("one  \ntwo\\\nthree", "one\ntwo\nthree"),
        ("海关总署\n今天公布\nnews", "海关总署今天公布 news"),
        ("- one\n\n  more\n\n- two\n\n      code", "• one\n\n  more\n\n• two\n\n   code"),
        ("> [!WARNING]\n> Mind the gap.", "▎ Warning: Mind the gap."),
        ("a\n\n---\n\nb", f"a\n\n{'─' * 40}\n\nb"),
        ("![dot](data:image/png;base64," + "A" * 5000 + ") text", "[image: dot] text"),
        ("3~5 June, 6~8 July, \\~9", "3~5 June, 6~8 July, ~9"),
        ("[x](https://a.org)._So it is_", "x.So it is"),
        ("![[a.png]] and ![[a|words]]", "[image: a.png] and [embedded: words]"),
        ("One[^x] two", "One[^x] two"),
    ])  # fmt: skip
def test_small_things(source: str, shown: str) -> None:
    assert body_of(source, 40) == shown


def test_lists_hang_and_nest() -> None:
    assert shown(
        """
        - one is long enough to go on in the line below
        - two
          - inner
            1. deep
            2. deeper
          - inner again

        9. nine
        10. ten
        """
    ) == expect(
        """
        • one is long enough to go on in the
          line below
        • two
          ◦ inner
            1. deep
            2. deeper
          ◦ inner again

         9. nine
        10. ten
        """
    )


def test_tasks_show_boxes() -> None:
    assert shown("- [ ] open\n- [x] done\n- [X] too\n- [y] not a task") == (
        "☐ open\n☑ done\n☑ too\n• [y] not a task"
    )


def test_quotes_have_a_bar_also_between_paragraphs() -> None:
    assert shown("> one\n>\n> two\n> > inner\n\nout") == expect(
        """
        ▎ one
        ▎
        ▎ two
        ▎
        ▎ ▎ inner

        out
        """
    )


def test_comments_of_obsidian_are_hidden_and_code_is_not() -> None:
    source = (
        "%% hub %%\n\nText %%not for you%% goes on, 5%% of 10%%.\n\n%%\nlong\n\none\n%%\n\n[[End]]."
    )
    assert "".join(shown(source).split()) == "Textgoeson,5%%of10%%.End."
    code = "```\n%% kept %%\n```\n\nand `%% this %%` too"
    assert shown(code).count("%%") == 4


def test_headings_are_left_with_space_above() -> None:
    page = page_of("text\n\n# One *two*\n\ntext\n\n### Three\n\ntext")
    text = [line.text for line in page.lines]
    assert [(h.level, h.title) for h in page.headings] == [(1, "One two"), (3, "Three")]
    assert all(text[h.line] == h.title for h in page.headings)
    assert text[page.headings[0].line - 2 : page.headings[0].line + 1] == ["", "", "One two"]
    assert text[page.headings[1].line - 2] == "text"
    assert segment_with(page, "One").style.bold  # type: ignore[union-attr]
    assert segment_with(page, "two").style.italic  # type: ignore[union-attr]


def test_levels_of_headings_are_told_apart_also_without_colours() -> None:
    body = "".join(f"{'#' * level} Level {level}\n\ntext\n\n" for level in range(1, 6))
    page = page_of(body, 40)
    looks = []
    for heading in page.headings:
        style = page.lines[heading.line].segments[0].style or Style()
        below = page.lines[heading.line + 1].text
        looks.append((bool(style.bold), bool(style.italic), len(below)))
    assert looks[:4] == [(True, False, 40), (True, False, 7), (True, False, 0), (False, True, 0)]
    assert looks[4] == looks[3]


def test_the_rule_below_a_heading_is_not_its_text() -> None:
    page = page_of("# One\n\ntext\n\n## Two\n\nmore", 30)
    assert joined_body(page).text == "\nOne\n\ntext\n\n\nTwo\n\nmore\n"
    article = make_article("# One\n\ntext")
    assert "─" not in to_plain_text(article)


def test_a_first_heading_that_repeats_the_title_is_left_out() -> None:
    assert body_of("# The title\n\ntext") == "text"
    assert body_of("# Another title\n\ntext") == "Another title\n\ntext"
    assert body_of("---\n# The title\n\n---\n\ntext") == "text"


def test_the_head_has_authors_and_tags_on_one_line() -> None:
    fields = {"authors": ("Ada B.", "RILO AP", "Bo C."), "tags": ("ivory", "two words")}
    page = page_of("text", 60, **fields)
    line = page.lines[1]
    assert line.text == "RILO AP · Ada B., Bo C. · #ivory  #two words"
    values = [each.style.meta[VALUE] for each in line.segments if each.style and each.style.meta]
    assert values == [
        ("source", "RILO AP"),
        ("author", "Ada B."), ("author", "Bo C."), ("tag", "ivory"), ("tag", "two words"),
    ]  # fmt: skip
    assert page.head_lines == 3
    assert page_of("text", 30, **fields).lines[1].text == "RILO AP · Ada B., Bo C.  …"
    assert f"\n{line.text} · " in to_plain_text(make_article("text", **fields))
    assert page_of("text").head_lines == 2


def test_code_keeps_its_lines_and_long_ones_wrap() -> None:
    assert shown("```python\ndef f():\n\treturn 1\n\n" + "x" * 50 + "\n```") == "\n".join(
        [" def f():", "     return 1", "", " " + "x" * 36, " ↳ " + "x" * 14]
    )


def test_code_lies_on_a_ground_of_one_width() -> None:
    page = page_of("```\na\nbbb\n```", 30)
    assert [len(line.text) for line in page.lines if line.text.startswith(" ")] == [30, 30]


def test_tables_align_and_have_a_thin_rule() -> None:
    assert shown("| a | bb | c |\n|---|:-:|--:|\n| 1 | two words | 3 |\n| x | y | 44 |") == expect(
        """
        a     bb       c
        ─  ─────────  ──
        1  two words   3
        x      y      44
        """
    )


def test_a_wide_table_wraps_its_cells_and_loses_nothing() -> None:
    source = "| name | meaning |\n|--|--|\n| one | " + "word " * 12 + "|\n| two | short |"
    text = shown(source, 30)
    assert text.count("word") == 12
    assert all(len(line) <= 30 for line in text.split("\n"))
    assert text.split("\n")[-2:] == ["", "two   short"]


def test_a_row_of_several_lines_sets_all_rows_apart() -> None:
    rows = ("one", "two", "many " + "words " * 12, "four", "five")
    lines = shown("| name |\n|--|\n" + "\n".join(f"| {row} |" for row in rows), 30).split("\n")
    assert lines[2:6] == ["one", "", "two", ""]
    assert lines[-4:] == ["", "four", "", "five"]


LEDGER = """\
| | version | runs on | articles as |
|---|---|---|---|
| **rilo-reader** | 0.1 | terminal | Markdown files |
| [newsboat](https://newsboat.org) | 2.44 | | a database (SQLite) |
"""


def test_a_table_that_would_break_words_becomes_blocks() -> None:
    assert shown(LEDGER, 32) == expect(
        """
        rilo-reader
          version      0.1
          runs on      terminal
          articles as  Markdown files

        newsboat
          version      2.44
          articles as  a database
                       (SQLite)
        """
    )
    page = page_of(LEDGER, 32)
    bold = segment_with(page, "rilo-reader").style
    assert bold is not None
    assert bold.bold
    assert [link.text for link in page.links] == ["newsboat"]
    # The name of the first column stands before what it names.
    named = LEDGER.replace("| |", "| Name |", 1)
    assert shown(named, 32).startswith("Name  rilo-reader\n  version")
    # Scripts without spaces have no words to be broken, and fit.
    chinese = LEDGER.replace("version", "版本" * 5).replace("articles as", "格式")
    assert shown(chinese, 40).startswith(" ")
    # Nor is a column a stack of single words.
    stack = (
        "| a | b | c | d |\n|--|--|--|--|\n" + f"| {'w' * 20} | {'w' * 20} | x | {'of it ' * 9} |"
    )
    assert "  b  " in shown(stack, 60)


def test_a_narrow_column_is_not_broken_where_a_wide_one_has_room() -> None:
    cargo = (
        "| Container | Declared as | Found by | Weight |\n|---|---|---|--:|\n"
        "| MSKU 204117-3 | frozen fish, in cartons of twenty kilos each | weighbridge | 18,400 kg |"
    )
    row = shown(cargo, 64).splitlines()[2]
    assert row.startswith("MSKU 204117-3  frozen fish")
    assert row.endswith("weighbridge  18,400 kg")


def test_emphasis_of_every_kind() -> None:
    page = page_of("**bold** *it* ~~gone~~ `code`")
    assert segment_with(page, "bold").style.bold  # type: ignore[union-attr]
    assert segment_with(page, "it").style.italic  # type: ignore[union-attr]
    assert segment_with(page, "gone").style.strike  # type: ignore[union-attr]
    assert body_of("**bold** *it* ~~gone~~ `code`") == "bold it gone code"


def test_links_are_numbered_in_order_and_carry_their_number() -> None:
    page = page_of("[one *two*](https://a.org/1) and <https://b.org> and [r]\n\n[r]: https://c.org")
    assert [(link.number, link.text, link.url) for link in page.links] == [
        (1, "one two", "https://a.org/1"),
        (2, "https://b.org", "https://b.org"),
        (3, "r", "https://c.org"),
    ]
    style = segment_with(page, "two").style
    assert style is not None
    assert (style.link, style.meta[LINK]) == ("https://a.org/1", 1)


@for_each(
    "source, url",
    [
        ("see https://a.org/x_y_z.", "https://a.org/x_y_z"),
        ("(https://a.org/b_(c)_d)", "https://a.org/b_(c)_d"),
        ("http://a.org/_x_/y,", "http://a.org/_x_/y"),
        ("at www.a.org/p today", "https://www.a.org/p"),
        ("https://a.org/ü", "https://a.org/%C3%BC"),
        ("see https://a.org/", "https://a.org/"),
        ("see https://a.org/*b*c,", "https://a.org/*b*c"),
    ],
)
def test_bare_addresses_are_links(source: str, url: str) -> None:
    page = page_of(source)
    assert [link.url for link in page.links] == [url]
    assert body_of(source) == source
    assert page_of(f"`{source}` and\n\n    {source}").links == ()


def test_relative_links_resolve_against_the_articles_address() -> None:
    page = page_of("[x](../b) [y](/c)")
    assert [link.url for link in page.links] == [
        "https://www.example.org/b",
        "https://www.example.org/c",
    ]
    assert page_of("[x](../b)", url="").links == ()


def test_links_to_headings_jump() -> None:
    page = page_of("[down](#the-end)\n\n# The end")
    style = segment_with(page, "down").style
    assert style is not None
    assert style.meta[JUMP] == "the-end"
    assert style.link is None
    assert page.anchors["the-end"] == page.headings[0].line


def test_numbers_beside_links_change_neither_links_nor_positions() -> None:
    article = make_article("[one](https://a.org) two [three](https://b.org)")
    plain = render_whole(article, Layout(60), "")
    numbered = render_whole(article, Layout(60, number_links=True), "")
    assert numbered.lines[-1].text == "one[1] two three[2]"
    assert [line.body_letters for line in numbered.lines] == [
        line.body_letters for line in plain.lines
    ]
    assert numbered.links == plain.links


def test_images_stand_as_their_description() -> None:
    page = page_of("![a ship](/ship.png) ![](x.png)")
    assert page.lines[-1].text == "[image: a ship] [image]"
    assert page.links[0].url == "https://www.example.org/ship.png"
    page = page_of("[![alt](a.png)](https://b.org)")
    assert [(link.text, link.url) for link in page.links] == [("[image: alt]", "https://b.org")]


def test_footnotes_are_numbered_by_use_and_jump_both_ways() -> None:
    page = page_of("One[^b] two[^a].\n\n[^a]: Note a\n    goes on.\n[^b]: Note *b*.\n\nLast.")
    text = [line.text.rstrip() for line in page.lines[page.head_lines + 1 :]]
    assert text[:3] == ["One[1] two[2].", "", "Last."]
    assert text[-2:] == ["1. Note b. ↩", "2. Note a goes on. ↩"]
    assert page.lines[page.anchors["fn-2"]].text.startswith("2. ")
    assert page.lines[page.anchors["fnref-2"]].text == "One[1] two[2]."


@for_each(
    "source, shown",
    [
        ("Wow![^a]", "Wow![1]"),
        ("one[^a][^b] two", "one[1][2] two"),
        ("[words][^b]", "[words][1]"),
        ("[^A] and [^a]", "[1] and [1]"),
        ("[^a](x)", "^a"),
    ],
)
def test_a_footnote_is_one_whatever_stands_beside_it(source: str, shown: str) -> None:
    assert body_of(source + "\n\n[^a]: a\n\n[^b]: b").split("\n")[0] == shown


def test_an_address_of_mail_opens_a_letter() -> None:
    assert page_of("<a@example.org>").links[0].url == "mailto:a@example.org"


def test_footnotes_that_refer_to_each_other_end() -> None:
    assert body_of("a[^1]\n\n[^1]: b[^2]\n\n[^2]: c[^1]").endswith("1. b[2] ↩\n2. c[1] ↩")


def test_wiki_links_show_their_words() -> None:
    assert body_of("See [[Some note|the note]] and [[Other]].") == "See the note and Other."


def test_console_markup_is_text() -> None:
    source = "[bold]x[/bold] [@click=app.quit]y[/] [/]"
    assert body_of(source) == source


def test_styles_reach_their_parts() -> None:
    from rich.style import Style

    styles = Styles(
        text=Style(color="color(1)"), quote=Style(color="color(2)"), rule=Style(color="color(3)")
    )
    page = render_whole(make_article("a\n\n> b\n\n---"), Layout(20, styles), "")
    assert segment_with(page, "a").style == styles.text
    assert segment_with(page, "b").style == styles.quote
    assert segment_with(page, "─" * 20).style == styles.rule


@for_each(
    "body, shown",
    [
        ("> [!NOTE]\n> Useful.\n> More.", "▎ Note: Useful. More."),
        ("> [!warning]- Folded\n> Its text\n> goes on.", "▎ Warning: Folded\n▎ Its text goes on."),
        ("> [!tip] With **bold** words\n> Text.", "▎ Tip: With bold words\n▎ Text."),
        ("> [!tip] Title\n>\n> Text.", "▎ Tip: Title\n▎\n▎ Text."),
        ("> [a](/b) and\n> more", "▎ a and more"),
    ],
)
def test_the_title_of_a_callout_has_a_line_of_its_own(body: str, shown: str) -> None:
    assert body_of(body) == shown


@for_each(
    "body, shown",
    [
        (
            "![[a b.png]] ![[a.png|300]] ![[a.png|A cat]]",
            "[image: a b.png] [image: a.png] [image: A cat]",
        ),
        (
            "![[Other note#Part]] ![[a.pdf|100x200]]",
            "[embedded: Other note#Part] [embedded: a.pdf]",
        ),
        ("A ==marked== word, a == b == c, `==code==`", "A marked word, a == b == c, ==code=="),
        ("Text. ^4f3a2b\n\n- item ^my-item\n\n^quote-1\n\nx ^2", "Text.\n\n• item\n\nx ^2"),
        ("`x ^4f3a2b`", "x ^4f3a2b"),
    ],
)
def test_obsidians_own_signs_show_what_they_mean(body: str, shown: str) -> None:
    assert body_of(body, 80) == shown


@for_each(
    "body, shown",
    [
        ("Term\n: One\n: Two\n\nAfter.", "Term\n  One\n  Two\n\nAfter."),
        ("Apple\nPear\n:   A *fruit*\n\n    and more.", "Apple\nPear\n  A fruit\n  and more."),
        ("One\n: 1\n\nTwo\n: - 2\n  - 3", "One\n  1\nTwo\n  ▪ 2\n  ▪ 3"),
        ("He said\n:that, and\n:: this", "He said :that, and :: this"),
        (": alone", ": alone"),
    ],
)
def test_terms_stand_above_what_is_said_of_them(body: str, shown: str) -> None:
    assert body_of(body) == shown
    page = page_of("Term\n: Said")
    styles = [segment_with(page, text).style for text in ("Term", "Said")]
    assert [bool(style and style.bold) for style in styles] == [True, False]


@for_each(
    "body",
    [
        r"Let $a_1*b_2*c$ and $\{x\,|\,x<y\}$ be.",
        r"$$ \int_0^1 x\,dx = \frac{1}{2} \\ [1] $$",
        r"So $x_{[i]}$, $y^{*}$ and $z^{*}$.",
        r"其中$a_1*b_2*c$为$\{x\}$的。",
    ],
)
def test_formulas_stand_as_they_are_written_in_plain_text(body: str) -> None:
    assert to_plain_text(make_article(body)).split("\n\n", 1)[1] == f"{body}\n"


@for_each("body, shown", [
        (r"$E = mc^2$, and $\alpha \leq \frac{1}{2}$.", "E = mc², and α ≤ 1/2."),
        (r"$$ \sum_{i=0}^{n} x_i^2 \to \infty $$", "∑ᵢ₌₀ⁿ xᵢ² → ∞"),
        (r"其中$\{x \in \mathbb{R}\}$的。", "其中{x ∈ ℝ}的。"),
        (r"$\sqrt{a+b}$, $\sqrt2$, $f'(x)$, $x-1_k$", "√(a+b), √2, $f'(x)$, x−1ₖ"),
        (r"$20^\circ$ and $\text{rate}_{t}$", "20° and rateₜ"),
    ])  # fmt: skip
def test_formulas_are_unicode_where_that_can_say_them(body: str, shown: str) -> None:
    assert body_of(body, 80) == shown


@for_each(
    "tex",
    [r"x^{\frac{1}{2}}", r"\begin{matrix} a \end{matrix}", r"a_{[i]}", r"\unknown{x}", "x^{2", "_"],
)
def test_formulas_that_unicode_cannot_say_are_code(tex: str) -> None:
    page = page_of(f"So ${tex}$ it is.")
    assert f"${tex}$" in page.lines[page.head_lines + 1].text
    styles = Styles(code=Style(color="red"))
    found = render_whole(make_article(f"So ${tex}$ it is."), Layout(60, styles), "")
    assert segment_with(found, f"${tex}$").style == Style(color="red")


@given(st.text(r"\{}^_$&ab1 ,\alphfrcsqt", max_size=60))
def test_no_formula_fails(tex: str) -> None:
    shown = tex_to_unicode(tex)
    assert shown is None or shown.strip()


@for_each(
    "body, shown",
    [
        ("It costs $5 *or* US$6, not $7.", "It costs $5 or US$6, not $7."),
        ("From $5 [a_b](/c_d) to $6.", "From $5 a_b to $6."),
        ("`$a_b$` and\n\n```\n$\\{x_1\\}$\n```", "$a_b$ and\n\n $\\{x_1\\}$"),
        ("$HOME_A and *$B_C*", "$HOME_A and $B_C"),
        ("Pay $5\\* and $6\\*.", "Pay $5* and $6*."),
    ],
)
def test_prices_and_code_are_no_formulas(body: str, shown: str) -> None:
    assert body_of(body, 80) == shown
