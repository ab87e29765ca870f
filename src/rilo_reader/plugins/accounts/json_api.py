"""Call the JSON API of a feed service, and read what it replies.

    endpoint = Endpoint("Miniflux", root_of_api(account.url), account.private)
    api = JsonApi(client, endpoint, headers={"X-Auth-Token": key}, secrets=(key,))
    feeds = api.decode_reply(await api.call_api("/v1/feeds"))
    titles = {feed.number_of("id"): feed.text_of("title") for feed in feeds.objects_of()}

Whatever the server does becomes a FetchError whose reason says what happened and what to do, and
holds no secret. What it replies is untrusted: values of other types than expected are dropped
or raise FetchError, see `JsonValue`.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import escape
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import quote, quote_plus, urlencode

from rilo_reader.fetch.addresses import parse_address, resolve_redirect
from rilo_reader.fetch.messages import ApiClient, ApiReply, ApiRequest, Failure, FetchError
from rilo_reader.fetch.response import REDIRECTS, status_error
from rilo_reader.parsers.decoding import has_more_values
from rilo_reader.text import clean_line, clean_text, redact_address

MESSAGE_LIMIT = 200  # characters of a server's own message that are shown
LONGEST_MESSAGE = 100_000  # characters of what may be a message; of more, nothing is shown
MOST_VALUES = 500_000
"""Values of a reply: one with 5,000 feeds has 300,000. One of two bytes takes 70."""
_LARGEST = 2**63 - 1
_INVISIBLE = r"[\s\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f]"
"""Characters that are not seen, and may stand between those of a repeated secret."""
COPIED_PATHS = ("/login", "/unread", "/v1", "/reader/api/0", "/accounts/ClientLogin")
"""Pages of Miniflux that a browser shows, and addresses of both APIs."""
Query = Iterable[tuple[str, str | int]]
"""Names and values of a query or a form; a name may come twice."""


def root_of_api(url: str) -> str:
    """Return the address that paths of an API are appended to, without a slash at its end.

    Whatever people copy with it is left out, see `root_of_server`. Raises FetchError if it is not a
    web address.
    """
    address = parse_address(url)
    return root_of_server(address._replace(target=address.target.partition("?")[0]).url)


def root_of_server(url: str) -> str:
    """Return the address of a server without the pages that people copy with it (pure)."""
    root = url.rstrip("/")
    found = next((each for each in COPIED_PATHS if root.endswith(each)), None)
    return root if found is None else root_of_server(root.removesuffix(found))


class JsonValue:
    """A value of a server's reply, which may be anything.

    `text_of`, `texts_of`, `objects_or_empty` and `object_of` are for what can be absent: another
    type counts as absent. The other methods are for what must be there.
    """

    def __init__(self, value: object) -> None:
        self.value = value  # the value as `json` decoded it

    def value_of(self, name: str) -> object:
        """Return a field, None if it is absent."""
        return self.value.get(name) if isinstance(self.value, dict) else None

    def text_of(self, name: str) -> str:
        """Return a field that is a string, else ""."""
        value = self.value_of(name)
        return value if isinstance(value, str) else ""

    def texts_of(self, name: str) -> list[str]:
        """Return the strings in a field that is a list, else []."""
        value = self.value_of(name)
        return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []

    def object_of(self, name: str) -> JsonValue:
        """Return a field that is an object, else an empty one."""
        value = self.value_of(name)
        return JsonValue(value if isinstance(value, dict) else {})

    def objects_or_empty(self, name: str) -> list[JsonValue]:
        """Return the objects in a field that is a list, else []."""
        value = self.value_of(name)
        items = value if isinstance(value, list) else []
        return [JsonValue(item) for item in items if isinstance(item, dict)]

    def number_of(self, name: str) -> int:
        """Return a field that is a whole number from 0 to 2**63 - 1; raises FetchError."""
        value = self.value_of(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
            return value
        raise _make_unexpected_error(f"{_name_type(value)} as “{name}” instead of a whole number")

    def flag_of(self, name: str) -> bool:
        """Return a field that is true or false; raises FetchError."""
        value = self.value_of(name)
        if isinstance(value, bool):
            return value
        raise _make_unexpected_error(f"{_name_type(value)} as “{name}” instead of true or false")

    def objects_of(self, name: str = "") -> list[JsonValue]:
        """Return the objects in a field that is a list, or in this list; others are left out.

        Raises FetchError if it is not a list, or has only other things in it.
        """
        value = self.value_of(name) if name else self.value
        where = f" as “{name}”" if name else ""
        if not isinstance(value, list):
            raise _make_unexpected_error(f"{_name_type(value)}{where} instead of a list")
        found = [JsonValue(item) for item in value if isinstance(item, dict)]
        if value and not found:
            kind = _name_type(value[0])
            raise _make_unexpected_error(f"a list{where} of {kind} instead of objects")
        return found


def read_server_time(reply: ApiReply) -> int:
    """Return when the server says it replied, in seconds since 1970; 0 if it does not."""
    date = reply.headers.get("date", "")
    try:
        return max(int(parsedate_to_datetime(date).timestamp()), 0) if len(date) < 100 else 0
    except (ValueError, OverflowError):
        return 0


def remove_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a text of a server as it may be shown, without the secrets that it was sent.

    It is cleaned first, so that nothing hides in them. They are found as they are, encoded as in
    addresses, forms, logs, HTML and headers, and split by white space or invisible characters.
    """
    if not text or len(text) > LONGEST_MESSAGE:
        return ""
    forms = {form for secret in secrets for form in _secret_spellings(secret)}
    seen = ([re.escape(c) for c in form if not re.match(_INVISIBLE, c)] for form in forms)
    patterns = sorted((f"{_INVISIBLE}*".join(form) for form in seen if form), key=len, reverse=True)
    pattern = re.compile("|".join(patterns) or "(?!)", re.IGNORECASE)
    return clean_line(pattern.sub("…", redact_address(clean_text(text))), MESSAGE_LIMIT)


