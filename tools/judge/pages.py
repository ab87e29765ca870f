"""What rilo-reader makes of real web pages, beside what the best library alone makes of them.

`python -m tools.judge.pages` prints a table, one line a suite, and the worst pages of each;
`python -m tools.judge.pages defuddle` prints one suite with more of them. The suites are Mozilla's
Readability (pages and their articles), trafilatura's (strings that must and must not be there) and
defuddle's (pages and their Markdown).
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from tests.support.shared import corpus, samples

from rilo_reader.errors import NotReadableError
from rilo_reader.pages import read_page

_JSON_HEAD = re.compile(r"\A```json\n.*?\n```\n", re.DOTALL)
_URL_LINE = re.compile(r'<!--\s*(\{.*?"url".*?\})\s*-->')


class Page(NamedTuple):
    """A page of a suite and what is expected of it."""

    name: str
    data: bytes
    url: str
    expected: str = ""
    there: tuple[str, ...] = ()
    not_there: tuple[str, ...] = ()


class Score(NamedTuple):
    """How well one page was read: 0 to 1."""

    page: Page
    ours: float
    library: float


# -- suites --------------------------------------------------------------------------------------


def sample_pages(*, markdown: bool = False) -> Iterator[Page]:
    """The pages of `tests/samples`: each with the text or the Markdown of its article, and strings.

    They are judged as all three suites are.
    """
    from lxml.html import document_fromstring

    folder = samples("extract")
    facts = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for name, fact in facts.items():
        if markdown:
            expected = (folder / name / "expected.md").read_text(encoding="utf-8").strip()
        else:
            html = (folder / name / "expected.html").read_text(encoding="utf-8")
            expected = document_fromstring(html).text_content()
        data = (folder / name / "source.html").read_bytes()
        there, not_there = map(tuple, (fact["with"], fact["without"]))
        yield Page(name, data, fact["url"], expected, there, not_there)


def mozilla() -> Iterator[Page]:
    """Pages of Readability's tests and the text of the article it expects."""
    from lxml.html import document_fromstring

    folder = corpus("extract") / "mozilla-readability" / "test" / "test-pages"
    for page in sorted(folder.iterdir()):
        expected = (page / "expected.html").read_text(encoding="utf-8")
        text = document_fromstring(expected).text_content()
        yield Page(page.name, (page / "source.html").read_bytes(), "http://fakehost/a.html", text)


def trafilatura_pages() -> Iterator[Page]:
    """Pages of trafilatura's evaluation, with strings that must and must not be found."""
    tests = corpus("extract") / "trafilatura" / "tests"
    truth = json.loads((corpus("truth") / "trafilatura_eval_dev.json").read_text(encoding="utf-8"))
    for url, facts in truth.items():
        for folder in ("cache", "eval"):
            path = tests / folder / facts["file"]
            if path.is_file():
                there, not_there = map(tuple, (facts["with"], facts["without"]))
                yield Page(facts["file"], path.read_bytes(), url, "", there, not_there)
                break


def defuddle() -> Iterator[Page]:
    """Pages of defuddle's tests and the Markdown it expects."""
    tests = corpus("extract") / "defuddle" / "tests"
    for expected in sorted((tests / "expected").glob("*.md")):
        page = tests / "fixtures" / f"{expected.stem}.html"
        if not page.is_file():
            continue
        data = page.read_bytes()
        said = _URL_LINE.search(data[:2000].decode(errors="ignore"))
        url = json.loads(said[1])["url"] if said else f"https://{expected.stem.split('--')[-1]}"
        text = _JSON_HEAD.sub("", expected.read_text(encoding="utf-8")).strip()
        yield Page(expected.stem, data, url, text)


# -- reading -------------------------------------------------------------------------------------


def ours(page: Page) -> str:
    """The Markdown that the program saves for a page."""
    try:
        return read_page(page.data, page.url).content
    except NotReadableError:
        return ""


def library_text(page: Page) -> str:
    """The text that trafilatura alone finds, without readers' comments as we ask for it."""
    from trafilatura import extract

    return extract(page.data, url=page.url, include_comments=False) or ""


def library_markdown(page: Page) -> str:
    """The Markdown that trafilatura alone writes."""
    from trafilatura import extract

    return (
        extract(
            page.data,
            url=page.url,
            include_comments=False,
            output_format="markdown",
            include_links=True,
            include_images=True,
            include_formatting=True,
        )
        or ""
    )


