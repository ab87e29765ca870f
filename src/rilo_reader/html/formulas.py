"""Replace formulas by the TeX they were written in, whichever software made them; MathML too."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.html import HtmlElement

from rilo_reader.html.tree import replace_by_text, text_of
from rilo_reader.text import clean_text

MARK = "rilo-reader-formula"
"""The class of an element that holds a formula; displayed formulas add `-block`."""

_DRAWN = frozenset({"katex-html", "MathJax_Preview", "MathJax", "MathJax_SVG", "MathJax_CHTML",
                    "mjx-chtml", "MJX_Assistive_MathML"})  # fmt: skip
_BUILT = frozenset({"mfrac", "mroot", "msqrt", "msub", "msup", "msubsup", "munder", "mover",
                    "munderover", "mtable", "mmultiscripts"})  # fmt: skip
_TEX = re.compile(r"\\[A-Za-z]{2,}|[_^]\{")
_SERVICE = re.compile(
    r"(?i)latex\.php|latex\.codecogs\.com|chart\.apis\.google\.com/chart\?.*cht=tx|mathtex|mimetex"
    r"|/math/render/|wp\.com/latex|/(?:formula|latex)/[^/]*(?:%5C|\\)"
)


def mark_formulas(root: HtmlElement) -> None:
    """Replace each formula in a tree by an element of the class MARK that holds its TeX."""
    for script in list(root.iter("script")):
        kind = (script.get("type") or "").lower()
        if kind.startswith("math/tex"):
            is_block = "mode=display" in kind.replace(" ", "")
            if (script.text or "").strip():
                _set_formula(script, script.text, is_block=is_block)
    for element in list(root.iter()):
        if not isinstance(element.tag, str) or element.getparent() is None:
            continue
        names = set((element.get("class") or "").split())
        is_drawn = bool(names & {"katex", "hurmet-tex", "katex-display"})
        if is_drawn or element.tag in ("mjx-container", "math"):
            _replace_rendered(element, names)
        elif element.tag == "img":
            _replace_image(element, names)
        elif names & _DRAWN:
            near = element.getnext(), element.getprevious(), element.getparent().getnext()
            if any(other is not None and MARK in other.get("class", "") for other in near):
                # The rendering of a formula whose source is still on the page.
                replace_by_text(element, "")


def _replace_rendered(element: HtmlElement, names: set[str]) -> None:
    if any(MARK in ancestor.get("class", "") for ancestor in element.iterancestors()):
        return
    tex = element.get("data-entry") or element.get("data-tex") or element.get("alttext") or ""
    maths = list(element.iter("math"))
    for math in maths:
        tex = tex or math.get("alttext") or math.get("data-latex") or ""
    for annotation in element.iter("annotation"):
        if (annotation.get("encoding") or "").lower().endswith("tex"):  # not "text/plain"
            tex = tex or annotation.text or ""
    is_block = (
        "katex-display" in names
        or element.get("display") in ("true", "block")
        or any(math.get("display") == "block" for math in maths)
    )
    if not tex.strip() and maths and any(inner.tag in _BUILT for inner in maths[0].iter()):
        tex = " ".join(_to_tex(maths[0], 0).split())
    if tex.strip():
        _set_formula(element, tex, is_block=is_block)
    elif maths:
        # A single letter or number is text; anything with structure is TeX.
        replace_by_text(element, " ".join(text_of(maths[0]).split()))


def _replace_image(image: HtmlElement, names: set[str]) -> None:
    """Replace an image of a formula if its alternative text or address contains the TeX."""
    source, alternative = image.get("src") or "", (image.get("alt") or "").strip()
    is_service = bool(_SERVICE.search(source)) or bool(names & {"latex", "tex", "math", "equation"})
    tex = alternative if is_service or _TEX.search(alternative) else ""
    if not tex and is_service:
        tex = _tex_of_address(source)
    if tex.startswith("{\\displaystyle"):
        tex = tex.removeprefix("{\\displaystyle").removesuffix("}")
    tex = tex.strip().removeprefix("$").removesuffix("$") if len(tex) <= 2_000 else ""
    if tex.strip():
        parent = image.getparent()
        is_alone = parent.tag in ("p", "div", "figure") and not text_of(parent).strip()
        _set_formula(image, tex, is_block=is_alone)


def _tex_of_address(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    query = parse_qs(parts.query)
    for name in ("latex", "chl"):
        if name in query:
            return query[name][0]
    if parts.query and "=" not in parts.query.partition("&")[0].replace("%3D", ""):
        return unquote(parts.query.replace("+", " "))
    if "codecogs" in address or "mathtex" in address or "mimetex" in address:
        return unquote(parts.query)
    if "/formula/" in parts.path:
        return unquote(parts.path.rsplit("/formula/", 1)[1])
    return ""


def _set_formula(element: HtmlElement, tex: str, *, is_block: bool) -> None:
    element.clear(keep_tail=True)
    element.tag = "div" if is_block else "span"
    element.set("class", f"{MARK}-block" if is_block else MARK)
    text = clean_text(tex).strip()
    if is_block:
        lines = [line.rstrip() for line in text.split("\n") if line.strip()]
        element.text = "$$\n" + "\n".join(lines) + "\n$$"
    else:
        element.text = "$" + " ".join(text.split()) + "$"


DEEPEST = 40  # nested elements; anything deeper is read as its text

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


def _to_tex(element: HtmlElement, depth: int) -> str:
    """Return the TeX of an element of MathML; letters and symbols are kept: "α", "∑"."""
    name = element.tag.rpartition(":")[2]
    if depth >= DEEPEST or name in _WORDS:
        return _make_word(name, "".join(element.itertext()))
    parts = [_to_tex(child, depth + 1) for child in element if isinstance(child.tag, str)]
    if name in _DROPPED:
        return ""
    if len(parts) == _PARTS.get(name):
        return _make_structure(name, parts)
    return _join_children(element, name, parts)


def _join_children(element: HtmlElement, name: str, parts: list[str]) -> str:
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


def _make_structure(name: str, parts: list[str]) -> str:
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
        return base + _make_script("^", second)
    below = base + _make_script("_", second)
    return below + _make_script("^", parts[2]) if len(parts) > 2 else below


def _make_script(sign: str, text: str) -> str:
    text = text.strip()
    return sign + (text if len(text) == 1 else f"{{{text}}}") if text else ""


def _make_word(name: str, text: str) -> str:
    """Return the TeX of a token element: an identifier, a number, an operator or text."""
    text = " ".join(text.translate(_UNSEEN).split())
    if name == "mtext":
        return f"\\text{{{text}}}" if text else ""
    if name in ("mi", "mo") and text in _FUNCTIONS:
        return f"\\{text}"
    if name == "mi" and len(text) > 1 and text.isalpha():
        return f"\\mathrm{{{text}}}"
    return "".join(f"\\{sign}" if sign in "{}%#&_$" else sign for sign in text)
