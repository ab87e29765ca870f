"""The actions of `share`."""

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
    check_archive,
    connect_archive,
    convert_errors,
    create_archive,
    find_secret,
    make_credential,
)
from rilo_reader.plugins.archive.exchange import ArchiveShare
from rilo_reader.plugins.archive.files import record_changed_files
from rilo_reader.plugins.archive.follow import follow_archive
from rilo_reader.plugins.archive.marks import count_own, set_shared
from rilo_reader.plugins.archive.members import (
    NO_ROLE,
    find_own_role,
    grant_role,
    is_login,
    list_members,
    set_password,
)
from rilo_reader.plugins.archive.push import delete_article
from rilo_reader.plugins.archive.records import list_shared_folders, open_records
from rilo_reader.plugins.archive.schema import upgrade_archive
from rilo_reader.plugins.archive.sharing import (
    MAX_SHOWN,
    ask_password,
    describe_unsent,
    exchange_now,
    open_connected_share,
    open_share,
    print_result,
    resolve_article,
)
from rilo_reader.plugins.archive.versions import list_versions, write_version
from rilo_reader.plugins.archive.window import set_window
from rilo_reader.plugins.archive.words_table import describe_words_problem, rebuild_words
from rilo_reader.secret_store import Secret, SecretPlace, open_secrets
from rilo_reader.text import clean_line, format_count

SEND_ALL = f"To send them: {PROGRAM} share now --all"
ROLES = ("reader", "contributor", "administrator", "none")


class ShareOptions(Protocol):
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


def _create_or_join(context: LibraryContext, options: ShareOptions) -> int:
    """Join an archive, which `create` makes first."""
    address, command = ArchiveAddress(options.words[0]), options.password_command or ""
    if archive_file(context.folder, context.paths).exists():
        with open_share(context) as share:
            if (before := share.address.text) != address.text:
                raise LibraryError(f"This library shares {before}. First: {PROGRAM} share leave")
    with closing(_connect_with_password(context, address, command, options)) as connection:
        if options.action == "create":
            create_archive(connection, address)
        check_archive(connection)
        set_shared(connection, shared=options.shared)
    context.folder.mkdir(parents=True, exist_ok=True)
    with open_records(context.folder, context.paths) as records:
        records.write_settings(
            address=address.text,
            command=command,
            shared=int(options.shared),
            folder=context.folder.resolve(),
        )
    output().line(f"{context.folder} now shares {address.text}.")
    return exchange_now(context, as_json=options.json)


def _connect_with_password(
    context: LibraryContext, address: ArchiveAddress, command: str, options: ShareOptions
) -> Connection:
    """Connect; ask for the password if it is missing, and save it if it is right."""
    secrets = open_secrets(context.paths)
    secret = address.password or find_secret(address, command, secrets)
    try:
        connection = connect_archive(address, secret)
    except ShareError as error:
        if not error.needs_password or command or not can_ask(as_json=options.json):
            raise
        secret = address.password = ask_password("Password: ")
        connection = connect_archive(address, secret)
    if address.password and not command:
        secrets.save(make_credential(address), address.password)
    return connection


def _leave_archive(context: LibraryContext, options: ShareOptions) -> int:
    with open_share(context) as share:
        address = share.address
        try:
            with closing(share.connect_joined()) as connection:
                set_shared(connection, shared=False)
                marks = format_count(count_own(connection), "mark")
            stays = f"what you sent, and {marks} of yours that nobody else sees"
        except LibraryError as error:
            stays = "what you sent and your marks"
            stay = "Your shared highlights stay visible until an administrator removes you."
            errors().line(f"{error} {stay}")
    open_secrets(context.paths).delete(make_credential(address))
    for ending in ("", "-wal", "-shm"):
        file = archive_file(context.folder, context.paths)
        file.with_name(file.name + ending).unlink(missing_ok=True)
    output().line(f"{context.folder} no longer shares {address.text}. Your files are kept.")
    output().line(f"The archive keeps {stays}.")
    return 0


# -- exchange -------------------------------------------------------------------------------------


