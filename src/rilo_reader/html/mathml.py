"""Write MathML as TeX (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement


DEEPEST = 40
"""Maximum depth of nested elements; anything deeper is read as its text."""

_ACCENTS = {"¯": "bar", "‾": "bar", "_": "bar", "^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde",
            "→": "vec", "⃗": "vec", "˙": "dot", "¨": "ddot"}  # fmt: skip
_FUNCTIONS = frozenset({
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "log", "ln", "lg", "exp", "lim", "max", "min", "sup", "inf", "det", "dim", "ker",
    "gcd", "arg", "deg", "hom", "Pr",
})  # fmt: skip
_UNSEEN = str.maketrans(dict.fromkeys("\u2061\u2062\u2063\u2064\u200b\u00ad"))
"""Invisible operators."""
_WORDS = frozenset({"mi", "mn", "mo", "ms", "mtext"})
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3,
          "munderover": 3}  # fmt: skip
_DROPPED = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts"})


def tex_of(math: HtmlElement) -> str:
    """Return the TeX of a `math` element; letters and symbols are kept: "α", "∑"."""
    return " ".join(_one(math, 0).split())


def _one(element: HtmlElement, depth: int) -> str:
    name = element.tag.rpartition(":")[2]
    if depth >= DEEPEST or name in _WORDS:
        return _word(name, "".join(element.itertext()))
    parts = [_one(child, depth + 1) for child in element if isinstance(child.tag, str)]
    if name in _DROPPED:
        return ""
    if len(parts) == _PARTS.get(name):
        return _built(name, parts)
    return _joined(element, name, parts)


def _joined(element: HtmlElement, name: str, parts: list[str]) -> str:
    """Return the TeX of an element with any number of children."""
    row = " ".join(part for part in parts if part) or (element.text or "").strip()
    if name == "msqrt":
        return f"\\sqrt{{{row}}}"
    if name == "mfenced":
        inner = (element.get("separators") or ",")[:1].join(parts)
        return f"{element.get('open') or '('}{inner}{element.get('close') or ')'}"
    if name in ("mtr", "mlabeledtr"):
        return " & ".join(parts)
    if name == "mtable":
        rows = " \\\\ ".join(parts)
        return f"\\begin{{matrix}} {rows} \\end{{matrix}}"
    return row


def _built(name: str, parts: list[str]) -> str:
    """Return the TeX of an element with two or three children, the base first."""
    first, second = parts[0], parts[1]
    if name == "mfrac":
        return f"\\frac{{{first}}}{{{second}}}"
    if name == "mroot":
        return f"\\sqrt[{second}]{{{first}}}"
    accent = _ACCENTS.get(second.strip()) if name == "mover" else None
    if accent:
        return f"\\{accent}{{{first}}}"
    base = first if len(first) < 2 or first.startswith("\\") else f"{{{first}}}"
    if name in ("msup", "mover"):
        return base + _script("^", second)
    return base + _script("_", second) + (_script("^", parts[2]) if len(parts) > 2 else "")


def _script(sign: str, text: str) -> str:
    text = text.strip()
    return "" if not text else sign + (text if len(text) == 1 else f"{{{text}}}")


def _word(name: str, text: str) -> str:
    """Return the TeX of a token element: an identifier, a number, an operator or text."""
    text = " ".join(text.translate(_UNSEEN).split())
    if name == "mtext":
        return f"\\text{{{text}}}" if text else ""
    if name in ("mi", "mo") and text in _FUNCTIONS:
        return f"\\{text}"
    if name == "mi" and len(text) > 1 and text.isalpha():
        return f"\\mathrm{{{text}}}"
    return "".join(f"\\{sign}" if sign in "{}%#&_$" else sign for sign in text)
