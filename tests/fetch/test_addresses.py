"""Addresses as they are asked for: what people type, what feeds hold, what redirects say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.fetch.addresses import ADDRESS_LIMIT, Address, parse_address, resolve_redirect
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.text import clean_line, has_secret, redact_address, strip_login
from tests.support.examples import examples
from tests.support.for_each import for_each


@for_each(
    "text, url",
    [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.COM/Feed?A=B", "https://example.com/Feed?A=B"),
        ("  https://example.com/a b \n", "https://example.com/a%20b"),
        ("https://example.com/a\r\n\tb", "https://example.com/ab"),
        ("https://example.com/#top", "https://example.com/"),
        ("https://example.com?x=1#top", "https://example.com/?x=1"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com./", "https://example.com/"),
        ("https://bücher.example/ä?q=é", "https://xn--bcher-kva.example/%C3%A4?q=%C3%A9"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://新闻.example/订阅", "https://xn--efvy88h.example/%E8%AE%A2%E9%98%85"),
        ("https://ex%61mple.com/%7euser%2f", "https://example.com/%7euser%2f"),
        ("https://example.com/100%", "https://example.com/100%"),
        ("https:\\\\example.com\\feed", "https://example.com/feed"),
        ("https://my_host.example/", "https://my_host.example/"),
        ("http://[2606:4700::1111]:8080/", "http://[2606:4700::1111]:8080/"),
        ("http://[2606:4700:0:0::1111]/", "http://[2606:4700::1111]/"),
        ('http://e.com/"<>`{}|^', "http://e.com/%22%3C%3E%60%7B%7D|%5E"),
    ],
)
def test_an_address_is_made_one_that_can_be_asked_for(text: str, url: str) -> None:
    assert parse_address(text).url == url


@for_each(
    "reason, texts",
    [
        ("does not begin with http:// or https://", ["", "example.com/feed"]),
        ("but with file:", ["file:///etc/passwd"]),
        ("but with javascript:", ["javascript:alert(1)"]),
        ("but with ftp:", ["ftp://example.com/"]),
        ("has no host", ["http:example.com", "http:///", "http://@/", "http://./"]),
        ("is not a valid host", ["http://a..b/", "http://a b/", "http://a%00b/", "http://a%2fb/"]),
        ("is not a valid host", ["http://a<b/", "http://a℀b/", "http://-a.example-/"]),
        ("is not a valid host", ["http://" + "a." * 130 + "example/"]),
        (
            "an invalid port",
            [f"http://example.com:{port}/" for port in ("0", "65536", "٣", "80x")],
        ),
        ("an invalid port", ["http://[::1]:x/"]),
        ("not an IPv6 address", ["http://[::1/", "http://[1.2.3.4]/", "http://[::1]8080/"]),
        ("longer than 8,192", ["http://example.com/" + "a" * ADDRESS_LIMIT]),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(reason: str, texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(FetchError, match=reason) as caught:
            parse_address(text)
        assert caught.value.failure is Failure.ADDRESS


def test_a_login_is_kept_apart_from_what_is_shown() -> None:
    address = parse_address("https://us%40er:p%3Aa ss@example.com/feed")
    assert address.login == "us@er:p:a ss"
    assert address.url == "https://example.com/feed"
    assert address.authorization == "Basic dXNAZXI6cDphIHNz"
    assert parse_address(address.url_with_login) == address
    assert "p%3Aa" not in repr(address.url)


def test_a_host_is_what_stands_behind_the_last_at() -> None:
    address = parse_address("http://good.example@evil.example@last.example/@x")
    assert (address.host, address.target) == ("last.example", "/@x")
    # A backslash ends the host, as in every browser: no reader sees two hosts here.
    assert parse_address("http://one.example\\@two.example/").host == "one.example"


@for_each(
    "text", ["http://u:p@h/x", "http://u:p@", "https:\\\\u:p@h", "see http://u:p@h:99999/ now"]
)
def test_a_login_is_taken_off_any_text(text: str) -> None:
    assert "u:p" not in strip_login(text)


SECRET = [
    *("token", "key", "auth", "access_token", "apikey", "api-key", "API_KEY", "authkey"),
    *("auth_code", "authToken", "rsskey", "key1", "password", "passwd", "pass", "pwd", "secret"),
    *("client_secret", "sig", "X-Amz-Signature", "X-Amz-Credential", "sid", "session", "jwt"),
    *("oauth", "authorization", "%74oken", "user[token]", "feed.key", "private_token", "monkey"),
]
OPEN = ["author", "authors", "keyword", "keywords", "page", "q", "format", "tag", "id"]


@for_each("name", SECRET)
def test_values_whose_names_are_secret_are_hidden(name: str) -> None:
    for url in (
        f"https://example.org/feed?{name}=HIDDEN",
        f"https://example.org/feed?format=rss&{name}=HIDDEN&page=2#top",
        f"http://me:HIDDEN@example.org/?a=1;{name}=HIDDEN",
        f"https://example.org/?{name}=HIDDEN;HIDDEN&x=1",
        f"see https://example.org/?{name}=HIDDEN, or not",
    ):
        shown = redact_address(url)
        assert "HIDDEN" not in shown
        assert f"{name}=…" in shown
        assert redact_address(shown) == shown
        assert has_secret(f'[[feeds]]\nurl = "{url}"\n')


@for_each("name", OPEN)
def test_other_values_are_shown(name: str) -> None:
    url = f"https://example.org/feed?{name}=seen&{name}="
    assert redact_address(url) == url
    assert not has_secret(f'url = "{url}"\ntitle = "a @ b = c"\n')


@examples(300)
@given(
    st.lists(st.tuples(st.sampled_from(SECRET), st.text("HIDEN;,.%+/@:!-")), max_size=4),
    st.sampled_from(["", "me@", "me:HIDDEN@", "HIDDEN:HIDDEN@"]),
)
def test_no_secret_is_left_in_any_address(pairs: list[tuple[str, str]], login: str) -> None:
    query = "&".join(f"{name}=HIDDEN{value}HIDDEN" for name, value in pairs)
    assert "HIDDEN" not in redact_address(f"https://{login}example.org/feed?a=1&{query}")


def test_errors_do_not_contain_the_login() -> None:
    with pytest.raises(FetchError) as caught:
        parse_address("http://user:secret@exa mple.com/")
    assert "secret" not in str(caught.value)


@for_each(
    "location, url",
    [
        ("/new", "https://example.com/new"),
        ("new", "https://example.com/a/new"),
        ("?page=2", "https://example.com/a/feed?page=2"),
        ("//other.example/x", "https://other.example/x"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("https://example.com/x#part", "https://example.com/x"),
    ],
)
def test_a_redirect_starts_from_where_it_was_given(location: str, url: str) -> None:
    assert resolve_redirect(parse_address("https://example.com/a/feed"), location).url == url


@for_each(
    "start, location, kept",
    [
        ("https://u:p@example.com/", "/x", True),
        ("http://u:p@example.com/", "https://example.com/", True),
        ("https://u:p@example.com/", "https://EXAMPLE.com:8443/", True),
        ("https://u:p@example.com/", "http://example.com/", False),
        ("https://u:p@example.com/", "https://www.example.com/", False),
        ("https://u:p@example.com/", "https://evil.example/", False),
        ("https://example.com/", "https://x:y@example.com/", False),
    ],
)
def test_a_login_stays_with_its_host(start: str, location: str, kept: bool) -> None:
    assert resolve_redirect(parse_address(start), location).login == ("u:p" if kept else "")


@for_each("location", ["file:///etc/passwd", "http://[", "data:text/xml,x"])
def test_a_redirect_to_no_address_is_none(location: str) -> None:
    with pytest.raises(FetchError):
        resolve_redirect(parse_address("https://example.com/"), location)


@examples(300)
@given(st.one_of(st.text(), st.text().map("http://".__add__), st.text().map("http://a/".__add__)))
def test_any_text_is_an_address_or_says_why_not(text: str) -> None:
    try:
        address = parse_address(text)
    except FetchError as error:
        assert error.failure is Failure.ADDRESS
        assert clean_line(str(error)) == str(error)
        return
    assert isinstance(address, Address)
    assert address.url.isascii()
    assert address.url.isprintable()
    assert " " not in address.url
    assert parse_address(address.url) == address._replace(login="")
    assert parse_address(address.url_with_login).login.rstrip(":") == address.login.rstrip(":")
