"""The file of settings as it is made."""

from __future__ import annotations


def uncommented(text: str) -> str:
    """The text with every commented-out setting switched on."""
    lines = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        if bare.startswith("[["):
            lines.append(bare)
            continue
        name, sign, _ = bare.partition(" = ")
        lines.append(bare if line != bare and sign and name.isidentifier() else line)
    return "\n".join(lines)
