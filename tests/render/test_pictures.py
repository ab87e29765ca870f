"""Pictures on a page: the room that is left for them, and what stays as it is without."""

from __future__ import annotations

import re

from rilo_reader.render.document import render_whole
from rilo_reader.render.page import Layout, Page, PictureBoxes, body_text
from tests.support.watched_library import article

BODY = """\
Before, a sentence with ![an icon](icon.png) in it.

![One](one.png)

![Two](two.png) ![Three](https://b.example/three.png)
With text.

- item

  ![Four](four.png)

> ![Five](five.png)

[![Six](six.png)](https://a.example/big)

<figure><img src="seven.png" alt="Seven"><figcaption>Caption</figcaption></figure>

![[eight.png|300]]

| ![Nine](nine.png) |
|---|
| x |
"""


NAMES_OF_OTHERS = ["six.png", "seven.png", "eight.png"]  # in links, HTML and vaults


def page(body: str = BODY, width: int = 60, *, shown: bool = True) -> Page:
    def box(address: str, url: str, room: int) -> tuple[int, int] | None:
        return None if address in ("icon.png", "two.png") else (min(20, room), 5)

    layout = Layout(width, boxes=PictureBoxes(box, "p shows it") if shown else None)
    return render_whole(article(1, body=body, url="https://a.example/d/"), layout, "")


def test_each_picture_of_a_paragraph_has_its_room_above_its_description() -> None:
    found = page()
    names = [picture.address for picture in found.pictures]
    assert sorted(names) == sorted(
        [
            "icon.png",
            "one.png",
            "two.png",
            "https://b.example/three.png",
            "four.png",
            "five.png",
            "six.png",
            "seven.png",
            "eight.png",
        ]
    )
    by_name = {picture.address: picture for picture in found.pictures}
    one = by_name["one.png"]
    assert (one.url, one.words, one.rows) == ("https://a.example/d/one.png", "One", 5)
    rows = found.lines[one.line : one.line + 5]
    assert all(row.text == " " * 20 for row in rows)
    [below] = found.lines[one.line + 5].segments
    assert below.text == "One"
    assert below.style is not None
    assert below.style.dim
    # Where there is no room, the place is what names it, and says what shows it.
    assert by_name["two.png"].rows == 0
    assert found.lines[by_name["two.png"].line].text == "[image: Two · p shows it]"
    assert "p shows it" not in body_text(found).text
    # Beside the bar of a quotation, and below the bullet of a list.
    assert by_name["five.png"].column == 2
    assert found.lines[by_name["five.png"].line].text == "▎ " + " " * 20


def test_a_picture_within_text_parts_it() -> None:
    found = page("Text with ![one](one.png) in it.")
    room = [" " * 20] * 5
    lines = [line.text for line in found.lines[found.pictures[0].line - 1 :]]
    assert lines == ["Text with", *room, "one", "in it."]
    found = page("![](one.png)")
    assert [line.text for line in found.lines[found.pictures[0].line :]] == room


def test_what_names_a_picture_may_take_several_lines() -> None:
    words = "a scan of the second row"
    for width in range(12, 50):
        found = page(f"![{words}](two.png)", width)
        shown = " ".join(line.text for line in found.lines[found.pictures[0].line :])
        assert shown == f"[image: {words} · p shows it]"
        assert body_text(found).text.split() == words.split()


def test_no_line_is_wider_than_the_page() -> None:
    for width in (10, 20, 60):
        assert all(len(line.text) <= width for line in page(width=width).lines)


def test_the_text_is_the_same_without_pictures() -> None:
    """So highlights, hits and places in the text are where they were; signs of ours apart."""
    with_them, without = page(), page(shown=False)
    ours = re.compile(r"\[image(?:: )?|\]|\s+")
    texts = [ours.sub(" ", body_text(each).text).split() for each in (with_them, without)]
    assert texts[0] == texts[1]
    letters = [sum(line.body_letters for line in each.lines) for each in (with_them, without)]
    assert letters[0] == letters[1]
    assert len(with_them.lines) > len(without.lines) + 30
    assert with_them.links == tuple(
        link._replace(line=after.line)
        for link, after in zip(without.links, with_them.links, strict=True)
    )


def test_hostile_addresses_are_no_urls() -> None:
    found = page(
        "![a](javascript:alert(1)) ![b](<file:///etc/passwd>) ![c](data:image/png;base64,AA)"
    )
    assert [picture.url for picture in found.pictures] == [""] * len(found.pictures)