def plain(markdown: str) -> str:
    """The words that Markdown shows, without descriptions of pictures; a line end a block."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(footnote_plugin)
    parts: list[str] = []
    for token in parser.parse(markdown):
        for child in token.children or ():
            if child.type in ("text", "text_special", "code_inline"):
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append("\n")
            elif child.type == "html_inline" and "<br" in child.content:
                parts.append(" ")
        if token.type in ("fence", "code_block"):
            parts.append(token.content)
        elif token.type == "html_block" and "<br" in token.content:
            parts.append(" ")
        elif token.nesting == -1 or token.type == "hr":
            parts.append("\n")
    return "".join(parts)


# -- judging -------------------------------------------------------------------------------------


def words_in_common(got: str, expected: str) -> float:
    """The F1 of two texts' words."""
    one, other = Counter(re.findall(r"\w+", got)), Counter(re.findall(r"\w+", expected))
    common = sum((one & other).values())
    if not common:
        return 1.0 if not one and not other else 0.0
    precision, recall = common / sum(one.values()), common / sum(other.values())
    return 2 * precision * recall / (precision + recall)


def likeness(got: str, expected: str) -> float:
    """How alike two Markdown texts are, signs and all: the ratio of their tokens in order."""
    tokens = re.compile(r"\w+|[^\w\s]|\n\n+")
    one, other = tokens.findall(got), tokens.findall(expected)
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def even(text: str) -> str:
    """A text with its white space and its Unicode form made even."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def strings(text: str, page: Page) -> Counter[str]:
    """How many strings are there that must be, are not, and so on."""
    text = even(text)
    found = sum(even(string) in text for string in page.there)
    wrong = sum(even(string) in text for string in page.not_there)
    return Counter(found=found, missed=len(page.there) - found, wrong=wrong)


def f1(count: Counter[str]) -> float:
    """The F1 of what was found, missed and wrongly found."""
    whole = 2 * count["found"] + count["missed"] + count["wrong"]
    return 2 * count["found"] / whole if whole else 1.0


def compared(
    pages: Iterator[Page],
    judge: Callable[[str, str], float],
    reading: Callable[[Page], str],
    library: Callable[[Page], str],
) -> list[Score]:
    """The score of each page, of the program and of the library alone."""
    return [
        Score(page, judge(reading(page), page.expected), judge(library(page), page.expected))
        for page in pages
    ]


def mean(scores: list[Score]) -> tuple[float, float]:
    """The means of both."""
    count = max(1, len(scores))
    return sum(s.ours for s in scores) / count, sum(s.library for s in scores) / count


def judge_mozilla() -> tuple[float, float, list[Score]]:
    """Words in common with the articles that Readability expects."""
    scores = compared(mozilla(), words_in_common, lambda page: plain(ours(page)), library_text)
    return *mean(scores), scores


def judge_trafilatura() -> tuple[float, float, list[Score]]:
    """F1 over all strings of trafilatura's pages."""
    here: Counter[str] = Counter()
    there: Counter[str] = Counter()
    scores: list[Score] = []
    for page in trafilatura_pages():
        mine, theirs = strings(plain(ours(page)), page), strings(library_text(page), page)
        here, there = here + mine, there + theirs
        scores.append(Score(page, f1(mine), f1(theirs)))
    return f1(here), f1(there), scores


def judge_defuddle() -> tuple[float, float, list[Score]]:
    """Likeness to the Markdown that defuddle expects."""
    scores = compared(defuddle(), likeness, ours, library_markdown)
    return *mean(scores), scores


SUITES = {"mozilla": judge_mozilla, "trafilatura": judge_trafilatura, "defuddle": judge_defuddle}


def main() -> None:
    """Print the scores of the suites named, or of all, and their worst pages."""
    names = sys.argv[1:] or list(SUITES)
    for name in names:
        here, there, scores = SUITES[name]()
        print(f"{name}: {len(scores)} pages, rilo-reader {here:.4f}, trafilatura alone {there:.4f}")
        worst = sorted(scores, key=lambda score: (score.ours - score.library, score.ours))
        for score in worst[: 40 if len(sys.argv) > 1 else 8]:
            print(f"    {score.ours:.3f} ({score.library:.3f})  {Path(score.page.name).name}")


if __name__ == "__main__":
    main()
