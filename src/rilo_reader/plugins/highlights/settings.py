"""The settings of notes in settings.toml."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from rilo_reader.config.all_settings import PluginSettings
from rilo_reader.config.checks import Setting, SettingError, check_text


class NoteSettings(NamedTuple):
    """The settings of notes on highlights."""

    # where they are written: absolute, or relative to the library; `Path()` for nowhere, None for
    # the folder of the user's data
    notes_folder: Path | None = None


def _check_notes_folder(value: object) -> Path:
    """A folder, absolute or relative to the library; "" gives `Path()`."""
    text = check_text(value).strip()
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise SettingError(f"{text!r} is the home of a user that does not exist") from None
    is_elsewhere = not folder.is_absolute() and (folder.drive or ".." in folder.parts)
    if (text and (folder == Path() or is_elsewhere)) or not text.isprintable():
        raise SettingError(
            f"{text!r} is not a folder of its own; expected a path that begins with ~ or "
            f"{Path(folder.anchor or '/')}, or the name of a folder in the library"
        )
    return folder


SETTINGS = PluginSettings(
    NoteSettings,
    {
        "notes_folder": Setting(
            "Where notes on your highlights are saved, a Markdown file for each article: a "
            'folder, or the\nname of one in the library; "" for none. By default it is the '
            "folder notes beside the articles.",
            _check_notes_folder,
            example="~/vault/highlights",
            needs_restart=True,
        )
    },
)
