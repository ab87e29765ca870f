"""Notes of Dendron (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from rilo_reader.dialects import USUAL, Dialect
from rilo_reader.text import lazy_re

_VAULT = lazy_re(r"dendron://[^/\s]{1,200}/")
_RANGE = lazy_re(r",\d{1,4}(?=:|\Z)|:#[\w*^-]{1,200}\Z")


class Dendron(Dialect):
    """Notes of Dendron, which name their links before the note: `[[words|note]]`."""

    forms = USUAL._replace(templates=False)

    def metadata(self, metadata: Mapping[str, object]) -> Mapping[str, object]:
        """Return front matter with `desc` as the description."""
        return {"description": metadata["desc"], **metadata} if "desc" in metadata else metadata

    def link(self, first: str, second: str) -> tuple[str, str]:
        """Return the note, without its vault, and the words, which come first."""
        page = _RANGE.sub("", _VAULT.sub("", (second or first).strip(), count=1))
        return page, first.strip() if second else page


DIALECT = Dendron()
