"""Watch a folder for changes, where the system can do that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR
from threading import Event, Thread

# watchfiles looks so often at what the system has told it; changes without a pause of that length
# belong to one save, which is reported after DEBOUNCE_MS even if there is no pause.
STEP_MS = 250
DEBOUNCE_MS = 4 * STEP_MS


def folder_identity(root: Path) -> tuple[int, int] | None:
    """Device and inode of the folder with this name, None if there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if S_ISDIR(found.st_mode) else None


class FolderWatch:
    """Calls `changed`, in a thread, with what changed in a folder, until it is stopped.

    Never where the folder is missing or cannot be watched.
    """

    def __init__(self, root: Path, changed: Callable[[Iterable[Path]], object]) -> None:
        self._root = root
        self._changed = changed
        self._identity = folder_identity(root)
        self._stop = Event()
        if self._identity is not None:
            Thread(target=self._observe, name="watch", daemon=True).start()

    def is_of(self, root: Path | None) -> bool:
        """Whether it watches this very folder, and not one that was in its place."""
        return root == self._root and root is not None and folder_identity(root) == self._identity

    def stop(self) -> None:
        """End it."""
        self._stop.set()

    def _observe(self) -> None:
        from watchfiles import watch  # heavy, and only who watches needs it

        # The limit of watches is reached, or the file system does not support them.
        with suppress(OSError):
            for batch in watch(
                self._root,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self._stop,
                raise_interrupt=False,
            ):
                self._changed(Path(name) for _, name in batch)
