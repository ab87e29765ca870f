"""Highlights as Markdown, JSON lines and Web Annotations."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

from rilo_reader.annotations.anchors import Anchor
from rilo_reader.annotations.highlight import AnnotatedArticle, Highlight
from rilo_reader.annotations.json_lines import json_lines
from rilo_reader.article import Article, ArticleId
from rilo_reader.plugins.highlights.formats import format_json_ld, format_markdown
from rilo_reader.text import clean_text

MADE = datetime(2026, 11, 26, 13, 30, tzinfo=timezone(timedelta(hours=1)))
BEES = Article(
    ArticleId("bees"),
    "bees.md",
    "Bees [and *others*]",
    datetime(2026, 11, 20, tzinfo=UTC),
    date_only=True,
    source="RILO AP",
    url="https://www.example.org/bees",
)
ANTS = Article(ArticleId("ants"), "ants.md", "Ants", datetime(2026, 11, 21, 9, tzinfo=UTC))
ONE = Highlight("aaaaaaa1", Anchor("Bees\ndance.", "See: ", " Why?", 5), 2, "Do they?\nYes.", MADE)
TWO = Highlight("aaaaaaa2", Anchor("蚂蚁", "", "。", 0))
BOTH = (AnnotatedArticle(BEES, (ONE,)), AnnotatedArticle(ANTS, (TWO,), "file:ants.md"))


def test_markdown() -> None:
    assert "".join(format_markdown(BOTH)) == (
        "## [Bees \\[and \\*others\\*\\]](<https://www.example.org/bees>)\n"
        "\n"
        "RILO AP, 2026-11-20\n"
        "\n"
        "> Bees\n"
        "> dance.\n"
        "\n"
        "- Note: Do they?\n"
        "  Yes.\n"
        "\n"
        "## [Ants](<file:ants.md>)\n"
        "\n"
        "2026-11-21\n"
        "\n"
        "> 蚂蚁\n"
    )


def test_json_lines() -> None:
    lines = list(json_lines(BOTH, {2: "doubt"}))
    assert [line.count("\n") for line in lines] == [1, 1]
    assert [json.loads(line) for line in lines] == [
        {
            "id": "aaaaaaa1",
            "exact": "Bees\ndance.",
            "prefix": "See: ",
            "suffix": " Why?",
            "start": 5,
            "kind": "doubt",
            "note": "Do they?\nYes.",
            "made": "2026-11-26T12:30:00Z",
            "article": {
                "id": "bees",
                "title": "Bees [and *others*]",
                "source": "RILO AP",
                "url": "https://www.example.org/bees",
                "date": "2026-11-20",
            },
        },
        {
            "id": "aaaaaaa2",
            "exact": "蚂蚁",
            "prefix": "",
            "suffix": "。",
            "start": 0,
            "kind": "1",
            "note": "",
            "made": None,
            "article": {
                "id": "ants",
                "title": "Ants",
                "source": "",
                "url": "",
                "date": "2026-11-21T09:00:00+00:00",
            },
        },
    ]


def test_web_annotations() -> None:
    collection = json.loads("".join(format_json_ld(BOTH, {2: "doubt"})))
    assert collection["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert collection["type"] == "AnnotationCollection"
    assert collection["total"] == 2
    page = collection["first"]
    assert (page["type"], page["startIndex"]) == ("AnnotationPage", 0)
    assert page["partOf"] == collection["id"]
    one, two = page["items"]
    identities = [collection["id"], page["id"], one["id"], two["id"]]
    assert len(set(identities)) == 4
    assert all(identity.startswith("urn:uuid:") for identity in identities)
    assert {**one, "id": ""} == {
        "id": "",
        "type": "Annotation",
        "motivation": "commenting",
        "created": "2026-11-26T12:30:00Z",
        "body": [
            {
                "type": "TextualBody",
                "value": "Do they?\nYes.",
                "format": "text/plain",
                "purpose": "commenting",
            },
            {"type": "TextualBody", "value": "doubt", "purpose": "tagging"},
        ],
        "target": {
            "source": "https://www.example.org/bees",
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": "Bees\ndance.",
                    "prefix": "See: ",
                    "suffix": " Why?",
                },
                {"type": "TextPositionSelector", "start": 5, "end": 16},
            ],
        },
    }
    assert two["motivation"] == "highlighting"
    assert "created" not in two
    assert two["target"]["source"].startswith("urn:uuid:")


def test_the_same_highlights_have_the_same_ids() -> None:
    assert list(format_json_ld(BOTH)) == list(format_json_ld(BOTH))


def test_nothing_is_an_empty_collection() -> None:
    assert json.loads("".join(format_json_ld([])))["total"] == 0
    assert "".join(format_markdown([])) == "".join(json_lines([])) == ""


def test_control_characters_never_reach_a_terminal() -> None:
    bad = AnnotatedArticle(BEES._replace(id=ArticleId("\x1b]52;c;\x07\x7f\u202e")), (ONE,))
    for text in (*json_lines([bad]), *format_json_ld([bad])):
        assert clean_text(text) == text
        assert json.loads(text)
