"""Mails made to hold up an import."""

from __future__ import annotations

import pytest

from rilo_reader.errors import NotReadableError
from rilo_reader.parsers.mail import HEADER_LIMIT, read_letter

HEAD = b"From: a@example.org\nSubject: Short\nMIME-Version: 1.0\n"


def test_a_header_of_very_many_parameters_is_cut() -> None:
    header = b"Content-Type: text/plain" + b"; a=b" * 5_000 + b"; charset=cp1252"
    assert read_letter(HEAD + header + b"\n\nW\xc3\xb6rds.\n").entry.content == "Wörds.\n"
    long = read_letter(b"Subject: " + b"x" * 2 * HEADER_LIMIT + b"\nFrom: a@example.org\n\nWords.")
    assert len(long.entry.title) <= HEADER_LIMIT


def test_parts_in_parts_with_very_many_lines_are_refused() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level)
        for level in range(100)
    )
    plain = b"Content-Type: text/plain\n\n"
    assert read_letter(HEAD + nested + plain + b"Words.\n").entry.content.strip() == "Words."
    with pytest.raises(NotReadableError, match="nested too deeply"):
        read_letter(HEAD + nested + plain + b"\n" * 400_000)
