"""Names of months in the languages of feeds -> their numbers (pure)."""

from __future__ import annotations

import functools
import unicodedata

# What begins each month's name, January to December: English, German, French, Spanish, Italian,
# Portuguese, Catalan, Dutch, Danish, Norwegian, Swedish, Finnish, Polish, Czech, Hungarian,
# Romanian, Greek, Russian, Ukrainian, Turkish, Indonesian.
_BEGINNINGS = (
    "jan jän jän ene gen tammi sty led ian ιαν янв січ oca",
    "feb fév fev helmi lut úno φεβ фев лют şub",
    "mar mär mrz maa maalis bře már μάρ μαρ мар бер",
    "apr avr abr huhti kwi dub ápr απρ апр кві nis",
    "may mai mag maj mei touko kvě máj μάι μαΐ μαϊ μαι май мая тра",
    "jun juin giu kesä cze červen červn jún iun ιουν ιούν июн чер haz",
    "jul juil lug heinä lip červenec července čvc júl iul ιουλ ιούλ июл лип tem",
    "aug aoû ago elo sie srp αυγ αύγ авг сер ağu agu",
    "sep set syys wrz zář sze σεπ сен вер eyl",
    "oct okt ott out loka paź říj οκτ окт жов eki",
    "nov marras lis noi νοε νοέ ноя лис kas",
    "dec dez déc dic des joulu gru pro δεκ дек гру ara",
)
_LONGEST_MONTH = 8


@functools.cache
def _numbers() -> dict[str, int]:
    """The number of each beginning, as it is and without accents."""
    numbers: dict[str, int] = {}
    for number, beginnings in enumerate(_BEGINNINGS, 1):
        for beginning in beginnings.split():
            numbers.setdefault(beginning, number)
            numbers.setdefault(_plain(beginning), number)
    return numbers


def _plain(text: str) -> str:
    """The text without accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(part for part in parts if not unicodedata.combining(part))


def month_number(name: str) -> int:
    """The number of the month with this name or abbreviation, 1 to 12; 0 where it is none."""
    lower = name.lower()
    numbers = _numbers()
    for text in (lower, _plain(lower)):
        # The longest beginning decides: "juin" and "juillet", "červen" and "červenec".
        for length in range(_LONGEST_MONTH, 2, -1):
            number = numbers.get(text[:length])
            if number:
                return number
    return 0
