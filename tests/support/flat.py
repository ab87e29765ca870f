"""Flat mode in tests: a small library that has everything, and sessions over it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.support.command_line import Outcome, User

EVERYTHING = """\
# Everything that is said

A [link](https://example.org/one) and a bare https://example.org/two, what is ~~gone~~, and a
note[^1].

## Quoted

> Somebody said this.
>
> And that.

- apples
- [x] pears
  1. one
  2. two

```python
def answer():
    return 42
```

| Name | Age |
|------|-----|
| Ann  | 5   |
| Bob  |     |

![a map](https://example.org/map.png)

[^1]: Below the text.
"""


def fill(user: User) -> Path:
    """Write the articles; returns their folder."""
    long = "\n\n".join(f"Paragraph {number} of a long article." for number in range(1, 31))
    more = {"source": '"Harbour News"', "tags": '["port"]'}
    user.article("everything.md", "Everything that is said", "2021-06-05", EVERYTHING, **more)
    user.article("long.md", "A long one", "2021-06-04", long, url='"https://example.org/long"')
    ivory = "Ivory was seized in the harbour, [says the port](https://example.org/port)."
    user.article("ivory.md", "Ivory in a container", "2021-06-03", ivory, **more)
    user.article("again.md", "More ivory", "2021-06-02", "Ivory again, and customs.", **more)
    user.write("2021-06-01-broken.md", "---\ntitle: [unclosed\n---\n\nStill shown.\n")
    return user.library


def session(
    user: User, patch: pytest.MonkeyPatch, commands: str, *arguments: str, width: int = 0
) -> Outcome:
    """What a session in a pipe says to lines of commands."""
    patch.setattr("sys.stdin", io.StringIO(commands))
    if width:
        patch.setenv("COLUMNS", str(width))
    else:
        patch.delenv("COLUMNS", raising=False)
    return user.run("--flat", *arguments)
