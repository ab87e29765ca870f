"""`doctor`: report on terminal, folders, settings, feeds, index, marks and articles.

Each section is an iterator of findings, which only look; `run` prints them.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, groupby
from operator import attrgetter
from shlex import quote
from shutil import which
from typing import Protocol

from rilo_reader import config as settings
from rilo_reader import find_version
from rilo_reader.cli.findings import Finding, Section, settings_findings
from rilo_reader.cli.library_context import (
    LibraryContext,
    choose_library,
    is_exposed,
    list_private_folders,
)
from rilo_reader.cli.output import Output, OutputStyle, StyledText, format_size, output
from rilo_reader.cli.printing import bring_up_to_date, pick_values, show_count
from rilo_reader.cli.reader import find_non_terminal, find_wanted_start, is_dumb
from rilo_reader.cli.verb import Verb, flag
from rilo_reader.config import Config, SavedSearch, SettingsProblem
from rilo_reader.config.settings import iter_queries
from rilo_reader.dates import format_date
from rilo_reader.dialects import ANY
from rilo_reader.dialects.sites import Site
from rilo_reader.extras import PAGES
from rilo_reader.feeds import status, subscriptions
from rilo_reader.feeds.rules import parse_rules
from rilo_reader.feeds.status import Standing
from rilo_reader.files import find_leftovers
from rilo_reader.index.schema import SCHEMA_VERSION
from rilo_reader.library import Library, LibraryError
from rilo_reader.library.article_reader import SECTION
from rilo_reader.library.mutes import search_problems, select_active_mutes
from rilo_reader.library.other_files import describe_counts, describe_unknown, text_counts
from rilo_reader.library.progress import FolderFindings
from rilo_reader.paths import Paths, guide_folder, user_paths
from rilo_reader.plugin_list import plugins_with
from rilo_reader.query.tree import HasMark, Query, QueryMark
from rilo_reader.store.file_kinds import MAYBE, from_text
from rilo_reader.text import format_count, redact_address
from rilo_reader.third_parties import (
    failures,
    loaded_modules,
    old_names,
    warn_of_old_names_in_code,
)
from rilo_reader.tui.themes import read_own_themes, theme_names, theme_problem

SHOWN_FILES = 20  # number of files per section that are listed without --all


class DoctorVerb(Verb):
    """Look for problems, and suggest how to fix them."""

    library_help = "the folder to look at, instead of your library"
    heeds_settings = False
    about = """
Look for problems, and suggest how to fix them.

It checks the terminal, folders, settings, feeds, index, marks and the files of
articles. With --json each finding has text, advice ("" if there is nothing to
do) and wrong; problems is the number of findings that are wrong.
"""
    examples = ("rilo-reader doctor", "rilo-reader doctor --all")
    exit_codes = "0 no problems, 1 problems found, 2 wrong usage."

    all: bool = flag("--all", "list every file, not only the first 20 of each kind")
    json: bool = flag(
        "--json",
        "one JSON object, of all files: problems, and sections of title and findings, which have "
        "text, advice, wrong",
    )

    def run(self) -> int:
        """Print the report; return 1 if anything is wrong, else 0."""
        out, wrong, sections = output(), 0, []
        for title, section in _iter_sections(self.library):
            findings = _collect_findings(section)
            wrong += sum(finding.wrong for finding in findings)
            if self.json:
                records = [pick_values(finding, "text", "advice", "wrong") for finding in findings]
                sections.append({"title": title, "findings": records})
            else:
                out.line(StyledText(title, OutputStyle.BOLD))
                _print_section(out, findings, len(findings) if self.all else SHOWN_FILES)
        if self.json:
            out.json({"problems": wrong, "sections": sections})
        else:
            found = f"{format_count(wrong, 'problem')} found; the arrows show how to fix them."
            out.line(StyledText(found if wrong else "No problems found.", OutputStyle.BOLD))
        return 1 if wrong else 0


def _collect_findings(section: Iterable[Finding]) -> list[Finding]:
    """The findings of a section; the last one says what ended it, if it failed."""
    findings: list[Finding] = []
    try:
        findings.extend(section)
    except (LibraryError, OSError, sqlite3.Error) as error:
        findings.append(Finding(str(error), "see the folders above", wrong=True))
    return findings


def _print_section(out: Output, findings: Sequence[Finding], most: int) -> None:
    """Print a section, with at most `most` files; equal advice is printed once, after the last."""
    files = [at for at, finding in enumerate(findings) if finding.file]
    left_out = set(files[most:])
    shown = (finding for at, finding in enumerate(findings) if at not in left_out)
    for advice, several in groupby(shown, attrgetter("advice")):
        for finding in several:
            mark = StyledText("✗ ", OutputStyle.ERROR) if finding.wrong else StyledText("  ")
            out.line("  ", mark, " ".join(finding.text.split()))
        if advice:
            out.note(f"      → {advice}")
    if left_out:
        out.line(f"    … and {len(left_out):,} more; --all lists them.")
    if not findings:
        out.line("    none")
    out.line()
    out.flush()


# -- findings, by section -------------------------------------------------------------------------

LIBRARIES = ("textual", "rich", "tantivy", "watchfiles")  # packages whose versions are reported
MIN_SIZE = (40, 10)  # columns and rows that the reader needs


def _iter_sections(name: str | None) -> Iterator[Section]:
    """All sections in order; `name` is the folder of the library, None for the user's."""
    paths = user_paths()
    config, problems = settings.load(paths.settings_file)
    context = choose_library(name, config, paths, problems=problems)
    yield from _merge_sections(
        ("Program", _check_program()),
        ("Terminal", _check_terminal(config)),
        ("Folders", _check_folders(paths)),
        ("Settings", _check_settings(paths, problems, config)),
        ("Feeds", _check_feeds(paths, context)),
        *_iter_plugin_sections(context, None),
    )
    try:
        with context.open_library() as library:
            # The index is brought up to date first, so that the counts are right.
            bring_up_to_date(library)
            with show_count("Checking file") as show:
                found = library.follower.inspect(show)
            yield from _merge_sections(
                ("Library", _check_library(library, context)),
                ("Library", _list_dialects(found.sites)),
                ("Index", _check_index(library)),
                ("Marks", _check_marks(library)),
                *_iter_plugin_sections(context, library),
                ("Links out of the library", _check_outside(library, found.outside_links)),
                ("Files left out", _check_skipped(found)),
                ("Faults in articles", _check_faults(library)),
            )
    except LibraryError as error:
        yield "Library", [Finding(str(error), "see the folders above", wrong=True)]
    if loaded_modules():
        yield "Plugins", _check_plugins()


