"""`share`: one archive for many people, on a PostgreSQL server."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rilo_reader.cli.child import become_child, lower_priority
from rilo_reader.cli.choice import Place
from rilo_reader.cli.libraries import find_article, place, update_index
from rilo_reader.cli.output import PROGRAM, UsageError, errors, output
from rilo_reader.cli.report import Report, ask, can_ask, waiting
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.dates import human
from rilo_reader.extras import POSTGRESQL
from rilo_reader.library import LibraryError
from rilo_reader.paths import archive_file
from rilo_reader.text import clean_line, counted

if TYPE_CHECKING:
    from rilo_reader.share.connection import Address, Connection
    from rilo_reader.share.records import Exchanged
    from rilo_reader.share.share import Share
    from rilo_reader.sync.services.secrets import Secret

_ROLES = ("reader", "contributor", "administrator", "none")

# -- the archive of a library ---------------------------------------------------------------------


@contextmanager
def _share(where: Place) -> Iterator[Share]:
    from rilo_reader.share.connection import ShareError
    from rilo_reader.share.records import open_records
    from rilo_reader.share.share import Share

    if not archive_file(where.folder, where.paths).exists():
        raise ShareError(f"{where.folder} shares no archive. To join one: {PROGRAM} share join URL")
    with open_records(where.folder, where.paths) as records:
        yield Share(where.folder, where.paths, records)


@contextmanager
def _connected(where: Place) -> Iterator[tuple[Share, Connection]]:
    from rilo_reader.share.connection import translated

    with _share(where) as share, closing(share.connect()) as connection, translated():
        yield share, connection


def _begin(where: Place, options: ShareVerb) -> int:
    """Make an archive, where that is asked for, and join it."""
    from rilo_reader.share.connection import Address, check, make
    from rilo_reader.share.marks import share_all
    from rilo_reader.share.records import open_records

    address, command = Address(options.words[0]), options.password_command or ""
    if archive_file(where.folder, where.paths).exists():
        with _share(where) as share:
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
    output().line(f"{where.folder} shares {address.text} now.")
    return _exchange(where, options)


def _logged_in(where: Place, address: Address, command: str, options: ShareVerb) -> Connection:
    """Connect; ask for the password if it is missing, and keep it if it is right."""
    from rilo_reader.share.connection import ShareError, account_of, connect, secret_of
    from rilo_reader.sync.services.secrets import secrets_of

    secrets = secrets_of(where.paths)
    given = address.password or secret_of(address, command, secrets)
    try:
        connection = connect(address, given)
    except ShareError as error:
        if not error.needs_password or command or not can_ask(as_json=options.json):
            raise
        given = address.password = _password("Password: ")
        connection = connect(address, given)
    if address.password and not command:
        secrets.keep(account_of(address, ""), address.password)
    return connection


def _password(question: str) -> Secret:
    from rilo_reader.sync.services.secrets import Secret

    try:
        return Secret(getpass.getpass(question))
    except EOFError:
        raise KeyboardInterrupt from None


def _leave(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.connection import account_of
    from rilo_reader.sync.services.secrets import secrets_of

    with _share(where) as share:
        address = share.address
    secrets_of(where.paths).forget(account_of(address, ""))
    for ending in ("", "-wal", "-shm"):
        file = archive_file(where.folder, where.paths)
        file.with_name(file.name + ending).unlink(missing_ok=True)
    output().line(f"{where.folder} shares {address.text} no more. Nothing was deleted.")
    return 0


# -- exchange -------------------------------------------------------------------------------------


def _now(where: Place, options: ShareVerb) -> int:
    if not options.watch:
        return _exchange(where, options)
    from rilo_reader.share.follow import follow

    stopped = threading.Event()
    try:
        if options.json:
            become_child(stopped)
        with _share(where) as share:
            for done in follow(share, stopped):
                if options.json:
                    output().json({"shared": asdict(done)})
                else:
                    output().line(_sentence(done))
                output().flush()
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def _window(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.window import set_window

    with _share(where) as share:
        set_window(share.records, options.words[0], datetime.now().astimezone())
    return _exchange(where, options)


def _reindex(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.words import write_anew

    with _connected(where) as (_, connection), waiting("Writing words …"):
        count = write_anew(connection)
    output().line(f"The words of {counted(count, 'article')} were written anew.")
    return 0


def _delete(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.push import delete

    with where.open() as library:
        update_index(library)
        article = find_article(library, options.words[0])
    if article is None:
        raise LibraryError(f"{options.words[0]} is not an article of {where.folder}.")
    with _connected(where) as (_, connection):
        delete(connection, article)
    output().line("It is deleted for all.")
    return _exchange(where, options)


def _exchange(where: Place, options: ShareVerb) -> int:
    """Exchange and print what was done; return the exit code."""
    with _connected(where) as (share, connection), waiting("Exchanging articles …"):
        done = share.exchange(connection)
    if options.json:
        output().json(asdict(done))
    else:
        output().line(_sentence(done))
    if done.new or done.updated or done.deleted or done.dropped:
        with where.open() as library:
            update_index(library)
    return 1 if done.problem else 0


def _sentence(done: Exchanged) -> str:
    if done.problem:
        return done.problem
    counts = {
        "new": done.new,
        "updated": done.updated,
        "changed here too and kept": done.kept,
        "deleted": done.deleted,
        "older and only in the archive now": done.dropped,
        "not accepted": done.refused,
        "sent": done.sent,
    }
    parts = [f"{count:,} {words}" for words, count in counts.items() if count]
    if marks := done.marks_sent + done.marks_changed:
        parts.append(f"{counted(marks, 'mark')} exchanged")
    parts += ["other highlights of colleagues"] if done.highlights_changed else []
    restored = "The server was restored from a backup; what it lacked was sent. "
    return f"{restored if done.restored else ''}{', '.join(parts) or 'Nothing is new'}."


def exchange_after(options: Verb) -> None:
    """Exchange with the archive that a library shares, if it shares one, after a verb changed it.

    A problem is a line on stderr: what is new waits.
    """
    where = place(options.library)
    if not archive_file(where.folder, where.paths).exists() or POSTGRESQL.missing:
        return
    try:
        with _connected(where) as (share, connection):
            done = share.exchange(connection)
        if done.problem:
            errors().line(done.problem)
    except LibraryError as error:
        errors().line(f"Not shared yet: {error}")


# -- status, members ------------------------------------------------------------------------------


def _status(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.connection import translated
    from rilo_reader.share.files import look
    from rilo_reader.share.members import role_of
    from rilo_reader.share.words import words_problem

    role = problem = words = ""
    with _share(where) as share:
        look(share.folder, share.records)
        try:
            with closing(share.connect()) as connection, translated():
                role, words = role_of(connection), words_problem(connection)
        except LibraryError as error:
            problem = str(error)
        seconds, first = share.records.number("success"), share.records.first
        last = datetime.fromtimestamp(seconds, UTC) if seconds else None
        waits, kept = share.records.waiting(), share.records.kept()
        said = problem or share.records.get("problem") or words
    if options.json:
        record = {"address": share.address.text, "role": role, "waiting": waits, "kept": kept}
        window = first.date() if first else None
        output().json({**record, "last": last, "window": window, "problem": said})
        return 1 if problem else 0
    output().line(f"{where.folder} shares {share.address.text}{f' as {role}' if role else ''}.")
    if first is not None:
        output().line(f"Kept here: from {first.date()} on.")
    if last is not None:
        output().line(f"Last exchange: {human(last, False)}.")
    if waits and role != "reader":
        output().line(f"{counted(waits, 'article')} of yours {'wait' if waits > 1 else 'waits'}.")
    if kept:
        have = "has" if kept == 1 else "have"
        output().line(f"{counted(kept, 'article')} {have} another text here than in the archive.")
    if said:
        errors().complain(said)
    return 1 if problem else 0


def _list(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.records import shared_here

    report = Report(("folder", "address"), as_json=options.json)
    found = shared_here(where.paths)
    for folder, address in found:
        report.add({"folder": folder, "address": address}, [(f"{folder}: {address}",)])
    if not found:
        errors().line(f"No library here shares an archive. To share one: {PROGRAM} share join URL")
    return 0


def _members(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.members import members

    report = Report(("name", "role"), as_json=options.json)
    with _connected(where) as (_, connection):
        for name, role in members(connection).items():
            report.add({"name": name, "role": role}, [(f"{clean_line(name)}: {role}",)])
    return 0


def _grant(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.connection import secret_of
    from rilo_reader.share.members import NONE, grant, is_login
    from rilo_reader.sync.services.secrets import Secret, secrets_of

    name, role = options.words
    if role not in _ROLES:
        raise UsageError(f"share grant takes one of {', '.join(_ROLES)}, not '{role}'")
    with _connected(where) as (share, connection):
        password = Secret("")
        if role != NONE and not is_login(connection, name):
            if options.password_command:
                secrets = secrets_of(where.paths)
                password = secret_of(share.address, options.password_command, secrets)
            elif can_ask(as_json=False):
                password = _password(f"Password for the new login {name} (none: no password): ")
        grant(connection, name, role, password)
    said = f"{name} is no member any more" if role == NONE else f"{name} is {role} now"
    output().line(f"{said}.")
    return 0


# -- the verb -------------------------------------------------------------------------------------

_ACTIONS = {
    "create": (_begin, 1),
    "join": (_begin, 1),
    "now": (_now, 0),
    "status": (_status, 0),
    "list": (_list, 0),
    "leave": (_leave, 0),
    "members": (_members, 0),
    "grant": (_grant, 2),
    "delete": (_delete, 1),
    "window": (_window, 1),
    "reindex": (_reindex, 0),
}
"""What each action does, and how many words it takes."""

_FLAGS = {
    "password_command": ("create", "join", "grant"),
    "shared": ("create", "join"),
    "watch": ("now",),
    "json": ("now", "status", "list", "members"),
}


class ShareVerb(Verb):
    """Share one archive with colleagues, on a PostgreSQL server."""

    library_help = "the library to share, instead of yours"
    usage = """\
