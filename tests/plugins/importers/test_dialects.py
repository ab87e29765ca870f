"""A text that leaves the folder which tells its dialect says it itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import User

NOTE = "---\naliases: [Old tub]\n---\n\nA boat %%to sell%% of #oak.\n"
PAGE = "alias:: Old tub\n\n- A boat of #oak.\n  id:: 6380d38c\n"


def _vault(folder: Path) -> Path:
    for name in (".obsidian/app.json", "graph/logseq/config.edn", "site/hugo.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "boat.md").write_text(NOTE)
    (folder / "graph" / "tub.md").write_text(PAGE)
    (folder / "site" / "post.md").write_text("---\ntitle: A post\n---\n\nText.\n")
    return folder


def _is_as_there(user: User) -> None:
    found = user.ask("search", "tag:oak", "--json").out
    assert found.count('"title"') == 2
    assert "to sell" not in user.ask("search", "boat", "--json").out
    assert user.ask("search", "sell").out == ""
    assert user.ask("search", 'title:"old tub"', "--json").out.count('"title"') == 2
    assert "6380d38c" not in user.ask("show", "--plain", "vault/graph/tub.md").out


@pytest.mark.slow
def test_notes_are_notes_where_they_were_imported(user: User, tmp_path: Path) -> None:
    vault = _vault(tmp_path / "vault")
    user.article("a.md", "A", "2020-01-01", "x")
    for _ in range(2):
        assert user.ask("import", str(vault)).code == 0
        _is_as_there(user)
    assert (user.library / "vault/site/post.md").read_text() == (vault / "site/post.md").read_text()
    assert 'dialect = "Obsidian"' in (user.library / "vault/boat.md").read_text()


def test_json_lines_carry_the_dialect(user: User, tmp_path: Path) -> None:
    vault, lines = _vault(tmp_path / "vault"), tmp_path / "all.jsonl"
    export = user.run("export", "--to", str(lines), "--library", str(tmp_path))
    assert export.code == 0
    user.article("a.md", "A", "2020-01-01", "x")
    assert user.ask("import", str(lines)).code == 0
    _is_as_there(user)
    assert vault.is_dir()
