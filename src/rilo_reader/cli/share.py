"""`share`: one archive for many people, on a PostgreSQL server."""

from __future__ import annotations

import getpass
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from rilo_reader.annotations.highlight import from_fields
from rilo_reader.cli.child import become_child, for_program
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
    from rilo_reader.share.share import Exchanged, Share
    from rilo_reader.sync.services.secrets import Secret

ACTIONS = {
    "create": 1,
    "join": 1,
    "now": 0,
    "status": 0,
    "list": 0,
    "leave": 0,
    "members": 0,
    "highlights": 0,
    "grant": 2,
    "delete": 1,
    "window": 1,
}
"""The actions, and how many words each takes."""

ROLES = ("reader", "contributor", "administrator", "none")


class ShareVerb(Verb):
    """Share one archive with colleagues, on a PostgreSQL server."""

    library_help = "the library to share, instead of yours"
    usage = """\
rilo-reader share create|join URL [--password-command CMD] [--shared]
       rilo-reader share now [--watch] [--json]
       rilo-reader share status|list|members|highlights [--json]
       rilo-reader share window SINCE|all | leave | delete ARTICLE
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
  highlights      show the highlights and notes that others share
  grant NAME ROLE make NAME a reader, contributor or administrator, or none; a
                  login that the server does not have is made
  delete ARTICLE  delete an article for all: one of yours, or as administrator
"""
    examples = (
        "rilo-reader share create postgresql://anna@desk.example.org/desk",
        "rilo-reader share join postgresql://ben@desk.example.org/desk",
        "rilo-reader share grant ben contributor",
    )
    exit_codes = """0 done; 1 failed, also when the server does not answer (then what is new
waits); 2 wrong usage."""

    action: str = argument("ACTION", "see above", offers=tuple(ACTIONS))
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
        "one JSON object: address, role, waiting, kept, last, problem; of now: new, updated, kept, "
        "deleted, dropped, refused, sent, marks_sent, marks_changed, problem",
    )

    def run(self) -> int:
        """Create, join or leave an archive, exchange with it, or say how it stands."""
        action, words = self.action, self.words
        if action not in ACTIONS:
            raise UsageError(f"share takes {', '.join(ACTIONS)}. See {PROGRAM} share --help")
        if action in ("create", "join") and not words and can_ask(as_json=self.json):
            words = self.words = [ask("Address (postgresql://user@host/database): ")]
        if len(words) != ACTIONS[action]:
            takes = counted(ACTIONS[action], "word")
            raise UsageError(f"share {action} takes {takes}. See {PROGRAM} share --help")
        for name, actions in (
            ("password_command", ("create", "join", "grant")),
            ("shared", ("create", "join")),
            ("watch", ("now",)),
            ("json", ("now", "status", "list", "members", "highlights")),
        ):
            if getattr(self, name) and action not in actions:
                said = f"--{name.replace('_', '-')} is only for share {', '.join(actions)}"
                raise UsageError(f"{said}. See {PROGRAM} share --help")
        if missing := POSTGRESQL.missing:
            raise LibraryError(missing)
        where = place(self.library)
        with for_program(self.json and action == "now"):
            return _RUN[action](where, self)


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


def _create(where: Place, options: ShareVerb) -> int:
    return _begin(where, options, is_new=True)


def _join(where: Place, options: ShareVerb) -> int:
    return _begin(where, options, is_new=False)


def _begin(where: Place, options: ShareVerb, *, is_new: bool) -> int:
    """Make an archive, or not, and join it."""
    from rilo_reader.share.connection import Address, check, make
    from rilo_reader.share.marks import share_all
    from rilo_reader.share.records import open_records
    from rilo_reader.share.share import Share

    address, command = Address(options.words[0]), options.password_command or ""
    if archive_file(where.folder, where.paths).exists():
        with _share(where) as share:
            if (before := share.address.text) != address.text:
                raise LibraryError(f"This library shares {before}. First: {PROGRAM} share leave")
    with closing(_logged_in(where, address, command, options)) as connection:
        if is_new:
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
        share = Share(where.folder, where.paths, records)
        output().line(f"{where.folder} shares {address.text} now.")
        with closing(share.connect()) as connection, waiting("Exchanging articles …"):
            done = share.exchange(connection)
    return _tell(where, done, as_json=False)


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
    if options.watch:
        return _watch(where, options)
    with (
        _share(where) as share,
        closing(share.connect()) as connection,
        waiting("Exchanging articles …"),
    ):
        done = share.exchange(connection)
    return _tell(where, done, as_json=options.json)


