"""Follow feeds on servers: Miniflux, and others with the Google Reader API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.hooks import Plugin, VerbEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rilo_reader.cli.findings import Section
    from rilo_reader.cli.library_context import LibraryContext
    from rilo_reader.commands import Command
    from rilo_reader.config import Config
    from rilo_reader.feeds.sources import FeedSources
    from rilo_reader.library import Library
    from rilo_reader.paths import Paths
    from rilo_reader.tui.reader.controller import Controller, ReaderContext


class AccountsPlugin(Plugin):
    name = "accounts"

    def verbs(self) -> Mapping[str, VerbEntry]:
        entry = VerbEntry(
            f"{__name__}.verb:AccountVerb",
            "read with an account at Miniflux, FreshRSS and others, or a mailbox",
            heading="Syncing and sharing",
            synonyms={
                "account add": "login signin connect",
                "account remove": "logout signout",
                "account": "accounts",
            },
        )
        return {"account": entry}

    def help_of_verbs(self) -> Mapping[str, str]:
        return {
            "refresh": """
Accounts at feed services are synced too: their articles are fetched, and what
you read or star on one side is read or starred on the other. FEED may also be
an account, by its name or one of its feeds.
""",
            "feeds": """
Feeds of accounts are listed too; remove, rename and tag change them on the
server, where tags are categories. If you follow a feed yourself and by an
account, rename and tag change both, and remove only your own; choose one with
--own or --account.
""",
        }

    def commands(self) -> Sequence[Command]:
        from rilo_reader.commands import COLLECT, Command

        # fmt: off
        return (
            Command("accounts", "Accounts", (), "Your accounts at Miniflux, FreshRSS and others: log in, check, log out.", COLLECT, names="account login logout log in log out password sign in server miniflux freshrss"),
        )
        # fmt: on

    def controllers(self, context: ReaderContext) -> Sequence[Controller]:
        from rilo_reader.plugins.accounts.controller import AccountController

        return (AccountController(context),)

    def feed_sources(self, folder: Path, paths: Paths, config: Config) -> FeedSources:
        from rilo_reader.plugins.accounts.places import TO_ADD, accounts_file

        if not accounts_file(paths).exists():  # most people have none, and nothing is imported
            from rilo_reader.feeds.sources import FeedSources

            return FeedSources(add_command=TO_ADD)
        from rilo_reader.plugins.accounts.source import make_sources

        return make_sources(folder, paths, config, TO_ADD)

    def checks(self, where: LibraryContext, library: Library | None) -> Iterable[Section]:
        if library is not None:
            return ()
        from rilo_reader.plugins.accounts.checks import list_findings

        return (("Accounts", list_findings(where.wanted_folder or where.folder, where.paths)),)


PLUGIN = AccountsPlugin()
