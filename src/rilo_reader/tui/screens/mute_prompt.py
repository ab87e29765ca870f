"""What is asked before something is muted: the query, and the last day."""

from __future__ import annotations

import re
from datetime import date, timedelta

from rilo_reader.library.mutes import fault_of
from rilo_reader.tui.screens.prompt import PromptScreen, Question

_SPAN = re.compile(r"(\d{1,4}) ?([dwmy])")
_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}

NOTE = "enter mutes, esc leaves"


def until_of(text: str, day: date) -> date | None:
    """The last day that somebody wrote: 2027-01-31, 30d, 2w, 6m, 1y; None for an empty text.

    Raises:
        ValueError: it is neither, or in the past; the message is one sentence.
    """
    text = text.strip().lower()
    if not text:
        return None
    span = _SPAN.fullmatch(text)
    try:
        until = (
            day + timedelta(days=int(span[1]) * _DAYS[span[2]])
            if span
            else date.fromisoformat(text)
        )
    except (ValueError, OverflowError):
        message = f'"{text}" is no day; write one like {day:%Y-12-31}, or 30d, 2w, 6m.'
        raise ValueError(message) from None
    if until < day:
        raise ValueError(f"{until} is over; choose a day to come.")
    return until


def mute_prompt(query: str, until: date | None, day: date) -> PromptScreen:
    """Ask for a query and its last day.

    Args:
        query: what is proposed, "" where nothing is.
        until: the last day that holds so far.
        day: today.
    """

    def wrong(answers: tuple[str, ...]) -> str:
        wanted, end = answers
        if not wanted:
            return "What is to be hidden? A query, such as tag:football."
        if reason := fault_of(wanted):
            return f"This cannot be muted: {reason}."
        try:
            until_of(end, day)
        except ValueError as error:
            return str(error)
        return ""

    questions = [
        Question(query, "what to hide, such as tag:football"),
        Question(str(until or ""), "for ever; or until 2027-01-31, 30d, 2w"),
    ]
    return PromptScreen("Hide articles", questions, NOTE, wrong)
