"""Connect to the server of a shared archive: TLS, passwords, time limits, errors as sentences.

Settings of libpq hold here: services, `.pgpass`, variables such as `PGUSER`. Where an address does
not say otherwise, the server's certificate and name are verified, but for a server on this machine.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.abc import Params
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.sql import Composed

from rilo_reader.errors import LibraryError
from rilo_reader.fetch.certificates import find_bundle
from rilo_reader.fetch.messages import FetchError
from rilo_reader.plugins.archive.schema import SCHEMA, VERSION, create_tables
from rilo_reader.secret_store import Credential, Secret, SecretPlace, SecretStore
from rilo_reader.text import clean_line

__all__ = ["ArchiveAddress", "Connection", "ShareError", "connect_archive"]

_LIMITS = {
    "connect_timeout": "10",
    # A line that is dead is noticed within half a minute; the server is told so in _SETTINGS.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "application_name": "rilo-reader",
    "client_encoding": "utf8",
}
# A statement for 500 articles that takes milliseconds is compiled for seconds before a table has
# statistics: no jit.
_SETTINGS = f"""
    set search_path = {SCHEMA}; set lock_timeout = '40s'; set statement_timeout = '2min';
    set idle_in_transaction_session_timeout = '25s'; set standard_conforming_strings = on;
    set jit = off; set tcp_user_timeout = 25000;
    set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3"""
_REFUSED_PARAMETERS = ("sslkeylogfile", "gssdelegation")
"""Parameters of libpq that write keys to a file, or delegate rights: addresses are foreign."""

_LOCAL = ("localhost", "127.0.0.1", "::1")

_Result = TypeVar("_Result")

NO_ARCHIVE = (
    "The server does not answer like an archive. Ask its administrator whether it was changed."
)


class ArchiveConnection(Connection[TupleRow]):
    """A connection whose server may be silent for `silence_seconds` seconds, not for ever.

    Keepalives do not notice a server that was stopped, or a tunnel whose far end is gone.
    """

    silence_seconds = 45.0

    def wait(self, gen: Generator[Any, Any, _Result], *how: Any, **more: Any) -> _Result:  # noqa: ANN401  # other in each version
        """Wait as psycopg does. Raises OperationalError: the server was silent for so long."""
        return super().wait(self._stop_when_silent(gen), *how, **more)

    def _stop_when_silent(self, gen: Generator[Any, Any, _Result]) -> Generator[Any, Any, _Result]:
        until = monotonic() + self.silence_seconds
        try:
            asked = next(gen)
            while True:
                ready = yield asked
                if ready:
                    until = monotonic() + self.silence_seconds
                elif monotonic() > until:
                    self.close()
                    reason = f"it sent nothing for {self.silence_seconds:.0f} seconds"
                    raise psycopg.OperationalError(reason)
                asked = gen.send(ready)
        except StopIteration as end:
            result: _Result = end.value
            return result


class ShareError(LibraryError):
    """The server cannot be used, or refuses something; the message is for the user."""

    needs_password = False  # whether the server wants one, and got none


class ArchiveAddress:
    """The address of an archive; a password that was in it is in `password` only."""

    def __init__(self, text: str) -> None:
        """Raises ShareError: it is not the address of a PostgreSQL database."""
        try:
            if not text.startswith(("postgresql://", "postgres://")):
                raise ShareError("An archive has an address such as postgresql://me@host/desk.")
            parameters = conninfo_to_dict(text)
        except psycopg.Error:
            # Not chained: its text may be a part of the address.
            raise ShareError("The address of the archive cannot be read.") from None
        for name in parameters.keys() & {*_REFUSED_PARAMETERS}:
            raise ShareError(f"The address of the archive must not set {name}: leave it out.")
        self.password = Secret(str(parameters.pop("password", "")))
        self._parameters: Mapping[str, Any] = parameters

    @property
    def text(self) -> str:
        """The address, without the password."""
        rest = dict(self._parameters)
        user, host = str(rest.pop("user", "")), str(rest.pop("host", ""))
        port, name = str(rest.pop("port", "")), str(rest.pop("dbname", ""))
        place = quote(host, safe="[]:") + (f":{port}" if port else "")
        more = "&".join(f"{key}={quote(str(value), safe='')}" for key, value in rest.items())
        user = f"{quote(user, safe='')}@" if user else ""
        return f"postgresql://{user}{place}/{quote(name, safe='')}{'?' if more else ''}{more}"

    @property
    def user(self) -> str:
        """The user who logs in, "" where the system or a service names it."""
        return str(self._parameters.get("user", ""))

    def to_parameters(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the parameters of libpq, without the password."""
        found = {**_LIMITS, **{key: str(value) for key, value in self._parameters.items()}}
        if {"service", "sslmode"} & found.keys() or environment.keys() & {"PGSERVICE", "PGSSLMODE"}:
            return found
        # Both count: localhost may lead to an address elsewhere, and a name to a tunnel from here.
        names = found.get("host") or environment.get("PGHOST", "")
        addresses = found.get("hostaddr") or environment.get("PGHOSTADDR", "")
        hosts = f"{names},{addresses}".split(",")
        if any(one and one[0] not in "/@" and one not in _LOCAL for one in hosts):
            found["sslmode"] = "verify-full"
            own = Path.home() / ".postgresql/root.crt"
            has_own = environment.get("PGSSLROOTCERT") or own.exists()
            if "sslrootcert" not in found and not has_own:
                # psycopg's own OpenSSL looks for those of the system where no system has them.
                found["sslrootcert"] = find_bundle() or "system"
        return found


