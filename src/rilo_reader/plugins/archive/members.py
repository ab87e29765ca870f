"""Members of an archive and their roles: logins of the server that were granted one."""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from rilo_reader.plugins.archive.connection import (
    ShareError,
    convert_errors,
    fetch_rows,
    fetch_value,
)
from rilo_reader.plugins.archive.schema import ROLES, make_roles
from rilo_reader.secret_store import Secret

NO_ROLE = "none"
"""The role of a login that is not a member any more."""

_MEMBERS = """select m.rolname, max(array_position(%(roles)s, r.rolname::text))
    from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid
    where r.rolname = any(%(roles)s) and m.rolcanlogin group by 1 order by 1"""
_MINE = """select max(array_position(%(roles)s, rolname::text)) from pg_roles
    where rolname = any(%(roles)s) and pg_has_role(session_user, oid, 'member')"""
_GRANTED = """select r.rolname from pg_auth_members a join pg_roles m on m.oid = a.member
    join pg_roles r on r.oid = a.roleid where r.rolname = any(%(roles)s) and m.rolname = %(name)s"""
_LOCK = "select pg_advisory_xact_lock(1919511663, 3)"
_END = """select pg_terminate_backend(pid) from pg_stat_activity
    where usename = %s and datname = current_database() and pid <> pg_backend_pid()"""


def list_members(connection: Connection) -> dict[str, str]:
    """Return the greatest role of each login, one of `schema.ROLES`. Raises ShareError."""
    with convert_errors():
        rows = fetch_rows(connection, _MEMBERS, _role_parameters(connection), (str, int))
    return {login: ROLES[place - 1] for login, place in rows}


def find_own_role(connection: Connection) -> str:
    """Return the greatest role of the current login. Raises ShareError."""
    with convert_errors():
        place = fetch_value(connection, _MINE, _role_parameters(connection), int)
    return ROLES[(place or 1) - 1]


def _role_parameters(connection: Connection) -> dict[str, list[str]]:
    return {"roles": list(make_roles(connection.info.dbname))}


def is_login(connection: Connection, name: str) -> bool:
    """Return whether the server has a login of this name. Raises ShareError."""
    with convert_errors():
        found = fetch_value(connection, "select 1 from pg_roles where rolname = %s", [name], int)
    return found is not None


def set_password(connection: Connection, name: str, password: Secret) -> None:
    """Change the password of a login, as the login itself or its maker. Raises ShareError."""
    with convert_errors():
        hashed = _hash_password(connection, name, password)
        statement = SQL("alter role {} password {}").format(Identifier(name), hashed)
        connection.execute(statement)


def _hash_password(connection: Connection, name: str, password: Secret) -> Literal:
    """Return the hash of a password, which is all that the server gets."""
    secret, login = password.reveal().encode(), name.encode()
    hashed = connection.pgconn.encrypt_password(secret, login, b"scram-sha-256")
    return Literal(hashed.decode())


def _check_not_last(connection: Connection, name: str) -> None:
    """Raise ShareError if a login is the only administrator."""
    found = list_members(connection)
    if [one for one, role in found.items() if role == ROLES[-1]] == [name]:
        raise ShareError(
            f"{name} is the only administrator of the archive. First make somebody else an "
            f"administrator: "
            f"rilo-reader share grant NAME {ROLES[-1]}"
        )


def grant_role(
    connection: Connection, name: str, role: str, password: Secret | None = None
) -> None:
    """Give a login a role instead of what it has, and make it, with a password, if it is missing.

    The server gets only the hash of the password. Raises ShareError.
    """
    roles = make_roles(connection.info.dbname)
    login = Identifier(name)
    with convert_errors(), connection.transaction():
        connection.execute(_LOCK)  # two administrators may remove each other
        if role != ROLES[-1]:
            _check_not_last(connection, name)
        if not is_login(connection, name):
            if role == NO_ROLE:
                raise ShareError(f"The server has no login {name}.")
            made = SQL("create role {} login").format(login)
            if password:
                made += SQL(" password {}").format(_hash_password(connection, name, password))
            connection.execute(made)
        values = {**_role_parameters(connection), "name": name}
        for (granted,) in fetch_rows(connection, _GRANTED, values, (str,)):
            connection.execute(SQL("revoke {} from {}").format(Identifier(granted), login))
        left = list_members(connection).get(name)
        if left and (role == NO_ROLE or ROLES.index(left) > ROLES.index(role)):
            # Since PostgreSQL 16 only who granted a role can take it back.
            raise ShareError(
                f"{name} is still {left}, because somebody else granted that: ask the owner of "
                f"the archive."
            )
        if role != NO_ROLE:
            granted = Identifier(getattr(roles, role))
            connection.execute(SQL("grant {} to {}").format(granted, login))
    if role == NO_ROLE:
        # Not all administrators may; what is asked for next is refused anyway.
        with suppress(psycopg.Error):
            connection.execute(_END, [name])
