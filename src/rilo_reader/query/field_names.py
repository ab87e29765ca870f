"""The names of fields in queries, and suggestions for misspelt names (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from rilo_reader.query.tree import Field, Mark

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
    "note": Field.NOTE,
}
WHOLE_FIELDS = (Field.SOURCE, Field.TAG, Field.AUTHOR, Field.LANG)
"""Fields that support `field:="whole value"`."""

MARK_FIELDS = {
    "is": (Mark.UNREAD, Mark.READ, Mark.STARRED, Mark.HIGHLIGHTED),
    "has": (Mark.NOTE,),
}
"""Fields that ask for marks, and their values in the order of offers."""

OTHER_FIELDS = ("after", "before", "date", *MARK_FIELDS, "sort")


def near_field(name: str) -> str | None:
    """The field whose name is one edit away, None if there is none."""
    for known in (*WORD_FIELDS, *OTHER_FIELDS):
        if len(known) > 2 and _is_one_slip(name, known):
            return known
    return None


def _is_one_slip(name: str, known: str) -> bool:
    """Whether one letter is wrong, missing or added, or two neighbours are swapped."""
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
    """The end of a message: a full stop, or a suggestion of saved searches with similar names."""
    from difflib import get_close_matches

    known = {known.casefold(): known for known in names}
    suggestions = [
        f"@{known[found]}" for found in get_close_matches(name.casefold(), list(known), 3, 0.5)
    ]
    if not suggestions:
        return "."
    *others, last = suggestions
    return f"; did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
