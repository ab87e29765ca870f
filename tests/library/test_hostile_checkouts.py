"""What a stranger's checkout can name, be or contain, with the git of the system: it harms nothing.

Each case is a real repository with one thing changed. Whatever it is, the folder has the dates of
its commits or none, no program ran, nothing was read without end, and it is not asked again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from rilo_reader.library.git_checkout import MOST_OF_LINK, MOST_OF_LIST, find_checkout
from rilo_reader.library.git_dates import MOST_MEMORY, GitDates
from tests.library.test_git_checkout import commit, git
from tests.support.examples import sample

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not here"),
    pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes and scripts"),
]
DAYS = ("2019-03-07T10:00:00Z", "2020-03-07T10:00:00Z")
DATES = {"first.md": 1551952800, "two.md": 1583575200}
GIT = shutil.which("git") or ""
ENDLESS = Path("/dev/zero")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "first.md").write_text("One.\n")
    commit(folder, DAYS[0])
    (folder / "two.md").write_text("Two.\n")
    commit(folder, DAYS[1])
    return folder


@pytest.fixture(params=["", "unset GIT_NO_LAZY_FETCH GIT_CONFIG_GLOBAL"], ids=["git", "older-git"])
def asked(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git on PATH that notes each time it is run; an older one does not know all variables."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "asked").touch()
    script = f'#!/bin/sh\necho >> {tmp_path}/asked\n{request.param}\nexec {GIT} "$@"\n'
    (tmp_path / "bin/git").write_text(script)
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "asked"


def harmless(repo: Path, asked: Path, seconds: float = 10) -> dict[str, int]:
    """The dates of a checkout, asked for by two commands one after the other."""
    home = asked.parent
    asked.write_text("")
    first = dict(GitDates(repo, home / "cache.json", seconds).read_dates())
    assert len(asked.read_text()) <= 1
    assert dict(GitDates(repo, home / "cache.json", seconds).read_dates()) == first
    assert len(asked.read_text()) <= 1
    assert not (home / "harm").exists()
    assert first in (DATES, {})
    return first


def evil(home: Path) -> str:
    """A program that leaves a trace."""
    file = home / "evil"
    file.write_text(f"#!/bin/sh\ntouch {home}/harm\n")
    file.chmod(0o755)
    return os.fspath(file)


# -- settings ---------------------------------------------------------------------------------

RUN = (
    *("core.fsmonitor", "core.pager", "pager.log", "core.editor", "core.askPass"),
    *("core.sshCommand", "core.gitProxy", "core.alternateRefsCommand", "gpg.program"),
    *("gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultKeyCommand", "diff.external"),
    *("diff.evil.command", "diff.evil.textconv", "filter.evil.clean", "filter.evil.smudge"),
    *("filter.evil.process", "merge.evil.driver", "credential.helper", "sequence.editor"),
    *("interactive.diffFilter", "uploadpack.packObjectsHook", "remote.origin.uploadpack"),
    *("remote.origin.vcs", "submodule.x.update", "trailer.x.command", "mergetool.x.cmd"),
    *("browser.x.cmd", "web.browser", "instaweb.httpd", "sendemail.smtpServer"),
)


def test_no_setting_runs_a_program(repo: Path, asked: Path) -> None:
    signed(repo)
    program = evil(asked.parent)
    for key in RUN:
        git(repo, "config", key, program)
    for alias in ("log", "rev-parse", "config"):
        git(repo, "config", f"alias.{alias}", f"!{program}")
    (repo / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(program, repo / ".git/hooks" / hook)
    (repo / ".gitattributes").write_text("* diff=evil filter=evil merge=evil\n")
    (repo / ".git/info/attributes").write_text("* diff=evil filter=evil merge=evil\n")
    git(repo, "config", "log.showSignature", "true")
    assert harmless(repo, asked) == DATES
    subprocess.run([GIT, "-C", str(repo), "log", "-1"], check=False, capture_output=True)
    assert (asked.parent / "harm").exists()  # so it would have run


def signed(repo: Path) -> None:
    """Make HEAD a signed commit, whose signature git would have gpg.program look at."""
    raw = subprocess.check_output([GIT, "-C", str(repo), "cat-file", "commit", "HEAD"])
    head, _, text = raw.partition(b"\n\n")
    head += b"\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----"
    into = [GIT, "-C", str(repo), "hash-object", "-t", "commit", "-w", "--stdin"]
    name = subprocess.check_output(into, input=head + b"\n\n" + text).decode().strip()
    git(repo, "update-ref", "HEAD", name)


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("", "ext::{evil}"),
        ("core.sshCommand", "ssh://127.0.0.1/x"),
        ("remote.origin.uploadpack", "{other}"),
        ("core.gitProxy", "git://127.0.0.1/x"),
        ("remote.origin.vcs", "x"),
    ],
)
def test_what_is_missing_is_not_fetched(repo: Path, asked: Path, key: str, url: str) -> None:
    program = evil(asked.parent)
    for tree in (repo / ".git/objects").glob("??/*"):
        kind = subprocess.check_output(
            [GIT, "-C", str(repo), "cat-file", "-t", tree.parent.name + tree.name]
        )
        if kind == b"tree\n":
            tree.unlink()
    settings = {
        **{"core.repositoryFormatVersion": "1", "extensions.partialClone": "origin"},
        **{"remote.origin.promisor": "true", "protocol.allow": "always"},
        **{"protocol.ext.allow": "always", "protocol.file.allow": "always"},
        "remote.origin.url": url.format(evil=program, other=repo),
        **({key: "ext" if key.endswith("vcs") else program} if key else {}),
    }
    for name, value in settings.items():
        git(repo, "config", name, value)
    assert harmless(repo, asked) == {}
    if not key:
        log = [GIT, "-C", str(repo), "log", "--name-status"]
        subprocess.run(log, check=False, capture_output=True)
        assert (asked.parent / "harm").exists()  # so it would have run


@pytest.mark.parametrize(
    "setting",
    [
        *("diff.orderFile", "include.path", "core.attributesFile", "core.excludesFile"),
        *("mailmap.file", "core.worktree", "commit.template", "core.hooksPath"),
        *("gpg.ssh.allowedSignersFile", "includeIf.gitdir:/**.path", "safe.directory"),
    ],
)
@pytest.mark.parametrize("what", ["endless", "pipe"])
def test_no_setting_has_a_file_read(repo: Path, asked: Path, setting: str, what: str) -> None:
    os.mkfifo(asked.parent / "pipe")
    file = ENDLESS if what == "endless" else asked.parent / "pipe"
    with (repo / ".git/config").open("a") as config:
        section, _, key = setting.rpartition(".")
        head = '[includeIf "gitdir:/**"]' if "If" in section else f"[{section.replace('.', ' ')}]"
        config.write(f'{head}\n\t{key} = "{file}"\n')
    assert harmless(repo, asked) == DATES


def test_settings_of_the_user_and_variables_change_nothing(
    repo: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = asked.parent / "home"
    home.mkdir()
    (home / ".gitconfig").write_text('[diff]\n\torderFile = "/dev/zero"\n[log]\n\tdate = raw\n')
    monkeypatch.setenv("HOME", os.fspath(home))
    for name in ("DIR", "WORK_TREE", "EXTERNAL_DIFF", "TRACE2", "TRACE", "INDEX_FILE", "SSH"):
        monkeypatch.setenv(f"GIT_{name}", os.fspath(asked.parent / "harm"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.orderFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "/dev/zero")
    assert harmless(repo, asked) == DATES


# -- files of .git ----------------------------------------------------------------------------

FILES = (
    *("HEAD", "config", "config.worktree", "commondir", "packed-refs", "shallow", "index"),
    *("refs/heads/main", "info/grafts", "info/attributes", "info/exclude", "logs/HEAD"),
    *("objects/info/alternates", "objects/info/http-alternates", "objects/info/commit-graph"),
    *("objects/pack/pack-1.idx", "objects/pack/pack-1.pack", "objects/pack/multi-pack-index"),
    *("hooks/pre-commit", "gc.pid", "../.gitattributes", "../.mailmap", "../.gitmodules", ""),
)


def pipe(file: Path) -> None:
    os.mkfifo(file)


def endless(file: Path) -> None:
    file.symlink_to(ENDLESS)


def loop(file: Path) -> None:
    file.symlink_to(file.name)


def huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(40_000_000_000)


@pytest.mark.slow
@pytest.mark.parametrize("asked", [""], ids=["git"], indirect=True)
@pytest.mark.parametrize("made", [pipe, endless, loop, huge])
@pytest.mark.parametrize("name", sample(FILES, 8))
def test_a_file_that_is_none(
    repo: Path, asked: Path, name: str, made: Callable[[Path], None]
) -> None:
    file = repo / ".git" / name
    shutil.rmtree(file) if file.is_dir() and not file.is_symlink() else file.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    made(file)
    took, said = asked_apart(repo, asked, 3)
    assert took < 2 * MOST_MEMORY
    assert said in (DATES, {})


@pytest.mark.parametrize(
    "head",
    [
        "ref: HEAD",
        "ref: refs/heads/../../HEAD",
        "ref: /dev/zero",
        "ref: refs/heads/main\0",
        "ref: //server/share/x",
        "ref:",
        "",
        "f" * 39,
        "--output=harm",
        "x" * (MOST_OF_LINK + 1),
    ],
)
def test_a_head_that_leads_nowhere(repo: Path, asked: Path, head: str) -> None:
    (repo / ".git/HEAD").write_text(head)
    assert harmless(repo, asked) == {}


@pytest.mark.parametrize(
    "led",
    [
        *("gitdir: .git", "gitdir: /dev/zero", "gitdir: //server/share", "gitdir: \\\\server\\x"),
        *("gitdir:", "gitdir: nowhere", "x", "gitdir: \0", "gitdir: ~"),
    ],
)
def test_a_git_file_that_leads_nowhere(repo: Path, asked: Path, led: str) -> None:
    shutil.rmtree(repo / ".git")
    (repo / ".git").write_text(led)
    assert harmless(repo, asked) == {}


def test_references_are_found_in_a_long_list_and_not_in_one_without_end(
    repo: Path, asked: Path
) -> None:
    git(repo, "pack-refs", "--all")
    packed = repo / ".git/packed-refs"
    line = f"{'1' * 40} refs/heads/main-{{:07d}}\n"
    packed.write_text(packed.read_text() + "".join(map(line.format, range(100_000))))
    assert harmless(repo, asked) == DATES
    packed.write_text(packed.read_text() + " " * MOST_OF_LIST)
    assert find_checkout(repo) is None


def test_replaced_and_grafted_commits_are_not_followed(repo: Path, asked: Path) -> None:
    git(repo, "replace", "HEAD", "HEAD~1")
    names = subprocess.check_output([GIT, "-C", str(repo), "rev-parse", "HEAD"]).decode()
    (repo / ".git/info/grafts").write_text(names)
    assert harmless(repo, asked) == DATES


# -- objects ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only there is the memory of git bounded")
@pytest.mark.parametrize("place", ["message", "author", "alternates"])
def test_memory_and_time_are_bounded(repo: Path, asked: Path, place: str) -> None:
    if place == "alternates":
        endless(repo / ".git/objects/info/alternates")
    else:
        enormous_commit(repo, in_author=place == "author")
    took, said = asked_apart(repo, asked, 60)
    assert took < 1.2 * MOST_MEMORY
    assert said == {}


def enormous_commit(repo: Path, *, in_author: bool) -> None:
    """Make HEAD a commit of 800 MB, which is less than 1 MB in its file."""
    tree = subprocess.check_output([GIT, "-C", str(repo), "rev-parse", "HEAD^{tree}"]).decode()
    end = b" <a@example.org> 1551952800 +0000\n"
    start = f"tree {tree}author ".encode() + (b"" if in_author else b"A" + end + b"\n")
    pieces, piece = 100, b"x" * 8_000_000
    digest, packer = hashlib.sha1(usedforsecurity=False), zlib.compressobj(1)
    packed = []
    for part in (
        b"commit %d\0" % (len(start) + pieces * len(piece) + len(end)),
        start,
        *[piece] * pieces,
        end,
    ):
        digest.update(part)
        packed.append(packer.compress(part))
    name = digest.hexdigest()
    file = repo / ".git/objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"".join(packed) + packer.flush())
    (repo / ".git/refs/heads/main").write_text(name)


def asked_apart(repo: Path, asked: Path, seconds: float) -> tuple[int, dict[str, int]]:
    """The most memory, in kB, of a process that asks twice, and of git; and the dates."""
    script = (
        "import json, resource, sys; from pathlib import Path\n"
        "from rilo_reader.library.git_dates import GitDates\n"
        "dates = [dict(GitDates(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))"
        ".read_dates()) for _ in range(2)]; assert dates[0] == dates[1]\n"
        # Not ru_maxrss: that of a process begins with what the one that started it had.
        "status = dict(line.split(':') for line in open('/proc/self/status'))\n"
        "own = int(status['VmHWM'].split()[0])\n"
        "children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(json.dumps([max(own, children), dates[0]]))"
    )
    asked.write_text("")
    arguments = [os.fspath(repo), os.fspath(asked.parent / "cache.json"), str(seconds)]
    said = subprocess.check_output([sys.executable, "-c", script, *arguments])
    assert len(asked.read_text()) <= 1
    took, dates = json.loads(said)
    return took, dates


# -- where it lies ----------------------------------------------------------------------------


def test_a_git_of_the_home_folder_is_not_asked(
    repo: Path, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "notes").mkdir()
    (repo / "notes/first.md").write_text("One.\n")
    commit(repo, DAYS[0])
    assert find_checkout(repo / "notes") is not None
    monkeypatch.setenv("HOME", os.fspath(repo))
    assert find_checkout(repo / "notes") is None
    assert find_checkout(repo) is None
    assert harmless(repo, asked) == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_a_repository_that_somebody_else_put_above_is_not_asked(repo: Path, asked: Path) -> None:
    (repo / "notes").mkdir()
    os.chown(repo / ".git", 12345, 12345)
    assert find_checkout(repo / "notes") is None
    assert harmless(repo / "notes", asked) == {}


@pytest.mark.parametrize("kind", ["--object-format=sha256", "--separate-git-dir=../store"])
def test_other_kinds_of_repositories(tmp_path: Path, asked: Path, kind: str) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    git(folder, "init", "-q", kind)
    for name, day in zip(DATES, DAYS, strict=True):
        (folder / name).write_text(name)
        commit(folder, day)
    assert harmless(folder, asked) == DATES
