"""Pages of MkDocs, and posts of its theme Material, which have two dates in one (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from rilo_reader.dialects import Dialect


class MkDocs(Dialect):
    """Pages of MkDocs."""

    def metadata(self, metadata: Mapping[str, object]) -> Mapping[str, object]:
        """Return front matter with `created` and `updated` of its `date` as dates of their own."""
        said = metadata.get("date")
        if not isinstance(said, Mapping):
            return metadata
        dates = {"date": said.get("created"), "updated": said.get("updated")}
        return {**metadata, **{key: value for key, value in dates.items() if value}}


DIALECT = MkDocs()
