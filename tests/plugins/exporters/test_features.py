"""docs/features.md lists every format of exports."""

from __future__ import annotations

import re

from tests.support.command_line import User
from tests.test_features import words_within


def test_every_format_of_export_is_listed(user: User) -> None:
    described = user.run("export", "--help").out.partition("\nOptions:\n")[0]
    formats = set(re.findall(r"^  ([a-z]+) {2,}", described, re.MULTILINE))
    assert "epub" in formats
    assert formats <= words_within("Export")
    assert formats <= words_within("export")
