"""A page without a date in exports."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from rilo_reader.parsers import read_feed
from tests.cli.test_undated import home
from tests.support.command_line import User

__all__ = ["home"]


@pytest.mark.parametrize("form", ["jsonl", "atom", "html", "md", "ris", "bib", "csl"])
def test_no_export_makes_up_a_date(home: User, form: str) -> None:
    suffix = {"csl": "json"}.get(form, form)
    target = "copies/" if form == "md" else f"all.{suffix}"
    assert home.ask("export", "--to", target).code == 0
    written = home.home / target
    text = (written / "_index.md" if form == "md" else written).read_text(encoding="utf-8")
    assert "0001" not in text
    if form == "jsonl":
        assert [json.loads(line)["date"] for line in text.splitlines()] == ["2019-03-07", None]
    if form == "atom":
        feed = read_feed(text.encode(), "", "application/atom+xml")
        assert [(each.title, each.date is None) for each in feed.entries] == [
            ("A post", False),
            ("Home", True),
        ]
        updated = ElementTree.fromstring(text).findall(".//{*}entry/{*}updated")
        assert [each.text for each in updated] == ["2019-03-07T00:00:00Z", "1970-01-01T00:00:00Z"]