def _check_plugins() -> Iterator[Finding]:
    """Plugins of others, and what failed in them."""
    for plugin in loaded_modules().values():
        yield Finding(plugin)
    warn_of_old_names_in_code()
    yield from map(Finding, old_names())
    kept = {line: day for line, (day, _) in failures().read_kept().items()}
    for failure in dict.fromkeys((*failures().lines, *kept)):
        if any(f"plugin {module} " in failure for module in loaded_modules()):
            advice = "tell its author; this part of it is left out when it fails"
            day = f" ({kept[failure]})" if failure in kept else ""
            yield Finding(f"{failure}{day}", advice, wrong=True)


class _CheckPlugin(Protocol):
    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]: ...


def _iter_plugin_sections(context: LibraryContext, library: Library | None) -> Iterator[Section]:
    return chain.from_iterable(
        plugin.checks(context, library) for plugin in plugins_with(_CheckPlugin)
    )


def _merge_sections(*sections: Section) -> Iterator[Section]:
    """Yield sections, those of one title as one."""
    of: dict[str, list[Iterable[Finding]]] = {}
    for title, findings in sections:
        of.setdefault(title, []).append(findings)
    return ((title, chain.from_iterable(several)) for title, several in of.items())


def _check_program() -> Iterator[Finding]:
    python = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding(f"rilo-reader {find_version()}, Python {python} on {sys.platform}")
    yield Finding(", ".join(f"{package} {version(package)}" for package in LIBRARIES))


def _check_terminal(config: Config) -> Iterator[Finding]:
    missing = find_non_terminal()
    if missing:
        yield Finding(f"standard {missing} is not a terminal, so the reader cannot open")
    else:
        size = os.get_terminal_size(sys.stdout.fileno())
        small = size.columns < MIN_SIZE[0] or size.lines < MIN_SIZE[1]
        advice = "make the window larger, at least 40 columns and 10 rows" if small else ""
        yield Finding(f"{size.columns} columns, {size.lines} rows", advice, wrong=small)
    term = os.environ.get("TERM", "")
    colours = "256 colours" if "256" in term else "16 colours"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        colours = "16 million colours"
    if os.environ.get("NO_COLOR"):
        colours = "no colours (NO_COLOR is set)"
    advice, start = "", find_wanted_start(config)
    if is_dumb():
        opens = f"opens as with {start.option}; for the screen," if start else "cannot open;"
        advice = f"the reader {opens} set TERM to the name of your terminal"
    yield Finding(f"TERM={term}, {colours}", advice, wrong=bool(advice) and start is None)
    encoding = (sys.stdout.encoding if sys.stdout else "") or "none"
    narrow = encoding.lower().replace("-", "") != "utf8"
    advice = "set LANG to a UTF-8 locale, such as C.UTF-8; until then symbols are replaced"
    yield Finding(f"encoding {encoding}", advice if narrow else "", wrong=narrow)


