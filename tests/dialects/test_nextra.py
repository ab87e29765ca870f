"""Names of headings of Nextra and Fumadocs, in their folders and in any other."""

from __future__ import annotations

from rilo_reader.dialects import named
from tests.support.for_each import for_each


@for_each(
    "body, expected",
    [
        ("# A [#b]", "# A {#b}"),
        ("## `a` [#b-c.d] \nx", "## `a` {#b-c.d}\nx"),
        ("# A [#äb]", "# A {#äb}"),
        ("# A [#b]\n\n[#b]: /c", ""),
        ("# A [#12]", ""),
        ("# A [#b] c", ""),
        ("# A [#b c]", ""),
        ("A [#b]", ""),
        ("```\n# A [#b]\n```", ""),
    ],
)
def test_names_of_headings_in_any_folder(body: str, expected: str) -> None:
    for name in ("Nextra", "Fumadocs", ""):
        assert named(name).body(body, "a.md", lambda path: None) == (expected or body)


@for_each("body, expected", [("# A [!toc] [#b]", "# A {#b}"), ("# A [step]", "# A"), ("[toc]", "")])
def test_notes_of_headings_in_their_folder_only(body: str, expected: str) -> None:
    assert named("Fumadocs").body(body, "a.md", lambda path: None) == (expected or body)
    for name in ("Nextra", ""):
        assert named(name).body(body, "a.md", lambda path: None) == body.replace("[#b]", "{#b}")
