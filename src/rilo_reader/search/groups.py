"""A query's text while it is read: its groups, its operators, and what is wrong with it (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rilo_reader.search.query import And, Field, Node, Not, Or, QueryFault

MAX_DEPTH = 50
"""Parentheses within parentheses."""

SPACE = re.compile(r"\s+")
_OPERATOR = re.compile(r"(OR|AND|NOT)(?=[\s()]|$)")
_DASHES = re.compile(r"-+")


@dataclass
class Group:
    """What stands between two parentheses, as far as it is read.

    Attributes:
        start: where its parenthesis stands.
        inside: the field that its words are looked for in.
        negated: whether a sign before it excludes what it finds.
        alternatives: the parts between OR, each with the nodes that must all match.
    """

    start: int
    inside: Field
    negated: bool = False
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])

    def node(self) -> Node | None:
        """What was read, None where that is nothing."""
        parts = [all_of(nodes) for nodes in self.alternatives if nodes]
        if not parts:
            return None
        if len(parts) == 1:
            return parts[0]
        flat: list[Node] = []
        for part in parts:
            flat.extend(part.nodes if isinstance(part, Or) else (part,))
        return Or(tuple(flat))


def all_of(nodes: list[Node]) -> Node:
    """A node that matches what all of these do; not empty."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, And) else (node,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


class Groups:
    """The text, how far it is read, and the groups that are open there.

    Args:
        text: the query.
        typing: whether its end is still being typed.
    """

    def __init__(self, text: str, typing: bool) -> None:
        self.faults: list[QueryFault] = []
        self._text = text
        self._typing = typing
        self._at = 0
        self._too_deep = 0
        self._negated = False
        self._waiting: tuple[int, int] | None = None  # an operator that still needs its word
        self._groups = [Group(0, Field.ANYWHERE)]

    def _skip_space(self) -> bool:
        if space := SPACE.match(self._text, self._at):
            self._at = space.end()
        return self._at < len(self._text)

    def _structure(self) -> bool:
        """Read a parenthesis or an operator, where one stands here."""
        character = self._text[self._at]
        if character == "(":
            self._open(self._at, self._groups[-1].inside)
        elif character == ")":
            self._close_parenthesis()
        elif character == "-":
            self._dashes()
        elif operator := _OPERATOR.match(self._text, self._at):
            self._operator(operator)
        else:
            return False
        return True

    def _end(self) -> Node | None:
        """Close what is open; what was read, None where that is nothing."""
        self._finish_operator(at_end=True)
        while len(self._groups) > 1:
            start = self._groups[-1].start
            self._fault(start, start + 1, "This parenthesis is not closed.")
            self._close()
        return self._groups[0].node()

    def _operator(self, match: re.Match[str]) -> None:
        self._at = match.end()
        if match[1] == "NOT":
            self._negated = not self._negated
        elif not self._groups[-1].alternatives[-1] or self._waiting:
            self._fault(*match.span(), f"{match[1]} needs a word before it.")
            return
        elif match[1] == "OR":
            self._groups[-1].alternatives.append([])
        self._waiting = match.span()

    def _dashes(self) -> None:
        match = _DASHES.match(self._text, self._at)
        start, self._at = match.span() if match else (self._at, self._at + 1)
        at_end = self._at == len(self._text)
        # A dash between spaces is punctuation, and `--help` is a word.
        if self._at - start == 1 and not at_end and not self._text[self._at].isspace():
            self._negated = not self._negated
            self._waiting = (start, self._at)

    def _finish_operator(self, *, at_end: bool = False) -> None:
        if self._waiting and not (at_end and self._typing):
            start, end = self._waiting
            self._fault(start, end, f"{self._text[start:end]} needs a word after it.")
        self._waiting = None
        self._negated = False

    def _open(self, start: int, inside: Field) -> None:
        self._at += 1
        if len(self._groups) > MAX_DEPTH:
            if not self._too_deep:
                self._fault(start, start + 1, f"Parentheses go {MAX_DEPTH} deep at most.")
            self._too_deep += 1
            return
        self._groups.append(Group(start, inside, negated=self._negated))
        self._negated = False
        self._waiting = None

    def _close_parenthesis(self) -> None:
        start = self._at
        self._at += 1
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._groups) == 1:
            self._fault(start, start + 1, "No parenthesis is open here.")
        else:
            self._finish_operator()
            self._close()

    def _close(self) -> None:
        group = self._groups.pop()
        node = group.node()
        self._negated = group.negated
        if node is None:
            self._negated = False
        else:
            self._add(node)

    def _add(self, node: Node) -> None:
        if self._negated:
            node = node.node if isinstance(node, Not) else Not(node)
        self._negated = False
        self._waiting = None
        self._groups[-1].alternatives[-1].append(node)

    def _skip_term(self) -> None:
        """Nothing comes of the term that was read: its sign is gone with it."""
        self._negated = False
        self._waiting = None

    def _fault(self, start: int, end: int, reason: str) -> None:
        self.faults.append(QueryFault(start, end, reason))
