"""Nothing of the library comes into an article that did not ask for it as its own.

Whatever a text includes, in whatever dialect, by whatever path: no hidden file and none outside of
its checkout or site, and nothing at all into what was collected.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.dialects import DIALECTS, PLAIN
from rilo_reader.dialects.sites import Site
from rilo_reader.store.folder import read_article
from tests.store.test_includes import TAGS
from tests.support.examples import examples

SECRET, OWN = "the diary of the user", "a part of the site"
HIDDEN = (
    "diary.md",
    ".env",
    ".git/diary.md",
    "site/.env",
    "site/.notes/a.md",
    "site/node_modules/a.md",
)
PARTS = ("site/part.md", "site/docs/part.md", "site/_includes/part.md", "site/docs/part.rs")
OTHERS = (
    "{{#include PATH}}",
    "{{#rustdoc_include PATH:1:2}}",
    "```rust\n{{#include PATH}}\n```",
    r"\input{julia}{PATH}",
    r"\textinput{PATH}",
    "![[PATH]]",
    "<<< @/PATH",
    "[a](PATH ':include')",
)
FORMS = [tag.replace(Path(place).name, "PATH") for tag, place in TAGS] + list(OTHERS)
NAMES = [name.removeprefix("site/") for name in (*HIDDEN, *PARTS)] + list(HIDDEN + PARTS)
STEPS = [
    "../",
    "../../",
    "../../../",
    "/",
    "./",
    "@/",
    "@site/",
    "//",
    "~/",
    "..\\",
    "docs/../",
    "",
]


@pytest.fixture(scope="module")
def library() -> Iterator[Path]:
    """A library with a site in it, and files that are nobody else's."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "library"
        for file, text in [(each, SECRET) for each in HIDDEN] + [(each, OWN) for each in PARTS]:
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(f"{text}\n")
        (root.parent / "diary.md").write_text(SECRET)
        (root / "site/docs/link.md").symlink_to(root.parent / "diary.md")
        yield root


@pytest.mark.slow
@given(
    name=st.sampled_from([row.name for row in DIALECTS] + [""]),
    form=st.sampled_from(FORMS),
    steps=st.lists(st.sampled_from(STEPS), max_size=3),
    target=st.sampled_from([*NAMES, "link.md"]),
    head=st.sampled_from(["", '+++\nid = "1"\ndialect = "plain"\n+++\n\n']),
)
@examples(2_000)
def test_nothing_outside_comes_in(
    library: Path, name: str, form: str, steps: list[str], target: str, head: str
) -> None:
    file = library / "site/docs/sub/a.md"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{head}{form.replace('PATH', ''.join(steps) + target)}\n")
    article = read_article(library, "site/docs/sub/a.md", site=Site(name, "site"))
    assert SECRET not in article.body
    assert not head or (article.dialect == PLAIN and OWN not in article.body)
