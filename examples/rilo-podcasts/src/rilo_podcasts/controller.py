"""The key, the panel, the queue of downloads, and the player."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rilo_podcasts import PodcastSettings
from rilo_podcasts.download import Download, part_of
from rilo_podcasts.episodes import Episode, Positions, find_episodes
from rilo_podcasts.player import Player
from rilo_reader.hooks import Controller, EntryPanel, ListEntry, PanelKey, ReaderContext

SHOWN_SECONDS = 0.5  # between two looks at what has changed


class EpisodePanel(EntryPanel[Episode]):
    """The episodes, with what is there of each."""

    def __init__(self, podcasts: PodcastController) -> None:
        super().__init__(podcasts.list_keys)
        self.title = "Podcasts"
        self._podcasts = podcasts
        self.show_states()

    def on_mount(self) -> None:
        self.set_interval(SHOWN_SECONDS, self.show_states)

    def show_states(self) -> None:
        """Show all episodes as they are now."""
        self.show_entries([self._podcasts.describe(each) for each in self._podcasts.episodes])
        self.show_note("" if self.entries else "No article has audio or video attached.")


class PodcastController(Controller):
    """Lists, downloads and plays."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.commands = {"podcasts": self.show}
        self.episodes: Sequence[Episode] = ()
        self._downloads: dict[str, Download] = {}
        self._positions = Positions(context.environment.paths.state / "podcasts.json")
        self._player = Player()
        self._searches = self.tasks.make_latest("podcasts")
        self._download_queue = self.tasks.make_serial("podcast downloads", self._show_failure)
        self._play_queue = self.tasks.make_serial("podcast player")

    @property
    def _settings(self) -> PodcastSettings:
        return self.context.config.plugin_values(PodcastSettings)

    def show(self) -> None:
        """Find the episodes in a thread, and show them."""

        def find() -> Sequence[Episode]:
            self._positions.load()
            return find_episodes(self.library)

        def open_found(found: Sequence[Episode]) -> None:
            self.episodes = found
            self.open_list(EpisodePanel(self))

        self._searches.request(find, open_found)

    # -- what the panel shows ---------------------------------------------------------------------

    def describe(self, episode: Episode) -> ListEntry:
        """Return the line of an episode."""
        state = self._describe_state(episode)
        detail = " · ".join(filter(None, (episode.source, state)))
        key = episode.url
        return ListEntry(episode.title, detail, episode.length, payload=episode, key=key)

    def _describe_state(self, episode: Episode) -> str:
        if episode.url == self._player.url:
            done = "paused" if self._player.is_paused else "playing"
            return f"{done} at {_clock(self._player.position)}"
        if download := self._downloads.get(episode.url):
            size = download.size or episode.bytes
            return f"{100 * download.done // size} %" if size else f"{download.done / 1e6:.1f} MB"
        left = self._positions.find(episode.url)
        parts = [f"heard to {_clock(left)}"] if left else []
        file = self._file(episode)
        parts += ["downloaded"] if file.exists() else ["begun"] if part_of(file).exists() else []
        return ", ".join(parts)

    def list_keys(self, panel: EntryPanel[Episode]) -> Sequence[PanelKey]:
        """Return the keys that do something with an episode now."""
        if (episode := panel.current_payload) is None:
            return ()
        playing = episode.url == self._player.url
        keys = [PanelKey("enter", "enter pause" if playing else "enter play", self._act(episode))]
        if playing:
            keys += [
                PanelKey("left", "← back", partial(self._player.seek, -15)),
                PanelKey("right", "→ on", partial(self._player.seek, 30)),
                PanelKey("x", "x end", self._player.quit),
            ]
        elif self._file(episode).exists():
            keys += [PanelKey("x", "x remove", partial(self._remove, episode))]
        else:
            hint = "d stop" if episode.url in self._downloads else "d download"
            keys += [PanelKey("d", hint, partial(self._toggle_download, episode))]
        return keys

    def _act(self, episode: Episode) -> partial[None]:
        playing = episode.url == self._player.url
        return partial(self._player.pause) if playing else partial(self._play, episode)

    def _file(self, episode: Episode) -> Path:
        return Path(self._settings.podcast_folder).expanduser() / episode.file_name

    # -- what the keys do -------------------------------------------------------------------------

    def _play(self, episode: Episode) -> None:
        self._player.quit()  # the one before, which comes first in the queue
        file, start = self._file(episode), self._positions.find(episode.url)
        source = str(file) if file.exists() else episode.url

        def play() -> float:
            left = self._player.play(episode.url, source, start, self._settings.podcast_player)
            self._positions.keep(episode.url, left)
            return left

        self._play_queue.enqueue(play)

    def _toggle_download(self, episode: Episode) -> None:
        if download := self._downloads.get(episode.url):
            download.stop()
            return
        private = self._settings.podcast_private
        download = Download(episode.url, self._file(episode), is_private_allowed=private)
        self._downloads[episode.url] = download

        def run() -> bool:
            try:
                return download.run()
            finally:
                self._downloads.pop(episode.url, None)

        def tell(is_whole: bool) -> None:
            done = "is downloaded" if is_whole else "was stopped; d goes on there"
            self.widgets.show_message(f"{episode.title} {done}.")

        self._download_queue.enqueue(run, tell)

    def _show_failure(self, error: Exception) -> None:
        self.widgets.show_error(str(error))

    def _remove(self, episode: Episode) -> None:
        self._file(episode).unlink(missing_ok=True)
        self.widgets.show_message(f"{episode.title} is removed from your episodes.")

    async def stop(self) -> None:
        """End what runs; what is downloaded and heard so far is kept."""
        for download in [*self._downloads.values()]:
            download.stop()
        self._player.quit()

    async def finish(self) -> None:
        """Wait until the position is written."""
        await self._play_queue.wait_for_all()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
