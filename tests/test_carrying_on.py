"""What strangers need to carry this on: pages with true names, forms and a workflow."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.for_each import for_each
from tests.support.plugins import every_plugin

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def yaml_of(file: Path) -> dict[Any, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_contributing_fits_on_some_screens() -> None:
    assert len(text_of("CONTRIBUTING.md").splitlines()) <= 200


@for_each("page", ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text_of(page)):
        assert (ROOT / target).exists(), target


@every_plugin
def test_contributing_names_files_that_are_there() -> None:
    """A path is below src/rilo_reader or the repository; NAME and `hello` stand for new ones."""
    gone = [
        name
        for name in re.findall(
            r"`([\w./-]+(?:/|\.(?:py|md|txt|toml|yml)))`", text_of("CONTRIBUTING.md")
        )
        if "NAME" not in name
        and "hello" not in name
        and not any((ROOT / base / name).exists() for base in ("", "src/rilo_reader"))
    ]
    assert gone == []


@every_plugin
def test_contributing_names_functions_that_are_there() -> None:
    """What is said to be in a file is in it."""
    named = re.findall(r"`(\w+)` of `([\w/]+\.py)`", text_of("CONTRIBUTING.md"))
    assert named
    for name, file in named:
        base = ROOT if (ROOT / file).exists() else ROOT / "src" / "rilo_reader"
        assert name in re.findall(r"\w+", (base / file).read_text("utf-8")), file


@pytest.mark.slow
@every_plugin
def test_every_promise_of_security_has_tests() -> None:
    rows = [row for row in text_of("SECURITY.md").splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 8
    for row in rows:
        tests = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert tests, row
        for file, name in tests:
            if file.startswith("plugins/") and not (ROOT / "tests" / file).parent.exists():
                continue  # nothing is promised of a plugin that is not there
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            functions = ast.FunctionDef | ast.AsyncFunctionDef
            assert name in {node.name for node in ast.walk(tree) if isinstance(node, functions)}


@pytest.mark.parametrize("file", FORMS, ids=lambda file: file.stem)
def test_a_form_for_issues_is_what_github_reads(file: Path) -> None:
    form = yaml_of(file)
    assert {"name", "description", "body"} <= set(form)
    kinds = {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert {part["type"] for part in form["body"]} <= kinds
    names = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(names) == len(set(names)) > 0
    assert all("label" in part["attributes"] for part in form["body"] if "id" in part)


def test_a_fault_comes_with_the_output_of_doctor() -> None:
    [doctor] = [
        part
        for part in yaml_of(ROOT / ".github" / "ISSUE_TEMPLATE" / "fault.yml")["body"]
        if part.get("id") == "doctor"
    ]
    assert "rilo-reader doctor" in doctor["attributes"]["label"]
    assert doctor["validations"] == {"required": True}


def test_the_weekly_run_tries_the_newest_of_what_draws_and_finds() -> None:
    workflow = yaml_of(ROOT / ".github" / "workflows" / "weekly.yml")
    assert workflow["permissions"] == {"contents": "read"}
    assert "schedule" in workflow[True]  # `on`, as YAML 1.1 reads it
    tried = " ".join(workflow["jobs"]["newest"]["strategy"]["matrix"]["libraries"]).split()
    assert {"textual", "rich", "tantivy"} <= set(tried)
    assert set(tried) <= set(re.findall(r'^    "([\w-]+)[><=]', text_of("pyproject.toml"), re.M))


def test_dependabot_looks_at_packages_and_actions() -> None:
    updates = yaml_of(ROOT / ".github" / "dependabot.yml")["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"pip", "github-actions"}
