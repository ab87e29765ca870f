"""What is imported from standard input."""

from __future__ import annotations

import json
import sys

import pytest

from tests.cli.test_standard_input import Pipe, pipe
from tests.support.command_line import User

__all__ = ["pipe"]

PAGE = "<html><head><title>A page</title></head><body><h1>A page</h1><p>Words of it.</p></body>"
LIST = '<opml version="2.0"><body><outline xmlUrl="https://example.org/f.xml"/></body></opml>'
RECORD = json.dumps({"id": "x", "title": "Kept", "path": "kept.md", "body": "Text.\n"})
FEED = (
    '<rss version="2.0"><channel><title>The Feed</title><item><title>Entry</title>'
    "<guid>1</guid><description>Text</description></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(RECORD, "records"), (LIST, "opml"), (FEED, "feed"), (PAGE, "page")],
    ids=["records", "opml", "feed", "page"],
)
def test_a_file_of_each_kind_is_imported_from_standard_input(
    user: User,
    pipe: Pipe,
    data: str,
    kind: str,
) -> None:
    for taken, known in ((1, 0), (0, 1)):
        pipe(data.encode())
        told = [one for one in user.ask("import", "--json", "-").objects if "kind" in one]
        counts = [(one["kind"], one["taken"], one["known"]) for one in told if one["kind"] == kind]
        assert counts == [(kind, taken, known)], told


def test_what_is_nothing_to_import_is_named(user: User, pipe: Pipe) -> None:
    for data, why in ((b"", "it is empty"), (b"# Title\n", "plain text"), (b"\0\1", "not a kind")):
        pipe(data)
        done = user.ask("import", "-")
        assert (done.code, why in done.out, "standard input:" in done.out) == (1, True, True)


def test_without_standard_input_a_minus_is_wrong_usage(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    user.ask("import", "-").failed(2, "no standard input")