def make_credential(address: ArchiveAddress, password_command: str = "") -> Credential:
    """Return the credential under which the password of an address is stored."""
    text, to_store = address.text, shlex.join(["rilo-reader", "share", "join", address.text])
    return Credential(text, text, address.user, password_command, to_store)


def find_secret(address: ArchiveAddress, password_command: str, secrets: SecretStore) -> Secret:
    """Return the stored password, or none: libpq may find one. Raises ShareError."""
    credential = make_credential(address, password_command)
    try:
        is_stored = secrets.find_place(credential) is not SecretPlace.NOWHERE
        return secrets.find(credential) if is_stored else Secret("")
    except FetchError as error:
        raise ShareError(f"The archive cannot be opened: {error.reason}.") from None


def connect_archive(address: ArchiveAddress, secret: Secret) -> ArchiveConnection:
    """Open a connection, in which each statement is a transaction. Raises ShareError."""
    parameters: dict[str, Any] = address.to_parameters()
    if secret:
        parameters["password"] = secret.reveal()
    with convert_errors():
        connection = ArchiveConnection.connect(
            **parameters, autocommit=True, prepare_threshold=None
        )
        try:
            connection.execute(_SETTINGS)
        except BaseException:
            connection.close()
            raise
    return connection


def create_archive(connection: Connection, address: ArchiveAddress) -> None:
    """Make an archive in the database. Raises ShareError: it has one, or that is not allowed."""
    with convert_errors():
        try:
            create_tables(connection)
        except psycopg.errors.DuplicateSchema:
            raise ShareError(
                "The database has an archive already. To share it: rilo-reader share join "
                f"{shlex.quote(address.text)}"
            ) from None


