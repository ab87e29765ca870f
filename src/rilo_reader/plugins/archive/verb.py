"""`share`: one archive for many people, on a PostgreSQL server."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rilo_reader.cli.child import become_child, lower_priority
from rilo_reader.cli.choice import Place
from rilo_reader.cli.libraries import place
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.cli.report import Report, ask, can_ask, waiting
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.dates import human
from rilo_reader.library import LibraryError
from rilo_reader.plugins.archive import POSTGRESQL, archive_file
from rilo_reader.plugins.archive.actions import (
    change_password,
    grant_role,
    show_members,
    show_versions,
    take_version,
)
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
from rilo_reader.text import counted

if TYPE_CHECKING:
    from rilo_reader.plugins.archive.connection import ArchiveAddress, Connection

SEND_ALL = f"To send them: {PROGRAM} share now --all"

# -- the archive of a library ---------------------------------------------------------------------


def _begin(where: Place, options: ShareVerb) -> int:
    """Make an archive, where that is asked for, and join it."""
    from rilo_reader.plugins.archive.connection import ArchiveAddress, check, make
    from rilo_reader.plugins.archive.marks import share_all
    from rilo_reader.plugins.archive.records import open_records

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
    where: Place, address: ArchiveAddress, command: str, options: ShareVerb
) -> Connection:
    """Connect; ask for the password if it is missing, and keep it if it is right."""
    from rilo_reader.plugins.archive.connection import ShareError, connect, credential_of, secret_of
    from rilo_reader.secrets import secrets_of

    secrets = secrets_of(where.paths)
    given = address.password or secret_of(address, command, secrets)
    try:
        connection = connect(address, given)
    except ShareError as error:
        if not error.needs_password or command or not can_ask(as_json=options.json):
            raise
        given = address.password = typed_password("Password: ")
        connection = connect(address, given)
    if address.password and not command:
        secrets.keep(credential_of(address), address.password)
    return connection


def _leave(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.connection import credential_of
    from rilo_reader.plugins.archive.marks import count_own, share_all
    from rilo_reader.secrets import secrets_of

    with share_of(where) as share:
        address = share.address
        try:
            with closing(share.connect()) as connection:
                share_all(connection, shared=False)
                marks = counted(count_own(connection), "mark")
            stays = f"what you sent, and {marks} of yours that nobody else sees"
        except LibraryError as error:
            stays = "what you sent and your marks"
            errors().line(
                f"{error} Your shared highlights stay visible until an administrator removes you."
            )
    secrets_of(where.paths).forget(credential_of(address))
    for ending in ("", "-wal", "-shm"):
        file = archive_file(where.folder, where.paths)
        file.with_name(file.name + ending).unlink(missing_ok=True)
    output().line(f"{where.folder} no longer shares {address.text}. Your files are kept.")
    output().line(f"The archive keeps {stays}.")
    return 0


# -- exchange -------------------------------------------------------------------------------------


def _now(where: Place, options: ShareVerb) -> int:
    if options.dry_run:
        return _dry_run(where, options)
    if options.all:
        with share_of(where) as share, share.records.transaction():
            share.records.release(every=True)
    if not options.watch:
        return exchange_now(where, as_json=options.json)
    from rilo_reader.plugins.archive.follow import follow

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


def _dry_run(where: Place, options: ShareVerb) -> int:
    """List what would be sent, as far as it is known here; the server is not asked."""
    from rilo_reader.plugins.archive.files import look

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
    errors().line(f"{counted(len(paths), 'file')} would be sent. Nothing was sent.")
    if is_reader:
        errors().line("You are a reader of the archive, so articles that you add are not sent.")
    _tell_left(0 if options.all or is_reader else held, unshared)
    return 0


def _of_a_reader(held: int) -> str:
    articles = counted(held, "article")
    return f"Added while you were a reader, and not sent: {articles}. {SEND_ALL}"


def _tell_left(held: int, unshared: Mapping[str, Sequence[str]]) -> None:
    if held:
        errors().line(_of_a_reader(held))
    for reason, paths in unshared.items():
        shown = ", ".join(paths[:SHOWN])
        more = f" and {len(paths) - SHOWN:,} more" if len(paths) > SHOWN else ""
        errors().line(f"Not shared, {reason}: {shown}{more}")


def _window(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.window import set_window

    with share_of(where) as share:
        set_window(share.records, options.words[0], datetime.now().astimezone())
    return exchange_now(where, as_json=options.json)


def _reindex(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.schema import mend
    from rilo_reader.plugins.archive.words import write_anew

    with connected(where) as (_, connection), waiting("Rebuilding search data …"):
        mend(connection)
        count = write_anew(connection)
    output().line(f"Rebuilt the search data of {counted(count, 'article')}.")
    return 0


def _delete(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.push import delete

    article = named_article(where, options.words[0])
    with connected(where) as (_, connection):
        delete(connection, article)
    output().line("It is deleted for everybody.")
    return exchange_now(where, as_json=options.json)


# -- status ---------------------------------------------------------------------------------------


def _status(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.connection import translated
    from rilo_reader.plugins.archive.files import look
    from rilo_reader.plugins.archive.members import role_of
    from rilo_reader.plugins.archive.words import words_problem

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
        output().line(f"Last exchange: {human(last, False)}.")
    if role == "reader" and (waits := waits + held):
        output().line(stays_here(waits))
    elif waits:
        output().line(f"{counted(waits, 'article')} of yours {'wait' if waits > 1 else 'waits'}.")
    if held and role != "reader":
        output().line(_of_a_reader(held))
    for reason, paths in unshared.items():
        output().line(f"Not shared: {len(paths):,} × {reason}, such as {paths[0]}.")
    if kept:
        have = "has" if kept == 1 else "have"
        output().line(
            f"{counted(kept, 'article')} {have} a different text on this device than in "
            f"the archive."
        )
    if said:
        errors().complain(said)
    return 1 if problem else 0


def _list(where: Place, options: ShareVerb) -> int:
    from rilo_reader.plugins.archive.records import shared_here

    report = Report(("folder", "address"), as_json=options.json)
    found = shared_here(where.paths)
    for folder, address in found:
        report.add({"folder": folder, "address": address}, [(f"{folder}: {address}",)])
    if not found:
        errors().line(
            f"No library on this device shares an archive. To share one: {PROGRAM} share join URL"
        )
    return 0


# -- the verb -------------------------------------------------------------------------------------

_ACTIONS = {
    "create": (_begin, 1),
    "join": (_begin, 1),
    "now": (_now, 0),
    "status": (_status, 0),
    "list": (_list, 0),
    "leave": (_leave, 0),
    "members": (show_members, 0),
    "grant": (grant_role, 2),
    "password": (change_password, 1),
    "delete": (_delete, 1),
    "versions": (show_versions, 1),
    "take": (take_version, 2),
    "window": (_window, 1),
    "reindex": (_reindex, 0),
}
"""What each action does, and how many words it takes."""

_FLAGS = {
    "password_command": ("create", "join", "grant", "password"),
    "shared": ("create", "join"),
    "watch": ("now",),
    "dry_run": ("now",),
    "all": ("now",),
    "json": ("now", "status", "list", "members", "versions"),
}


class ShareVerb(Verb):
    """Share one archive with colleagues, on a PostgreSQL server."""

    heading = "Syncing and sharing"
    library_help = "the library to share, instead of yours"
    usage = """\
