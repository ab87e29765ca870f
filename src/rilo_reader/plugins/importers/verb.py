"""`import`: articles and feeds from files, and everything from newsboat."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from rilo_reader.cli import arguments
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import OutputStyle, StyledText, UsageError, errors, output
from rilo_reader.cli.printing import ask_user, can_ask, show_count
from rilo_reader.cli.refresh import tell_plugins_after
from rilo_reader.cli.standard_input import INPUT_NAME, STANDARD_INPUT, save_to_temporary_file
from rilo_reader.cli.verb import Verb, argument, flag, option
from rilo_reader.feeds.collection import Collection, open_collection
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.feeds.undo import StepRecorder
from rilo_reader.files import replace_file
from rilo_reader.library import Library, LibraryError
from rilo_reader.paths import Paths, expand_path
from rilo_reader.plugins.importers.importer import AccountImporter, FileImporter, open_dry_run
from rilo_reader.plugins.importers.newsboat import importer as newsboat
from rilo_reader.plugins.importers.report import ContentKind, ImportReport, KindTally
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.text import clean_line, format_count, redact_address

NEWSBOAT = "newsboat"  # the argument for newsboat's data; a file of this name is ./newsboat
NOTHING_TEXT = "Nothing was found to import."
SHOWN_REASONS = 20  # reasons of each kind that are printed; --json and the file have all
REPORT = "last-import.txt"  # the file with the whole report of the last import

Watch = Callable[[int], None]


class ImportVerb(Verb):
    """Import files, lists of feeds, or everything from newsboat."""

    library_help = "the library to import into, instead of yours"
    usage = """\
rilo-reader import PATH… [--library FOLDER] [--dry-run] [--json]
       rilo-reader import FILE.opml… --account NAME …
       rilo-reader import newsboat [DIR] [--star FLAGS] [--deleted] …"""
    about = """
Import articles and feeds from files, or everything from newsboat.

Files are copied, never moved, and nothing is imported twice.

A PATH may be a Markdown file or a folder of them, a saved web page (with
rilo-reader[pages]), a mailbox (mbox, .eml) of newsletters, a feed's file, an
OPML list of feeds, JSON lines from export, or what another program exported:
Pocket, Omnivore, Instapaper, wallabag, starred.json, bookmarks of a browser and
more; a zip of these, or - for one on standard input. The content of a file
decides what kind it is. Of links the address, tags, marks and highlights come,
and nothing is fetched.
Highlights that Readwise exported (CSV, Markdown) are added to the articles in
your library that have the same address or title.

With --account, the feeds of OPML lists are followed on the server of an
account; folders become categories. Feeds that the account already follows do
not change.

newsboat's files are found in their usual places, or in DIR. The import copies
its feeds, tags and query feeds, every article in its cache with its marks, and
the settings and keys that rilo-reader has too. It only reads newsboat's files,
and newsboat may be running.
"""
    examples = (
        "rilo-reader import newsboat --dry-run",
        "rilo-reader import ~/notes feeds.opml saved.html",
        "rilo-reader import - < everything.jsonl",
    )
    exit_codes = """0 done, also if nothing was new; 1 something could not be imported; 2 wrong
