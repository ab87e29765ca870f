"""Which parts of code are comments, keywords, strings and so on, by Pygments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pygments.lexers import get_lexer_by_name
from pygments.token import Token

LONGEST = 10_000  # characters of a block; a longer one has no colours
LONGEST_LINE = 400  # characters; what strangers write on one line can take a lexer seconds

# Those that articles name, whose lexers were tried with code that is meant to slow them down
# (decision 0291). An unknown name would have Pygments look for plugins of others.
_NAMES = (
    "bash sh shell zsh console fish powershell bat python py python3 py3 pycon javascript js jsx"
    " typescript ts tsx json yaml yml toml ini html xml css scss sass less c cpp c++ csharp c# cs"
    " java kotlin scala swift go golang rust rs ruby rb php perl lua r julia haskell hs ocaml"
    " elixir erlang clojure common-lisp lisp scheme emacs-lisp elisp sql postgresql mysql sqlite3"
    " diff udiff docker dockerfile make makefile cmake nix vim tex latex awk nginx graphql"
    " protobuf zig dart groovy fortran nasm nim d fsharp elm objective-c"
)
LANGUAGES = frozenset(_NAMES.split())

_KIND_OF = {
    Token.Comment: "comment",
    Token.Comment.Preproc: "keyword",
    Token.Generic.Prompt: "comment",
    Token.Generic.Output: "comment",
    Token.Generic.Heading: "keyword",
    Token.Generic.Subheading: "keyword",
    Token.Generic.Inserted: "string",
    Token.Generic.Deleted: "removed",
    Token.Keyword: "keyword",
    Token.Keyword.Constant: "number",
    Token.Operator.Word: "keyword",
    Token.Literal: "number",
    Token.Literal.String: "string",
    Token.Name.Attribute: "name",
    Token.Name.Builtin: "name",
    Token.Name.Class: "name",
    Token.Name.Decorator: "name",
    Token.Name.Function: "name",
    Token.Name.Tag: "keyword",
    Token.Name.Variable: "name",
}


class Part(NamedTuple):
    """Characters `start` to `end` of code, and which of SYNTAX they are."""

    start: int
    end: int
    kind: str


def parts_of(code: str, language: str) -> Iterator[Part]:
    """Yield the parts of code that have a colour, in order; none of an unknown language."""
    if language not in LANGUAGES or len(code) > LONGEST:
        return
    if any(len(line) > LONGEST_LINE for line in code.split("\n")):
        return
    for start, token, text in get_lexer_by_name(language).get_tokens_unprocessed(code + "\n"):
        kind = next((_KIND_OF[each] for each in reversed(token.split()) if each in _KIND_OF), "")
        if kind and text.strip():
            yield Part(start, start + len(text), kind)
