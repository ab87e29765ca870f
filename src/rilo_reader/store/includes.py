"""The text of files that a text includes, in its place (pure: `load` reads them).

Jekyll and Eleventy include from `_includes`, others from a path beside the file or from the top of
the site. Only Markdown is included; the rest stays a tag, which the page shows as it is written.
Includes are bounded in depth, number and length, and no file is within itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from posixpath import join, normpath

from rilo_reader.store.file_kinds import IGNORED_FOLDERS, MARKDOWN, suffix_of
from rilo_reader.text import lazy_re

DEEPEST = 4  # files within files
MOST = 50  # files in one article
MOST_TAGS = 200  # that are looked up
LONGEST = 1_000_000  # characters of them all

Load = Callable[[str], str | None]
"""The body of a file by its path in the library; None if there is none that may be read."""

_NAME = r"[\"']?(?P<{}>[^\s\"'<>{{}}%]+)[\"']?"
_TAG = lazy_re(
    rf"^(?P<marks>`{{3,}}|:{{3,}})\{{include\}}[ \t]+{_NAME.format('myst')}[ \t]*\n"
    r"(?:(?!(?P=marks))[^\n]*\n){0,20}?(?P=marks)[ \t]*$"
    r"|^[ \t]*(`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*\3[`~]*[ \t]*$|\Z)"  # code
    r"|^ {0,3}\{%-?[ \t]*include(?P<relative>_relative)?(?:_cached)?[ \t]+"
    rf"{_NAME.format('liquid')}[^{{}}\n]*%\}}[ \t]*$"
    rf"|^ {{0,3}}\{{\{{[<%][ \t]*(?:include|readfile)[ \t]+(?:file=)?{_NAME.format('shortcode')}"
    r"[^{}\n]*[>%]\}\}[ \t]*$"
    rf"|^ {{0,3}}--8<--[ \t]+{_NAME.format('snippet')}[ \t]*$"
    rf"|^ {{0,3}}<!--[ \t]*@include:[ \t]*{_NAME.format('vitepress')}[ \t]*-->[ \t]*$"
    r"|^import[ \t]+(?P<component>[A-Z]\w*)[ \t]+from[ \t]+"
    r"[\"'](?P<imported>[^\"'\n]+)[\"'];?[ \t]*$"
    r"|^ {0,3}<(?P<used>[A-Z]\w*)[ \t]*/>[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def may_include(text: str) -> bool:
    """Return whether a text may import others: a cheap test, which most texts fail."""
    if "{" not in text and "<" not in text:
        return False
    at = text.find("include")
    while at >= 0:
        if text[max(at - 3, 0) : at].rstrip().endswith(("{", "%", "-", "<", "@")):
            return True
        at = text.find("include", at + 7)
    if "--8<--" in text or "readfile" in text:
        return True
    return "import " in text and any(end in text for end in (".md'", '.md"', ".mdx'", '.mdx"'))


def insert_includes(body: str, path: str, load: Load) -> str:
    """The body of the file at `path` with the text of what it includes."""
    return _Includer(load).expand(body, (path,))


class _Includer:
    """Includes files in the text of one article."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._files_left, self._tags_left = MOST, MOST_TAGS
        self._characters_left = LONGEST

    def expand(self, body: str, paths: tuple[str, ...]) -> str:
        """The text of the last of `paths`, each of which includes the next."""
        if len(paths) > DEEPEST or (len(paths) > 1 and not may_include(body)):
            return body
        imported: dict[str, str] = {}

        def replace_tag(match: re.Match[str]) -> str:
            if match["component"]:
                imported[match["component"]] = match["imported"]
                return "" if suffix_of(match["imported"]) in MARKDOWN else match[0]
            kind = match.lastgroup or ""
            name = imported.get(match["used"], "") if match["used"] else match[kind] if kind else ""
            is_of_jekyll = kind == "liquid" and not match["relative"]
            candidates = candidate_paths(paths[-1], name, is_of_jekyll=is_of_jekyll)
            text = self._load_first(candidates, paths)
            return match[0] if text is None else f"\n{text}\n"

        return _TAG.sub(replace_tag, body)

    def _load_first(self, candidates: Iterator[str], paths: tuple[str, ...]) -> str | None:
        """The text of the first file of `places` that is there."""
        self._tags_left -= 1
        for place in candidates if self._tags_left >= 0 else ():
            if self._files_left and place not in paths and (text := self._load(place)) is not None:
                self._files_left -= 1
                self._characters_left -= len(text)
                if self._characters_left < 0:
                    return None
                return self.expand(text, (*paths, place)).strip("\n")
        return None


def candidate_paths(path: str, name: str, *, is_of_jekyll: bool) -> Iterator[str]:
    """The paths that a name in the file at `path` may mean, the nearest first."""
    name = re.sub(r"^@(?:site)?(?=/)", "", name)
    if suffix_of(name) not in MARKDOWN or "\\" in name:
        return
    base = "_includes" if is_of_jekyll else ""
    hidden = IGNORED_FOLDERS - {"_includes"}
    above = path.rpartition("/")[0]
    while True:  # up to the library's own folder, as nobody knows where the top of the site is
        candidate = normpath(join(above, base, name.lstrip("/")))
        # It has to stay within the library, and in folders that are shown.
        if not any(part[:1] in ("", ".") or part in hidden for part in candidate.split("/")):
            yield candidate
        if not above:
            return
        above = above.rpartition("/")[0]
