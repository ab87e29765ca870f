"""`AccountUpdate`: the sync of one account in a refresh, and what is recorded of its outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from rilo_reader.errors import CollectingError
from rilo_reader.feeds.progress import FeedProgress, Phase
from rilo_reader.feeds.schedule import LONGEST_RETRY, SkipReason, Wait, describe_wait
from rilo_reader.feeds.update import make_failure
from rilo_reader.feeds.update_session import UpdateSession
from rilo_reader.fetch.messages import FetchError
from rilo_reader.plugins.accounts.account_sync import DEFAULT_LIMITS, AccountSync, SyncLimits
from rilo_reader.plugins.accounts.mail_sync import MailSync
from rilo_reader.plugins.accounts.mailbox import Mailbox
from rilo_reader.plugins.accounts.records import AccountRecord, AccountRecords
from rilo_reader.plugins.accounts.service import Account, Api, ServerFeed, Service
from rilo_reader.store import state as store
from rilo_reader.text import redact_address

MAX_SERVER_FETCHES = 20  # feeds that a server is asked to fetch in one refresh, one after another


class AccountUpdate:
    """The sync of one account in one refresh.

    `connect` opens its service, and raises FetchError. It is called in a thread, since a program
    may have to be asked for the secret.
    """

    def __init__(
        self,
        account: Account,
        connect: Callable[[], Service | Mailbox],
        records: AccountRecords,
        marks: store.State,
        limits: SyncLimits = DEFAULT_LIMITS,
    ) -> None:
        self.warning = records.notice
        self.progress = FeedProgress(redact_address(account.url), account.name, Phase.WAITING)
        self._account = account
        self._connect = connect
        self._records = records
        self._marks = marks
        self._limits = limits

    async def run(
        self, session: UpdateSession, report: Callable[[FeedProgress], None]
    ) -> FeedProgress:
        """Sync; report the progress, and return the final one; raises CollectingError."""
        progress, now = self.progress, session.clock()
        if self._marks.is_protected:
            # Compared with no marks, all of the base would seem to have been taken away.
            raise CollectingError(self._marks.notices[-1])
        record = await session.run_in_collection(
            lambda _: self._records.read_account(self._account.name)
        )
        until = next_try(record, now)
        if until is not None and not session.request.force:
            wait = Wait(SkipReason.ASKED_TO_WAIT, until)
            return progress._replace(
                state=Phase.SKIPPED,
                reason=describe_wait(wait, now),
                failure=str(wait.reason),
                until=until,
            )
        report(progress._replace(state=Phase.FETCHING))
        records, marks = self._records, self._marks
        letters = MailSync(session, self._account, records, marks)
        entries = AccountSync(session, self._account, records, marks, limits=self._limits)
        sync = letters if self._account.api is Api.IMAP else entries
        reading = progress._replace(state=Phase.READING)

        def report_reading(progress: str) -> None:
            report(reading._replace(reason=progress))

        try:
            service = await asyncio.to_thread(self._connect)
            if isinstance(service, Mailbox):
                await letters.run(service, report_reading)
            else:
                # If that is not possible, the sync says why.
                with suppress(FetchError):
                    if not session.request.dry_run:
                        for feed in await self._list_named_feeds(session):
                            await service.fetch_feed(feed)
                await entries.run(service, report_reading)
        except FetchError as error:
            await self._write_record(session, record_after_failure(record, error, now))
            await sync.count_waiting()
            # Articles that came before are kept, so they are reported.
            end = make_failure(progress, error.reason, str(error.failure))
            rest = f"{end.reason} {sync.kept_note}".rstrip()
            return end._replace(reason=rest, **sync.received._asdict())
        await self._write_record(session, AccountRecord(self._account.name, now, now))
        named = [feed for feed in await self._list_named_feeds(session) if feed.problem]
        failing = (f"it cannot fetch {feed.title}: {feed.problem}" for feed in named)
        reason = "; ".join(filter(None, (sync.marks_note, *failing)))
        end = progress._replace(reason=reason, **sync.received._asdict())
        has_news = end.new or end.updated or end.kept or end.outside
        return end._replace(state=Phase.SAVED if has_news else Phase.UNCHANGED)

    async def _list_named_feeds(self, session: UpdateSession) -> list[ServerFeed]:
        """Return the feeds that the user named, as the last sync left them."""
        name, urls = self._account.name, session.request.user_urls
        feeds = await session.run_in_collection(lambda _: self._records.list_feeds(name))
        return [feed for feed in feeds if feed.url in urls][:MAX_SERVER_FETCHES]

    async def _write_record(self, session: UpdateSession, record: AccountRecord) -> None:
        if not session.request.dry_run:
            await session.run_in_collection(lambda _: self._records.write_account(record))


def next_try(record: AccountRecord, now: datetime) -> datetime | None:
    """Return until when the server wants to be left alone, or None (pure).

    Times so far ahead that a clock must have been wrong do not count.
    """
    last, until = record.last_try, record.retry_at
    if until is None or last is None or not last <= now < until:
        return None
    until = min(until, last + LONGEST_RETRY)
    return until if now < until else None


def record_after_failure(record: AccountRecord, error: FetchError, now: datetime) -> AccountRecord:
    """Return the record of an account after a failure (pure)."""
    return record._replace(
        last_try=now,
        failures=record.failures + 1,
        failure=str(error.failure),
        reason=error.reason,
        retry_at=error.retry_after,
    )