usage; 130 interrupted: imported articles are kept, and the next run continues."""

    paths: list[str] = argument("PATH", "a file or folder to import, - or newsboat", nargs="+")
    dry_run: bool = flag("--dry-run", "show what would be imported, and write nothing")
    star: str | None = option(
        "--star FLAGS",
        "the newsboat flags that become stars, instead of those in its settings (or s); other "
        "flags become tags, such as flag-x",
    )
    deleted: bool = flag("--deleted", "also import articles that were deleted in newsboat")
    account: str | None = option(
        "--account NAME", "follow the feeds of OPML lists on the server of account NAME"
    )
    json: bool = flag(
        "--json",
        "one JSON object per line: done (progress), then of each kind: kind, taken, known, "
        "deleted, "
        "left_out, and reasons of what and why",
    )

    writes = True

    def run(self) -> int:
        """Import paths, or newsboat's data; return the exit code."""
        context = arguments.choose_writable(self.library)
        with tell_plugins_after(self, as_json=self.json, dry_run=self.dry_run):
            if self.dry_run:
                return self._import_all(None)
            names = (
                INPUT_NAME if name == STANDARD_INPUT else Path(name).name for name in self.paths
            )
            source = clean_line(", ".join(names), 80)
            with arguments.exchange_around(context):
                recorder = StepRecorder(context.paths)
                with recorder.write_log(context.folder, f"Imported part of {source}"):
                    arguments.save_stopped_steps(context)  # of other imports
                    return self._import_step(context, recorder, source)

    def _import_step(self, context: LibraryContext, recorder: StepRecorder, source: str) -> int:
        is_done = False
        try:
            code = self._import_all(recorder)
            is_done = True
        finally:  # also of an import that was stopped, or found the disk full
            recorder.capture()
            recorder.drop_unwritten(context.folder)
            step = self._describe_step(recorder)
            if not is_done and (recorder.created or recorder.has_file_changes):
                errors().complain(
                    f"stopped after {step}. The same import again brings the rest, and "
                    "nothing twice; undo takes away what came."
                )
            arguments.save_step(context, recorder, f"Imported {step} from {source}")
        return code

    def _describe_step(self, recorder: StepRecorder) -> str:
        files = "feeds and settings" if self.paths[0] == NEWSBOAT else "feeds"
        count = sum(map(may_be_article, recorder.created))
        articles = format_count(count, "article") if count else ""
        names = filter(None, (articles, files * recorder.has_file_changes))
        return " and ".join(names) or "marks and texts"

    def _import_all(self, recorder: StepRecorder | None) -> int:
        if self.paths[0] == NEWSBOAT:
            return _import_newsboat(self, recorder)
        if self.deleted or self.star is not None:
            raise UsageError("--star and --deleted apply only to: rilo-reader import newsboat")
        with ExitStack() as stack:
            paths = [
                stack.enter_context(save_to_temporary_file())
                if name == STANDARD_INPUT
                else _require_path(name, "file or folder")
                for name in self.paths
            ]
            if self.account is not None:
                return _import_to_account(paths, self, self.account)
            return _import_files(paths, self, recorder)


def _require_path(name: str, what: str) -> Path:
    path = expand_path(name)
    if not path.exists():
        raise LibraryError(f"there is no {what} '{name}'.")
    return path


def _import_files(paths: Sequence[Path], options: ImportVerb, recorder: StepRecorder | None) -> int:
    """Import files and folders."""
    with _open_target(options) as (library, collection, where):
        with (
            _show_progress(options, "Examined") as watch,
            FileImporter(
                library, collection, where.feeds_file, dry_run=options.dry_run, recorder=recorder
            ) as importer,
        ):
            importer.on_progress = watch
            importer.pool = options.pool
            for path in paths:
                importer.import_path(path)
            report = importer.finish_import()
        if not options.dry_run:
            arguments.update_index(library)
        else:
            importer.highlights.marks = []
        with _show_progress(options, "Articles with highlights:") as watch:
            importer.highlights.add_highlights(report, watch)
    absent = importer.highlights.absent_count
    facts = [f"{format_count(absent, 'article')} with highlights: not in your library."]
    return _print_report(report, options, facts if absent else [], where.state)


def _import_newsboat(options: ImportVerb, recorder: StepRecorder | None) -> int:
    """Import newsboat's data."""
    if options.account is not None:
        raise UsageError("--account takes lists of feeds (OPML), not newsboat's data")
    if len(options.paths) > 2:
        raise UsageError("import newsboat takes one folder, the one with newsboat's files")
    home = Path.home()
    named = _require_path(options.paths[1], "folder") if len(options.paths) > 1 else None
    files = newsboat.find_files(named, os.environ, home)
    import_options = newsboat.ImportOptions(
        options.star, options.deleted, options.dry_run, partial(_ask_may_run, options), recorder
    )
    with _open_target(options) as (library, collection, where):
        taken = newsboat.NewsboatImporter(library, collection, where, import_options, home)
        with _show_progress(options, "Articles of newsboat:") as watch:
            report = taken.import_all(files, watch)
        if not options.dry_run:
            arguments.update_index(library)
    marks = taken.marker
    counts = (
        ("read", marks.read_count),
        ("starred", marks.starred_count),
        ("with flags", marks.tagged_count),
    )
    facts = [f"{count:,} {what}" for what, count in counts if count]
    more = [f"marks: {', '.join(facts)}."] if facts else []
    return _print_report(report, options, more, where.state)


def _ask_may_run(options: ImportVerb, programs: Sequence[tuple[Subscription, str]]) -> bool:
    """Ask whether the commands of newsboat's list may run with each refresh."""
    if options.dry_run or not can_ask(as_json=options.json):
        return False
    output().line("newsboat runs commands for some feeds:")
    for feed, command in programs:
        does = f"changes {redact_address(feed.url)}" if feed.filter else "prints a feed"
        output().line(f"  {clean_line(command)}  ({does})")
    return ask_user("Run them with every refresh? [y/N] ").lower() in ("y", "yes")


