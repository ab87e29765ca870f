"""Pictures of articles: found beside them or in the cache, fetched, and decoded in a worker.

Nothing here but `decode` needs the extra `pictures`, and only workers import that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rilo_reader.commands import Command


class PicturesPlugin(Plugin):
    name = "pictures"

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import READ, Command

        # fmt: off
        return (
            Command("picture", "Picture alone", (), "Show the picture on the screen alone; in the article, enter does it.", READ, names="image photo larger bigger full zoom"),
            Command("pictures", "Fetch pictures", ("p",), "Fetch the pictures of the article from the web, and show them.", READ, names="images photos load download"),
        )
        # fmt: on


PLUGIN = PicturesPlugin()