def _check_folders(paths: Paths) -> Iterator[Finding]:
    for purpose, folder in (
        ("articles", paths.default_library),
        ("settings", paths.config),
        ("marks", paths.state),
        ("index", paths.cache),
    ):
        nearest = next(one for one in (folder, *folder.parents) if one.exists())
        advice = ""
        found = f"{folder}{'' if folder.exists() else ' (created when needed)'}"
        if not nearest.is_dir():
            advice = f"move {nearest} away: a folder must be in its place"
            found = f"{folder}; {nearest} is a file"
        elif not os.access(nearest, os.W_OK | os.X_OK):
            advice = f"make it writable: chmod u+rwx '{nearest}', if it is yours"
            found = f"{folder}; {nearest} is not writable"
        yield Finding(f"{purpose}: {found}", advice, wrong=bool(advice))
    for leftover in find_leftovers(list_private_folders(paths)):
        found = f"{leftover} was left by a process that was killed; it may have secrets"
        yield Finding(found, "the next command but doctor deletes it", wrong=True)
    yield Finding(f"guide: {guide_folder()}")


def _check_settings(
    paths: Paths, problems: Iterable[SettingsProblem], config: Config
) -> Iterator[Finding]:
    """The settings file and its problems, and those of the user's own themes."""
    own = read_own_themes(paths.themes_folder)
    for fault in own.faults:
        yield Finding(fault, f"correct it in {paths.themes_folder}", wrong=True)
    if not paths.settings_file.exists():
        yield Finding("no settings.toml; every setting has its default")
        return
    yield Finding(str(paths.settings_file))
    for problem in problems:
        advice = f"correct it in {problem.file}; until then the default is used"
        if problem.choices:
            advice = f"the settings are {', '.join(problem.choices)}"
        yield Finding(problem.message, advice, wrong=True)
    if nowhere := theme_problem(config.theme, own.themes):
        advice = f"the themes are {', '.join(theme_names(own.themes))}; until then ink is used"
        yield Finding(nowhere, advice, wrong=True)
    today = datetime.now().astimezone().date()
    unclear = (
        *select_active_mutes(config.mutes, today).problems,
        *search_problems(config.searches),
        *(
            problem
            for table, row, query in iter_queries(config)
            if table.name not in Config._fields
            for problem in search_problems([SavedSearch(row[0], query)], table.name)
        ),
        *(rule.problem for rule in parse_rules(config.rules, config.searches) if rule.problem),
    )
    for sentence in unclear:
        yield Finding(sentence, f"correct its query in {paths.settings_file}", wrong=True)


def _check_feeds(paths: Paths, context: LibraryContext) -> Iterator[Finding]:
    file = paths.feeds_file
    if not file.exists():
        yield Finding("no feeds yet in feeds.toml; to follow one: rilo-reader add URL")
        return
    followed, problems = subscriptions.load(file)
    yield Finding(f"{file}: {len(followed):,} followed; rilo-reader feeds shows the status of each")
    number = sum(feed.full_text for feed in followed)
    if number and PAGES.install_advice:
        found = f"{format_count(number, 'feed')} with full_text"
        yield Finding(found, PAGES.install_advice, wrong=True)
    for feed in followed:
        if program := (feed.run or feed.filter):
            does = "prints" if feed.run else "changes"
            yield Finding(f"{program[0]} {does} {feed.title or redact_address(feed.url)}")
        if feed.header_command:
            name = feed.title or redact_address(feed.url)
            # What is no program may be a header.
            command = feed.header_command[0]
            is_there = which(os.path.expanduser(command)) is not None  # noqa: PTH111  # never raises
            what = command if is_there else "a program that is not found"
            yield Finding(f"{what} prints headers for {name}", wrong=not is_there)
    if pages := [feed for feed in followed if feed.page.items]:
        for page in status.read_feed_statuses(context.folder, paths, pages, datetime.now(UTC)):
            if page.standing is Standing.FAILING:
                yield Finding(f"{page.name}: {page.sentence}", wrong=True)
    if is_exposed(file):
        found = "feeds.toml has headers or logins, and other users of this computer can read it"
        yield Finding(found, f"keep it to yourself: chmod 600 {quote(str(file))}", wrong=True)
    yield from settings_findings(problems)


