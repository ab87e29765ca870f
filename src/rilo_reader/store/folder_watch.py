"""Watch a folder for changes, or look at it now and then where the system cannot do that."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from stat import S_ISDIR
from threading import Event
from typing import Protocol

from rilo_reader.store.file_kinds import to_text
from rilo_reader.store.folder import UnreadableError, file_of, scan_folder
from rilo_reader.threads import start_thread

# watchfiles looks so often at what the system has told it; changes without a pause of that length
# belong to one save, which is reported after DEBOUNCE_MS even if there is no pause.
STEP_MS = 460
DEBOUNCE_MS = 1_000
REST_MS = 5_000  # that a watch without heartbeat waits at a time

LOOK_SECONDS = 5.0  # between looks at a folder that cannot be watched; more for large folders
LOOK_SHARE = 20  # looks take at most one part in this many of the time

_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE = frozenset({"9p", "afs", "ceph", "cifs", "nfs", "nfs4", "smb3", "vboxsf", "virtiofs"})
"""File systems that do not tell what other computers change; so are those that begin `fuse.`."""


class UnwatchableError(Exception):
    """A folder cannot be watched; its text is the reason, without a period."""


class StopSignal(Protocol):
    """A condition that ends a watch; it is asked at every step."""

    def is_set(self) -> bool:
        """Return whether to end."""
        ...


def folder_identity(root: Path) -> tuple[int, int] | None:
    """Device and inode of the folder with this name, None if there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISDIR(found.st_mode) else None


def iter_changes(root: Path, stop: StopSignal, *, heartbeat: int = 0) -> Iterator[frozenset[Path]]:
    """Yield what changed in a folder, until `stop` is set.

    With `heartbeat` an empty set comes when the watch
    is set up, and whenever nothing changed for so many milliseconds.

    Raises:
        UnwatchableError: the folder cannot be watched, or no longer.
    """
    from watchfiles import watch  # heavy, and only who watches needs it

    try:
        for batch in watch(
            root,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=min(STEP_MS, heartbeat or STEP_MS),
            stop_event=stop,
            rust_timeout=heartbeat or REST_MS,
            yield_on_timeout=bool(heartbeat),
            raise_interrupt=False,
            # The other value ignores all errors, and what comes after a folder with one.
            ignore_permission_denied=False,
        ):
            yield frozenset(Path(name) for _, name in batch)
    except (OSError, RuntimeError, UnicodeError) as error:
        raise UnwatchableError(_describe_error(root, error)) from error


def unwatchable_reason(root: Path) -> str:
    """Return why a folder cannot be watched, without a period; "" if it can. Lists all of it."""
    if reason := remote_kind(root) or _odd_name(root):
        return reason
    done = Event()
    try:
        for _ in iter_changes(root, done, heartbeat=1):
            done.set()
    except UnwatchableError as error:
        return str(error)
    return ""


def remote_kind(root: Path, mounts: str | None = None) -> str:
    """Words for the file system of a folder if other computers may change it, else "".

    `mounts` is what Linux tells of mounted file systems; it is read where it is not given.
    """
    try:
        listed = _MOUNTS.read_text(errors="replace") if mounts is None else mounts
        folder = os.path.realpath(root)
    except OSError:
        return ""
    best, kind = "", ""
    for line in listed.splitlines():
        mount, _, system = line.partition(" - ")
        fields = mount.split()
        if len(fields) < 5 or not system:
            continue
        point = fields[4].replace(r"\040", " ").rstrip("/")
        if len(point) >= len(best) and f"{folder}/".startswith(f"{point}/"):
            best, kind = point, system.split()[0]
    is_remote = kind in _REMOTE or kind.startswith("fuse.")
    return f"{kind} does not report changes of other computers" if is_remote else ""


def _describe_error(root: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "a folder in it cannot be read"
    if isinstance(error, FileNotFoundError):
        return "a folder in it vanished"
    text = str(error)
    if "watch limit" in text:
        return "the limit of watched folders is reached (raise fs.inotify.max_user_watches)"
    if "Too many open files" in text:
        return "the limit of watches is reached (raise fs.inotify.max_user_instances)"
    if isinstance(error, UnicodeError) or "decode path" in text:
        return _odd_name(root) or "the name of a file is not UTF-8"
    return text.rstrip(".")


def _odd_name(root: Path) -> str:
    """The first name in a folder that is not Unicode, which watchfiles cannot report."""
    for folder, folders, files in os.walk(root):
        for name in (folder, *folders, *files):
            try:
                name.encode()
            except UnicodeEncodeError:
                path = os.path.relpath(name if name == folder else f"{folder}/{name}", root)
                return f"the name of {to_text(root.name if path == '.' else path)} is not UTF-8"
    return ""


class FolderWatcher:
    """Calls `on_change`, in a thread, with what changed in a folder, until it is stopped.

    A watch that hears nothing at first calls once with nothing, since something may have changed
    while it was set up. Where the folder cannot be watched, its articles are compared now and then.
    Never where it is missing.
    """

    def __init__(
        self,
        root: Path,
        on_change: Callable[[Iterable[Path]], object],
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._root = root
        self._on_change = on_change
        self._look_seconds = look_seconds
        self._identity = folder_identity(root)
        self._stop = Event()
        if self._identity is not None:
            start_thread(self._watch, "watch")

    def is_of(self, root: Path | None) -> bool:
        """Return whether it watches this very folder, and not one that was in its place."""
        return root == self._root and root is not None and folder_identity(root) == self._identity

    def stop(self) -> None:
        """End it."""
        self._stop.set()

    def _watch(self) -> None:
        try:
            changes = iter_changes(self._root, self._stop, heartbeat=REST_MS)
            for number, batch in enumerate(changes):
                if batch or number == 0:
                    self._on_change(batch)
        except UnwatchableError:
            self._poll()

    def _poll(self) -> None:
        before = self._list_articles()
        pause = 0.0
        while not self._stop.wait(max(self._look_seconds, pause)):
            started = time.monotonic()
            now = self._list_articles()
            if differing := {path for path, _ in before ^ now}:
                self._on_change([file_of(self._root, path) for path in sorted(differing)])
            before, pause = now, LOOK_SHARE * (time.monotonic() - started)

    def _list_articles(self) -> frozenset[tuple[str, tuple[int, int]]]:
        try:
            found = scan_folder(self._root)
            return frozenset((each.path, each[1:]) for entries in found for each in entries)
        except UnreadableError:
            return frozenset()
