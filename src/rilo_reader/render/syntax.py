"""Find the comments, keywords, strings and other parts of code, by Pygments."""

from __future__ import annotations

from collections.abc import Iterator

from pygments.lexers import get_lexer_by_name
from pygments.token import Token

BLOCK_LIMIT = 10_000  # characters of a block; a longer one has no colours
LINE_LIMIT = 400  # characters; a line that strangers wrote can take a lexer seconds

# Languages that articles name, whose lexers were tried with code that is meant to slow them down
# (decision 0291). For an unknown name, Pygments would look for plugins of others.
_NAMES = (
    "bash sh shell zsh console fish powershell bat python py python3 py3 pycon javascript js jsx"
    " typescript ts tsx json yaml yml toml ini html xml css scss sass less c cpp c++ csharp c# cs"
    " java kotlin scala swift go golang rust rs ruby rb php perl lua r julia haskell hs ocaml"
    " elixir erlang clojure common-lisp lisp scheme emacs-lisp elisp sql postgresql mysql sqlite3"
    " diff udiff docker dockerfile make makefile cmake nix vim tex latex awk nginx graphql"
    " protobuf zig dart groovy fortran nasm nim d fsharp elm objective-c"
)
LANGUAGES = frozenset(_NAMES.split())

_TOKENS = {
    "comment": (Token.Comment, Token.Generic.Prompt, Token.Generic.Output),
    "keyword": (
        *(Token.Comment.Preproc, Token.Keyword, Token.Operator.Word, Token.Name.Tag),
        *(Token.Generic.Heading, Token.Generic.Subheading),
    ),
    "string": (Token.Literal.String, Token.Generic.Inserted),
    "number": (Token.Literal, Token.Keyword.Constant),
    "name": (
        *(Token.Name.Attribute, Token.Name.Builtin, Token.Name.Class),
        *(Token.Name.Decorator, Token.Name.Function, Token.Name.Variable),
    ),
    "removed": (Token.Generic.Deleted,),
}
_KIND_OF = {token: kind for kind, tokens in _TOKENS.items() for token in tokens}


def iter_parts(code: str, language: str) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of code that have a colour, in order: first character, end, one of SYNTAX.

    Code of an unknown language, or that is too long, has none.
    """
    is_long = len(code) > BLOCK_LIMIT or max(map(len, code.split("\n"))) > LINE_LIMIT
    if language not in LANGUAGES or is_long:
        return
    for start, token, text in get_lexer_by_name(language).get_tokens_unprocessed(code + "\n"):
        kind = next((_KIND_OF[each] for each in reversed(token.split()) if each in _KIND_OF), "")
        if kind and text.strip():
            yield start, start + len(text), kind
