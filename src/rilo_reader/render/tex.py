"""Convert TeX to Unicode, if one line of letters and signs can express it (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rilo_reader.text import lazy_re

_LETTERS = (
    "alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι"
    " kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ sigma σ varsigma ς tau τ upsilon υ phi φ varphi φ"
    " chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ"
    " Psi Ψ Omega Ω hbar ℏ ell ℓ Re ℜ Im ℑ aleph ℵ infty ∞ partial ∂ nabla ∇ forall ∀ exists ∃"
    " neg ¬ emptyset ∅ varnothing ∅ prime ′ circ ∘ bullet ∙ ldots … dots … cdots ⋯ sum ∑ prod ∏"
    " int ∫ oint ∮ langle ⟨ rangle ⟩ lfloor ⌊ rfloor ⌋ lceil ⌈ rceil ⌉ angle ∠ degree ° dagger †"
)
_OPERATORS = (
    "leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠ approx ≈ equiv ≡ sim ∼ simeq ≃ cong ≅ propto ∝ ll ≪ gg ≫"
    " in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ cup ∪ cap ∩ setminus ∖ land ∧"
    " wedge ∧ lor ∨ vee ∨ oplus ⊕ otimes ⊗ times × cdot · div ÷ pm ± mp ∓ ast ∗ star ⋆ mid ∣"
    " to → rightarrow → leftarrow ← Rightarrow ⇒ Leftarrow ⇐ leftrightarrow ↔ Leftrightarrow ⇔"
    " implies ⟹ iff ⟺ mapsto ↦ parallel ∥ perp ⊥ vdash ⊢ models ⊨"
)
_WORDS = "sin cos tan cot log ln lg exp lim max min sup inf det dim ker gcd arg deg mod Pr"
_STYLES = "text mathrm mathbf mathit mathsf mathcal operatorname textbf textit boldsymbol"
_ESCAPED = {**dict(zip("{}%#&_$|", "{}%#&_$‖", strict=True)), **dict.fromkeys(",;: ", " "), "!": ""}
_DOUBLE = str.maketrans("CNPQRZEH", "ℂℕℙℚℝℤ𝔼ℍ")
_RAISED = str.maketrans(
    "0123456789+−=()abcdefghijklmnoprstuvwxyzT′*∘", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ′*°"
)
_LOWERED = str.maketrans("0123456789+−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_TOKEN = lazy_re(r"\\([A-Za-z]+)\s*|\\(.)|\s+|(.)", re.DOTALL)

MAX_DEPTH = 20  # groups within groups


def tex_to_unicode(tex: str) -> str | None:
    """Return a formula without its dollars as one line of Unicode; None if that is impossible."""
    try:
        shown = _read_group(_TOKEN.finditer(tex), "", 0)
    except LookupError:
        return None
    return " ".join(shown.split()) or None


def _read_group(tokens: Iterator[re.Match[str]], end: str, depth: int) -> str:
    """Read up to the end of a group, "}", or of the formula; raises LookupError, as all below."""
    if depth > MAX_DEPTH:
        raise LookupError
    out: list[str] = []
    for token in tokens:
        if token[0] == end:
            return "".join(out)
        out.append(_read_token(token, tokens, depth))
    if end:
        raise LookupError
    return "".join(out)


def _read_token(token: re.Match[str], tokens: Iterator[re.Match[str]], depth: int) -> str:
    """Read a token, and those that belong to it."""
    name, escaped, sign = token.groups()
    if name:
        return _read_command(name, tokens, depth)
    if escaped:
        return _ESCAPED[escaped]
    if sign == "{":
        return _read_group(tokens, "}", depth + 1)
    if sign is None or sign not in "^_}&":
        return {None: " ", "'": "′", "-": "−", "~": " "}.get(sign, str(sign))
    table = {"^": _RAISED, "_": _LOWERED}[sign]
    return "".join(chr(table[ord(each)]) for each in _read_argument(tokens, depth) if each != " ")


def _read_command(name: str, tokens: Iterator[re.Match[str]], depth: int) -> str:  # noqa: PLR0911
    if name in _STYLES.split():
        return _read_argument(tokens, depth)
    if name in ("left", "right", "displaystyle", "limits", "big", "Big"):
        return ""
    if name in ("quad", "qquad"):
        return "  "
    if name == "mathbb":
        return _read_argument(tokens, depth).translate(_DOUBLE)
    if name in ("frac", "tfrac", "dfrac"):
        return f"{_read_operand(tokens, depth)}/{_read_operand(tokens, depth)}"
    if name == "sqrt":
        return f"√{_read_operand(tokens, depth)}"
    for table, shape in ((_LETTERS, "{}"), (_OPERATORS, " {} ")):
        if found := re.search(rf"(?:^|\s){name} (\S)", table):
            return shape.format(found[1])
    if name in _WORDS.split():
        return f"{name} "
    raise LookupError


def _read_argument(tokens: Iterator[re.Match[str]], depth: int) -> str:
    """Read a group, or a single sign instead of one."""
    token = next((token for token in tokens if token[0].strip()), None)
    if token is None or token[0] in ("[", "}"):
        raise LookupError
    return _read_token(token, tokens, depth + 1).strip()


def _read_operand(tokens: Iterator[re.Match[str]], depth: int) -> str:
    """Read an argument, in parentheses unless it is one word or one sign."""
    part = _read_argument(tokens, depth)
    return part if re.fullmatch(r"[\w.]+|\W", part) else f"({part})"
