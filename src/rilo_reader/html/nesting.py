"""Where blocks go while a tree is read: into the page, a quotation, a list, an item of one."""

from __future__ import annotations

from rilo_reader.html.blocks import Block, Listing, Quote

DEEPEST = 24
"""Quotations and lists nested deeper than this are read at this depth."""


class Nesting:
    """Blocks in blocks, of which the innermost takes what comes.

    Attributes:
        blocks: those of the page.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._into: list[list[Block] | Listing] = [self.blocks]

    @property
    def depth(self) -> int:
        """How many are open, the page among them."""
        return len(self._into)

    @property
    def is_deepest(self) -> bool:
        """Whether nothing more may be opened."""
        return len(self._into) > DEEPEST

    @property
    def is_item(self) -> bool:
        """Whether it is an item of a list that takes what comes."""
        return len(self._into) > 1 and isinstance(self._into[-2], Listing)

    def add(self, block: Block) -> None:
        """Put a block where one is."""
        into = self._into[-1]
        if not isinstance(into, Listing):
            into.append(block)
        elif into.items and isinstance(block, Listing):
            # A list between the items of another is meant to be in the item before.
            into.items[-1].append(block)
        else:
            into.items.append([block])

    def open(self, block: Quote | Listing) -> None:
        """Put a block where one is, and into it what comes from now on."""
        self.add(block)
        self._into.append(block if isinstance(block, Listing) else block.blocks)

    def open_item(self) -> None:
        """Begin an item of the list one is in; without one, of the list before, or of a new one."""
        listing = self._into[-1]
        if not isinstance(listing, Listing):
            before = listing[-1] if listing else None
            listing = before if isinstance(before, Listing) else Listing()
            if listing is not before:
                self.add(listing)
        item: list[Block] = []
        listing.items.append(item)
        self._into.append(item)

    def close(self, depth: int) -> None:
        """Go back to where so many were open."""
        del self._into[depth:]
