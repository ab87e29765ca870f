"""`share members`, `grant` and `password`; `versions` and `take`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Protocol

from rilo_reader.cli.choice import Place
from rilo_reader.cli.output import UsageError, output, size_text
from rilo_reader.cli.report import Report, can_ask, values_of
from rilo_reader.dates import human
from rilo_reader.library import LibraryError
from rilo_reader.plugins.archive.sharing import (
    connected,
    exchange_now,
    named_article,
    typed_password,
)
from rilo_reader.text import clean_line

if TYPE_CHECKING:
    from rilo_reader.plugins.archive.exchange import Share
    from rilo_reader.secrets import Secret

ROLES = ("reader", "contributor", "administrator", "none")


class Options(Protocol):
    """What these take of the verb's arguments."""

    words: list[str]
    password_command: str | None
    json: bool


# -- members -------------------------------------------------------------------------------------


def show_members(where: Place, options: Options) -> int:
    """List who is a member, and as what."""
    from rilo_reader.plugins.archive.members import members

    report = Report(("name", "role"), as_json=options.json)
    with connected(where) as (_, connection):
        for name, role in members(connection).items():
            report.add({"name": name, "role": role}, [(f"{clean_line(name)}: {role}",)])
    return 0


def grant_role(where: Place, options: Options) -> int:
    """Give a login a role, and make it with a password if it is missing."""
    from rilo_reader.plugins.archive.members import NONE, grant, is_login

    name, role = options.words
    if role not in ROLES:
        raise UsageError(f"share grant takes one of {', '.join(ROLES)}, not '{role}'")
    with connected(where) as (share, connection):
        password = None
        if role != NONE and not is_login(connection, name):
            password = _new_password(where, share, name, options.password_command)
        grant(connection, name, role, password)
    said = f"{name} is no longer a member" if role == NONE else f"{name} is now {role}"
    output().line(f"{said}.")
    return 0


def change_password(where: Place, options: Options) -> int:
    """Change the password of a login, and keep it where it is one's own."""
    from rilo_reader.plugins.archive.connection import ShareError, credential_of
    from rilo_reader.plugins.archive.members import is_login, set_password
    from rilo_reader.secrets import Where, secrets_of

    name = options.words[0]
    with connected(where) as (share, connection):
        if not is_login(connection, name):
            raise ShareError(f"The server has no login {name}.")
        password = _new_password(where, share, name, options.password_command)
        set_password(connection, name, password)
        secrets, credential = secrets_of(where.paths), credential_of(share.address)
        is_kept = secrets.where(credential) is not Where.NOWHERE
        if name == connection.info.user and is_kept:
            secrets.keep(credential, password)
    output().line(f"The password of {name} was changed.")
    return 0


def _new_password(where: Place, share: Share, name: str, command: str | None) -> Secret:
    """A new password for a login, typed twice or of a command; UsageError without any."""
    from rilo_reader.plugins.archive.connection import secret_of
    from rilo_reader.secrets import secrets_of

    if command:
        password = secret_of(share.address, command, secrets_of(where.paths))
    elif can_ask(as_json=False):
        password = typed_password(f"New password for the login {name}: ")
        if password and password.reveal() != typed_password("Repeat it: ").reveal():
            raise UsageError("the two passwords differ; nothing was changed")
    else:
        raise UsageError(
            f"the login {name} needs a password: run this in a terminal, or add --password-command"
        )
    if not password:
        raise UsageError("the password is empty; nothing was changed")
    return password


# -- versions -------------------------------------------------------------------------------------


def show_versions(where: Place, options: Options) -> int:
    """List the versions of an article, the oldest first."""
    from rilo_reader.plugins.archive.versions import versions

    name = options.words[0]
    article = named_article(where, name)
    with connected(where) as (_, connection):
        found = versions(connection, article)
    if not found:
        raise LibraryError(f"The archive has no article {name}.")
    columns = ("number", "writer", "added", "deleted", "bytes")
    report = Report(columns, as_json=options.json)
    for one in found:
        what = "deleted" if one.deleted else size_text(one.bytes)
        when = human(one.added.astimezone(UTC), False)
        line = f"{one.number}: {clean_line(one.writer)}, {when}, {what}"
        report.add(values_of(one, *columns), [(line,)])
    return 0


def take_version(where: Place, options: Options) -> int:
    """Bring back a version of an article, and send it."""
    from rilo_reader.plugins.archive.files import look
    from rilo_reader.plugins.archive.versions import take

    name, number = options.words
    if not number.isdecimal() or not number.isascii() or len(number) > 9:
        raise UsageError(f"share take needs the number of a version, not '{number}'")
    article = named_article(where, name)
    with connected(where) as (share, connection):
        look(share.folder, share.records)
        path, copy = take(connection, share.folder, share.records, article, int(number))
    kept = f" Your text was saved as {copy}." if copy else ""
    output().line(f"{path} is now version {int(number)}.{kept}")
    return exchange_now(where, as_json=False)
