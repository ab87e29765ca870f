"""Addresses of archives: TLS, secrets, and what is missing."""

from __future__ import annotations

import pytest

from rilo_reader import extras
from rilo_reader.plugins.archive.connection import ArchiveAddress, ShareError
from tests.support.command_line import User
from tests.support.for_each import for_each


@for_each(
    "address, mode",
    [
        ("postgresql://anna@desk.example.org/desk", "verify-full"),
        ("postgresql://anna@192.0.2.1,desk.example.org/desk", "verify-full"),
        ("postgresql://anna@desk.example.org/desk?sslmode=require", "require"),
        ("postgresql://anna@localhost/desk", None),
        ("postgresql:///desk?host=/run/postgresql", None),
        ("postgresql:///desk?service=desk", None),
        ("postgresql://anna@localhost/desk?hostaddr=192.0.2.1", "verify-full"),
        ("postgresql://anna@desk.example.org/desk?hostaddr=127.0.0.1", "verify-full"),
    ],
)
def test_certificates_are_verified_unless_the_address_says_otherwise(
    address: str, mode: str | None
) -> None:
    assert ArchiveAddress(address).to_parameters({}).get("sslmode") == mode


def test_an_address_is_kept_without_its_password() -> None:
    place = "desk.example.org:5433/de%20sk?sslmode=require"
    address = ArchiveAddress(f"postgresql://an%40na:se%3Acret@{place}")
    assert address.password.reveal() == "se:cret"
    assert "se:cret" not in address.text + repr(address.password)
    assert "%3A" not in address.text
    again = ArchiveAddress(address.text)
    assert again.text == address.text
    assert again.to_parameters({}) == address.to_parameters({})


@for_each("text", ["desk.example.org", "postgresql://a:secret@h/x?no=1", "https://a"])
def test_what_is_no_address_is_not_repeated(text: str) -> None:
    with pytest.raises(ShareError) as caught:
        ArchiveAddress(text).to_parameters({})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("more", ["sslkeylogfile=/home/anna/.profile", "gssdelegation=1"])
def test_an_address_of_a_stranger_writes_no_file_and_hands_no_rights_on(more: str) -> None:
    with pytest.raises(ShareError, match="must not set"):
        ArchiveAddress(f"postgresql://anna@desk.example.org/desk?{more}")


def test_without_the_extra_a_sentence_names_it(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    user.ask("share", "status").failed(1, "[postgresql]")


def test_a_library_that_shares_nothing_says_how_to(user: User) -> None:
    user.ask("share", "now").failed(1, "rilo-reader share join URL")
    user.ask("share", "grant", "ben").failed(2, "takes 2 words")
    user.ask("share", "dance").failed(2, "share takes create, join")