rilo-reader share create|join URL [--password-command CMD] [--shared]
       rilo-reader share now [--watch] [--json]
       rilo-reader share status|list|members [--json]
       rilo-reader share window SINCE|all | leave | delete ARTICLE | reindex
       rilo-reader share grant NAME reader|contributor|administrator|none"""
    about = """
Share the articles of a library with colleagues, through a PostgreSQL server:
each keeps files and an index of their own, and reads also when the server is
away. What one collects or imports is with the others within a second. Nobody
sees what you read, star, tag or highlight. URL is the address of a database,
postgresql://NAME@HOST/DATABASE; libpq's .pgpass, services and PG… variables
hold. The server's certificate is verified unless the URL says otherwise.

Actions:
  create URL      make an archive in an empty database, and join it
  join URL        share this library from now on
  now             exchange what is new; the reader does so by itself
  status          show what waits, and what went wrong
  list            show the libraries here that share an archive
  window SINCE    keep here only what is newer, such as 2y, 90d or 2019. Older
                  articles of others go from here, unless you starred, tagged
                  or annotated them; a search finds them in the archive. With
                  all, everything comes back
  leave           share no more; articles and marks stay here and there
  members         show who is a member, and as what
  grant NAME ROLE make NAME a reader, contributor or administrator, or none; a
                  login that the server does not have is made
  delete ARTICLE  delete an article for all: one of yours, or as administrator
  reindex         as administrator, write the words anew that another version of
                  rilo-reader wrote, where status says that searches miss some
"""
    examples = (
        "rilo-reader share create postgresql://anna@desk.example.org/desk",
        "rilo-reader share join postgresql://ben@desk.example.org/desk",
        "rilo-reader share grant ben contributor",
    )
    exit_codes = """0 done; 1 failed, also when the server does not answer (then what is new
waits); 2 wrong usage."""

    action: str = argument("ACTION", "see above", nargs="?", default="", offers=tuple(_ACTIONS))
    words: list[str] = argument("WORD", "what the action needs, as above", nargs="*")
    password_command: str | None = option(
        "--password-command CMD",
        "a command that prints the password on its first line, such as 'pass show desk' (not run "
        "in a shell). Otherwise you are asked, unless .pgpass or a service file has it",
    )
    shared: bool = flag(
        "--shared", "let all members see your highlights and notes; marks are always yours alone"
    )
    watch: bool = flag("--watch", "keep exchanging until Ctrl-C, as the reader does")
    json: bool = flag(
        "--json",
        "one JSON object: address, role, waiting, kept, last, window, problem; of now: new, "
        "updated, kept, deleted, dropped, refused, sent, marks_sent, marks_changed, "
        "highlights_changed, restored, problem",
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
