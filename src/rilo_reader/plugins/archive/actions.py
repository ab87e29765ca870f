"""What each action of `share` does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol

from psycopg import Connection

from rilo_reader.cli.child import become_child
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import PROGRAM, UsageError, errors, format_size, output
from rilo_reader.cli.printing import RecordPrinter, can_ask, pick_values, show_waiting
from rilo_reader.dates import format_date
from rilo_reader.library import LibraryError
from rilo_reader.plugins.archive import archive_file
from rilo_reader.plugins.archive.connection import (
    ArchiveAddress,
    ShareError,
    check,
    connect,
    credential_of,
    make,
    secret_of,
    translated,
)
from rilo_reader.plugins.archive.exchange import Share
from rilo_reader.plugins.archive.files import look
from rilo_reader.plugins.archive.follow import follow
from rilo_reader.plugins.archive.marks import count_own, share_all
from rilo_reader.plugins.archive.members import (
    NONE,
    grant,
    is_login,
    members,
    role_of,
    set_password,
)
from rilo_reader.plugins.archive.push import delete
from rilo_reader.plugins.archive.records import open_records, shared_here
from rilo_reader.plugins.archive.schema import mend
from rilo_reader.plugins.archive.sharing import (
    SHOWN,
    connected,
    exchange_now,
    named_article,
    share_of,
    stays_here,
    tell_done,
    typed_password,
)
from rilo_reader.plugins.archive.versions import take, versions
from rilo_reader.plugins.archive.window import set_window
from rilo_reader.plugins.archive.words import words_problem, write_anew
from rilo_reader.secret_store import Secret, SecretPlace, open_secrets
from rilo_reader.text import clean_line, format_count

SEND_ALL = f"To send them: {PROGRAM} share now --all"
ROLES = ("reader", "contributor", "administrator", "none")


class Options(Protocol):
    """The arguments of the verb."""

    action: str
    words: list[str]
    password_command: str | None
    shared: bool
    watch: bool
    dry_run: bool
    all: bool
    json: bool


# -- the archive of a library ---------------------------------------------------------------------


def _begin(where: LibraryContext, options: Options) -> int:
    """Make an archive, where that is asked for, and join it."""
    address, command = ArchiveAddress(options.words[0]), options.password_command or ""
    if archive_file(where.folder, where.paths).exists():
        with share_of(where) as share:
            if (before := share.address.text) != address.text:
                raise LibraryError(f"This library shares {before}. First: {PROGRAM} share leave")
    with closing(_logged_in(where, address, command, options)) as connection:
        if options.action == "create":
            make(connection, address)
        check(connection)
        share_all(connection, shared=options.shared)
    where.folder.mkdir(parents=True, exist_ok=True)
    with open_records(where.folder, where.paths) as records:
        records.put(
            address=address.text,
            command=command,
            shared=int(options.shared),
            folder=where.folder.resolve(),
        )
    output().line(f"{where.folder} now shares {address.text}.")
    return exchange_now(where, as_json=options.json)


def _logged_in(
    where: LibraryContext, address: ArchiveAddress, command: str, options: Options
) -> Connection:
    """Connect; ask for the password if it is missing, and keep it if it is right."""
    secrets = open_secrets(where.paths)
    given = address.password or secret_of(address, command, secrets)
    try:
        connection = connect(address, given)
    except ShareError as error:
        if not error.needs_password or command or not can_ask(as_json=options.json):
            raise
        given = address.password = typed_password("Password: ")
        connection = connect(address, given)
    if address.password and not command:
        secrets.save(credential_of(address), address.password)
    return connection


def _leave(where: LibraryContext, options: Options) -> int:
    with share_of(where) as share:
        address = share.address
        try:
            with closing(share.connect()) as connection:
                share_all(connection, shared=False)
                marks = format_count(count_own(connection), "mark")
            stays = f"what you sent, and {marks} of yours that nobody else sees"
        except LibraryError as error:
            stays = "what you sent and your marks"
            errors().line(
                f"{error} Your shared highlights stay visible until an administrator removes you."
            )
    open_secrets(where.paths).delete(credential_of(address))
    for ending in ("", "-wal", "-shm"):
        file = archive_file(where.folder, where.paths)
        file.with_name(file.name + ending).unlink(missing_ok=True)
    output().line(f"{where.folder} no longer shares {address.text}. Your files are kept.")
    output().line(f"The archive keeps {stays}.")
    return 0


# -- exchange -------------------------------------------------------------------------------------


def _now(where: LibraryContext, options: Options) -> int:
    if options.dry_run:
        return _would_send(where, options)
    if options.all:
        with share_of(where) as share, share.records.transaction():
            share.records.release(every=True)
    if not options.watch:
        return exchange_now(where, as_json=options.json)
    stopped = threading.Event()
    try:
        if options.json:
            become_child(stopped)
        with share_of(where) as share:
            for done in follow(share, stopped):
                if options.json:
                    output().json({"shared": asdict(done)})
                else:
                    tell_done(done)
                output().flush()
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def _would_send(where: LibraryContext, options: Options) -> int:
    """List what would be sent, as far as it is known here; the server is not asked."""
    with share_of(where) as share:
        look(share.folder, share.records)
        sending = share.records.to_send(with_held=options.all)
        held, unshared = share.records.held(), share.records.unshared()
        is_reader = share.records.get("may_write") == "0"
    paths = [] if is_reader else [file.entry.path for file in sending]
    if options.json:
        output().json({"would_send": paths, "held": held, "not_shared": unshared})
        return 0
    for path in paths:
        output().line(path)
    errors().line(f"{format_count(len(paths), 'file')} would be sent. Nothing was sent.")
    if is_reader:
        errors().line("You are a reader of the archive, so articles that you add are not sent.")
    _tell_left(0 if options.all or is_reader else held, unshared)
    return 0


def _of_a_reader(held: int) -> str:
    articles = format_count(held, "article")
    return f"Added while you were a reader, and not sent: {articles}. {SEND_ALL}"


def _tell_left(held: int, unshared: Mapping[str, Sequence[str]]) -> None:
    if held:
        errors().line(_of_a_reader(held))
    for reason, paths in unshared.items():
        shown = ", ".join(paths[:SHOWN])
        more = f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else ""
        errors().line(f"Not shared, {reason}: {shown}{more}")


def _keep_since(where: LibraryContext, options: Options) -> int:
    with share_of(where) as share:
        set_window(share.records, options.words[0], datetime.now().astimezone())
    return exchange_now(where, as_json=options.json)


def _reindex(where: LibraryContext, options: Options) -> int:
    with connected(where) as (_, connection), show_waiting("Rebuilding search data …"):
        mend(connection)
        count = write_anew(connection)
    output().line(f"Rebuilt the search data of {format_count(count, 'article')}.")
    return 0


def _delete_article(where: LibraryContext, options: Options) -> int:
    article = named_article(where, options.words[0])
    with connected(where) as (_, connection):
        delete(connection, article)
    output().line("It is deleted for everybody.")
    return exchange_now(where, as_json=options.json)


# -- status ---------------------------------------------------------------------------------------


def _status(where: LibraryContext, options: Options) -> int:
    role = problem = words = ""
    with share_of(where) as share:
        look(share.folder, share.records)
        try:
            with closing(share.connect()) as connection, translated():
                role, words = role_of(connection), words_problem(connection)
        except LibraryError as error:
            problem = str(error)
        seconds, first = share.records.number("success"), share.records.first
        last = datetime.fromtimestamp(seconds, UTC) if seconds else None
        waits, kept = share.records.waiting(), share.records.kept()
        held, unshared = share.records.held(), share.records.unshared()
        said = problem or share.records.get("problem") or words
    if options.json:
        record = {"address": share.address.text, "role": role, "waiting": waits, "kept": kept}
        record |= {"held": held, "not_shared": sum(map(len, unshared.values()))}
        window = first.date() if first else None
        output().json({**record, "last": last, "window": window, "problem": said})
        return 1 if problem else 0
    output().line(f"{where.folder} shares {share.address.text}{f' as {role}' if role else ''}.")
    if first is not None:
        output().line(f"Kept on this device: from {first.date()} on.")
    if last is not None:
        output().line(f"Last exchange: {format_date(last, False)}.")
    if role == "reader" and (waits := waits + held):
        output().line(stays_here(waits))
    elif waits:
        output().line(
            f"{format_count(waits, 'article')} of yours {'wait' if waits > 1 else 'waits'}."
        )
    if held and role != "reader":
        output().line(_of_a_reader(held))
    for reason, paths in unshared.items():
        output().line(f"Not shared: {len(paths):,} × {reason}, such as {paths[0]}.")
    if kept:
        have = "has" if kept == 1 else "have"
        output().line(
            f"{format_count(kept, 'article')} {have} a different text on this device than in "
            f"the archive."
        )
    if said:
        errors().complain(said)
    return 1 if problem else 0


def _list_shared(where: LibraryContext, options: Options) -> int:
    report = RecordPrinter(("folder", "address"), as_json=options.json)
    found = shared_here(where.paths)
    for folder, address in found:
        report.print_record({"folder": folder, "address": address}, [(f"{folder}: {address}",)])
    if not found:
        errors().line(
            f"No library on this device shares an archive. To share one: {PROGRAM} share join URL"
        )
    return 0


# -- members -------------------------------------------------------------------------------------


def _show_members(where: LibraryContext, options: Options) -> int:
    """List who is a member, and as what."""
    report = RecordPrinter(("name", "role"), as_json=options.json)
    with connected(where) as (_, connection):
        for name, role in members(connection).items():
            report.print_record({"name": name, "role": role}, [(f"{clean_line(name)}: {role}",)])
    return 0


def _grant_role(where: LibraryContext, options: Options) -> int:
    """Give a login a role, and make it with a password if it is missing."""
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


def _change_password(where: LibraryContext, options: Options) -> int:
    """Change the password of a login, and keep it where it is the user's own."""
    name = options.words[0]
    with connected(where) as (share, connection):
        if not is_login(connection, name):
            raise ShareError(f"The server has no login {name}.")
        password = _new_password(where, share, name, options.password_command)
        set_password(connection, name, password)
        secrets, credential = open_secrets(where.paths), credential_of(share.address)
        is_kept = secrets.find_place(credential) is not SecretPlace.NOWHERE
        if name == connection.info.user and is_kept:
            secrets.save(credential, password)
    output().line(f"The password of {name} was changed.")
    return 0


