"""`Groups`: the parentheses and operators of a query, and the tree they make (pure).

An explicit stack holds the open groups, so that deep nesting cannot exhaust Python's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rilo_reader.query.lexer import Scanner
from rilo_reader.query.tree import And, Field, Node, Not, Or

MAX_DEPTH = 50
"""Levels of nested parentheses."""

_OPERATOR = re.compile(r"(OR|AND|NOT)(?=[\s()]|$)")
_DASHES = re.compile(r"-+")


@dataclass
class Group:
    """The content of a pair of parentheses, as far as it is read.

    Attributes:
        start: the position of the opening parenthesis.
        inside: the field of its words.
        negated: whether the group is negated.
        alternatives: the parts separated by OR, each a list of nodes that must all match.
    """

    start: int
    inside: Field
    negated: bool = False
    alternatives: list[list[Node]] = field(default_factory=lambda: [[]])

    def node(self) -> Node | None:
        """The node of this group, None if it is empty."""
        parts = [all_of(nodes) for nodes in self.alternatives if nodes]
        if len(parts) < 2:
            return parts[0] if parts else None
        flat: list[Node] = []
        for part in parts:
            flat.extend(part.nodes if isinstance(part, Or) else (part,))
        return Or(tuple(flat))


def all_of(nodes: list[Node]) -> Node:
    """The conjunction of nodes, of which there must be at least one."""
    flat: list[Node] = []
    for node in nodes:
        flat.extend(node.nodes if isinstance(node, And) else (node,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


class Groups:
    """The groups that are open where a scanner stands.

    Attributes:
        negated: whether the next term is negated.
    """

    def __init__(self, scanner: Scanner) -> None:
        self.negated = False
        self._scanner = scanner
        self._too_deep = 0
        self._open_operator: tuple[int, int] | None = None  # an operator that still needs its word
        self._groups = [Group(0, Field.ANYWHERE)]

    @property
    def inside(self) -> Field:
        """The field of words in the innermost group."""
        return self._groups[-1].inside

    def read(self) -> bool:
        """Read a parenthesis or an operator, if there is one here."""
        scanner = self._scanner
        if scanner.character == "(":
            self.open(self.inside)
        elif scanner.character == ")":
            self._close_parenthesis()
        elif scanner.character == "-":
            self._dashes()
        elif operator := scanner.take(_OPERATOR):
            self._operator(operator)
        else:
            return False
        return True

    def add(self, node: Node | None) -> None:
        """Add the term that was read; None ignores it, and a negation before it."""
        if node is not None:
            if self.negated:
                node = node.node if isinstance(node, Not) else Not(node)
            self._groups[-1].alternatives[-1].append(node)
        self.negated = False
        self._open_operator = None

    def open(self, inside: Field) -> None:
        """Read the opening parenthesis of a group whose words are of a field."""
        start = self._scanner.at
        self._scanner.at += 1
        if len(self._groups) > MAX_DEPTH:
            if not self._too_deep:
                reason = f"Parentheses go {MAX_DEPTH} deep at most."
                self._scanner.fault(start, start + 1, reason)
            self._too_deep += 1
            return
        self._groups.append(Group(start, inside, negated=self.negated))
        self.negated = False
        self._open_operator = None

    def end(self) -> Node | None:
        """Close all groups; return the node of the whole text, None if it is empty."""
        if not self._scanner.typing:
            self._finish_operator()
        self.negated = False
        while len(self._groups) > 1:
            start = self._groups[-1].start
            self._scanner.fault(start, start + 1, "This parenthesis is not closed.")
            self._close()
        return self._groups[0].node()

    def _operator(self, match: re.Match[str]) -> None:
        if match[1] == "NOT":
            self.negated = not self.negated
        elif not self._groups[-1].alternatives[-1] or self._open_operator:
            self._scanner.fault(*match.span(), f"{match[1]} needs a word before it.")
            return
        elif match[1] == "OR":
            self._groups[-1].alternatives.append([])
        self._open_operator = match.span()

    def _dashes(self) -> None:
        scanner, start = self._scanner, self._scanner.at
        scanner.take(_DASHES)
        # A dash between spaces is punctuation, and `--help` is a word.
        if scanner.at - start == 1 and scanner.character and not scanner.character.isspace():
            self.negated = not self.negated
            self._open_operator = (start, scanner.at)

    def _finish_operator(self) -> None:
        if self._open_operator:
            start, end = self._open_operator
            operator = self._scanner.text[start:end]
            self._scanner.fault(start, end, f"{operator} needs a word after it.")
        self._open_operator = None
        self.negated = False

    def _close_parenthesis(self) -> None:
        start = self._scanner.at
        self._scanner.at += 1
        if self._too_deep:
            self._too_deep -= 1
        elif len(self._groups) == 1:
            self._scanner.fault(start, start + 1, "No parenthesis is open here.")
        else:
            self._finish_operator()
            self._close()

    def _close(self) -> None:
        group = self._groups.pop()
        node = group.node()
        if node is None:
            self.negated = False
            return
        self.negated = group.negated
        self.add(node)
