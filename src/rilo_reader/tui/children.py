"""Child processes of the reader: the indexer, and the collector that fetches.

Both are verbs of the command line with `--json`, so that indexing and parsing never take the
interpreter from the keyboard. They print one JSON object a line, which is decoded here into the
value that it tells of, its texts cleaned.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from json import loads
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from rilo_reader.feeds.progress import FeedProgress, Phase, Summary
from rilo_reader.library import Progress
from rilo_reader.text import clean_line
from rilo_reader.threads import ONE_ARENA
from rilo_reader.workers import python_command

if TYPE_CHECKING:
    from rilo_reader.secret_store import Secret

Value = TypeVar("Value", bound=NamedTuple)
Told = TypeVar("Told")

RESTARTS = 3  # how often an indexer that died is started again

LONGEST_LINE = 1 << 22
"""Bytes of one line; a feed with a thousand new articles names each of their paths."""

LONGEST_TEXT = 4096  # characters of one text
Json = Mapping[str, object]  # one JSON object that a verb prints


# What verbs report.


class VerbFailure(NamedTuple):
    """A verb could not do what it was asked."""

    error: str = ""  # one sentence for the user


class Addable(NamedTuple):
    """Something that can be added."""

    url: str = ""
    title: str = ""
    is_page: bool = False  # whether it is a page to save as an article rather than a feed


class LookupProgress(NamedTuple):
    """Something is asked while it is looked what is at an address."""

    asking: str = ""  # what is asked
    seconds: int = 0  # that this takes at most


class Discovery(NamedTuple):
    """The feeds at an address, then the page itself."""

    found: tuple[Addable, ...]
    problem: str = ""  # why the page is not among it, a sentence


class AddResult(NamedTuple):
    """The end of `add` and of `account add`."""

    name: str = ""  # of the feed or account, or the title of the page; "" if it has none
    new: int = 0  # articles
    updated: bool = False  # whether an article has another text now
    is_new: bool = True  # whether the feed was not followed before
    account: str = ""  # the account that follows it
    secret: str = ""  # where the account's password is kept


class ReportedProblem(NamedTuple):
    """Something beside what the verb was asked to do went wrong."""

    problem: str = ""  # one sentence for the user, "" if all went well


Report = (
    VerbFailure | ReportedProblem | FeedProgress | Summary | LookupProgress | Discovery | AddResult
)


def decode_report(json: Json) -> Report | None:
    """Return what the verbs report that fetch, None for what is not known."""
    try:
        return next((decode(json) for key, decode in _DECODERS.items() if key in json), None)
    except ValueError:  # the state of a feed in another version
        return None


def fill_from_json(given: Value, json: Json) -> Value:
    """Return a value as it is given, with what an object has of its fields, texts cleaned."""
    known: dict[str, object] = {}
    for name, default in given._asdict().items():
        value = json.get(name)
        if type(default) is str and value:  # and no state
            known[name] = clean_line(str(value), LONGEST_TEXT)
        elif isinstance(default, int) and isinstance(value, int):  # a truth is one too
            known[name] = value
    return given._replace(**known)


def _decode_progress(json: Json) -> FeedProgress:
    new = json.get("new")
    paths = tuple(path for path in new if isinstance(path, str)) if isinstance(new, list) else ()
    return fill_from_json(FeedProgress("", "", Phase(str(json["state"])), paths), json)


def _decode_discovery(json: Json) -> Discovery:
    found = [fill_from_json(Addable(), each) for each in list_objects(json, "feeds")]
    if isinstance(page := json["page"], dict):
        found.append(fill_from_json(Addable(is_page=True), page))
    return fill_from_json(Discovery(tuple(each for each in found if each.url)), json)


def _decode_added(json: Json) -> AddResult:
    name, is_new = json.get("name") or json.get("title"), json.get("followed")
    return fill_from_json(AddResult(), {**json, "name": name, "is_new": is_new})


# The key that only this kind of report has, of those that follow.
_DECODERS: Mapping[str, Callable[[Json], Report]] = MappingProxyType(
    {
        "error": partial(fill_from_json, VerbFailure()),
        "state": _decode_progress,
        "asking": partial(fill_from_json, LookupProgress()),
        "page": _decode_discovery,
        "feeds": partial(fill_from_json, Summary(0)),
        "finished": _decode_added,
        "problem": partial(fill_from_json, ReportedProblem()),
    }
)


def list_objects(json: Json, key: str) -> list[Json]:
    """Return those values of a list in an object that are objects."""
    values = json.get(key)
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def decode_index_progress(json: Json) -> Progress | None:
    """Return the progress that `index` reports; fields of other versions are left out."""
    known = {key: value for key, value in json.items() if key in Progress._fields}
    try:
        return Progress(**known)  # type: ignore[arg-type]
    except TypeError:
        return None


class WatchEnd(NamedTuple):
    """Following has stopped; `reason` is one sentence for the user."""

    reason: str


class _Child:
    """A child process that prints JSON, and ends when it is asked to or is killed."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None
        self._closing = False

    def _is_closing(self) -> bool:
        return self._closing

    async def _start_process(
        self, command: Sequence[str], stdin: int, **variables: str
    ) -> asyncio.subprocess.Process:
        # In a session of its own: Ctrl-C in an editor that is waited for is not meant for it.
        self._process = await asyncio.create_subprocess_exec(
            *command,
            stdin=stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            limit=LONGEST_LINE,
            env=os.environ | variables,
        )
        if self._closing:  # while it was started
            await self.close()
        return self._process

    def _ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        """Ask the child to end, and kill it if it does not; what it is writing is finished."""
        self._closing = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self._ask_to_end(process)
        try:
            await asyncio.wait_for(process.wait(), self._patience)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Watcher(_Child, Generic[Told]):
    """A child that follows something, such as the folder for its index; restarted if it dies."""

    def __init__(
        self,
        command: Sequence[str],
        decode: Callable[[Json], Told | None],
        failure: str,
        *,
        patience: float = 2.0,
    ) -> None:
        """Create it; `patience` is in seconds, to end, and longer before each restart.

        `decode` reads what it reports, None for what is not known. `failure` is said before the
        reason once it has stopped.
        """
        super().__init__(patience)
        self._command = command
        self._decode = decode
        self._failure = failure

    async def follow(self) -> AsyncIterator[Told | WatchEnd]:
        """Start the child and yield its reports; WatchEnd once it has died RESTARTS + 1 times."""
        reason = ""
        for attempt in range(1 + RESTARTS):
            if attempt:
                await asyncio.sleep(self._patience * attempt)
            if self._is_closing():
                return
            reason = ""
            try:
                child = await self._start_process(
                    self._command, asyncio.subprocess.PIPE, **ONE_ARENA
                )
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            async for json in _read_objects(child):
                if "error" in json:
                    reason = str(json["error"]).rstrip(".")
                elif (report := self._decode(json)) is not None:
                    yield report
            await child.wait()
            if self._is_closing():
                return
        yield WatchEnd(f"{self._failure}: {reason or 'its process stopped'}.")

    def _ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is not None:
            process.stdin.close()


