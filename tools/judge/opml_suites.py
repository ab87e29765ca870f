"""Every OPML list of the shared suites, judged: `python -m tools.judge.opml_suites`.

listparser's files say in a comment what is to be found in them (`Eval: …`); the rest is compared
with what XML's own parser finds, where the file is XML.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from tests.support.shared import Data, corpus

from rilo_reader.errors import NotReadableError
from rilo_reader.plugins.exporters.opml import write_opml
from rilo_reader.plugins.importers.opml import SubscriptionList, parse_web_address, read_opml

SUITES = (
    "listparser-opml/tests/files/opml",
    "listparser-opml/tests/files/malformed",
    "awesome-rss-feeds-opml",
    "engineering-blogs-opml",
    "w3c-feedvalidator/testcases/opml",
    "newsboat/test/data",
)


class Verdict(NamedTuple):
    """One file: what was to be seen in it, and what was wrong."""

    checks: int
    wrong: list[str]


def files(suite: str, data: Data = corpus) -> list[Path]:
    """The lists of one suite, or of a folder of the samples."""
    folder = data("feeds") / suite
    endings = {".opml", ".xml"} if "listparser" in suite else {".opml"}
    return sorted(file for file in folder.rglob("*") if file.suffix in endings)


def judge(file: Path) -> Verdict:
    """Read one list and compare."""
    data = file.read_bytes()
    try:
        found = read_opml(data)
    except NotReadableError:
        found = SubscriptionList()
    wrong = _round_trip(found)
    expressions = re.findall(r"Eval: (.*)", data.decode("utf-8", "replace"))
    checks = 1
    for expression in expressions:
        result = _checked(expression, found)
        if result is None:
            continue
        checks += 1
        wrong += [] if result else [expression]
    expected = _by_parser(data)
    if expected is not None:
        checks += 1
        if [(feed.url, feed.title) for feed in found.subscriptions] != expected:
            wrong.append(f"the parser finds {expected}")
    return Verdict(checks, wrong)


def _round_trip(found: SubscriptionList) -> list[str]:
    again = read_opml(write_opml(found.subscriptions).encode())
    same = {feed.url: feed for feed in again.subscriptions} == {
        feed.url: feed for feed in found.subscriptions
    }
    return [] if same and not again.faults else ["not the same after writing"]


def _checked(expression: str, found: SubscriptionList) -> bool | None:
    """Whether an expectation of listparser's holds; None where it is about what we do not keep.

    Those are the owner and the dates of a list, its version, and whether the file was sound.
    """
    if re.search(r"bozo|author|created|modified|version", expression):
        return None
    result = {
        "meta": {"title": found.title},
        "feeds": [
            {
                "url": feed.url,
                "title": feed.title,
                "tags": [tag for tag in feed.tags if "/" not in tag],
                "categories": [tag.split("/") for tag in feed.tags],
            }
            for feed in found.subscriptions
        ],
        "lists": [
            {"title": title, "url": None}
            for title in re.findall("“(.*?)” links to another list", "\n".join(found.faults))
        ],
        "opportunities": [],
    }
    if "['lists'][0]['url']" in expression or "opportunities'] ) == 1" in expression:
        return None
    if "opportunities" in expression:
        return None
    return bool(eval(expression, {"result": result, "len": len}))


def _by_parser(data: bytes) -> list[tuple[str, str]] | None:
    """Addresses and names of feeds as XML's parser finds them; None where it finds no XML."""
    if b"<!ENTITY" in data:
        return None
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    feeds: dict[str, str] = {}
    for outline in root.iter("outline"):
        attributes = {key.lower(): value for key, value in outline.attrib.items()}
        url = parse_web_address(attributes.get("xmlurl", ""))
        if url is None:
            continue
        name = " ".join(attributes.get("text", "").split())
        name = name or " ".join(attributes.get("title", "").split())
        name = "" if name in (url, attributes["xmlurl"]) else name
        feeds[url] = feeds.get(url) or name
    return list(feeds.items())


def main() -> None:
    """Print the counts of every suite, and every miss."""
    for suite in SUITES:
        lists = files(suite)
        verdicts = [(file, judge(file)) for file in lists]
        feeds = 0
        for file in lists:
            try:
                feeds += len(read_opml(file.read_bytes()).subscriptions)
            except NotReadableError as error:
                print(f"  {file.name}: {error}")
        checks = sum(verdict.checks for _, verdict in verdicts)
        wrong = sum(len(verdict.wrong) for _, verdict in verdicts)
        equal = f"{checks - wrong} of {checks} checks equal"
        print(f"{suite}: {len(lists)} lists, {feeds:,} feeds, {equal}")
        for file, verdict in verdicts:
            for reason in verdict.wrong:
                print(f"  {file.name}: {reason[:300]}")


if __name__ == "__main__":
    main()