def _new_password(where: LibraryContext, share: Share, name: str, command: str | None) -> Secret:
    """A new password for a login, typed twice or of a command; UsageError without any."""
    if command:
        password = secret_of(share.address, command, open_secrets(where.paths))
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


def _show_versions(where: LibraryContext, options: Options) -> int:
    """List the versions of an article, the oldest first."""
    name = options.words[0]
    article = named_article(where, name)
    with connected(where) as (_, connection):
        found = versions(connection, article)
    if not found:
        raise LibraryError(f"The archive has no article {name}.")
    columns = ("number", "writer", "added", "deleted", "bytes")
    report = RecordPrinter(columns, as_json=options.json)
    for one in found:
        what = "deleted" if one.deleted else format_size(one.bytes)
        when = format_date(one.added.astimezone(UTC), False)
        line = f"{one.number}: {clean_line(one.writer)}, {when}, {what}"
        report.print_record(pick_values(one, *columns), [(line,)])
    return 0


def _take_version(where: LibraryContext, options: Options) -> int:
    """Bring back a version of an article, and send it."""
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


ACTIONS: Mapping[str, Callable[[LibraryContext, Options], int]] = {
    "create": _begin,
    "join": _begin,
    "now": _now,
    "status": _status,
    "list": _list_shared,
    "leave": _leave,
    "members": _show_members,
    "grant": _grant_role,
    "password": _change_password,
    "delete": _delete_article,
    "versions": _show_versions,
    "take": _take_version,
    "window": _keep_since,
    "reindex": _reindex,
}
