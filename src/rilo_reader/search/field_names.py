"""The names of fields in a query, and what somebody meant who slipped (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from rilo_reader.search.query import Field

WORD_FIELDS = {
    "text": Field.TEXT,
    "title": Field.TITLE,
    "body": Field.BODY,
    "source": Field.SOURCE,
    "tag": Field.TAG,
    "tags": Field.TAG,
    "author": Field.AUTHOR,
    "authors": Field.AUTHOR,
    "url": Field.URL,
    "lang": Field.LANG,
}
WHOLE_FIELDS = (Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG)
"""Fields whose whole value can be asked for."""

OTHER_FIELDS = ("after", "before", "date", "is", "sort")


def near_field(name: str) -> str | None:
    """The field that a name with one slip was meant to be."""
    for known in (*WORD_FIELDS, *OTHER_FIELDS):
        if len(known) > 2 and _is_one_slip(name, known):
            return known
    return None


def _is_one_slip(name: str, known: str) -> bool:
    """Whether one letter is wrong, missing or too many, or two are exchanged."""
    if len(name) == len(known):
        wrong = [at for at in range(len(known)) if name[at] != known[at]]
        return len(wrong) == 1 or (
            len(wrong) == 2
            and wrong[1] == wrong[0] + 1
            and name[wrong[0]] == known[wrong[1]]
            and name[wrong[1]] == known[wrong[0]]
        )
    shorter, longer = sorted((name, known), key=len)
    return len(longer) - len(shorter) == 1 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )


def near_name(name: str, names: Iterable[str]) -> str:
    """A hint at the saved searches that were perhaps meant."""
    from difflib import get_close_matches

    known = {known.casefold(): known for known in names}
    near = [f"@{known[found]}" for found in get_close_matches(name.casefold(), list(known), 3, 0.5)]
    if not near:
        return "."
    return f"; did you mean {', '.join(near[:-1])}{' or ' if near[1:] else ''}{near[-1]}?"
