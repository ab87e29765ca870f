"""`rilo-reader later`: sync with wallabag."""

from rilo_later import LaterSettings
from rilo_later.sync import sync
from rilo_reader.hooks import Verb, load_user_settings, open_current, output
from rilo_reader.library import user_paths


class LaterVerb(Verb):
    """Bring what was saved in wallabag."""

    about = "Bring what was saved in wallabag, with tags and state, and send your highlights there."
    examples = ("rilo-reader later",)
    writes = True

    def run(self) -> int:
        settings = load_user_settings().plugin_values(LaterSettings)
        with open_current(self) as library:
            done = sync(library, settings, user_paths().state / "later.json")
            for _ in library.follower.reconcile():
                pass
        output().line(done)
        return 0
