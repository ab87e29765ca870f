"""settings.toml as a frozen Config; what is wrong in it is named by file, key and line."""

from __future__ import annotations

from rilo_reader.config.loading import load
from rilo_reader.config.settings import Config, MarkRead, SettingsProblem
from rilo_reader.config.writing import change

__all__ = ["Config", "MarkRead", "SettingsProblem", "change", "load"]
