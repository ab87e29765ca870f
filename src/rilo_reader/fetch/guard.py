"""Refuse addresses from feeds, pages and redirects that are not on the internet (pure).

They must not reach machines in the user's own network.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from rilo_reader.fetch.messages import Failure, FetchError


class Reach(Enum):
    """The hosts that a request may connect to."""

    PUBLIC = auto()  # the internet only: a page, a redirect or a list named the address
    TYPED = auto()  # any host, since the user named it; one that was public must stay public
    ACCOUNT = auto()  # as TYPED, for the server of an account
    ANYWHERE = auto()  # any host, whatever it was before: the user has allowed it explicitly


_NUMBER = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
# Ports of other services, which an attacker may want us to talk to; from the list that browsers
# refuse (WHATWG Fetch, "bad port").
# fmt: off
_OTHER_SERVICES = frozenset((
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102,
    103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465,
    512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993,
    995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668,
    6669, 6679, 6697, 10080,
    # Not on that list, but no web servers either: databases that answer to plain lines.
    6379, 11211,
))
# fmt: on
_PRIVATE_NAMES = (".local", ".lan", ".home", ".internal", ".intranet", ".corp", ".home.arpa")
"""Suffixes that are not in public DNS (RFC 6762 and 8375, and by convention)."""


# fmt: off
_PRIVATE_V4 = tuple(map(IPv4Network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    # A public address that a cloud uses for a service inside each of its machines.
    "168.63.129.16/32",
)))
# fmt: on
"""The IPv4 blocks that are not public by IANA's registry of special addresses."""
_SPECIAL_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""The blocks in 2000::/3 that are not public: IETF's own, documentation, 6to4."""
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an IP address is known to be public.

    IPv4 in IPv6 counts as private, except NAT64, which networks without IPv4 need: there, the IPv4
    address decides.
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _PRIVATE_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_V6 and not any(address in block for block in _SPECIAL_V6)


def check_host(host: str, port: int) -> None:
    """Refuse (FetchError) a host that is not public or another service's port; resolve no name."""
    if port in _OTHER_SERVICES:
        raise _make_refusal(f"port {port} of {host} is not a port for web servers")
    if host == "localhost" or host.endswith(".localhost"):
        raise _make_refusal(f"{host} is this computer")
    try:
        address = ip_address(host)
    except ValueError:
        # For resolvers, a name that ends in a decimal, octal or hexadecimal number is IPv4.
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            raise _make_refusal(f"{host} is a disguised IP address") from None
        return
    check_found(host, [str(address)])


def check_found(host: str, addresses: Iterable[str], *, advice: str = "") -> None:
    """Refuse (FetchError) a host if any of its IP addresses is not public.

    `advice` says how to allow a host that the user named and that was public before; else "".
    """
    for text in addresses:
        if is_public(ip_address(text)):
            continue
        if advice:
            reason = (
                f"the host {host} was on the internet before and is now at {text}, an address "
                f"of a private network or of this computer, which is not allowed (if you moved it "
                f"there yourself: {advice})"
            )
            raise FetchError(Failure.REFUSED, reason)
        at = "" if text == host else f" is at {text}, which"
        raise _make_refusal(f"{host}{at} is an address of a private network or of this computer")


def check_resolved(
    host: str, addresses: Collection[str], reach: Reach, public_hosts: Collection[str]
) -> bool:
    """Refuse (FetchError) a resolved host before it is connected to.

    A host that was public belongs to somebody else, who must not direct it to the user's own
    router later. Returns whether it is to be added to `public_hosts`, which were public before.
    """
    if reach is Reach.PUBLIC:
        check_found(host, addresses)
    if reach not in _ADVICE or host in addresses:
        return False
    if host in public_hosts:
        check_found(host, addresses, advice=_ADVICE[reach].format(host=host))
        return False
    return all(is_public(ip_address(text)) for text in addresses)


def names_private(host: str) -> bool:
    """Return whether a host is recognisably private, such as `10.0.0.7` or `nas.local`."""
    try:
        check_host(host, 443)
    except FetchError:
        return True
    return ":" not in host and ("." not in host or host.endswith(_PRIVATE_NAMES))


_ADVICE = {
    Reach.TYPED: "rilo-reader feeds allow {host}",
    Reach.ACCOUNT: "write private = true below it in accounts.toml",
}
"""How the user allows a host of their own that has moved to a private network."""


def _make_refusal(reason: str) -> FetchError:
    advice = "only an address that you add yourself may lead to it"
    return FetchError(Failure.REFUSED, f"{reason}; {advice}")
