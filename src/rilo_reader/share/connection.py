"""Connect to the server of a shared archive: TLS, passwords, time limits, errors as sentences.

What libpq knows holds here: services, `.pgpass` and variables as `PGUSER`. Where an address does
not say otherwise, the server's certificate and name are verified, but for a server on this machine.
"""

from __future__ import annotations

import os
import select
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from rilo_reader.errors import LibraryError
from rilo_reader.fetch.values import FetchError
from rilo_reader.share.schema import SCHEMA, VERSION, create
from rilo_reader.sync.services.secrets import Secret, Secrets, Where, printed
from rilo_reader.sync.services.service import Account, Api
from rilo_reader.text import clean_line

__all__ = ["Address", "Connection", "ShareError", "UnreachableError", "connect"]

_LIMITS = {
    "connect_timeout": "10",
    # A line that is dead is noticed within half a minute.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
    "application_name": "rilo-reader",
    "client_encoding": "utf8",
}
_SETTINGS = f"""
    set search_path = {SCHEMA}; set lock_timeout = '30s'; set statement_timeout = '2min';
    set idle_in_transaction_session_timeout = '1min'; set standard_conforming_strings = on"""
_LOCAL = ("localhost", "127.0.0.1", "::1")


class ShareError(LibraryError):
    """The server cannot be used, or refuses something; the message is for the user."""

    needs_password = False  # whether it wants one, and got none


class UnreachableError(ShareError):
    """The server does not answer; what waits here is sent another time."""


class Address:
    """Where an archive is, without the password, which is in `password` if it was named."""

    def __init__(self, text: str) -> None:
        """Raises ShareError: it is not the address of a PostgreSQL database."""
        try:
            if not text.startswith(("postgresql://", "postgres://")):
                raise ShareError("An archive has an address such as postgresql://me@host/desk.")
            parameters = conninfo_to_dict(text)
        except psycopg.Error:
            # Not chained: its text may be a part of the address.
            raise ShareError("The address of the archive cannot be read.") from None
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
        """Who logs in, "" where the system or a service says it."""
        return str(self._parameters.get("user", ""))

    def parameters(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return what libpq is given, without the password."""
        found = {**_LIMITS, **{key: str(value) for key, value in self._parameters.items()}}
        if {"service", "sslmode"} & found.keys() or environment.keys() & {"PGSERVICE", "PGSSLMODE"}:
            return found
        hosts = found.get("host") or environment.get("PGHOST", "")
        if any(one and one[0] not in "/@" and one not in _LOCAL for one in hosts.split(",")):
            found["sslmode"] = "verify-full"
            own = (
                environment.get("PGSSLROOTCERT") or (Path.home() / ".postgresql/root.crt").exists()
            )
            if "sslrootcert" not in found and not own:
                found["sslrootcert"] = "system"
        return found


def account_of(address: Address, password_command: str) -> Account:
    """Return the account by which the secret of an address is kept."""
    return Account(address.text, Api.GREADER, address.text, address.user, password_command)


def printed_by(command: str, address: Address) -> Secret:
    """Return the password that a command prints. Raises ShareError."""
    try:
        return Secret(printed(account_of(address, command), 60.0))
    except FetchError as error:
        raise ShareError(f"The archive cannot be opened: {error.reason}.") from None


def secret_of(address: Address, password_command: str, secrets: Secrets) -> Secret:
    """Return the password that is known here; none where libpq may know one. Raises ShareError."""
    if password_command:
        return printed_by(password_command, address)
    account = account_of(address, "")
    try:
        known = secrets.where(account) is not Where.NOWHERE
        return secrets.find(account) if known else Secret("")
    except FetchError as error:
        raise ShareError(f"The archive cannot be opened: {error.reason}.") from None


def connect(address: Address, secret: Secret) -> Connection:
    """Open a connection, in which each statement is a transaction. Raises ShareError."""
    parameters: dict[str, Any] = address.parameters()
    if secret:
        parameters["password"] = secret.reveal()
    with translated():
        connection = psycopg.connect(**parameters, autocommit=True, prepare_threshold=None)
        try:
            connection.execute(_SETTINGS)
        except BaseException:
            connection.close()
            raise
    return connection


def make(connection: Connection, address: Address) -> None:
    """Make an archive in the database. Raises ShareError: it has one, or that is not allowed."""
    try:
        with translated():
            create(connection)
    except ShareError as error:
        if not isinstance(error.__cause__, psycopg.errors.DuplicateSchema):
            raise
        raise ShareError(
            "The database has an archive already. To share it: rilo-reader share join "
            f"{shlex.quote(address.text)}"
        ) from None


def check(connection: Connection) -> str:
    """Return the identity of the archive. Raises ShareError: there is none that we can use."""
    try:
        with translated():
            found = connection.execute("select id, version from archive").fetchone()
    except ShareError as error:
        cause = error.__cause__
        if isinstance(cause, psycopg.errors.UndefinedTable):
            # A schema that one may not use is not seen either.
            raise ShareError(
                f"There is no archive in the database {connection.info.dbname}, or you are no "
                "member of it. To make one: rilo-reader share create. To become a member, ask who "
                f"made it: rilo-reader share grant {connection.info.user} contributor"
            ) from None
        raise
    if found is None or found[1] > VERSION:
        raise ShareError("The archive was made by a newer version of rilo-reader: update this one.")
    return str(found[0])


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the server says, or that it says nothing, as a ShareError."""
    try:
        yield
    except psycopg.Error as error:
        raise _translated(error) from error


_DENIED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)


def _translated(error: psycopg.Error) -> ShareError:
    """Return a sentence for an error; that of the server is foreign text."""
    said = clean_line(error.diag.message_primary or str(error).partition("\n")[0], 300)
    if isinstance(error, _DENIED):
        return ShareError(f"The archive does not let you do that: {said}.")
    state = error.sqlstate or ""
    if state.startswith("RI"):
        return ShareError(said)
    pgconn = getattr(error, "pgconn", None)
    if state.startswith("28") or (not state and ("password" in said or "role" in said)):
        found = ShareError(f"The archive's server refuses the login: {said}.")
        found.needs_password = bool(pgconn and pgconn.needs_password) or "no password" in said
        return found
    if isinstance(error, psycopg.OperationalError):
        said = said.rpartition(" failed: ")[2].rstrip(".")  # which connection is known
        if said.endswith("certificate verify failed"):
            said += " (the server's belongs into ~/.postgresql/root.crt)"
        return UnreachableError(
            f"The archive's server does not answer: {said}. What is new here waits."
        )
    return ShareError(f"The archive's server refuses that: {said.rstrip('.')}.")


def waiting(connection: Connection, wake: int, seconds: float) -> set[str]:
    """Wait for notifications, for `wake` to be readable, or at most so many seconds.

    Returns the channels that were notified. Raises ShareError: the connection is lost.
    """
    with translated():
        found = {one.channel for one in connection.notifies(timeout=0)}
        if not found:
            select.select([connection.fileno(), wake], [], [], seconds)
            found = {one.channel for one in connection.notifies(timeout=0)}
    return found