def watch_command(folder: Path, *verb: str) -> list[str]:
    """Return the command of a verb that watches a folder until its stdin is closed.

    It reads settings.toml itself, so that drafts are shown where the reader shows them.
    """
    return python_command("-m", "rilo_reader", *verb, "--library", str(folder), "--watch", "--json")


class Collector(_Child):
    """The child that runs one verb, such as fetching or importing."""

    def __init__(self, library: Path | None = None) -> None:
        """Create it; without `library` articles go to the user's own."""
        super().__init__(patience=3.0)
        self._library = library

    async def run(self, *arguments: str, secret: Secret | None = None) -> AsyncIterator[Report]:
        """Run a verb that fetches, which reads `secret` from its stdin; yield what it reports.

        VerbFailure comes last if it failed.
        """
        async for json in self.run_for_json(*arguments, given=secret):
            if (report := decode_report(json)) is not None:
                yield report

    async def run_for_json(
        self, *arguments: str, given: Secret | None = None
    ) -> AsyncIterator[Json]:
        """Run a verb, and yield what it prints; one with an error comes last if it failed."""
        verb, *rest = arguments
        library = () if self._library is None else ("--library", str(self._library))
        command = python_command("-m", "rilo_reader", verb, *library, *rest)
        try:
            pipe = asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE
            child = await self._start_process(command, pipe)
        except OSError as error:
            yield {"error": f"It could not be started: {error.strerror or error}."}
            return
        if given is not None and child.stdin is not None:
            # It is shorter than what a pipe takes at once; the child may have ended already.
            child.stdin.write(f"{given.reveal()}\n".encode())
            child.stdin.close()
        has_ended = False
        async for json in _read_objects(child):
            has_ended = has_ended or "error" in json or json.get("finished") is True
            yield json
        code = await child.wait()
        if code and not has_ended and not self._is_closing():
            yield {"error": "It stopped before it finished; rilo-reader doctor may show why."}

    def _ask_to_end(self, process: asyncio.subprocess.Process) -> None:
        try:
            process.send_signal(signal.SIGINT)  # as Ctrl-C does
        except ValueError:  # Windows has no such signal for another process
            process.terminate()


async def _read_objects(child: asyncio.subprocess.Process) -> AsyncIterator[Json]:
    """Yield the JSON objects that a child prints; other lines are skipped.

    A child that prints a line over LONGEST_LINE is broken, and killed.
    """
    if child.stdout is None:
        return
    try:
        async for line in child.stdout:
            with suppress(ValueError):
                value = loads(line)
                if isinstance(value, dict):
                    yield value
    except ValueError:  # a line over the limit
        with suppress(ProcessLookupError):
            child.kill()
