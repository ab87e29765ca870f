"""Fill in the recipes of packaging/: `python -m tools.recipes SOURCE ADDRESS FOLDER`.

SOURCE is the built archive of the source, ADDRESS where it can be downloaded. The recipes for
Homebrew, Arch and Nix get its version, address and checksum, and are written into FOLDER.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

RECIPES = ("homebrew/rilo-reader.rb", "arch/PKGBUILD", "nix/package.nix")
PACKAGING = Path(__file__).resolve().parent.parent / "packaging"


def filled(recipe: str, source: Path, address: str) -> str:
    """A recipe for this source."""
    version = source.name.removeprefix("rilo_reader-").removesuffix(".tar.gz")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    for name, value in (("VERSION", version), ("ADDRESS", address), ("SHA256", digest)):
        recipe = recipe.replace(f"@{name}@", value)
    return recipe


def main(source: str, address: str, folder: str) -> int:
    """Write the recipes."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in RECIPES:
        text = filled((PACKAGING / name).read_text(encoding="utf-8"), Path(source), address)
        (Path(folder) / Path(name).name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