def check_archive(connection: Connection, *, is_joined: bool = False) -> str:
    """Return the identity of the archive. Raises ShareError: there is none that can be used.

    `is_joined` says that there was one.
    """
    with convert_errors():
        try:
            query = "select id, version from archive"
            identity, version = fetch_row(connection, query, None, (UUID, int))
        except psycopg.errors.UndefinedTable:
            # A schema that one may not use is not seen either.
            grant = f"rilo-reader share grant {connection.info.user} contributor"
            if is_joined:
                raise ShareError(
                    "You are no longer a member of the archive. Your copy is kept. To become one "
                    f"again, ask an administrator: {grant}"
                ) from None
            raise ShareError(
                f"The database {connection.info.dbname} has no archive, or you are not a member "
                f"of it. To make one: rilo-reader share create. To become a member, ask its "
                f"administrator: {grant}"
            ) from None
    if version > VERSION:
        raise ShareError("The archive was made by a newer version of rilo-reader: update this one.")
    return str(identity)


Types = Sequence[type | tuple[type, ...]]


def fetch_rows(
    connection: Connection, statement: str | Composed, values: Params | None, types: Types
) -> list[tuple[Any, ...]]:
    """Return the rows of a statement, whose values have these types.

    Raises psycopg.Error, and ShareError where the server answers something else.
    """
    return check_rows(connection.execute(statement, values).fetchall(), types)


def fetch_value(connection: Connection, statement: str, values: Params | None, *types: type) -> Any:  # noqa: ANN401
    """Return the one value of a statement's one row, or None. Raises as `fetch_rows` does."""
    rows = fetch_rows(connection, statement, values, ((*types, type(None)),))
    return rows[0][0] if rows else None


def fetch_row(
    connection: Connection, statement: str, values: Params | None, types: Types
) -> tuple[Any, ...]:
    """Return the one row of a statement. Raises as `fetch_rows` does."""
    rows = fetch_rows(connection, statement, values, types)
    if len(rows) != 1:
        raise ShareError(NO_ARCHIVE)
    return rows[0]


def check_rows(rows: list[tuple[Any, ...]], types: Types) -> list[tuple[Any, ...]]:
    """Return rows, if all have values of these types. Raises ShareError."""
    for row in rows:
        if len(row) != len(types) or not all(map(isinstance, row, types)):
            raise ShareError(NO_ARCHIVE)
    return rows


@contextmanager
def convert_errors() -> Iterator[None]:
    """Raise errors of the server, and its silence, as ShareError."""
    try:
        yield
    except psycopg.Error as error:
        raise _make_share_error(error) from error


def _make_share_error(error: psycopg.Error) -> ShareError:
    """Return a sentence for an error; that of the server is foreign text."""
    message = clean_line(error.diag.message_primary or str(error).partition("\n")[0], 300).rstrip(
        "."
    )
    message = message.rpartition(" failed: ")[2].removeprefix("FATAL: ").lstrip()
    state = error.sqlstate or ""
    if state.startswith("28") or (
        not state and any(word in message for word in ("password", "role", "pg_hba.conf"))
    ):
        found = ShareError(f"The archive's server refused the login: {message}.")
        pgconn = getattr(error, "pgconn", None)
        found.needs_password = bool(pgconn and pgconn.needs_password) or "no password" in message
        return found
    if state.startswith("RI"):  # our own, see `schema`
        sentence = f"{message}."
    elif isinstance(error, psycopg.errors.UndefinedTable):
        sentence = "You are no longer a member of the archive. Your copy is kept."
    elif isinstance(error, psycopg.errors.InsufficientPrivilege):
        sentence = f"The archive does not let you do that: {message}."
    elif "terminating connection" in message:
        sentence = (
            "The archive's server ended the connection: it was stopped or restarted, or you are "
            "no longer a member. Your changes are kept and will be sent later."
        )
    elif "SSL" in message or "certificate" in message:
        sentence = (
            f"The archive's server cannot be verified: {message}. Save the certificate of its "
            f"authority as ~/.postgresql/root.crt, or add ?sslmode=require to the address."
        )
    elif isinstance(error, psycopg.OperationalError):
        sentence = (
            f"The archive's server does not answer: {message}. Your changes are kept and will be "
            f"sent later."
        )
    else:
        sentence = f"The archive's server refused that: {message}."
    return ShareError(sentence)
