"""Prepare the Markdown of an article before it is parsed, for its page or for its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rilo_reader.dialects import Forms
from rilo_reader.render.dialects.template_marks import TemplateTags

if TYPE_CHECKING:
    from rilo_reader.render.dialects.template_forms import TagMeaning

_EMBEDDED = r"data:[\w/+.;=-]{0,200},?[A-Za-z0-9+/=%]{100,}"


def prepare_body(body: str, forms: Forms) -> tuple[str, TemplateTags]:
    """Return a body with marks in place of its template tags, and the tags; without embedded files.

    Without templates among its forms, there are no tags.
    """
    found: Sequence[tuple[str, TagMeaning]] = ()
    # Single characters are found ten times as fast, and most texts have no brace.
    if (
        forms.templates
        and "{" in body
        and ("{{" in body or "{%" in body or "{::" in body or "#}" in body)
    ):
        from rilo_reader.render.dialects.templates import mark_templates

        body, found = mark_templates(body)
    if "data:" in body:
        body = re.sub(_EMBEDDED, "data:,", body)
    return body, TemplateTags(found)
