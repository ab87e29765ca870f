"""Commands of the user's own in settings.toml: what may be run, and what an article may become."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rilo_reader.config import load
from rilo_reader.config.settings import make_template
from rilo_reader.feeds.collection import open_collection
from rilo_reader.feeds.renaming import rename_in_queries
from rilo_reader.plugins.programs.settings import (
    YOURS,
    OnNew,
    OwnCommand,
    ProgramInput,
    ProgramOutput,
    ProgramSettings,
    make_commands,
)
from tests.support.for_each import for_each
from tests.support.reader import paths_in
from tests.support.settings_file import uncommented

HEAD = '[[commands]]\nname = "Mine"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def read(file: Path, text: str) -> tuple[ProgramSettings, list[tuple[int, str, str]]]:
    file.write_text(text, encoding="utf-8")
    config, found = load(file)
    return config.plugin_values(ProgramSettings), [
        (problem.line, problem.key, problem.reason) for problem in found
    ]


def test_a_name_and_a_program_are_enough(file: Path) -> None:
    config, wrong = read(file, HEAD + 'run = ["wc", "-w"]\n\n[[on_new]]\nname="N"\nrun=["cat"]\n')
    assert wrong == []
    assert config.commands == (OwnCommand("Mine", ("wc", "-w")),)
    assert config.commands[0][2:] == ("", ProgramInput.NONE, ProgramOutput.PANEL, False, False, 60)
    assert config.on_new == (OnNew("N", ("cat",)),)


FULL = """\
[[commands]]
name = "Play"
key = "Z"
run = ["mpv", "{enclosure}"]
input = "links"
output = "none"
terminal = true
seconds = 7200

[[on_new]]
name = "Tell me"
query = "tag:urgent"
run = 'notify-send "$(jq -r .title)"'
shell = true
"""


def test_every_setting_is_read(file: Path) -> None:
    config, wrong = read(file, FULL)
    play = OwnCommand("Play", ("mpv", "{enclosure}"), "Z", ProgramInput.LINKS, ProgramOutput.NONE)
    tell = OnNew("Tell me", ('notify-send "$(jq -r .title)"',), "tag:urgent", shell=True)
    assert (config, wrong) == (((play._replace(terminal=True, seconds=7200),), (tell,)), [])


def test_what_a_new_file_shows_is_right(file: Path) -> None:
    config, wrong = read(file, uncommented(make_template()))
    aloud = OwnCommand(
        "Read aloud", ("espeak-ng", "--stdin"), "D", ProgramInput.TEXT, ProgramOutput.NONE
    )
    tell = OnNew("Tell me", ("my-notice",), "tag:urgent")
    assert (config, wrong) == (((aloud._replace(seconds=3600),), (tell,)), [])


def test_a_key_that_another_has_is_named_with_both(file: Path) -> None:
    text = (
        '[keys]\nstar = "x"\n'
        + HEAD
        + 'key = "s"\nrun = ["a"]\n'  # free: the star has moved
        + '[[commands]]\nname = "Other"\nkey = "x"\nrun = ["b"]\n'
        + '[[commands]]\nname = "Third"\nkey = "s"\nrun = ["c"]\n'
        + '[[commands]]\nname = "Fourth"\nkey = "?"\nrun = ["d"]\n'
    )
    config, wrong = read(file, text)
    assert wrong == [
        (9, "commands.key", "x is already the key of Star (star); choose another for Other"),
        (13, "commands.key", "s is already the key of Mine; choose another for Third"),
        (17, "commands.key", "? is already the key of Help (help); choose another for Fourth"),
    ]
    assert [each.key for each in config.commands] == ["s", "", "", ""], "the palette has them all"


def test_queries_follow_a_feed_to_its_new_name(tmp_path: Path) -> None:
    file, folder = paths_in(tmp_path).settings_file, tmp_path / "news"
    file.parent.mkdir(parents=True)
    folder.mkdir()
    config, _ = read(file, '[[on_new]]\nname = "a"\nrun = ["b"]\nquery = \'source:="Old"\'\n')
    with open_collection(folder, paths_in(tmp_path)) as collection:
        rename_in_queries(collection, {"Old": "New"})
        assert collection.take_notices() == []
    renamed, _ = load(file)
    assert renamed.plugin_values(ProgramSettings).on_new == (
        config.on_new[0]._replace(query='source:="New"'),
    )


def test_help_palette_and_flat_mode_get_rows_as_of_other_commands(file: Path) -> None:
    config, _ = read(file, HEAD + 'key = "Z"\nrun = ["mpv", "{url}"]\n')
    (row,) = make_commands(config.commands)
    assert (row.title, row.keys, row.help, row.group) == ("Mine", ("Z",), "Runs mpv.", YOURS)


@for_each(
    "lines, reason",
    [
        ("run = []", "expected a program"),
        ('run = [""]', "expected a program"),
        ('run = ["a", 1]', "expected a program"),
        ('run = "mpv {url}"', "shell = true"),
        ('run = ["echo"]\nshell = true', "expected one line in quotes"),
        ('run = ["{url}"]', "must not come from an article"),
        ('run = ["/usr/bin/{title}"]', "must not come from an article"),
        ('run = ["mpv", "{ulr}"]', "did you mean {url}?"),
        ("run = 'notify-send \"{title}\"'\nshell = true", 'write "$RILO_TITLE"'),
        # What a shell, or another interpreter, would read as a program.
        ('run = ["sh", "-c", "echo {title}"]', 'write "$RILO_TITLE"'),
        ('run = ["/bin/bash", "-ec", "{title}"]', "would read"),
        ('run = ["env", "zsh", "-c", "echo {url}"]', "would read"),
        ('run = ["bash", "{file}"]', "would read"),
        ('run = ["bash", "-o", "pipefail", "-c", "{title}"]', "would read"),
        ('run = ["python3.11", "-c", "print(\'{title}\')"]', "would read"),
        ('run = ["awk", "{title}"]', "would read"),
        ('run = ["perl", "-e", "{title}"]', "would read"),
        ('run = ["ssh", "host", "notify-send", "{title}"]', "would read"),
        ('run = ["cmd.exe", "/c", "echo", "{title}"]', "would read"),
        ('run = ["tmux", "display-message", "{title}"]', "would read"),
        ('run = ["a"]\nterminal = true\noutput = "panel"', "has no output"),
        ('run = ["a"]\ninput = "markdwon"', "did you mean markdown?"),
        ('run = ["a"]\noutput = "window"', "the choices are panel, note, none"),
        ('run = ["a"]\nseconds = 0', "is not between 1 and 86,400"),
        ('run = ["a"]\nkey = "gg"', "is not the name of a key"),
        ('run = ["a"]\nprogram = "x"', "commands have no program"),
    ],
)
def test_what_must_not_be_is_said_in_its_line(file: Path, lines: str, reason: str) -> None:
    config, wrong = read(file, HEAD + lines)
    assert len(wrong) == 1
    assert reason in wrong[0][2], wrong
    assert all(each.run == ("a",) for each in config.commands), "what could do harm is left out"


RUNNING = """
    vim -c {title}; vim +{title}; vim +:e{title} a; nvim --cmd {title}; view -c {title} a;
    vim -c{title}; emacs --eval {title}; emacs --eval={title}; emacs -Q --batch --eval {title};
    emacsclient -e {title}; env -S {title}; env -S{title}; env --split-string={title};
    env {title}; env A=1 {title}; git -c {title} log; git -c core.pager={title} log;
    git -c alias.x=!{title} x; git grep -O --cmd={title}; git fetch --upload-pack {title};
    git clone --config core.sshCommand={title}; git -c a -c {title} x; gdb -ex {title};
    gdb -ex={title}; gdb -batch -ex {title} a; gdb --eval-command={title}; lldb -S {title};
    yt-dlp --exec {title} url; yt-dlp --exec=echo{title}; yt-dlp --exec-before-download {title};
    rsync -e {title} a b; rsync --rsh={title} a b; rsync --rsync-path {title} a b;
    rsync -ae {title} a b; tar --to-command {title}; tar --checkpoint-action=exec={title};
    tar --use-compress-program={title}; find . -exec {title} +; find . -execdir {title};
    find . -ok {title}; rg --pre {title} a; fzf --preview {title}; fzf --bind={title};
    less +!{title}; man --pager {title}; watch -n 1 {title}; su -c {title}; script -c {title};
    flock a -c {title}; nc -e {title} a; socat EXEC:{title} -; sort --compress-program {title};
    wget --use-askpass={title}; scp -oProxyCommand={title} a b; ssh -o ProxyCommand={title} a;
    sftp -o x -oLocalCommand={title}; xterm -e {title}; alacritty -e {title}; mutt -e {title};
    psql -c {title}; mysql -e {title}; mysql --execute={title}; sqlite3 db {title};
    xargs {title}; parallel {title}; nice -n 5 {title}; timeout 5s {title}; nohup {title};
    sudo {title}; make {title}; just {title}; systemd-run {title}; deno eval {title};
    php --run {title}; pwsh -Command {title};
