"""`[[on_new]]` of the settings: programs that get the new articles of a refresh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from rilo_reader.cli.arguments import hide_muted
from rilo_reader.cli.library_context import LibraryContext
from rilo_reader.cli.output import UsageError, errors, output
from rilo_reader.cli.search import query_of
from rilo_reader.library import Library, LibraryError, open_library
from rilo_reader.library.rows import ReadingLimits
from rilo_reader.plugins.programs.jobs import MOST_ARTICLES, open_new_job
from rilo_reader.plugins.programs.settings import OnNew, ProgramSettings
from rilo_reader.process import Process


def tell_on_new(context: LibraryContext, new: Sequence[str], *, as_json: bool) -> int:
    """Run the user's programs for new articles, tell what goes wrong, and return in how many."""
    wrong = 0
    for name, problem in run_on_new(context, new):
        wrong += bool(problem)
        if as_json:
            output().json({"on_new": name, "problem": problem}, at_once=True)
        elif problem:
            errors().line(problem)
    return wrong


def run_on_new(context: LibraryContext, new: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Run one program after another for new articles, by their paths; the last 10,000 of them.

    Yields the name of each that has some, and what went wrong, or "".
    """
    # An index of these alone finds what any search would, and waits for no other process.
    with TemporaryDirectory(prefix="rilo-reader-") as cache:
        paths, config = context.paths._replace(cache=Path(cache)), context.config
        library = open_library(
            context.folder,
            paths,
            drafts=config.drafts,
            limits=ReadingLimits(git_seconds=0, dialects=config.dialects),
        )
        with closing(library.index), closing(library.state):
            library.search.read_tags = context.make_tag_reader()
            library.follower.update(new[-MOST_ARTICLES:])
            hide_muted(library)
            for hook in config.plugin_values(ProgramSettings).on_new:
                problem = _run_program(library, hook)
                if problem is not None:
                    yield hook.name, problem


def _run_program(library: Library, hook: OnNew) -> str | None:
    """Return what went wrong, "" if nothing did; None if no new article is for it."""
    try:
        query = query_of(hook.query)
        with open_new_job(library, hook, query) as job:
            return None if job is None else Process(job).run().problem
    except (UsageError, LibraryError, OSError) as error:
        return f"{hook.name}: {error}"