def _secret_spellings(secret: str) -> set[str]:
    """Return the forms in which servers write a secret."""
    data = secret.encode()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), escape(secret)}
    forms |= {ascii(secret)[1:-1], repr(data)[2:-1]}
    encoded = [each(data).decode() for each in (b64encode, urlsafe_b64encode)]
    return forms.union(encoded, [each.rstrip("=") for each in encoded])


class Endpoint(NamedTuple):
    """The address of an API."""

    service: str  # what should be there, such as "Miniflux"; for errors
    root: str  # see `root_of_api`
    may_be_private: bool = False  # see `ApiRequest`


Body = tuple[bytes, str]
"""The body of a request and its media type."""


def make_json_body(value: object) -> Body:
    """Return a value as JSON."""
    return json.dumps(value).encode(), "application/json"


def make_form_body(fields: Query) -> Body:
    """Return the fields of a form."""
    return urlencode(list(fields)).encode(), "application/x-www-form-urlencoded"


class JsonApi:
    """The API of one account.

    No error shows its secrets, though the server may repeat them.
    """

    def __init__(
        self,
        client: ApiClient,
        endpoint: Endpoint,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        secrets: Collection[str] = (),
    ) -> None:
        self._client = client
        self._service, self._root, self._allowed = endpoint
        self._headers = headers
        self._secrets = tuple(secrets)

    async def call_api(
        self,
        path: str,
        query: Query = (),
        *,
        method: str = "",
        body: Body = (b"", ""),
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> ApiReply:
        """Call the API at a path such as "/feeds"; return the reply if its status is 2xx.

        Nothing in the query is secret. The method is by default POST with a body, else GET; headers
        are sent beside those of the account, or in their place.

        Raises FetchError: there was another reply, or none. MISSING only if the API itself says so,
        ADDRESS if it is not there.
        """
        query = list(query)
        url = self._root + path + ("?" + urlencode(query) if query else "")
        sent = {"Accept": "application/json", **self._headers, **headers}
        data, kind = body
        if kind:
            sent["Content-Type"] = kind
        method = method or ("POST" if kind else "GET")
        reply = await self._client.call_api(ApiRequest(url, method, sent, data, self._allowed))
        if 200 <= reply.status < 300:
            return reply
        raise self._make_status_error(path, reply)

    def decode_reply(self, reply: ApiReply) -> JsonValue:
        """Return the JSON value of a reply.

        Raises FetchError: BROKEN if it is not JSON, or of more values than any server needs.
        """
        if has_more_values(reply.data, MOST_VALUES):
            reason = f"the server sent an answer of more than {MOST_VALUES:,} values"
            raise FetchError(Failure.BROKEN, reason, status=reply.status)
        try:
            return JsonValue(json.loads(reply.data))
        except (ValueError, RecursionError):
            pass
        # Not chained: json's error holds all of the reply.
        data = reply.data.strip()
        if not data:
            found = "nothing"
        elif data.startswith(b"<"):
            found = f"a web page: check that {self._root} is the address of {self._service}"
        elif data[:1] in b"[{" and data[-1:] not in b"]}":
            found = f"an answer that breaks off after {len(reply.data):,} bytes; try again later"
        else:
            found = "something that is not JSON"
        raise FetchError(Failure.BROKEN, f"the server sent {found}", status=reply.status)

    def _make_status_error(self, path: str, reply: ApiReply) -> FetchError:
        """Return the error for a reply whose status is not 2xx."""
        if reply.status in REDIRECTS:
            return self._make_redirect_error(path, reply)
        error = status_error(reply.status, reply.headers, datetime.now(UTC))
        message = self._read_message(reply)
        if error.failure is Failure.MISSING and not message:
            reason = f"there is no {self._service} at {self._root} (404): check the address"
            return FetchError(Failure.ADDRESS, reason, status=404)
        to_do = ""
        if error.failure is Failure.LOGIN:
            to_do = "; check the user and the password or API key of the account"
        elif error.failure is Failure.BUSY or (reply.status >= 500 and not message):
            to_do = "; try again later"
        reason = error.reason + (f": {message}" if message else "") + to_do
        return FetchError(error.failure, reason, status=reply.status, retry_after=error.retry_after)

    def _make_redirect_error(self, path: str, reply: ApiReply) -> FetchError:
        status = reply.status
        try:
            address = parse_address(self._root + path)
            location = resolve_redirect(address, reply.headers.get("location", ""))
        except FetchError as error:
            reason = f"it redirects to an address that cannot be followed: {error.reason}"
            return FetchError(Failure.BROKEN, self.clean_text_of_server(reason), status=status)
        url = location.url.partition("?")[0]
        shown = self.clean_text_of_server(url.removesuffix(path))
        to_do = "write it into accounts.toml, or add the account again"
        reason = f"its address is now {shown}: {to_do}"
        if not url.endswith(path):
            reason = f"it redirects to {shown}, where there is no {self._service}"
            reason += ": check the address"
        return FetchError(Failure.ADDRESS, reason, status=status)

    def _read_message(self, reply: ApiReply) -> str:
        """Return the server's own explanation, or ""."""
        found = JsonValue({})
        if len(reply.data) <= LONGEST_MESSAGE:
            with suppress(ValueError, RecursionError):
                found = JsonValue(json.loads(reply.data))
        return self.clean_text_of_server(found.text_of("error_message") or found.text_of("error"))

    def clean_text_of_server(self, text: str) -> str:
        """Return a text of the server as it may be shown, without secrets."""
        return remove_secrets(text, self._secrets)


_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}


def _name_type(value: object) -> str:
    """Name the type of a JSON value."""
    return "nothing" if value is None else _KINDS.get(type(value), "an object")


def _make_unexpected_error(found: str) -> FetchError:
    return FetchError(Failure.BROKEN, f"the server's answer has {found}: check the address")
