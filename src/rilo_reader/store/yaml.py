"""Parse YAML front matter into text, lists and mappings (pure).

Scalars stay as written: `No`, `1.10`, `007` and `2013-02-30` are text, so no title turns into
False and no odd date makes front matter unreadable. Tags such as `!ruby/symbol` are ignored, of
duplicate keys the last wins, keys are text, and the expansion of aliases is bounded.

PyYAML is imported on first use.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rilo_reader.store.headers import HeaderError
from rilo_reader.text import clean_line, clean_text

if TYPE_CHECKING:
    import yaml


VALUE_LIMIT = 20_000
"""Values in front matter once aliases are expanded (an alias bomb has billions)."""

DEPTH_LIMIT = 100
"""Levels of nested values."""

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""Unquoted scalars that mean null."""


def read(header: str) -> dict[str, object]:
    """Parse a mapping; scalars are text, or None for null and for no value.

    Raises HeaderError if it is not a YAML mapping, or too large once aliases are expanded.
    """
    try:
        return _mapping(header)
    except HeaderError:
        # Tabs and stray control characters are common in real files, and harmless.
        repaired = clean_text(header).replace("\t", "  ")
        if repaired == header:
            raise
    return _mapping(repaired)


def read_typed(header: str) -> dict[str, object]:
    """As `read`, but with YAML's types for dates, numbers and booleans, to write them as TOML.

    An invalid value (such as the date 2013-02-30) stays text.
    """
    return _mapping(header, typed=True)


class _Builder:
    """Converts YAML nodes to plain values, and counts them to stop an alias bomb."""

    def __init__(self, scalar: Callable[[yaml.ScalarNode], object]) -> None:
        import yaml

        self._scalar_node = yaml.ScalarNode
        self._mapping_node = yaml.MappingNode
        self._scalar = scalar
        self._left = VALUE_LIMIT

    def mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, object]:
        """Convert a mapping; of duplicate keys the last wins, and `<<` provides defaults."""
        result: dict[str, object] = {}
        defaults: list[object] = []
        for key_node, value_node in node.value:
            key = self._key(key_node, depth)
            value = self._value(value_node, depth)
            if key == "<<" and isinstance(value, dict | list):
                defaults.extend(value if isinstance(value, list) else [value])
            else:
                result[key] = value
        for mapping in defaults:
            if isinstance(mapping, dict):
                for key, value in mapping.items():
                    result.setdefault(key, value)
        return result

    def _key(self, node: yaml.Node, depth: int) -> str:
        """A key as text, even if it is a list or a mapping (`{{title}}:`)."""
        text = node.value if isinstance(node, self._scalar_node) else self._value(node, depth)
        return text if isinstance(text, str) else str(text)

    def _value(self, node: yaml.Node, depth: int) -> object:
        """The value of any node."""
        self._left -= 1
        if isinstance(node, self._scalar_node):
            return self._scalar(node)
        if self._left < 0 or depth > DEPTH_LIMIT:
            line = node.start_mark.line + 1
            raise HeaderError(
                line, "is too large: it is nested too deeply, or its aliases repeat too much"
            )
        if isinstance(node, self._mapping_node):
            return self.mapping(node, depth + 1)
        return [self._value(item, depth + 1) for item in node.value]


def _as_written(node: yaml.ScalarNode) -> str | None:
    """A scalar's text; None for an unquoted null."""
    value: str = node.value
    return None if value in NULLS and not node.style else value


def _mapping(header: str, *, typed: bool = False) -> dict[str, object]:
    import yaml

    try:
        typed_loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        loader = (typed_loader if typed else _plain_loader())(header)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
        if node is None:
            return {}
        if isinstance(node, yaml.MappingNode):
            return _Builder(_typed_scalar(loader) if typed else _as_written).mapping(node, 0)
        if isinstance(node, yaml.ScalarNode) and _as_written(node) is None:
            return {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise HeaderError(line, f"cannot be read: {_explanation(error, header)}") from None
    except yaml.YAMLError as error:
        raise HeaderError(1, f"cannot be read: {clean_line(str(error), 200)}") from None
    except (UnicodeError, RecursionError):
        raise HeaderError(
            1, "cannot be read: it holds what is no text, or is nested too deeply"
        ) from None
    raise HeaderError(1, "cannot be read: it is not made of “key: value” lines")


_EXPLANATIONS = (
    ("mapping values are not allowed", "a colon inside a value; put the value in quotes"),
    ("expected ':'", "this is no “key: value” line"),
    ("unexpected end of stream", "a quotation mark that begins here or before is not closed"),
    ("expected ',' or", "a bracket is not closed, or a value that begins with one needs quotes"),
    ("undefined alias", "“*” begins the name of an alias here; put the value in quotes"),
    ("expected key", "this line does not fit those before it; look at its indentation and quotes"),
    ("<block end>", "this line does not fit those before it; look at its indentation and quotes"),
)


def _explanation(error: yaml.MarkedYAMLError, header: str) -> str:
    """PyYAML's error, explained for people who do not know YAML's grammar."""
    problem = error.problem or str(error)
    if "cannot start any token" in problem and error.problem_mark:
        lines = header.split("\n")
        rest = lines[error.problem_mark.line : error.problem_mark.line + 1]
        character = rest[0][error.problem_mark.column :][:1] if rest else ""
        return f"“{character}” cannot begin a value; put the value in quotes"
    for words, reason in _EXPLANATIONS:
        if words in problem:
            return reason
    return clean_line(problem, 200)


@functools.cache
def _plain_loader() -> type[Any]:
    """The fastest loader (libyaml's if PyYAML was built with it), without types."""
    import yaml

    class PlainLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
        """Composes nodes without resolving types, in a third of the time."""

        def resolve(self, *_: object) -> str:
            return ""

    return PlainLoader


def _typed_scalar(loader: yaml.SafeLoader) -> Callable[[yaml.ScalarNode], object]:
    """A function that converts a scalar to its type, or to text if it is invalid."""
    types = {f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "timestamp", "null")}

    def value(node: yaml.ScalarNode) -> object:
        if node.tag in types:
            with suppress(ValueError, OverflowError):
                return loader.construct_object(node)
        return node.value

    return value
