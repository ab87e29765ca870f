"""`import`: articles and feeds from elsewhere, and all of newsboat."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.cli.index import stand_back
from rilo_reader.cli.libraries import place
from rilo_reader.cli.output import Piece, Style, UsageError, errors, output
from rilo_reader.importers.report import Kind, Reason, Report, Tally
from rilo_reader.library import Library, LibraryBusy
from rilo_reader.paths import Paths

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.feeds.collection import Collection

NEWSBOAT = "newsboat"
"""The word that means another reader's data, not a path; a file of this name is ./newsboat."""

TOLD = 20
"""Reasons of each kind that are printed; --json has more."""

STRETCHES = 6
"""Stretches of lines of a file that are named, where the same is to be said of more."""

_LINE = re.compile(r"line (\d+): (.*)")

Watch = Callable[[int], None]


def run(options: Options) -> int:
    """Take in what is named."""
    if options.json:
        stand_back()
    if options.paths[0] == NEWSBOAT:
        if len(options.paths) > 2:
            raise UsageError("import newsboat takes one folder, that of newsboat's files")
        return _newsboat(options)
    if options.deleted or options.star is not None:
        raise UsageError("--star and --deleted are for: rilo-reader import newsboat")
    paths = [Path(name).expanduser() for name in options.paths]
    for name, path in zip(options.paths, paths, strict=True):
        if not path.exists():
            raise UsageError(f"there is no file or folder '{name}'.")
    with _opened(options) as (library, shelf, where):
        from rilo_reader.feeds.subscriptions import feeds_file
        from rilo_reader.importers.importer import Importer

        with (
            _progress(options, "Looked at") as watch,
            Importer(
                library, shelf, feeds_file(where), dry_run=options.dry_run, watch=watch
            ) as importer,
        ):
            for path in paths:
                importer.take(path)
            report = importer.finish()
        if not options.dry_run:
            _bring_up_to_date(library)
    return _tell(report, options, [])


def _newsboat(options: Options) -> int:
    from rilo_reader.importers.newsboat.importer import ImportOptions, NewsboatImport, find

    home = Path.home()
    named = Path(options.paths[1]).expanduser() if len(options.paths) > 1 else None
    if named is not None and not named.exists():
        raise UsageError(f"there is no folder '{options.paths[1]}'.")
    files = find(named, os.environ, home)
    wishes = ImportOptions(options.star, options.deleted, options.dry_run)
    with _opened(options) as (library, shelf, where):
        taken = NewsboatImport(library, shelf, where, wishes, home)
        with _progress(options, "Articles of newsboat:") as watch:
            report = taken.take(files, watch)
        if not options.dry_run:
            _bring_up_to_date(library)
    marks = taken.marker
    counted = (("read", marks.read), ("starred", marks.starred), ("with flags", marks.tagged))
    facts = [f"{count:,} {what}" for what, count in counted if count]
    return _tell(report, options, [f"marks: {', '.join(facts)}."] if facts else [])


# -- where to -----------------------------------------------------------------------------------


@contextmanager
def _opened(options: Options) -> Iterator[tuple[Library, Collection, Paths]]:
    """The library that is imported into, up to date, and its shelf; copies in a dry run."""
    from rilo_reader.feeds.collection import open_shelf
    from rilo_reader.importers.importer import dry_run
    from rilo_reader.library import open_library

    chosen = place(options.library)
    made = dry_run if options.dry_run else _kept
    with (
        made(chosen.folder, chosen.paths) as (folder, paths),
        open_shelf(folder, paths) as shelf,
        open_library(folder, paths, drafts=chosen.config.drafts) as library,
    ):
        for notice in library.notices:
            errors().line(notice)
        _bring_up_to_date(library)
        yield library, shelf, paths


@contextmanager
def _kept(folder: Path, paths: Paths) -> Iterator[tuple[Path, Paths]]:
    """The library itself, made where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    yield folder, paths


def _bring_up_to_date(library: Library) -> None:
    """Have everything found that is there; where another process writes the index, it does that."""
    from rilo_reader.cli.libraries import follow

    try:
        follow(library)
    except LibraryBusy as busy:
        errors().line(str(busy))


# -- what is said -------------------------------------------------------------------------------


@contextmanager
def _progress(options: Options, what: str) -> Iterator[Watch]:
    """How far it is: lines of JSON for programs, one line that changes for people."""
    from rilo_reader.cli.libraries import counting

    if not options.json:
        with counting(what) as tell:
            yield tell
        return
    out = output()

    def tell_program(done: int) -> None:
        out.json({"done": done})
        out.flush()

    yield tell_program


def _tell(report: Report, options: Options, more: list[str]) -> int:
    out = output()
    found = any(tally.taken or tally.known for _, tally in report.tallies)
    for kind, tally in report.tallies:
        if options.json:
            out.json(_record(kind, tally))
        else:
            _print(kind, tally, dry_run=options.dry_run)
    if not options.json:
        for line in more:
            out.line(line)
        if not found:
            out.line("Nothing was found to take.")
        elif options.dry_run:
            out.line("This was a dry run: nothing was written.")
    return 1 if report.failed or not found else 0


def _record(kind: Kind, tally: Tally) -> dict[str, object]:
    return {
        "kind": kind.name.lower(),
        "taken": tally.taken,
        "known": tally.known,
        "left_out": tally.left_out,
        "deleted": tally.deleted,
        "reasons": [{"what": reason.what, "why": reason.why} for reason in tally.reasons],
    }


def _print(kind: Kind, tally: Tally, *, dry_run: bool) -> None:
    verb = "would be taken" if dry_run else "taken"
    counts = [
        (tally.taken, verb),
        (tally.known, "here already"),
        (tally.deleted, "deleted there, so not taken (--deleted takes them)"),
        (tally.left_out, "left out"),
    ]
    said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
    if not said and not tally.reasons:
        return
    output().line(Piece(f"{kind}: ", Style.BOLD), f"{said or 'none'}.")
    reasons = together(tally.reasons)
    for reason in reasons[:TOLD]:
        output().line(Piece(f"  {reason.what}: {reason.why}", Style.DIM))
    if len(reasons) > TOLD:
        rest = len(reasons) - TOLD
        output().line(Piece(f"  … and {rest:,} more; --json has them.", Style.DIM))


def together(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons with those that say the same of several lines of a file in one."""
    places: dict[Reason, list[int]] = {}
    for reason in reasons:
        said = _LINE.match(reason.why)
        key = reason._replace(why=said[2]) if said else reason
        places.setdefault(key, []).extend([int(said[1])] if said else [])
    return [
        reason._replace(why=f"{lines_said(numbers)}: {reason.why}") if numbers else reason
        for reason, numbers in places.items()
    ]


def lines_said(numbers: Sequence[int]) -> str:
    """Numbers of lines, in words: `line 3`, `lines 3–5, 9`, and `, …` after the first few."""
    stretches: list[list[int]] = []
    for number in numbers:
        if stretches and number == stretches[-1][-1] + 1:
            stretches[-1][1:] = [number]
        else:
            stretches.append([number])
    said = ["–".join(map(str, stretch)) for stretch in stretches]
    more = ", …" if len(said) > STRETCHES else ""
    return f"line{'s' if len(numbers) > 1 else ''} {', '.join(said[:STRETCHES])}{more}"
