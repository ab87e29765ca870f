"""The arguments of the verbs that follow feeds and collect what they bring."""

from __future__ import annotations

import argparse

VERBS = ("add", "refresh", "feeds")


def add_arguments(verb: str, parser: argparse.ArgumentParser) -> None:
    """Give a verb's parser its arguments."""
    if verb == "add":
        parser.add_argument("url", metavar="URL")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--feed", action="store_true")
        what.add_argument("--page", action="store_true")
        what.add_argument("--look", action="store_true")
        parser.add_argument("--title", metavar="TITLE")
        parser.add_argument("--tag", metavar="TAG", action="append", dest="tags")
        parser.add_argument("--full-text", action="store_true")
    else:
        parser.add_argument("feeds", nargs="*", metavar="FEED")
    parser.add_argument("--json", action="store_true")
    if verb == "refresh":
        parser.add_argument("--force", action="store_true")
        parser.add_argument("--quiet", action="store_true")
    if verb == "feeds":
        parser.add_argument("--all", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
