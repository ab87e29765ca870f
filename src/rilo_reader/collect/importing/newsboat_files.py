"""Where newsboat keeps its files, and reading them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rilo_reader.collect.newsboat.config import NewsboatConfig, read_config
from rilo_reader.collect.newsboat.urls import Urls, read_urls
from rilo_reader.library import LibraryError
from rilo_reader.store.encoding import decode

TEXT_LIMIT = 20_000_000
INCLUDES_LIMIT = 50


class NewsboatFiles(NamedTuple):
    """newsboat's files; None where one is not there.

    Attributes:
        urls: the list of feeds.
        cache: the articles.
        config: the settings.
    """

    urls: Path | None
    cache: Path | None
    config: Path | None


def find(folder: Path | None, environment: Mapping[str, str], home: Path) -> NewsboatFiles:
    """Newsboat's files in a folder, or where newsboat itself would look.

    Args:
        folder: holds them; None for the usual places.
        environment: its XDG variables are meant.
        home: the user's.

    Raises:
        LibraryError: there are none.
    """
    if folder is not None:
        if folder.is_file():
            raise LibraryError(f"{folder} is a file; name the folder of newsboat's files.")
        found = _in(folder, folder)
        if found == NewsboatFiles(None, None, None):
            raise LibraryError(f"{folder} holds neither urls nor cache.db nor config of newsboat.")
        return found
    places = list(_usual(environment, home))
    for config, data in places:
        found = _in(config, data)
        if found.urls or found.cache:
            return found
    looked = ", ".join(dict.fromkeys(str(config) for config, _ in places))
    raise LibraryError(
        f"newsboat's files were not found in {looked}. Where are they? "
        "rilo-reader import newsboat FOLDER"
    )


def _usual(environment: Mapping[str, str], home: Path) -> list[tuple[Path, Path]]:
    """Folders of settings and data, in the order in which newsboat itself looks."""
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return [
        (config / "newsboat", data / "newsboat"),
        (home / ".newsboat", home / ".newsboat"),
        (config / "newsbeuter", data / "newsbeuter"),
        (home / ".newsbeuter", home / ".newsbeuter"),
    ]


def _in(config: Path, data: Path) -> NewsboatFiles:
    def there(*files: Path) -> Path | None:
        return next((file for file in files if file.is_file()), None)

    return NewsboatFiles(
        there(config / "urls"),
        there(data / "cache.db", config / "cache.db"),
        there(config / "config"),
    )


def settings_of(files: NewsboatFiles, home: Path) -> NewsboatConfig:
    """The settings with all files that they include, each read once; nothing is run."""
    waiting = [files.config] if files.config else []
    seen: set[Path] = set()
    whole = NewsboatConfig()
    while waiting and len(seen) < INCLUDES_LIMIT:
        file = waiting.pop(0)
        if file in seen:
            continue
        seen.add(file)
        text = _text(file)
        if text is None:
            reason = f"include of {file} cannot be read."
            whole = whole._replace(left_out=(*whole.left_out, reason))
            continue
        found = read_config(text)
        waiting += [_path(name, file.parent, home) for name in found.includes]
        whole = _together(whole, found)
    return whole


def _together(first: NewsboatConfig, more: NewsboatConfig) -> NewsboatConfig:
    return NewsboatConfig(
        keys={**first.keys, **more.keys},
        values={**first.values, **more.values},
        stars="".join(dict.fromkeys(first.stars + more.stars)),
        filters=first.filters + more.filters,
        ignored=first.ignored + more.ignored,
        cache_file=more.cache_file or first.cache_file,
        left_out=first.left_out + more.left_out,
    )


def cache_of(files: NewsboatFiles, settings: NewsboatConfig, home: Path) -> Path | None:
    """The cache: where the settings say, else the usual place; None where there is none."""
    if settings.cache_file and files.config:
        named = _path(settings.cache_file, files.config.parent, home)
        if named.is_file():
            return named
    return files.cache


def feeds_of(files: NewsboatFiles) -> Urls:
    """The list of feeds; an empty one where there is no file."""
    text = _text(files.urls) if files.urls else None
    return read_urls(text) if text is not None else Urls()


def _path(name: str, beside: Path, home: Path) -> Path:
    if name.startswith("~/"):
        return home / name[2:]
    return Path(os.path.normpath(beside / name))


def _text(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            return decode(opened.read(TEXT_LIMIT))[0]
    except OSError:
        return None
