"""Choose the proxy for a request from those of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from rilo_reader.fetch.addresses import Address, basic_authorization
from rilo_reader.fetch.values import Failure, FetchError


class Proxy(NamedTuple):
    """A proxy."""

    url: str  # "http://host:port" or https, without login
    login: str = ""  # "user:password", "" for none

    @property
    def authorization(self) -> str:
        """The value of the Proxy-Authorization header, or ""."""
        return basic_authorization(self.login)


def environment_proxies() -> Mapping[str, str]:
    """Return `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, in either case."""
    from urllib.request import getproxies_environment

    return getproxies_environment()


def proxy_for(address: Address, proxies: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for an address, or None.

    Raises:
        FetchError: ADDRESS if the proxy is invalid or not supported.
    """
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named or _reached_directly(address, proxies.get("no", "")):
        return None
    try:
        parts = urlsplit(named if "://" in named else f"http://{named}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise FetchError(Failure.ADDRESS, "the proxy in the environment is no address") from None
    if parts.scheme not in ("http", "https") or not host or not host.isascii():
        raise FetchError(
            Failure.ADDRESS,
            "the proxy in the environment is none of http:// or https://, which alone are used",
        )
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    host = f"[{host}]" if ":" in host else host
    default = 443 if parts.scheme == "https" else 80
    return Proxy(f"{parts.scheme}://{host}:{port or default}", login)


def _reached_directly(address: Address, exceptions: str) -> bool:
    """Return whether `no_proxy` contains the host, a domain above it, or "*"."""
    for entry in exceptions.lower().split(","):
        name = entry.strip()
        if name == "*":
            return True
        name, port = _split_port(name)
        name = name.strip("[]").removeprefix("*").removeprefix(".")
        if name and (not port or port == str(address.port)):
            if address.host == name or address.host.endswith("." + name):
                return True
            if _in_network(address.host, name):
                return True
    return False


def _split_port(name: str) -> tuple[str, str]:
    """Return the host and port of an entry; an IPv6 address with a port is in brackets."""
    host, colon, port = name.rpartition(":")
    alone = ":" not in host or (host.startswith("[") and host.endswith("]"))
    return (host, port) if colon and port.isdigit() and alone else (name, "")


def _in_network(host: str, block: str) -> bool:
    """Return whether a host is an IP address in a block such as 10.0.0.0/8."""
    from ipaddress import ip_address, ip_network

    if "/" not in block:
        return False
    try:
        return ip_address(host) in ip_network(block, strict=False)
    except ValueError:
        return False
