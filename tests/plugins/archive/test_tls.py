"""The certificate of an archive's server is verified, by a real one that takes TLS only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from rilo_reader.plugins.archive.connection import ArchiveAddress, ShareError, connect_archive
from tests.support.certificates import Authority
from tests.support.miniflux_server import UnavailableError
from tests.support.postgresql import PASSWORD, Archive, running_postgresql

pytestmark = [pytest.mark.service, pytest.mark.slow]

NAME = "desk.example.org"
IS_ENCRYPTED = "select ssl from pg_stat_ssl where pid = pg_backend_pid()"


class Encrypted(NamedTuple):
    """An archive of a server that takes TLS only, and who certified it."""

    archive: Archive
    authority: Authority


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Encrypted]:
    authority = Authority(tmp_path_factory.mktemp("tls") / "ours")
    try:
        with running_postgresql() as server:
            found = Encrypted(server.new_archive(), authority)
            found.archive.login("anna")
            server.encrypt(*authority.certify(NAME))
            yield found
    except UnavailableError as error:
        pytest.skip(str(error))


def is_encrypted(archive: Archive, *more: str, name: str = NAME) -> bool:
    """Connect to a server by a name that leads to 127.0.0.1; return whether by TLS."""
    parameters = "&".join(("hostaddr=127.0.0.1", *more))
    login = f"{archive.login('anna')}:{PASSWORD}"
    address = ArchiveAddress(
        f"postgresql://{login}@{name}:{archive.server.port}/{archive.name}?{parameters}"
    )
    with closing(connect_archive(address, address.password)) as connection:
        [(found,)] = connection.execute(IS_ENCRYPTED).fetchall()
    return bool(found)


@pytest.fixture(autouse=True)
def no_own_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SSL_CERT_FILE", "PGSSLMODE", "PGSSLROOTCERT", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def test_a_certificate_of_the_named_authority_is_right(encrypted: Encrypted) -> None:
    archive, authority = encrypted
    assert is_encrypted(archive, f"sslrootcert={authority.certificate}")


def test_the_authorities_of_the_system_are_known(
    encrypted: Encrypted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psycopg brings an OpenSSL that knows nothing of the system."""
    monkeypatch.setenv("SSL_CERT_FILE", str(encrypted.authority.certificate))
    assert ArchiveAddress(f"postgresql://{NAME}/desk").to_parameters()["sslrootcert"] != "system"
    assert is_encrypted(encrypted.archive)


@pytest.mark.parametrize("case", ["another authority", "the system's authorities", "another name"])
def test_what_cannot_be_verified_is_refused_with_a_sentence(
    encrypted: Encrypted, tmp_path: Path, case: str
) -> None:
    archive, authority = encrypted
    with pytest.raises(ShareError, match="cannot be verified") as caught:
        match case:
            case "another authority":
                other = Authority(tmp_path / "other")
                is_encrypted(archive, f"sslrootcert={other.certificate}")
            case "the system's authorities":
                is_encrypted(archive)
            case _:
                own = f"sslrootcert={authority.certificate}"
                is_encrypted(archive, own, name="other.example.org")
    assert "root.crt" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_the_address_may_ask_for_less(encrypted: Encrypted) -> None:
    assert is_encrypted(encrypted.archive, "sslmode=require")
    with pytest.raises(ShareError, match="refused the login"):
        is_encrypted(encrypted.archive, "sslmode=disable")


def test_a_server_without_tls_gets_no_password(archive: Archive) -> None:
    with pytest.raises(ShareError, match="cannot be verified: server does not support SSL"):
        is_encrypted(archive)
    assert not is_encrypted(archive, "sslmode=disable")
