"""Where an address from outside may not lead."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.guard import (
    Reach,
    check_found,
    check_host,
    check_resolved,
    is_public,
    names_private,
)
from rilo_reader.fetch.messages import Failure, FetchError
from tests.support.examples import examples
from tests.support.for_each import for_each

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.255.255.255
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1
198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
168.63.129.16 100.100.100.200
:: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1
64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1
2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1
ff02::1 ff0e::1 4000::1
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
2606:4700:4700::1111 2a00:1450:4001:80b::200e 2400:cb00::1 64:ff9b::8.8.8.8 2003::1
"""


def test_what_is_not_of_the_public_net_is_private() -> None:
    assert [text for text in PRIVATE.split() if is_public(ip_address(text))] == []
    assert [text for text in PUBLIC.split() if not is_public(ip_address(text))] == []


@examples(300)
@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_is_public_that_the_standard_library_calls_private(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(address):
        assert address.is_global or address in NAT64_BLOCK
        assert not address.is_multicast


NAT64_BLOCK = ip_network("64:ff9b::/96")


@for_each(
    "reason, hosts",
    [
        ("is this computer", "localhost feeds.localhost"),
        (
            "disguised",
            "2130706433 0x7f000001 0x7f.1 0177.0.0.1 127.1 127.0.1 8.8.8.010 1.2.3.4.5",
        ),
        ("private network", "127.0.0.1 ::1"),
    ],
)
def test_a_host_that_says_it_is_private_is_refused(reason: str, hosts: str) -> None:
    for host in hosts.split():
        with pytest.raises(FetchError, match=reason) as caught:
            check_host(host, 80)
        assert caught.value.failure is Failure.REFUSED


@for_each("port", [22, 25, 6379, 6667])
def test_the_port_of_another_service_is_refused(port: int) -> None:
    with pytest.raises(FetchError, match=f"port {port}"):
        check_host("example.com", port)


def test_a_host_of_the_web_is_let_through() -> None:
    for host in ("example.com", "8.8.8.8", "2606:4700::1111", "1.example.com"):
        for port in (80, 443, 8080, 3000):
            check_host(host, port)


def test_one_private_address_among_public_ones_is_enough() -> None:
    check_found("example.com", ["8.8.8.8", "2606:4700::1111"])
    with pytest.raises(FetchError, match=r"example\.com is at 10\.0\.0\.1, which is an address"):
        check_found("example.com", ["8.8.8.8", "10.0.0.1"])


INSIDE, OUTSIDE = "127.0.0.1", "8.8.8.8"


@for_each(
    "reach, addresses, was_public, outcome",
    [
        (Reach.PUBLIC, [OUTSIDE], False, "let through"),
        (Reach.PUBLIC, [INSIDE], False, "only an address that you add yourself"),
        (Reach.PUBLIC, [OUTSIDE, INSIDE], False, "only an address that you add yourself"),
        (Reach.TYPED, [OUTSIDE], False, "remembered"),
        (Reach.TYPED, [OUTSIDE], True, "let through"),
        (Reach.TYPED, [INSIDE], False, "let through"),
        (Reach.TYPED, [OUTSIDE, INSIDE], False, "let through"),
        (Reach.TYPED, [INSIDE], True, "was on the internet before and is now at 127.0.0.1, an"),
        (Reach.TYPED, [OUTSIDE, INSIDE], True, "rilo-reader feeds allow a.example"),
        (Reach.ACCOUNT, [OUTSIDE], False, "remembered"),
        (Reach.ACCOUNT, [INSIDE], False, "let through"),
        (Reach.ACCOUNT, [INSIDE], True, "private = true below it in accounts.toml"),
        (Reach.ANYWHERE, [INSIDE], True, "let through"),
        (Reach.ANYWHERE, [OUTSIDE], False, "let through"),
    ],
)
def test_where_a_name_may_lead(
    reach: Reach, addresses: list[str], was_public: bool, outcome: str
) -> None:
    known = {"a.example", "b.example"} if was_public else {"b.example"}
    try:
        found = check_resolved("a.example", addresses, reach, known)
    except FetchError as error:
        assert error.failure is Failure.REFUSED
        assert outcome in error.reason
    else:
        assert outcome == ("remembered" if found else "let through")


@given(
    st.sampled_from([Reach.PUBLIC, Reach.TYPED, Reach.ACCOUNT]),
    st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), min_size=1),
)
def test_what_is_remembered_never_leads_inside(reach: Reach, addresses: list[str]) -> None:
    """Whatever is found later: a host that was remembered is refused wherever any is private."""
    private = not all(is_public(ip_address(text)) for text in addresses)
    try:
        check_resolved("a.example", addresses, reach, {"a.example"})
    except FetchError:
        assert private
    else:
        assert not private


def test_an_ip_address_is_never_remembered() -> None:
    assert not check_resolved("8.8.8.8", ["8.8.8.8"], Reach.TYPED, set())


@for_each(
    "host, private",
    [
        *((host, True) for host in ("127.0.0.1", "10.1.2.3", "::1", "localhost", "nas")),
        *((host, True) for host in ("nas.local", "nas.home.arpa", "wiki.corp", "127.1")),
        *((host, False) for host in ("example.org", "8.8.8.8", "2606:4700::1111", "local.org")),
    ],
)
def test_a_host_may_say_by_itself_that_it_is_private(host: str, private: bool) -> None:
    assert names_private(host) is private