def _check_library(library: Library, context: LibraryContext) -> Iterator[Finding]:
    yield Finding(f"{library.folder}: {library.search.count(Query()):,} articles")
    if context.doubt:
        yield Finding(context.doubt, wrong=True)
    is_own = context.folder == context.config.first_library(context.paths)
    if not context.wanted_folder and not os.access(library.folder, os.W_OK):
        # Others are often read as they are; into the user's own, feeds and notes are written.
        advice = f"make it writable: chmod u+w {quote(str(library.folder))}, if it is yours"
        found = f"{library.folder} is read-only: nothing can be saved into it"
        yield Finding(found, advice if is_own else "", wrong=is_own)
    if context.missing_note:
        advice = "name a folder that exists in settings.toml"
        yield Finding(context.guide_hint, advice, wrong=True)
    elif context.wanted_folder:
        yield Finding(f"the guide, shown because {context.wanted_folder} has no articles yet")
    if unwatched := library.follower.unwatched_warning():
        yield Finding(unwatched, wrong=True)
    if problem := library.git_dates.problem:
        yield Finding(problem, "nothing to do: it is tried again when the index is next saved")


def _list_dialects(sites: Mapping[str, Site]) -> Iterator[Finding]:
    """The folders that are read as texts of one program, and what tells that."""
    for folder, site in sorted(sites.items()):
        why = "settings.toml" if site.is_set else site.evidence
        yield Finding(f"{folder or 'the library'}: {site.dialect or ANY} ({why})", file=True)


def _check_index(library: Library) -> Iterator[Finding]:
    directory = library.index_directory
    size = sum(file.stat().st_size for file in directory.rglob("*") if file.is_file())
    yield Finding(f"{directory}: {format_size(size)}, version {SCHEMA_VERSION}")
    if notice := library.index.notice:
        yield Finding(notice, "nothing to do: it was rebuilt from your files", wrong=True)
    if damage := library.index.find_damage():
        advice = "rebuild it from your files: rilo-reader index --rebuild"
        yield Finding(damage, advice, wrong=True)


def _check_marks(library: Library) -> Iterator[Finding]:
    read, starred = (
        library.search.count(Query(HasMark(mark))) for mark in (QueryMark.READ, QueryMark.STARRED)
    )
    yield Finding(f"{read:,} read, {starred:,} starred")
    file, saved = library.state_file, "no backup yet"
    backup = file.with_name(f"{file.name}.backup")
    if backup.exists():
        time = datetime.fromtimestamp(backup.stat().st_mtime, UTC)
        saved = f"backup of {format_date(time, False)}"
    size = format_size(file.stat().st_size) if file.exists() else "nothing marked yet"
    yield Finding(f"{file}: {size}, {saved}")
    for notice in library.notices:
        if notice != library.index.notice:
            yield Finding(notice, "nothing to do, unless marks are missing", wrong=True)


def _check_outside(library: Library, links: Mapping[str, str]) -> Iterator[Finding]:
    for link, articles in sorted(Counter(links.values()).items()):
        real = os.path.realpath(library.folder / from_text(link))
        what = f"{format_count(articles, 'article')}, shown to you, but never sent or written"
        yield Finding(f"{link}: leads to {real}; {what}", file=True)


def _check_skipped(found: FolderFindings) -> Iterator[Finding]:
    sections = 0
    for skipped in found.skipped:
        if skipped.reason == SECTION:
            sections += 1
        else:
            yield Finding(f"{skipped.path}: {skipped.reason}", file=True)
    if sections:
        pages = format_count(sections, "section page")
        yield Finding(f"{pages} with neither text nor date (_index.md, index.md)")
    others = found.other_kinds
    missed = text_counts(others)
    for kind in [kind for kind in missed if kind.endswith(MAYBE)]:
        text, _, advice = describe_unknown(kind, missed.pop(kind)).partition(". If")
        yield Finding(text, f"if{advice}", wrong=True)
    if missed:
        advice = "to read them, convert them to Markdown; for HTML, front matter is enough"
        yield Finding(f"texts that are not articles: {describe_counts(missed)}", advice)
    rest = {kind: count for kind, count in others.items() if kind not in text_counts(others)}
    if rest:
        yield Finding(f"other files and folders: {describe_counts(rest)}")


def _check_faults(library: Library) -> Iterator[Finding]:
    advice = "correct the line in an editor; until then the readable part is shown"
    for faulty in sorted(library.follower.faulty(), key=lambda article: article.path):
        for fault in faulty.faults:
            place = f"{faulty.path}, line {fault.line}" if fault.line else faulty.path
            yield Finding(f"{place}: {fault.reason}", advice, wrong=True, file=True)