def _exchange_now(context: LibraryContext, options: ShareOptions) -> int:
    if options.dry_run:
        return _print_dry_run(context, options)
    if options.all:
        with open_share(context) as share, share.records.transaction():
            share.records.release_held(every=True)
    if not options.watch:
        return exchange_now(context, as_json=options.json)
    stopped = threading.Event()
    try:
        if options.json:
            become_child(stopped)
        with open_share(context) as share:
            for result in follow_archive(share, stopped):
                if options.json:
                    output().json({"shared": asdict(result)})
                else:
                    print_result(result)
                output().flush()
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def _print_dry_run(context: LibraryContext, options: ShareOptions) -> int:
    """List the files that would be sent, by the local records; the server is not asked."""
    with open_share(context) as share:
        record_changed_files(share.folder, share.records)
        sending = share.records.list_unsent(with_held=options.all)
        held, unshared = share.records.count_held(), share.records.unshared_paths()
        is_reader = share.records.read_setting("may_write") == "0"
    paths = [] if is_reader else [file.entry.path for file in sending]
    if options.json:
        output().json({"would_send": paths, "held": held, "not_shared": unshared})
        return 0
    for path in paths:
        output().line(path)
    errors().line(f"{format_count(len(paths), 'file')} would be sent. Nothing was sent.")
    if is_reader:
        errors().line("You are a reader of the archive, so articles that you add are not sent.")
    _print_left(0 if options.all or is_reader else held, unshared)
    return 0


def _describe_held(held: int) -> str:
    articles = format_count(held, "article")
    return f"Added while you were a reader, and not sent: {articles}. {SEND_ALL}"


def _print_left(held: int, unshared: Mapping[str, Sequence[str]]) -> None:
    if held:
        errors().line(_describe_held(held))
    for reason, paths in unshared.items():
        errors().line(f"Not shared, {reason}: {_name_some(paths)}")


def _name_some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MAX_SHOWN:,} more" if len(paths) > MAX_SHOWN else ""
    return f"{', '.join(paths[:MAX_SHOWN])}{more}"


def _set_window(context: LibraryContext, options: ShareOptions) -> int:
    with open_share(context) as share:
        set_window(share.records, options.words[0], datetime.now().astimezone())
    return exchange_now(context, as_json=options.json)


def _rebuild_words(context: LibraryContext, options: ShareOptions) -> int:
    with open_connected_share(context) as (_, connection), show_waiting("Rebuilding search data …"):
        upgrade_archive(connection)
        count = rebuild_words(connection)
    output().line(f"Rebuilt the search data of {format_count(count, 'article')}.")
    return 0


def _delete_article(context: LibraryContext, options: ShareOptions) -> int:
    article = resolve_article(context, options.words[0])
    with open_connected_share(context) as (_, connection):
        delete_article(connection, article)
    output().line("It is deleted for everybody.")
    return exchange_now(context, as_json=options.json)


# -- status ---------------------------------------------------------------------------------------


def _print_status(context: LibraryContext, options: ShareOptions) -> int:
    role = problem = words = ""
    with open_share(context) as share:
        record_changed_files(share.folder, share.records)
        try:
            with closing(share.connect_joined()) as connection, convert_errors():
                role, words = find_own_role(connection), describe_words_problem(connection)
        except LibraryError as error:
            problem = str(error)
        seconds, first = share.records.read_number("success"), share.records.first_date
        last = datetime.fromtimestamp(seconds, UTC) if seconds else None
        waits, kept = share.records.count_waiting(), share.records.kept_paths()
        held, unshared = share.records.count_held(), share.records.unshared_paths()
        shown = problem or share.records.read_setting("problem") or words
    if options.json:
        record = {"address": share.address.text, "role": role, "waiting": waits, "kept": len(kept)}
        record |= {"held": held, "not_shared": sum(map(len, unshared.values()))}
        window = first.date() if first else None
        output().json({**record, "last": last, "window": window, "problem": shown})
        return 1 if problem else 0
    output().line(f"{context.folder} shares {share.address.text}{f' as {role}' if role else ''}.")
    if first is not None:
        output().line(f"Kept on this device: from {first.date()} on.")
    if last is not None:
        output().line(f"Last exchange: {format_date(last, False)}.")
    if role == "reader" and (waits := waits + held):
        output().line(describe_unsent(waits))
    elif waits:
        wait = "wait" if waits > 1 else "waits"
        output().line(f"{format_count(waits, 'article')} of yours {wait}.")
    if held and role != "reader":
        output().line(_describe_held(held))
    for reason, paths in unshared.items():
        output().line(f"Not shared: {len(paths):,} × {reason}, such as {paths[0]}.")
    if kept:
        have = f"{format_count(len(kept), 'article')} {'has' if len(kept) == 1 else 'have'}"
        named = _name_some(kept)
        output().line(f"{have} a different text on this device than in the archive: {named}")
    if shown:
        errors().complain(shown)
    return 1 if problem else 0


def _list_shared(context: LibraryContext, options: ShareOptions) -> int:
    report = RecordPrinter(("folder", "address"), as_json=options.json)
    found = list_shared_folders(context.paths)
    for folder, address in found:
        report.print_record({"folder": folder, "address": address}, [(f"{folder}: {address}",)])
    if not found:
        share = f"To share one: {PROGRAM} share join URL"
        errors().line(f"No library on this device shares an archive. {share}")
    return 0