rilo-reader share create|join URL [--password-command CMD] [--shared]
       rilo-reader share now [--watch | --dry-run] [--all] [--json]
       rilo-reader share status|list|members [--json]
       rilo-reader share window SINCE|all | leave | delete ARTICLE | reindex
       rilo-reader share versions ARTICLE [--json] | take ARTICLE N
       rilo-reader share grant NAME reader|contributor|administrator|none
       rilo-reader share password NAME [--password-command CMD]"""
    about = """
Share the articles of a library with colleagues, on a PostgreSQL server.

Each member keeps files and an index, and can read when the server is away. New
articles reach the others within a second. Nobody sees what you read, star, tag
or highlight. URL is the address of a database, postgresql://NAME@HOST/DATABASE;
.pgpass, service files and PG… variables are used. The server's certificate is
verified unless the URL says otherwise.

Actions:
  create URL      make an archive in an empty database, and join it
  join URL        share this library from now on
  now             exchange new articles; an open reader does this for you
  status          show what waits to be sent, and what went wrong
  list            show the libraries on this machine that share an archive
  window SINCE    keep only articles newer than SINCE, such as 2y, 90d or 2019.
                  Older articles of others are removed from this machine, unless
                  you starred, tagged or annotated them; a search finds them in
                  the archive. With all, everything comes back
  leave           stop sharing; articles and marks are kept on both sides, and
                  your highlights are no longer shown to others
  members         show the members and their roles
  grant NAME ROLE make NAME a reader, contributor or administrator, or none; a
                  login that the server does not have is created
  password NAME   change the password of a login: yours, or one that you created
  versions ARTICLE  show who wrote which version of an article, and when
  take ARTICLE N  bring back version N; your current text is kept beside it
  delete ARTICLE  delete an article for everybody: one of yours, or any if you
                  are an administrator
  reindex         as administrator, rebuild outdated search data, if status says
                  that a search may miss articles
