"""A plugin that has highlights of colleagues, as a shared archive does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from rilo_reader.annotations.highlight import Highlight
from rilo_reader.article import ArticleId
from rilo_reader.hooks import Plugin, SharedArchive
from rilo_reader.library import Library
from rilo_reader.paths import Paths


class Colleagues(Plugin):
    name = "colleagues"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shared: dict[ArticleId, list[Highlight]] = {}
        monkeypatch.setattr("rilo_reader.library.annotated.plugins_with", lambda _: [self])

    def shared_archive(self, folder: Path, paths: Paths) -> SharedArchive:
        return self

    def open_older_articles(self, library: Library) -> None:
        return None

    def read_highlights(
        self, article: ArticleId | None, limit: int
    ) -> Mapping[ArticleId, Sequence[Highlight]]:
        return {each: its for each, its in self.shared.items() if article in (None, each)}
