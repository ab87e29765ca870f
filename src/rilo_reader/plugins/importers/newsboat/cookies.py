"""Give feeds the cookies that newsboat sends for them, from the file of its `cookie-cache`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from http.cookiejar import LoadError, MozillaCookieJar
from pathlib import Path
from urllib.request import Request
from warnings import catch_warnings

from rilo_reader.config.checks import SettingError
from rilo_reader.errors import NotReadableError
from rilo_reader.feeds.request_headers import check_headers
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.files import read_regular

COOKIES_LIMIT = 5_000_000  # bytes


def add_cookies(file: Path, feeds: Iterable[Subscription]) -> tuple[Subscription, ...]:
    """Return feeds with the cookies of a file in the format of Netscape, which curl writes too.

    Raises NotReadableError.
    """
    jar = MozillaCookieJar(str(file))
    try:
        if len(read_regular(file)) > COOKIES_LIMIT:
            raise NotReadableError(f"it is larger than {COOKIES_LIMIT:,} bytes")
        with catch_warnings(action="ignore"):  # it warns of a line that it cannot read
            jar.load(ignore_discard=True, ignore_expires=True)
    except (OSError, LoadError, ValueError) as error:
        # The error may have a line of the file, and so a cookie.
        reason = getattr(error, "strerror", None) or "it is not a file of cookies"
        raise NotReadableError(reason) from None

    for cookie in jar:
        cookie.expires = cookie.expires or None  # 0: newsboat keeps it as long as its file

    def with_its_own(feed: Subscription) -> Subscription:
        request = Request(feed.url)  # noqa: S310  # nothing is opened
        jar.add_cookie_header(request)
        cookie = request.get_header("Cookie")
        with suppress(SettingError):  # a damaged file may hold anything
            return feed._replace(headers=check_headers({"Cookie": cookie})) if cookie else feed
        return feed

    return tuple(map(with_its_own, feeds))
