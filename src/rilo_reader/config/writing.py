"""Change one setting in settings.toml, and leave every other byte as the user wrote it."""

from __future__ import annotations

from pathlib import Path


def change(file: Path, key: str, value: str | float | bool) -> None:
    """Set one key in the file, keeping every comment and every other line as the user wrote it.

    Creates the file (with every setting explained in comments) where there is none; atomic. A
    file that is a link is written where the link leads.

    Raises:
        OSError: the file cannot be read or written.
        ValueError: the file is no TOML, or the key no setting; the file is as it was.
    """
    from rilo_reader.config.editing import with_value
    from rilo_reader.config.template import template

    target = file.resolve()
    try:
        text = target.read_bytes().decode("utf-8")
    except FileNotFoundError:
        text = template()
    _write(target, with_value(text, tuple(key.split(".")), value))


def _write(file: Path, text: str) -> None:
    """Put a text in a file's place: the old one or the new one is there, never a part."""
    import os
    import tempfile

    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text.encode())
            opened.flush()
            os.fsync(opened.fileno())
        fresh.chmod(file.stat().st_mode & 0o7777 if file.exists() else 0o644)
        fresh.replace(file)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
