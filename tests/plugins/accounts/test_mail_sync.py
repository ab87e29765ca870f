"""How letters come: few at a time, and each once, whichever way it comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.paths import user_paths
from rilo_reader.plugins.accounts.mailbox import FETCHED_TOGETHER, LETTER_LIMIT, split_batches
from rilo_reader.plugins.accounts.places import accounts_file
from tests.plugins.accounts.hostile_mail import mail_server
from tests.support.command_line import User


@given(st.lists(st.integers(0, 3 * LETTER_LIMIT), max_size=500))
def test_letters_that_are_fetched_together_are_few_and_not_too_large(sizes: list[int]) -> None:
    batches = list(split_batches(dict(enumerate(sizes))))
    assert [uid for batch in batches for uid in batch] == list(range(len(sizes)))
    for batch in batches:
        assert 0 < len(batch) <= FETCHED_TOGETHER
        assert sum(min(sizes[uid], LETTER_LIMIT) for uid in batch) <= LETTER_LIMIT


def letter(message_id: str, sender: str = "Ann", body: str = "One", day: int = 1) -> bytes:
    return (
        f"From: {sender} <{sender}@x.example>\r\nSubject: Hello\r\nMessage-ID: {message_id}\r\n"
        f"Date: Mon, {day:02} Jan 2024 10:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def receive(user: User, *letters: bytes) -> None:
    """Refresh a mailbox that has letters."""
    with mail_server({}, letters=dict(enumerate(letters, 1))) as server:
        file = accounts_file(user_paths())
        file.parent.mkdir(parents=True, exist_ok=True)
        row = f'name = "Letters"\napi = "imap"\nurl = "{server.url}"\nuser = "me"'
        file.write_text(f'[[accounts]]\n{row}\npassword_command = "echo x"\n', "utf-8")
        assert user.run("refresh").code == 0


def import_all(user: User, *letters: bytes) -> None:
    for number, each in enumerate(letters):
        (user.home / f"{number}.eml").write_bytes(each)
    names = [str(user.home / f"{number}.eml") for number in range(len(letters))]
    assert user.run("import", *names).code == 0


SAME = {
    "without brackets": (letter("<m1@x>"), letter("m1@x")),
    "with a comment": (letter("<m1@x>"), letter("<m1@x> (added by x)")),
    "with blanks": (letter("<m1@x>"), letter("< m1@x >")),
    "to two lists": (letter("<m1@x>"), letter("m1@x", "Bob")),
    "without any": (letter(""), letter("")),
}
OTHERS = {
    "of the same second": (letter("<m1@x>"), letter("<m2@x>", body="Two")),
    "of the same second by another": (letter("<m1@x>"), letter("<m2@x>", "Bob", "Two")),
    "of the same words": (letter("<m1@x>"), letter("<m2@x>")),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["import", "imports", "mailbox", "mailboxes", "both", "back"])
@pytest.mark.parametrize("which", [*SAME, *OTHERS])
def test_a_letter_is_one_article_whichever_way_it_comes(user: User, which: str, way: str) -> None:
    pytest.importorskip("imapclient")
    pytest.importorskip("rilo_reader.plugins.importers")
    one, two = {**SAME, **OTHERS}[which]
    if way == "import":
        import_all(user, one, two)
    elif way == "imports":
        import_all(user, one)
        import_all(user, two)
    elif way == "mailbox":
        receive(user, one, two)
    elif way == "mailboxes":
        receive(user, one)
        receive(user, one, two)
    elif way == "both":
        import_all(user, one)
        receive(user, two)
    else:
        receive(user, one)
        import_all(user, two)
    assert len(list(user.library.rglob("*.md"))) == (1 if which in SAME else 2)
