"""Show what of a page would be the entries of a feed, and ask whether that is right."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.cli.output import OutputStyle, StyledText, output
from rilo_reader.cli.printing import ask_user, pick_values
from rilo_reader.entry import Proposal
from rilo_reader.library import LibraryError
from rilo_reader.text import redact_address

SHOWN_ENTRIES = 5


def choose_list(
    shown: str, proposals: Sequence[Proposal], *, asks: bool, follows: bool, as_json: bool
) -> Proposal | None:
    """Show the lists of the page `shown` until the user takes one, or only the first.

    Unless it `asks`, it is returned only if it `follows`. Raises LibraryError if no list is left.
    """
    for proposal in proposals if asks else proposals[:1]:
        _print_list(shown, proposal, as_json=as_json)
        if not asks:
            return proposal if follows else None
        answer = ask_user("Follow it like this? y: yes, n: show another list ", "y").lower()
        if answer in ("y", "yes"):
            return proposal
    if proposals:
        reason = "no other list that looks like entries"
    else:
        reason = "no list of links that looks like entries; perhaps a script makes it"
    advice = 'You can say yourself what they are: page = { items = "…" } in feeds.toml.'
    raise LibraryError(f"{shown} has {reason}. {advice}")


def _print_list(shown: str, proposal: Proposal, *, as_json: bool) -> None:
    out, entries = output(), proposal.entries
    selectors = proposal.selectors._asdict()
    if as_json:
        first = [pick_values(entry, "title", "url", "date") for entry in entries[:SHOWN_ENTRIES]]
        out.json({"url": shown, "page": selectors, "number": len(entries), "entries": first})
        return
    out.line(StyledText(f"{shown} lists {len(entries):,} entries", OutputStyle.BOLD))
    for entry in entries[:SHOWN_ENTRIES]:
        day = f"{entry.date:%Y-%m-%d}" if entry.date else ""
        out.line(f"  {day:10}  {entry.title}")
        out.line(" " * 14, StyledText(redact_address(entry.url), OutputStyle.DIM))
    found = ", ".join(f"{name} {value!r}" for name, value in selectors.items() if value)
    out.note(f"Selectors: {found}")
