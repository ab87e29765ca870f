"""Parse addresses of the web, once for all checks and requests; choose the proxy for one (pure).

Tolerant of what people type and feeds contain (spaces, other scripts, backslashes, fragments); the
result is ASCII, with a valid host and port.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import AddressValueError, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import quote, unquote, urljoin, urlsplit

from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.text import clean_line

ADDRESS_LIMIT = 8192
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY = re.compile(r"[/\\]{2,}([^/\\?#]*)")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TARGET_SAFE = "!#$%&'()*+,/:;=?@[]-._~|"


class Address(NamedTuple):
    """A web address."""

    scheme: str  # "http" or "https"
    host: str  # a name in its IDNA form or an IP address without brackets, lower case
    port: int  # 1 to 65535
    target: str  # path and query, printable ASCII; at least "/"
    login: str = ""  # "user:password", not percent-encoded, or ""

    @property
    def authority(self) -> str:
        """Host and port as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address without the login."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def url_with_login(self) -> str:
        """The address with the login, which must not be shown."""
        if not self.login:
            return self.url
        user, _, password = self.login.partition(":")
        login = quote(user, safe="") + (":" + quote(password, safe="") if password else "")
        return f"{self.scheme}://{login}@{self.authority}{self.target}"

    @property
    def authorization(self) -> str:
        """The value of the Authorization header, or ""."""
        return basic_authorization(self.login)


def basic_authorization(login: str) -> str:
    """Return the header for "user:password", or ""."""
    return "Basic " + b64encode(login.encode()).decode() if login else ""


def parse_address(url: str) -> Address:
    """Parse an address; raise FetchError if it is not one of the web."""
    text = re.sub(r"[\t\r\n]", "", url.strip("".join(map(chr, range(33)))))
    if len(text) > ADDRESS_LIMIT:
        raise _make_error(f"the address is longer than {ADDRESS_LIMIT:,} characters")
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() not in _DEFAULT_PORTS:
        other = f" but with {scheme[1].lower()}:" if scheme else ""
        raise _make_error(f"the address does not begin with http:// or https://{other}")
    authority = _AUTHORITY.match(text, scheme.end())
    if authority is None:
        raise _make_error("the address has no host")
    login, _, host_text = authority[1].rpartition("@")
    host, port = _parse_host_and_port(host_text)
    path, mark, query = text[authority.end() :].partition("#")[0].partition("?")
    path = "/" + path.replace("\\", "/").removeprefix("/")
    return Address(
        scheme[1].lower(),
        host,
        port or _DEFAULT_PORTS[scheme[1].lower()],
        quote(path + mark + query, safe=_TARGET_SAFE),
        ":".join(map(unquote, login.partition(":")[::2])) if login else "",
    )


def resolve_redirect(address: Address, location: str) -> Address:
    """Return the address of a redirect (or raise FetchError); a login is kept on the same host.

    A login in the header itself is ignored: only the user's are sent.
    """
    try:
        absolute = urljoin(address.url, location.strip())
    except ValueError:
        raise _make_error("the redirect has no address") from None
    new = parse_address(absolute)
    return new._replace(login=address.login if may_share(address, new) else "")


def may_share(address: Address, new: Address) -> bool:
    """Return whether secrets for an address may be sent to another one, too.

    They are not sent to another host, nor unencrypted if they were encrypted.
    """
    return new.host == address.host and (address.scheme, new.scheme) != ("https", "http")


def _parse_host_and_port(text: str) -> tuple[str, int]:
    if text.startswith("["):
        bracketed, bracket, rest = text[1:].partition("]")
        with suppress(AddressValueError):
            if bracket and (not rest or rest.startswith(":")):
                return str(IPv6Address(bracketed)).lower(), _parse_port(rest[1:])
        raise _make_error("the address has a host in brackets that is not an IPv6 address")
    name, colon, port = text.rpartition(":")
    return _parse_host(name if colon else text), _parse_port(port if colon else "")


def _parse_port(text: str) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) < 65536 and len(text) < 6):
        raise _make_error(f"the address has an invalid port: {text[:20]}")
    return int(text)


def _parse_host(text: str) -> str:
    name = unquote(text).removesuffix(".").lower()
    if not name:
        raise _make_error("the address has no host")
    if not name.isascii():
        import idna

        with suppress(idna.IDNAError):  # An unchanged name is not a host by the next check.
            name = idna.encode(name, uts46=True).decode("ascii").lower()
    if len(name) > 253 or not _HOST.fullmatch(name) or ".." in name:
        raise _make_error(f"{name[:60]} is not a valid host")
    return name


def _make_error(reason: str) -> FetchError:
    return FetchError(Failure.ADDRESS, clean_line(reason))


class Proxy(NamedTuple):
    """A proxy."""

    url: str  # "http://host:port" or https, without login
    login: str = ""  # "user:password", "" for none

    @property
    def authorization(self) -> str:
        """The value of the Proxy-Authorization header, or ""."""
        return basic_authorization(self.login)


def choose_proxy(address: Address, proxies: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an address, or None; raise FetchError if it cannot be used."""
    proxy = proxies.get(address.scheme) or proxies.get("all")
    if not proxy or _is_direct(address, proxies.get("no", "")):
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _make_error("the proxy in the environment is not an address") from None
    if parts.scheme not in ("http", "https") or not host or not host.isascii():
        raise _make_error("the proxy in the environment must begin with http:// or https://")
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    host = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    return Proxy(f"{parts.scheme}://{host}:{port or default}", login)


def _is_direct(address: Address, exceptions: str) -> bool:
    """Return whether `no_proxy` contains the host, a domain or network of it, or "*"."""
    for entry in exceptions.lower().split(","):
        name = entry.strip()
        if name == "*":
            return True
        host, colon, digits = name.rpartition(":")
        is_whole = ":" not in host or (host.startswith("[") and host.endswith("]"))
        name, port = (host, digits) if colon and digits.isdigit() and is_whole else (name, "")
        name = name.strip("[]").removeprefix("*").removeprefix(".")
        if name and (not port or port == str(address.port)):
            if address.host == name or address.host.endswith("." + name):
                return True
            # It may be a block such as 10.0.0.0/8.
            with suppress(ValueError):
                if ip_address(address.host) in ip_network(name, strict=False):
                    return True
    return False
