"""Read settings.toml; invalid settings have their defaults, and are reported."""

from __future__ import annotations

from pathlib import Path

from rilo_reader.config.values import Config, SettingsProblem


def load(file: Path) -> tuple[Config, tuple[SettingsProblem, ...]]:
    """Read the settings; a missing file gives the defaults, an invalid value also a problem."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Config(), ()
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or error}), so the defaults are used"
        return Config(), (SettingsProblem(file, 0, "", reason),)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = "a byte is not valid UTF-8, so the defaults are used; save the file as UTF-8"
        return Config(), (SettingsProblem(file, line, "", reason),)
    from rilo_reader.config.check import check, parse

    data, fault = parse(text)
    if fault is not None:
        line, reason = fault
        return Config(), (SettingsProblem(file, line, "", f"{reason}; the defaults are used"),)
    return check(file, text, data)
