"""The links of an article: their addresses and numbers."""

from __future__ import annotations

from rilo_reader.text import safe_url


class Links:
    """Numbers the links of an article; relative addresses are resolved where possible."""

    def __init__(self, base: str, *, number_links: bool, addresses: bool) -> None:
        """Resolve links against `base`; `number_links` and `addresses` as in `Layout`."""
        self.urls: list[str] = []  # addresses of links 1, 2, …
        self._base = base
        self._number_links = number_links
        self._addresses = addresses

    def target(self, address: str) -> int | str | None:
        """Return the target of a link.

        Returns:
            Its number, or the name of an anchor in the page; None if it is unsafe.
        """
        address = address.strip()
        if address.startswith("#"):
            return address[1:].lower() or None
        if not address:
            return None
        url = safe_url(address)
        if url is None and self._base and ":" not in address.split("/", 1)[0]:
            url = safe_url(_joined(self._base, address))
        if url is None:
            return None
        self.urls.append(url)
        return len(self.urls)

    def note(self, number: int, words: str) -> str:
        """Return the text to add after a link with this text, or ""."""
        if self._number_links:
            return f"[{number}]"
        url = self.urls[number - 1]
        return f" <{url}>" if self._addresses and url not in (words, f"mailto:{words}") else ""


def _joined(base: str, address: str) -> str:
    from urllib.parse import urljoin

    try:
        return urljoin(base, address)
    except ValueError:
        return ""
