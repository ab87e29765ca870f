"""One's own tags of an article, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.text import clean_line
from rilo_reader.tui.screens.prompt import PromptScreen, Question


def tags_prompt(title: str, tags: Sequence[str]) -> PromptScreen:
    """Ask for the tags of the article with that title; `split_tags` reads the answer."""
    line = Question(", ".join(tags), "tags, separated by commas", goes_on=True)
    return PromptScreen(title, [line], "enter keeps   esc discards")


def split_tags(text: str) -> tuple[str, ...]:
    """The tags in a line, each once, in order."""
    cleaned = (clean_line(tag) for tag in text.split(",") if tag.strip())
    return tuple(dict.fromkeys(tag for tag in cleaned if tag))
