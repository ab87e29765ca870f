"""What the tests of pages share: an article's XHTML."""

from typing import Any

from rilo_reader.plugins.exporters.xhtml import to_xhtml
from tests.support.rendering import make_article


def xhtml_of(body: str, prefix: str, base: str = "", **options: Any) -> str:
    """The XHTML of an article with this body, whose links are resolved against `base`."""
    return to_xhtml(make_article(body, url=base), prefix, **options)