"""
    other_names = (("share", "archive team colleagues"),)
    examples = (
        "rilo-reader share create postgresql://anna@desk.example.org/desk",
        "rilo-reader share join postgresql://ben@desk.example.org/desk",
        "rilo-reader share grant ben contributor",
    )
    exit_codes = """0 done; 1 failed, also if the server does not answer (your changes are kept and
sent later); 2 wrong usage."""

    action: str = argument("ACTION", "see above", nargs="?", default="", offers=tuple(_ACTIONS))
    words: list[str] = argument("WORD", "values for the action, as above", nargs="*")
    password_command: str | None = option(
        "--password-command CMD",
        "a command that prints the password on its first line, such as 'pass show desk' (not run "
        "in a shell). Otherwise you are asked, unless .pgpass or a service file has it",
    )
    shared: bool = flag(
        "--shared", "show your highlights and notes to all members; marks stay private"
    )
    watch: bool = flag("--watch", "keep exchanging until Ctrl-C")
    dry_run: bool = flag("--dry-run", "list the files that would be sent, and send nothing")
    all: bool = flag("--all", "also send articles that you added while you were a reader")
    json: bool = flag(
        "--json",
        "one JSON object: address, role, waiting, kept, held, not_shared, last, window, problem; "
        "of now: new, updated, kept, deleted, dropped, refused, outside, sent, held, replaced, "
        "marks_sent, marks_changed, highlights_changed, restored, problem; with --dry-run: "
        "would_send, held, not_shared; of versions: number, writer, added, deleted, bytes",
    )

    @property
    def writes(self) -> bool:
        """See `Verb.writes`."""
        return self.action not in ("status", "list", "members", "versions")

    def run(self) -> int:
        """Create, join or leave an archive, exchange with it, or say how it stands."""
        self.check_action(self.action, tuple(_ACTIONS), _FLAGS)
        does, count = _ACTIONS[self.action]
        if self.action in ("create", "join") and not self.words and can_ask(as_json=self.json):
            self.words = [ask("Address (postgresql://user@host/database): ")]
        if len(self.words) != count:
            takes = counted(count, "word")
            raise UsageError(f"share {self.action} takes {takes}. See {PROGRAM} share --help")
        if missing := POSTGRESQL.missing:
            raise LibraryError(missing)
        if self.json and self.action == "now":
            lower_priority()
        return does(place(self.library), self)
