"""Edit real articles at random and look for highlights again: `python -m tools.judge.anchors`.

Of each article some words are deleted, replaced and inserted, and paragraphs are moved, while it
is known where every word went. A highlight is found rightly where what is found and what it has
become share most of their characters. The same seed makes the same edits.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.support.shared import corpus

from rilo_reader.annotations.anchors import Anchor, find_anchor, make_anchor
from rilo_reader.render.document import WIDEST, Layout, render_whole
from rilo_reader.store.folder import read_article

RATES = (0.01, 0.05, 0.20)
"""Shares of words that are edited."""

_TOKEN = re.compile("\\s+|[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\\W_]+|\\S")


class Token(NamedTuple):
    """A word, a sign or white space, and where the original text has it; -1 if nowhere."""

    text: str
    origin: int


class Tally:
    """What became of highlights.

    Attributes:
        right: found, and most of it is what the highlight has become.
        sharp: those of them whose beginning and end are just right.
        wrong: found elsewhere.
        lost: called lost, although most of its words were there.
        gone: called lost, and most of its words were not there any more.
    """

    def __init__(self) -> None:
        self.right = self.sharp = self.wrong = self.lost = self.gone = 0
        self.seconds = 0.0
        self.wrong_ones: list[str] = []

    @property
    def all(self) -> int:
        return self.right + self.wrong + self.lost + self.gone


def tokens_of(text: str) -> list[Token]:
    """A text as tokens, each with its place."""
    return [Token(match[0], match.start()) for match in _TOKEN.finditer(text)]


def edited(tokens: Sequence[Token], rate: float, chance: random.Random) -> list[Token]:
    """Edit a share of the words, and move the same share of the paragraphs."""
    words = [token.text for token in tokens if not token.text.isspace()]
    paragraphs: list[list[Token]] = [[]]
    for token in tokens:
        if token.text.isspace() and token.text.count("\n") > 1 and paragraphs[-1]:
            paragraphs.append([token])
        elif token.text.isspace() or chance.random() >= rate:
            paragraphs[-1].append(token)
        else:
            kind = chance.choice(("delete", "replace", "insert"))
            if kind == "replace":
                paragraphs[-1].append(Token(chance.choice(words), token.origin))
            elif kind == "insert":
                new = Token(chance.choice(words), -1)
                paragraphs[-1] += [token, Token(" ", -1), new]
    for _ in range(sum(chance.random() < rate for _ in paragraphs)):
        paragraph = paragraphs.pop(chance.randrange(len(paragraphs)))
        paragraphs.insert(chance.randrange(len(paragraphs) + 1), paragraph)
    return [token for paragraph in paragraphs for token in paragraph]


def highlights_of(
    tokens: Sequence[Token], count: int, chance: random.Random
) -> list[tuple[int, int]]:
    """Ranges of a text: a word or two, a sentence, some sentences; some over paragraphs."""
    found: list[tuple[int, int]] = []
    words = [number for number, token in enumerate(tokens) if token.text.isalnum()]
    while len(found) < count:
        length = chance.choice((1, 2, 4, 8, 15, 15, 25, 40, 80))
        first = chance.randrange(len(words))
        chosen = words[first : first + length]
        between = "".join(token.text for token in tokens[chosen[0] : chosen[-1]])
        if "\n" in between and chance.random() < 0.8:
            continue
        last = tokens[chosen[-1]]
        found.append((tokens[chosen[0]].origin, last.origin + len(last.text)))
    return found


def judge_one(tally: Tally, text: str, new: Sequence[Token], start: int, end: int) -> None:
    """Look for one highlight in the edited text, and count how that went."""
    anchor: Anchor = make_anchor(text, start, end)
    whole = "".join(token.text for token in new)
    begun = time.process_time()
    place = find_anchor(anchor, whole)
    tally.seconds += time.process_time() - begun
    true: set[int] = set()
    kept = position = 0
    for token in new:
        if start <= token.origin < end and not token.text.isspace():
            true.update(range(position, position + len(token.text)))
            if text.startswith(token.text, token.origin):
                kept += len(token.text)
        position += len(token.text)
    if place is None:
        words = sum(not letter.isspace() for letter in anchor.exact)
        if kept * 2 > words:
            tally.lost += 1
        else:
            tally.gone += 1
        return
    shown = {n for n in range(place.start, place.end) if not whole[n].isspace()}
    shared = len(shown & true)
    if shared * 2 >= len(shown) and shared * 3 > len(true):
        tally.right += 1
        tally.sharp += place.start == min(true) and place.end == max(true) + 1
    else:
        tally.wrong += 1
        tally.wrong_ones.append(
            f"{anchor!r}\n  -> {place.similarity:.2f} {whole[place.start - 64 : place.end + 64]!r}"
        )


def judge(
    texts: Sequence[str], highlights: int, rate: float, seed: int, tally: Tally | None = None
) -> Tally:
    """Make so many highlights in each text, edit it, and find them again."""
    tally = tally or Tally()
    for number, text in enumerate(texts):
        chance = random.Random(f"{seed} {number} {rate}")
        tokens = tokens_of(text)
        ranges = highlights_of(tokens, highlights, chance)
        new = edited(tokens, rate, chance)
        for start, end in ranges:
            judge_one(tally, text, new, start, end)
    return tally


def real_texts(folder: Path, count: int, seed: int) -> list[str]:
    """The visible text of real articles, chosen by the seed; as many of each site."""
    chance = random.Random(seed)
    sites = [sorted(site.rglob("*.md")) for site in sorted(folder.iterdir()) if site.is_dir()]
    texts: list[str] = []
    while len(texts) < count:
        file = chance.choice(chance.choice(sites))
        page = render_whole(read_article(file.parent, file.name), Layout(WIDEST), "")
        text = "\n".join(line.text.rstrip() for line in page.lines[page.head_lines :])
        if len(text) > 500:
            texts.append(text)
    return texts


def main() -> int:
    """Print a row for each share of edits and each seed; 1 where one was found wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge.anchors", description=__doc__)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--highlights", type=int, default=5, help="in each article (5)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--show", action="store_true", help="print those found wrongly")
    wishes = parser.parse_args()
    wrong = 0
    print("edits  seed  highlights  right  (sharp)  wrong  lost  gone  ms each")
    for seed in wishes.seeds:
        texts = real_texts(corpus("md"), wishes.articles, seed)
        for rate in RATES:
            tally = judge(texts, wishes.highlights, rate, seed)
            wrong += tally.wrong
            each = tally.seconds / tally.all * 1000
            print(
                f"{rate:5.0%} {seed:5} {tally.all:11} {tally.right:6} {tally.sharp:8}"
                f" {tally.wrong:6} {tally.lost:5} {tally.gone:5} {each:8.2f}"
            )
            if wishes.show:
                print(*tally.wrong_ones, sep="\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
