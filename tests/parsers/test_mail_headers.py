"""What the headers of a mail say: titles, senders and lists as their authors meant them."""

from __future__ import annotations

import pytest

from rilo_reader.parsers.mail import Letter, read_letter
from tests.support.for_each import for_each


def _letter(*lines: str, encoding: str = "utf-8") -> Letter:
    return read_letter("\n".join([*lines, "", "Text."]).encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_header_that_nothing_encodes_is_read(encoding: str) -> None:
    letter = _letter(
        "From: Höhle – News <a@b.example>", "Subject: Größe für 5 €", encoding=encoding
    )
    assert (letter.entry.title, letter.source) == ("Größe für 5 €", "Höhle – News")
    assert letter.entry.authors == ("Höhle – News",)


@for_each(
    "subject, title",
    [
        ("the world of\n =?UTF-8?Q?cart=C3=A3o?= black", "the world of cartão black"),
        ("=?UTF-8?Q?cart=C3=A3o?=\n black", "cartão black"),
        ("=?UTF-8?Q?car?=\n =?UTF-8?Q?t=C3=A3o?=", "cartão"),
        ("💰 für C:\\users =?UTF-8?Q?cart=C3=A3o?=", "💰 für C:\\users cartão"),
        ("=?iso-8859-1?Q?Parhelia=99_now?=", "Parhelia™ now"),
        ("a =?nothing?Q?=C3=A9?= b", "a é b"),
    ],
)
def test_encoded_words_keep_what_is_beside_them(subject: str, title: str) -> None:
    assert _letter("From: a@b.example", f"Subject: {subject}").entry.title == title


@for_each(
    "sender, source",
    [
        ("=?utf-8?q?Caf=C3=A9=2C_daily?= <a@b.example>", "Café, daily"),
        ("=?utf-8?q?Caf=C3=A9_=3Ca=40b.example=3E?=", "Café"),
        ("<a@b.example>", "a@b.example"),
    ],
)
def test_an_encoded_name_is_one_sender(sender: str, source: str) -> None:
    assert _letter(f"From: {sender}").source == source


@for_each(
    "list_id, source",
    [
        ('"The Daily" <daily.news.example>', "The Daily"),
        ("<7276249.xt.local>", "Shop"),
        ("<spc.72605.1.sender.example>", "Shop"),
        ("77e7d7f0a8c9e83d0bd3c3d41mc list <77e7d7f0a8c9.234.sender.example>", "Shop"),
        ("767402302 <number>", "Shop"),
    ],
)
def test_a_number_of_a_sending_service_is_no_list(list_id: str, source: str) -> None:
    assert _letter("From: Shop <a@b.example>", f"List-Id: {list_id}").source == source


def test_a_list_without_a_name_that_takes_letters_is_its_identifier() -> None:
    headers = ("From: A <a@b.example>", "List-Id: <users.list.example>")
    assert (
        _letter(*headers, "List-Post: <mailto:users@list.example>").source == "users.list.example"
    )