def _watch(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.follow import Follower

    stopped = threading.Event()
    try:
        if options.json:
            become_child(stopped)
        with _share(where) as share:
            for done in Follower(share, stopped.is_set).follow():
                if options.json:
                    output().json({"shared": _record(done)})
                else:
                    output().line(_sentence(done))
                output().flush()
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def exchange_after(options: Verb) -> None:
    """Exchange with the archive that a library shares, if it shares one, after a verb changed it.

    A problem is a line on stderr: what is new waits.
    """
    where = place(options.library)
    if not archive_file(where.folder, where.paths).exists() or POSTGRESQL.missing:
        return
    try:
        with _share(where) as share, closing(share.connect()) as connection:
            done = share.exchange(connection)
        if done.problem:
            errors().line(done.problem)
    except LibraryError as error:
        errors().line(f"Not shared yet: {error}")


def _tell(where: Place, done: Exchanged, *, as_json: bool) -> int:
    """Print what an exchange did; return the exit code."""
    if as_json:
        output().json(_record(done))
    else:
        output().line(_sentence(done))
    if done.pulled.new or done.pulled.updated or done.pulled.deleted or done.dropped:
        with where.open() as library:
            update_index(library)
    return 1 if done.problem else 0


def _record(done: Exchanged) -> dict[str, object]:
    pulled, pushed = done.pulled, done.pushed
    return {
        "new": pulled.new,
        "updated": pulled.updated,
        "kept": pulled.kept + pushed.refused,
        "deleted": pulled.deleted,
        "dropped": done.dropped,
        "refused": pulled.refused,
        "sent": pushed.sent,
        "marks_sent": done.marks_sent,
        "marks_changed": done.marks_changed,
        "problem": done.problem,
    }


def _sentence(done: Exchanged) -> str:
    if done.problem:
        return done.problem
    record = _record(done)
    words = {
        "new": "new",
        "updated": "updated",
        "kept": "changed here too and kept",
        "deleted": "deleted",
        "dropped": "older and only in the archive now",
        "refused": "not accepted",
        "sent": "sent",
    }
    parts = [f"{record[name]:,} {word}" for name, word in words.items() if record[name]]
    marks = done.marks_sent + done.marks_changed
    parts += [counted(marks, "mark") + " exchanged"] if marks else []
    restored = "The server was restored from a backup; what it lacked was sent. "
    return f"{restored if done.restored else ''}{', '.join(parts) or 'Nothing is new'}."


def _window(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.window import set_window

    now = datetime.now().astimezone()
    with (
        _share(where) as share,
        closing(share.connect()) as connection,
        waiting("Exchanging articles …"),
    ):
        set_window(share.records, options.words[0], now)
        done = share.exchange(connection)
    return _tell(where, done, as_json=False)


# -- status, members ------------------------------------------------------------------------------


def _status(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.connection import check
    from rilo_reader.share.files import look
    from rilo_reader.share.members import role_of

    role = problem = ""
    with _share(where) as share:
        look(share.folder, share.records)
        try:
            with closing(share.connect()) as connection:
                check(connection)
                role = role_of(connection)
        except LibraryError as error:
            problem = str(error)
        seconds = int(share.records.get("success", "0"))
        last = datetime.fromtimestamp(seconds, UTC) if seconds else None
        waits, kept = share.records.waiting(), share.records.kept()
        record = {
            "address": share.address.text,
            "role": role,
            "waiting": waits,
            "kept": kept,
            "last": last,
            "problem": problem or share.records.get("problem"),
        }
    if options.json:
        output().json(record)
        return 1 if problem else 0
    output().line(f"{where.folder} shares {record['address']}{f' as {role}' if role else ''}.")
    if last is not None:
        output().line(f"Last exchange: {human(last, False)}.")
    if waits and role != "reader":
        output().line(f"{counted(waits, 'article')} of yours {'wait' if waits > 1 else 'waits'}.")
    if kept:
        have = "has" if kept == 1 else "have"
        output().line(f"{counted(kept, 'article')} {have} another text here than in the archive.")
    if record["problem"]:
        errors().complain(str(record["problem"]))
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
    with _share(where) as share, closing(share.connect()) as connection:
        for one in members(connection):
            report.add(one._asdict(), [(f"{clean_line(one.name)}: {one.role}",)])
    return 0


def _highlights(where: Place, options: ShareVerb) -> int:
    """Print what others share of theirs, as theirs."""
    report = Report(("person", "article", "exact", "note"), as_json=options.json)
    with _share(where) as share, where.open() as library:
        for (article, person), rows in groupby(share.records.seen(), key=itemgetter(0, 1)):
            row, name = library.search.row(article), clean_line(person)
            title = row.title if row is not None else clean_line(article)
            for one in from_fields((field, value, stamp) for _, _, field, value, stamp in rows):
                record = {"person": name, "article": article, "exact": one.anchor.exact}
                lines = [(f"{name}, in {title}:",), (f"  “{clean_line(one.anchor.exact)}”",)]
                lines += [(f"  {clean_line(one.note)}",)] if one.note else []
                report.add({**record, "note": one.note}, lines)
    return 0


def _grant(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.connection import printed_by
    from rilo_reader.share.members import NONE, grant, is_login
    from rilo_reader.sync.services.secrets import Secret

    name, role = options.words
    if role not in ROLES:
        raise UsageError(f"share grant takes one of {', '.join(ROLES)}, not '{role}'")
    with _share(where) as share, closing(share.connect()) as connection:
        password = Secret("")
        if role != NONE and not is_login(connection, name):
            if options.password_command:
                password = printed_by(options.password_command, share.address)
            elif can_ask(as_json=False):
                password = _password(f"Password for the new login {name} (none: no password): ")
        grant(connection, name, role, password)
    said = f"{name} is no member any more" if role == NONE else f"{name} is {role} now"
    output().line(f"{said}.")
    return 0


def _delete(where: Place, options: ShareVerb) -> int:
    from rilo_reader.share.push import delete

    with where.open() as library:
        update_index(library)
        article = find_article(library, options.words[0])
    if article is None:
        raise LibraryError(f"{options.words[0]} is not an article of {where.folder}.")
    with _share(where) as share, closing(share.connect()) as connection:
        delete(connection, article)
        done = share.exchange(connection)
    output().line("It is deleted for all.")
    return _tell(where, done, as_json=False)


_RUN = {
    "create": _create,
    "join": _join,
    "now": _now,
    "status": _status,
    "list": _list,
    "leave": _leave,
    "members": _members,
    "highlights": _highlights,
    "grant": _grant,
    "delete": _delete,
    "window": _window,
}
