"""What is shipped beside the code: workflows, recipes, the text of a release."""

import os
import pickle
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools.recipes import RECIPES, filled
from tools.release_notes import section

from rilo_reader import __version__, find_version
from tests.support.for_each import for_each

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
CHANGELOG = """# Changelog

## Unreleased

- Later.

## 1.2.0 (2026-12-01)

- New: `x`.
  Two lines.

### A part

- More.

## 1.2.0rc1

- Before.

## 0.9
"""


@for_each(
    "version, text",
    [
        ("1.2.0", "- New: `x`.\n  Two lines.\n\n### A part\n\n- More."),
        ("1.2.0rc1", "- Before."),
        ("0.9", ""),
        ("1.2", ""),
        ("2.0", ""),
    ],
)
def test_a_release_has_its_section_of_the_changelog(version: str, text: str) -> None:
    assert section(CHANGELOG, version) == text


def test_recipes_are_filled_in(tmp_path: Path) -> None:
    source = tmp_path / f"rilo_reader-{__version__}.tar.gz"
    source.write_bytes(b"source")
    for name in RECIPES:
        recipe = (ROOT / "packaging" / name).read_text(encoding="utf-8")
        assert recipe.startswith("# UNTRIED")
        text = filled(recipe, source, "http://127.0.0.1/it.tar.gz")
        assert "http://127.0.0.1/it.tar.gz" in text
        assert f'"{__version__}"' in text or f"pkgver={__version__}" in text
        assert "41cf6794ba4200b839c53531555f0f3998df4cbb01a4d5cb0b94e3ca5e23947d" in text
        assert not re.search("@[A-Z0-9]+@", text)


@pytest.mark.service
def test_a_clone_says_its_commit_and_a_release_its_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "src" / "rilo_reader"
    package.mkdir(parents=True)
    shutil.copy(ROOT / "src" / "rilo_reader" / "__init__.py", package)

    def git(*words: str) -> None:
        name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    def ask() -> str:
        code = "import rilo_reader; print(rilo_reader.find_version())"
        ask = [sys.executable, "-c", code]
        environment = {**os.environ, "PYTHONPATH": str(package.parent)}
        return subprocess.check_output(ask, env=environment, cwd=tmp_path, text=True).strip()

    assert ask() == __version__
    git("init")
    assert ask() == __version__, "there is no commit"
    git("add", "--all")
    git("commit", "-m", "One")
    assert re.fullmatch(rf"{__version__}\.dev1\+g[0-9a-f]{{7,}}", ask())
    (package / "VERSION").write_text("0.1.0.dev462+g54b7ee9")  # of an earlier build
    assert "dev1+g" in ask()
    monkeypatch.setenv("PATH", "")
    assert ask() == "0.1.0.dev462+g54b7ee9", "without git"
    monkeypatch.undo()
    git("tag", f"v{__version__}")
    assert ask() == __version__


PROGRAM = [sys.executable, str(ROOT / "packaging" / "program.py")]
SHOW = "import os, sys; print(sys.argv[1:], os.environ['LD_LIBRARY_PATH'])"
VERSION = f"rilo-reader {find_version()}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-c", SHOW, "x"], "['x'] /a"),
        pytest.param(["-m", "rilo_reader", "--version"], VERSION, marks=pytest.mark.slow),
        pytest.param(["--version"], VERSION, marks=pytest.mark.slow),
    ],
)
def test_the_archives_program_starts_its_children_as_python_would(
    arguments: list[str], said: str
) -> None:
    # PyInstaller's loader has put the archive's libraries before those of the system.
    environment = {**os.environ, "LD_LIBRARY_PATH": "/archive", "LD_LIBRARY_PATH_ORIG": "/a"}
    done = subprocess.run([*PROGRAM, *arguments], env=environment, stdout=-1, check=True)
    assert done.stdout.decode().strip() == said


def test_the_archives_program_is_its_workers_too() -> None:
    with subprocess.Popen(
        [*PROGRAM, "-m", "rilo_reader.workers", "1000000000"], stdin=-1, stdout=-1
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert pickle.load(worker.stdout) == "ready"
        worker.stdin.close()
        assert worker.wait() == 0


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_nix_recipe_has_what_the_program_needs() -> None:
    recipe = (ROOT / "packaging/nix/package.nix").read_text(encoding="utf-8")
    found = re.search(r"dependencies = with python3Packages; \[(.*?)\]", recipe, re.S)
    assert found
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["pages"], *extras["keyring"]]
    names = [re.split(r"[\[<>=;]", one)[0] for one in wanted if "sys_platform" not in one]
    assert found[1].split() == sorted(names)


@for_each("file", WORKFLOWS)
def test_actions_are_pinned_by_digest(file: Path) -> None:
    """With the version beside it, by which Dependabot finds newer ones."""
    for line in file.read_text(encoding="utf-8").splitlines():
        used = re.search(r"uses: (\S+)(.*)", line)
        if used and not used[1].startswith(("./", "pypa/gh-action-pypi-publish@")):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", used[1]), line
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", used[2]), line


def test_a_job_has_postgresql_and_runs_what_shares() -> None:
    jobs = _workflow(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    run = "\n".join(step.get("run", "") for step in jobs["sharing"]["steps"])
    assert "postgresql" in run
    assert re.search(r"pytest -m .not corpus. .*tests/plugins/archive", run)


def test_the_arch_recipe_is_shell() -> None:
    recipe = ROOT / "packaging" / "arch" / "PKGBUILD"
    subprocess.run(["bash", "-n", recipe], check=True)


def _workflow(file: Path) -> dict[Any, Any]:
    """A workflow; YAML 1.1 reads its key `on` as true."""
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(workflow, dict)
    return workflow


@for_each("file", WORKFLOWS)
def test_workflows_are_well_formed(file: Path) -> None:
    workflow = _workflow(file)
    assert {"name", True, "permissions", "jobs"} <= set(workflow)
    jobs = workflow["jobs"]
    for job in jobs.values():
        needs = job.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= set(jobs)
        if "uses" in job:
            assert (ROOT / job["uses"]).is_file()
            continue
        assert job["runs-on"]
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step)
            assert "@" in step.get("uses", "@")
            # Every script and module that a step runs is there.
            run = step.get("run", "")
            for module in re.findall(r"python -m (tools[\w.]+)", run):
                assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module
            for script in re.findall(r"(?<!\S)((?:\.ci|packaging)/[\w-]+)", run):
                assert (ROOT / script).stat().st_mode & 0o100, script


def test_ci_has_each_system_and_python() -> None:
    matrix = _workflow(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["default"]["strategy"][
        "matrix"
    ]
    assert [name.partition("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = [text.rpartition(" ")[2] for text in project["classifiers"] if "Python :: 3." in text]
    assert matrix["python"] == named


def test_only_the_index_and_the_page_may_be_written_to() -> None:
    jobs = _workflow(ROOT / ".github" / "workflows" / "release.yml")["jobs"]
    allowed = {name for name, job in jobs.items() if "permissions" in job}
    assert allowed == {"index", "page"}
    assert set(jobs["index"]["needs"]) == {"check", "wheel", "debian", "archive"}
    assert jobs["index"]["permissions"] == {"id-token": "write"}
