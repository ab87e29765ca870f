"""Files of a library that a step of undo takes away, brings back, or gives their other text.

What is not in the library lies in a folder beside its marks, so nothing has to fit into memory, and
an undo that was stopped goes on where it was. A file that has changed since is kept.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from rilo_reader.files import is_locked
from rilo_reader.store.file_kinds import may_be_article
from rilo_reader.store.folder import UnreadableError, resolve_inside


class SwappedFile(NamedTuple):
    """A file of a library, by its path there, with the digests of what it has."""

    path: str
    now: str  # what it has now; "" if there is no file
    other: str = ""  # what an undo gives it


def hash_file(data: bytes) -> str:
    """Return the digest of the bytes of a file."""
    return blake2b(data, digest_size=16).hexdigest()


def _hash_at(file: Path) -> str:
    try:
        return hash_file(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return ""


def swap_files(
    library: Path,
    aside: Path,
    files: Iterable[SwappedFile],
    kept: Container[str] = (),
    *,
    is_redo: bool = False,
) -> tuple[list[SwappedFile], int]:
    """Swap each file with what lies aside; return them as they are then, and how many had changed.

    What came and is `kept` stays; a redo finds it there. Raises OSError if a file cannot be moved;
    what was moved before is found as it is.
    """
    swapped, changed_count = list[SwappedFile](), 0
    for each in files:
        stays = bool(each.now) and not each.other and (is_redo or each.path in kept)
        if not stays and _swap_file(library, aside, each):
            swapped.append(each._replace(now=each.other, other=each.now))
        else:
            swapped.append(each)
            changed_count += not stays
    return swapped, changed_count


def find_named(library: Path, files: Iterable[SwappedFile], articles: Iterable[str]) -> set[str]:
    """Return those files that are not articles, such as pictures, which some articles name."""
    texts = list[str]()
    for path in articles:
        with suppress(OSError, UnreadableError):
            data = Path(resolve_inside(library, path)).read_bytes()
            texts.append(unquote(data.decode(errors="replace")).casefold())
    names = {each.path: each.path.rpartition("/")[2].casefold() for each in files if texts}
    return {
        path
        for path, name in names.items()
        if not may_be_article(path) and any(name in text for text in texts)
    }


def _swap_file(library: Path, aside: Path, each: SwappedFile) -> bool:
    try:
        here, there = Path(resolve_inside(library, each.path)), aside / each.path
    except UnreadableError:
        return False
    found = _hash_at(here)
    if found == each.other:  # by an undo that was stopped, or by the user
        return True
    if found != each.now or (each.other and _hash_at(there) != each.other):
        return False
    leaving = there.with_name(f"{there.name}~")
    if each.now:
        leaving.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(here, leaving)
    if each.other:
        here.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(there, here)
    else:
        with suppress(OSError):  # as soon as one is not empty
            for folder in here.relative_to(library.resolve()).parents:
                (library / folder).rmdir() if folder.name else None
    if each.now:
        leaving.replace(there)
    return True


# -- of a step that is not done yet --------------------------------------------------------------


class CreatedFiles(dict[str, str]):
    """Files that came into the library, by their paths, with their digests."""

    log: BinaryIO | None = None  # has them too, and stays where the process is killed

    def add(self, files: Mapping[str, str]) -> None:
        """Add files that are about to be written."""
        self.update(files)
        self.write_to_log([SwappedFile(path, digest) for path, digest in files.items()])

    def write_to_log(self, files: Sequence[SwappedFile]) -> None:
        """Write files to the log, if there is one."""
        if self.log is not None and files:
            self.log.write(json.dumps(files).encode() + b"\n")
            self.log.flush()


LOG = ".log"


def find_logs(beside: Path) -> list[Path]:
    """Return the logs of steps whose process was killed."""
    return [log for log in sorted(beside.glob(f"*{LOG}")) if not is_locked(log)]


def read_log(log: Path) -> tuple[str, str, list[SwappedFile]]:
    """Return the message of a step, the folder aside, and its files; the end may be cut."""
    message, aside, files = "", "", list[SwappedFile]()
    with suppress(OSError, ValueError), log.open(encoding="utf-8") as lines:
        message, aside = json.loads(next(lines, ""))
        for line in lines:
            files += [SwappedFile(*each) for each in json.loads(line)]
    return message, aside, files


def delete_log(log: Path) -> bool:
    """Delete a log; return False if that failed."""
    with suppress(OSError):  # on Windows, where nothing is locked, it is in use
        log.unlink()
        return True
    return False