"""
CASES = [words.split() for words in RUNNING.split(";") if words.strip()]


@for_each("run", CASES)
def test_nothing_of_an_article_is_in_what_a_program_may_run(file: Path, run: list[str]) -> None:
    config, wrong = read(file, f"{HEAD}run = {json.dumps(run)}\n")
    assert len(wrong) == 1, run
    assert config.commands == ()


@for_each(
    "run",
    [
        '["notify-send", "--title", "{title}", "{url}"]',
        '["program", "-title", "{title}", "-file", "{file}", "--prefix={tags}", "-t", "{date}"]',
        '["env", "LANG=C", "mpv", "--", "{url}"]',
        '["nice", "-n", "5", "monolith", "{url}", "-o", "{title}.html"]',
        '["yt-dlp", "--", "{url}"]',
        '["curl", "--data-urlencode", "title={title}", "https://example.org"]',
        '["git", "commit", "-m", "{title}"]',
        '["sh", "-c", "echo \\"$1\\"", "sh", "{title}"]',  # an argument of the program
        '["python3", "/home/me/tell.py", "{title}", "{url}"]',
        '["awk", "{print $1}"]',  # no name in braces
        '["jq", "{print}"]',
        '["mpv", "--title={title}", "--", "{url}"]',
    ],
)
def test_what_is_an_argument_may_be(file: Path, run: str) -> None:
    config, wrong = read(file, f"{HEAD}run = {run}\n")
    assert wrong == []
    assert len(config.commands) == 1


def test_new_articles_are_never_arguments(file: Path) -> None:
    config, wrong = read(file, '[[on_new]]\nname = "a"\nrun = ["b", "{url}"]\n')
    assert config.on_new == ()
    assert "standard input" in wrong[0][2]