# -- members -------------------------------------------------------------------------------------


def _show_members(context: LibraryContext, options: ShareOptions) -> int:
    """List the members and their roles."""
    report = RecordPrinter(("name", "role"), as_json=options.json)
    with open_connected_share(context) as (_, connection):
        for name, role in list_members(connection).items():
            report.print_record({"name": name, "role": role}, [(f"{clean_line(name)}: {role}",)])
    return 0


def _grant_role(context: LibraryContext, options: ShareOptions) -> int:
    """Give a login a role, and make it with a password if it is missing."""
    name, role = options.words
    if role not in ROLES:
        raise UsageError(f"share grant takes one of {', '.join(ROLES)}, not '{role}'")
    with open_connected_share(context) as (share, connection):
        password = None
        if role != NO_ROLE and not is_login(connection, name):
            password = _ask_new_password(context, share, name, options.password_command)
        grant_role(connection, name, role, password)
    now = "no longer a member" if role == NO_ROLE else f"now {role}"
    output().line(f"{name} is {now}.")
    return 0


def _set_password(context: LibraryContext, options: ShareOptions) -> int:
    """Change the password of a login, and save it if it is the user's own."""
    name = options.words[0]
    with open_connected_share(context) as (share, connection):
        if not is_login(connection, name):
            raise ShareError(f"The server has no login {name}.")
        password = _ask_new_password(context, share, name, options.password_command)
        set_password(connection, name, password)
        secrets, credential = open_secrets(context.paths), make_credential(share.address)
        is_kept = secrets.find_place(credential) is not SecretPlace.NOWHERE
        if name == connection.info.user and is_kept:
            secrets.save(credential, password)
    output().line(f"The password of {name} was changed.")
    return 0


def _ask_new_password(
    context: LibraryContext, share: ArchiveShare, name: str, command: str | None
) -> Secret:
    """Return a new password for a login, typed twice or of a command; UsageError without any."""
    if command:
        password = find_secret(share.address, command, open_secrets(context.paths))
    elif can_ask(as_json=False):
        password = ask_password(f"New password for the login {name}: ")
        if password and password.reveal() != ask_password("Repeat it: ").reveal():
            raise UsageError("the two passwords differ; nothing was changed")
    else:
        raise UsageError(
            f"the login {name} needs a password: run this in a terminal, or add --password-command"
        )
    if not password:
        raise UsageError("the password is empty; nothing was changed")
    return password


# -- versions -------------------------------------------------------------------------------------


def _show_versions(context: LibraryContext, options: ShareOptions) -> int:
    """List the versions of an article, the oldest first."""
    name = options.words[0]
    article = resolve_article(context, name)
    with open_connected_share(context) as (_, connection):
        found = list_versions(connection, article)
    if not found:
        raise LibraryError(f"The archive has no article {name}.")
    columns = ("number", "writer", "added", "deleted", "bytes")
    report = RecordPrinter(columns, as_json=options.json)
    if report.for_people:
        output().line(f"Versions of {name}, the oldest first: number, writer, time, size")
    for one in found:
        what = "deleted" if one.deleted else format_size(one.bytes)
        when = format_date(one.added.astimezone(UTC), False)
        line = f"{one.number}: {clean_line(one.writer)}, {when}, {what}"
        deleted = "deleted" if one.deleted else ""
        report.print_record(pick_values(one, *columns), [(line,)], deleted=deleted)
    return 0


def _restore_version(context: LibraryContext, options: ShareOptions) -> int:
    """Bring back a version of an article, and send it."""
    name, number = options.words
    if not number.isdecimal() or not number.isascii() or len(number) > 9:
        raise UsageError(f"share take needs the number of a version, not '{number}'")
    article = resolve_article(context, name)
    with open_connected_share(context) as (share, connection):
        record_changed_files(share.folder, share.records)
        path, copy = write_version(connection, share.folder, share.records, article, int(number))
    kept = f" The text before is kept as {copy}." if copy else ""
    output().line(f"{path} is now version {int(number)}.{kept}")
    return exchange_now(context, as_json=False)


ACTIONS: Mapping[str, Callable[[LibraryContext, ShareOptions], int]] = {
    "create": _create_or_join,
    "join": _create_or_join,
    "now": _exchange_now,
    "status": _print_status,
    "list": _list_shared,
    "leave": _leave_archive,
    "members": _show_members,
    "grant": _grant_role,
    "password": _set_password,
    "delete": _delete_article,
    "versions": _show_versions,
    "take": _restore_version,
    "window": _set_window,
    "reindex": _rebuild_words,
}
