"""Names of emoji show as emoji; times, paths, keywords and code stay."""

from __future__ import annotations

import pytest

from tests.support.rendering import body_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("We did it :tada:", "We did it 🎉"),
        (":warning: Mind it. :heart_eyes:", "⚠ Mind it. 😍"),
        ("So :+1: and :-1:, :x: or :100:", "So 👍 and 👎, ❌ or 💯"),
        ("**Now :rocket:**!", "Now 🚀!"),
        ("# Head :bug:\n\nText.", "Head 🐛\n\nText."),
        ("| a |\n|---|\n| :x: |", "a\n──\n❌"),
    ],
)
def test_names_show_as_what_they_name(source: str, shown: str) -> None:
    assert body_of(source, 60).strip("\n") == shown


@pytest.mark.parametrize(
    "source",
    [
        "It is 12:30:45 now.",
        "At 10:100:20 it was :nothing: of note.",
        "std::rocket::Config and a:rocket:b",
        "https://example.org/:bug:/x",
        "Say :Rocket: or : rocket :",
        "::rocket::",
        ":o: and :a: and :b:",
        ":octicons-tag-24:",
    ],
)
def test_what_looks_alike_stays(source: str) -> None:
    assert body_of(source, 60).strip("\n") == source


def test_code_is_left_alone() -> None:
    assert body_of("`:rocket:`\n\n```\n:bug:\n```", 60).split() == [":rocket:", ":bug:"]
