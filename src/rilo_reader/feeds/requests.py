"""The headers of requests for feeds, and for the pages of their entries."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rilo_reader.config.checks import SettingError
from rilo_reader.feeds.request_headers import parse_headers
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.addresses import may_share, parse_address
from rilo_reader.fetch.messages import Headers, Request
from rilo_reader.secret_store import COMMAND_SECONDS, make_login_error, read_command_output
from rilo_reader.text import redact_address

PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"


async def make_headers(feed: Subscription) -> Headers:
    """Return the headers of the user's own for the host of a feed; raises FetchError."""
    headers = Headers(feed.headers)
    if feed.user_agent:
        headers["User-Agent"] = feed.user_agent
    if feed.header_command:
        headers.update(await asyncio.to_thread(run_header_command, feed))
    return headers


def page_request(url: str, feed: str, headers: Headers, *, trusted: bool = False) -> Request:
    """Return the request for a page, with the headers of a feed if both are on the same host.

    `feed` is the address of the feed; raises FetchError.
    """
    request = Request(url, is_trusted=trusted, accept=PAGE_TYPES)
    if headers and may_share(parse_address(feed), parse_address(url)):
        request = request._replace(headers=headers)
    return request


def run_header_command(feed: Subscription, seconds: float = COMMAND_SECONDS) -> Headers:
    """Run the command of a feed that prints headers, and return them; blocks while it runs.

    Raises FetchError: LOGIN if it fails, takes too long or prints something else.
    """
    what = f"the header_command of {redact_address(feed.url)}"
    program, *arguments = feed.header_command
    command = [str(Path(program).expanduser()), *arguments]
    expected = "headers such as Cookie: session=1, one a line"
    output = read_command_output(command, what, seconds, expected)
    try:
        return parse_headers(output.decode().splitlines())
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    except SettingError as error:
        reason = str(error)
    raise make_login_error(f"{what} must print headers, one a line: {reason}")
