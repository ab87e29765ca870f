"""Who may do what in an archive: members are logins of the server that were granted a role."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from rilo_reader.share.connection import ShareError, translated
from rilo_reader.share.schema import ROLES, roles_of
from rilo_reader.sync.services.secrets import Secret

NONE = "none"
"""What a login is granted that is to be no member any more."""

_MEMBERS = """select m.rolname, r.rolname from pg_auth_members a
    join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid
    where r.rolname = any(%s) and m.rolcanlogin order by m.rolname"""
_ROLES_OF_ONE = """select rolname from pg_roles
    where rolname = any(%s) and pg_has_role(session_user, oid, 'member')"""
_END = """select pg_terminate_backend(pid) from pg_stat_activity
    where usename = %s and datname = current_database()"""


class Member(NamedTuple):
    """A member of an archive."""

    name: str  # the login
    role: str  # one of `schema.ROLES`


def members(connection: Connection) -> list[Member]:
    """Return the members, each with the most that was granted. Raises ShareError."""
    names = roles_of(connection.info.dbname)
    with translated():
        rows = connection.execute(_MEMBERS, [list(names)]).fetchall()
    found: dict[str, int] = {}
    for login, role in rows:
        found[login] = max(found.get(login, 0), names.index(role))
    return [Member(login, ROLES[place]) for login, place in found.items()]


def role_of(connection: Connection) -> str:
    """Return the most that the one who is logged in may be. Raises ShareError."""
    names = roles_of(connection.info.dbname)
    with translated():
        rows = connection.execute(_ROLES_OF_ONE, [list(names)]).fetchall()
    return ROLES[max((names.index(name) for (name,) in rows), default=0)]


def is_login(connection: Connection, name: str) -> bool:
    """Whether the server has a login of this name. Raises ShareError."""
    with translated():
        found = connection.execute("select from pg_roles where rolname = %s", [name])
        return found.fetchone() is not None


def grant(connection: Connection, name: str, role: str, password: Secret | None = None) -> None:
    """Give a login a role instead of what it has, and make it, with a password, if it is missing.

    The server gets no password, only what it keeps of one. Raises ShareError.
    """
    roles = roles_of(connection.info.dbname)
    login = Identifier(name)
    with translated(), connection.transaction():
        if not is_login(connection, name):
            if role == NONE:
                raise ShareError(f"The server has no login {name}.")
            made = SQL("create role {} login").format(login)
            if password:
                kept = connection.pgconn.encrypt_password(
                    password.reveal().encode(), name.encode(), b"scram-sha-256"
                )
                made += SQL(" password {}").format(Literal(kept.decode()))
            connection.execute(made)
        had = [member.role for member in members(connection) if member.name == name]
        for one in had:
            connection.execute(
                SQL("revoke {} from {}").format(Identifier(getattr(roles, one)), login)
            )
        if role != NONE:
            connection.execute(
                SQL("grant {} to {}").format(Identifier(getattr(roles, role)), login)
            )
    if role == NONE:
        # Not all administrators may; what is asked for next is refused anyway.
        with suppress(psycopg.Error):
            connection.execute(_END, [name])
