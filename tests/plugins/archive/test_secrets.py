"""The password of an archive is where only the user can read it, and nowhere else."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.plugins.archive.desks import administrator, make_archive
from tests.support.pages import PageHome
from tests.support.postgresql import PASSWORD, Archive
from tests.support.terminal import rilo

pytestmark = [pytest.mark.service, pytest.mark.slow]

NEW = "a-password-of-somebody-new"


def test_passwords_are_in_no_message_setting_process_or_log(
    archive: Archive, tmp_path: Path
) -> None:
    make_archive(archive, anna="administrator")
    anna = PageHome(tmp_path, {})
    archive.sql(f"alter role {archive.login('anna')} createrole")
    archive.sql(f"alter database {archive.name} set log_statement = 'all'")
    said = [anna.run(f"rilo-reader share join '{archive.url('anna')}'")]  # the address has it
    said += [
        anna.run(f"rilo-reader share {words}")
        for words in ("status --json", "status", "list --json", "members --json", "now --json")
    ]
    assert json.loads(said[1])["role"] == "administrator"
    (tmp_path / "secret").write_text(NEW)
    said.append(
        anna.run(
            f"rilo-reader share grant new_{archive.name} reader --password-command 'cat secret'"
        )
    )
    with archive.server.stopped():
        failed = subprocess.run(
            rilo("share", "now"), env=anna.environment, capture_output=True, text=True, check=False
        )
        assert failed.returncode == 1
        said.append(failed.stdout + failed.stderr)
    watching = subprocess.Popen(
        rilo("share", "now", "--watch", "--json"),
        env=anna.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert watching.stdout
        said.append(watching.stdout.readline().decode())
        for name in ("cmdline", "environ"):
            said.append(Path(f"/proc/{watching.pid}/{name}").read_text())
        said.append(archive.sql("select query, application_name from pg_stat_activity"))
    finally:
        watching.kill()
        watching.communicate()
    said.append((archive.server.folder / "postgres.log").read_text("utf-8", "replace"))
    for secret in (PASSWORD, NEW):
        assert [text for text in said if secret in text.replace(f"password '{PASSWORD}'", "")] == []
    having = [
        file.name
        for file in tmp_path.rglob("*")
        if file.is_file() and PASSWORD.encode() in file.read_bytes()
    ]
    assert having == ["passwords.toml"]
    with closing(administrator(archive)) as connection:
        connection.execute(f"drop role new_{archive.name}")
