"""Whatever is typed, in whatever order, is answered in a line."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rilo_reader.commands import all_commands
from rilo_reader.keys import key_name
from tests.support.command_line import User
from tests.support.flat import fill, session
from tests.support.terminal import config_file

# What leaves the session, the machine or the folder.
OUT = {"quit", "browser", "refresh", "add", "import_articles", "settings", "edit", "pipe", "export"}
NAMES = sorted(
    name
    for command in all_commands()
    if command.id not in OUT
    for name in (command.title.lower(), *(key_name(key).replace("_", " ") for key in command.keys))
    if name not in ("q", "o", "R", "a", "e", "X", "|")
)
LINES = st.lists(
    st.one_of(
        st.sampled_from(NAMES),
        st.sampled_from(
            ["", "1", "2", "3", "0", "99", "s 1", "r 2 3", "list port", "/zebra", "note x"]
        ),
        st.tuples(st.sampled_from(NAMES), st.sampled_from(["1", "port", "-", "(", "'"])).map(
            " ".join
        ),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.slow
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(lines=LINES)
def test_each_line_is_answered(
    user: User, monkeypatch: pytest.MonkeyPatch, lines: list[str]
) -> None:
    fill(user)
    text = '[[feeds]]\nurl = "https://example.org/feed"\n'
    config_file(user.home, "feeds.toml").write_text(text, encoding="utf-8")
    said = session(user, monkeypatch, "\n".join(lines) + "\n", str(user.library))
    assert (said.code, said.err) == (0, "")
    assert "unexpected" not in said.out
    assert "Traceback" not in said.out
