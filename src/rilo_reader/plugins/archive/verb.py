"""`share`: one archive for many people, on a PostgreSQL server."""

from __future__ import annotations

from rilo_reader.cli.arguments import choose_writable
from rilo_reader.cli.child import lower_priority
from rilo_reader.cli.output import PROGRAM, UsageError
from rilo_reader.cli.printing import ask_user, can_ask
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.library import LibraryError
from rilo_reader.plugins.archive import POSTGRESQL
from rilo_reader.text import format_count

_ACTIONS = {
    "create": 1,
    "join": 1,
    "now": 0,
    "status": 0,
    "list": 0,
    "leave": 0,
    "members": 0,
    "grant": 2,
    "password": 1,
    "delete": 1,
    "versions": 1,
    "take": 2,
    "window": 1,
    "reindex": 0,
}
"""The number of words that each action takes."""

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
  status          show unsent articles, and errors
  list            show the libraries on this device that share an archive
  window SINCE    keep only articles newer than SINCE, such as 2y, 90d or 2019.
                  Older articles of others are removed from this device, unless
                  you starred, tagged or annotated them; a search finds them in
                  the archive. With all, everything comes back
  leave           stop sharing; articles and marks are kept on both sides, and
                  your highlights are no longer shown to others
  members         show the members and their roles
  grant NAME ROLE make NAME a reader, contributor or administrator, or none; a
                  login that the server does not have is created
  password NAME   change the password of a login: yours, or one that you created
  versions ARTICLE  show who wrote which version of an article, and when; in a
                  pipe: number, writer, time, "deleted" or nothing, bytes
  take ARTICLE N  bring back version N; the current text is kept beside it
  delete ARTICLE  delete an article for everybody: one of yours, or any if you
                  are an administrator
  reindex         as administrator, rebuild outdated search data, if status says
                  that a search may miss articles
"""
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
        """Create, join or leave an archive, exchange with it, or print its status."""
        self.check_action(self.action, tuple(_ACTIONS), _FLAGS)
        count = _ACTIONS[self.action]
        if self.action in ("create", "join") and not self.words and can_ask(as_json=self.json):
            self.words = [ask_user("Address (postgresql://user@host/database): ")]
        if len(self.words) != count:
            takes = format_count(count, "word")
            raise UsageError(f"share {self.action} takes {takes}. See {PROGRAM} share --help")
        if missing := POSTGRESQL.install_advice:
            raise LibraryError(missing)
        if self.json and self.action == "now":
            lower_priority()
        from rilo_reader.plugins.archive.actions import ACTIONS  # has psycopg

        return ACTIONS[self.action](choose_writable(self.library), self)