def _import_to_account(paths: Sequence[Path], options: ImportVerb, name: str) -> int:
    """Subscribe to the feeds of lists on the server of an account."""
    context = arguments.choose_writable(options.library)
    account = arguments.select_source(context, name)
    subscribed = arguments.load_subscriptions(context)
    importing = AccountImporter(account, subscribed, dry_run=options.dry_run)
    with _show_progress(options, "Feeds:") as watch:
        report = importing.import_lists(paths, watch)
    return _print_report(report, options, [], context.paths.state)


@contextmanager
def _open_target(options: ImportVerb) -> Iterator[tuple[Library, Collection, Paths]]:
    """The library to import into, up to date, and its collection; copies of both in a dry run."""
    context = arguments.choose_writable(options.library)
    if options.paths[0] == NEWSBOAT and (other := arguments.other_library_advice(context)):
        errors().line(f"Note: {other}")
    with ExitStack() as stack:
        if options.dry_run:
            folder, paths = stack.enter_context(open_dry_run(context.folder, context.paths))
            context = context._replace(folder=folder, paths=paths)
        else:
            context.folder.mkdir(parents=True, exist_ok=True)
        collection = stack.enter_context(open_collection(context.folder, context.paths))
        library = stack.enter_context(context.open_library())
        arguments.print_notices(library.notices)
        arguments.update_index(library)
        yield library, collection, context.paths


# -- report -------------------------------------------------------------------------------------


@contextmanager
def _show_progress(options: ImportVerb, what: str) -> Iterator[Watch]:
    """Show progress: as JSON lines, or as one line that is updated."""
    if options.json:
        yield lambda done: output().json({"done": done}, at_once=True)
    else:
        with show_count(what, has_rate=True) as progress:
            yield progress


def _print_report(
    report: ImportReport, options: ImportVerb, more: Sequence[str], state: Path
) -> int:
    """Print the report, and keep the whole of it in the folder `state`; return the exit code."""
    out = output()
    # What moves in from newsboat is asked for again weeks later, also where it fitted the screen.
    keep = 0 if options.paths[0] == NEWSBOAT else SHOWN_REASONS
    found = any(
        tally.taken or tally.known or (kind is ContentKind.HIGHLIGHT and tally.left_out)
        for kind, tally in report.non_empty_tallies
    )
    for kind, tally in report.non_empty_tallies:
        if options.json:
            reasons = [reason._asdict() for reason in tally.reasons]
            out.json({"kind": kind.name.lower(), **vars(tally), "reasons": reasons})
        else:
            _print_tally(kind, tally, dry_run=options.dry_run)
    if not options.json:
        for line in more:
            out.line(line)
        if report.tally_of(ContentKind.OPML).taken and not options.dry_run:
            out.line("To fetch the articles of the feeds: rilo-reader refresh")
        if not found:
            out.line(NOTHING_TEXT)
        elif options.dry_run:
            out.line("This was a dry run: nothing was written.")
        elif any(len(tally.reasons) > keep for _, tally in report.non_empty_tallies):
            out.line(f"The whole report is in {_write_report(report, state, more)}")
    elif not found:
        out.json({"error": NOTHING_TEXT})
    return 1 if report.has_failed or not found else 0


def _write_report(report: ImportReport, state: Path, more: Sequence[str]) -> Path:
    """Write the report with all its reasons to a file, in place of the last one."""
    lines = [f"rilo-reader import, {datetime.now().astimezone():%Y-%m-%d %H:%M}", ""]
    for kind, tally in report.non_empty_tallies:
        lines.append(f"{kind}: {_format_counts(tally, dry_run=False) or 'none'}.")
        lines += [f"  {reason.what}: {reason.why}" for reason in tally.reasons]
    with replace_file(state / REPORT, private=True) as out:
        out.write("\n".join([*lines, *more, ""]).encode(errors="replace"))
    return state / REPORT


def _format_counts(tally: KindTally, *, dry_run: bool) -> str:
    counts = [
        (tally.taken, "would be imported" if dry_run else "imported"),
        (tally.known, "already here"),
        (tally.deleted, "deleted there, so not imported (--deleted imports them)"),
        (tally.left_out, "left out"),
    ]
    return ", ".join(f"{count:,} {what}" for count, what in counts if count)


def _print_tally(kind: ContentKind, tally: KindTally, *, dry_run: bool) -> None:
    text = _format_counts(tally, dry_run=dry_run)
    if not text and not tally.reasons:
        return
    out = output()
    out.line(StyledText(f"{kind}: ", OutputStyle.BOLD), f"{text or 'none'}.")
    for reason in tally.reasons[:SHOWN_REASONS]:
        out.note(f"  {reason.what}: {reason.why}")
    if rest := len(tally.reasons[SHOWN_REASONS:]):
        out.note(f"  … and {rest:,} more.")
