"""`completion`: scripts that let bash, zsh and fish complete commands, made of their declarations.

What they know of a command stands in them; ids, tags, sources and saved searches they ask for, by
`--candidates` (see `candidates`). `--install` writes them, and the man pages, where shells look.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any, NamedTuple

from rilo_reader.cli import all_verbs, find_starts, load_verbs
from rilo_reader.cli.man_pages import make_all_pages
from rilo_reader.cli.output import COLOURS, EXIT_DONE, NAMES, PROGRAM, UsageError, errors, output
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.text import format_count

FILE_MARK = f"made by: {PROGRAM} completion".encode()
"""Stands at the beginning of each file that `--install` writes."""

KIND_NONE, FOLDER, FILE = "nothing", "folder", "file"

_KINDS = {
    **{"FOLDER": FOLDER, "DIR": FOLDER, "FILE": FILE, "PATH": FILE},
    **{"QUERY": "query", "ID|PATH": "article", "FEED": "feed", "TAG": "tag"},
}
"""Kinds of values by their names in the help; any other value is the user's own."""


class CompletionWord(NamedTuple):
    """An option, or the arguments of a command (with "" as its flag)."""

    flag: str
    meaning: str
    metavar: str = ""  # of its value, "" without one
    kind: str = KIND_NONE  # what completes its value: one of the above, or a kind of `candidates`
    offers: tuple[str, ...] = ()  # the values there are; of an argument, what it begins with


HELP = CompletionWord("--help", "this help")
COLOUR = CompletionWord("--color", "colours", "WHEN", offers=COLOURS)


def list_words(verb: type[Verb]) -> list[CompletionWord]:
    """The options of a command, and its arguments as one word, from its declaration."""
    found: list[CompletionWord] = []
    for spec in verb.argument_fields():
        given: Mapping[str, Any] = spec.metadata
        metavar = str(given.get("metavar", ""))
        kind = str(given.get("completes") or _KINDS.get(metavar, KIND_NONE))
        offers = tuple(map(str, given.get("offers") or given.get("choices") or ()))
        word = CompletionWord(str(given.get("flag", "")), str(given["help"]), metavar, kind, offers)
        # A second argument goes on where the first has ended: ACTION, WORD.
        if word.flag or not found or found[-1].flag:
            found.append(word)
        elif word.kind != KIND_NONE:
            found[-1] = found[-1]._replace(kind=word.kind)
    library = CompletionWord("--library", verb.library_help, "FOLDER", FOLDER)
    return [*found, library, COLOUR, HELP]


def _fill_script(shell: str, **parts: Iterable[str]) -> str:
    """A script of `shells` with parts made of declarations in place of their names between @."""
    text = (Path(__file__).parent / f"shells/{PROGRAM}.{shell}").read_text(encoding="utf-8")
    for name, made in parts.items():
        text = text.replace(f"@{name.upper()}@", "".join(made))
    return text


# -- bash -----------------------------------------------------------------------------------------


def make_bash_script() -> str:
    """The script of bash."""
    cases = []
    for name, verb in load_verbs().items():
        words = list_words(verb)
        flags = " ".join(word.flag for word in words if word.flag)
        cases.append(f"    1:{name})\n        options='{flags}'\n        case $prev in\n")
        for word in words:
            if word.flag and word.metavar:
                offers = f" offers='{' '.join(word.offers)}'" if word.offers else ""
                cases.append(f"        {word.flag}) value=1 takes={word.kind}{offers} ;;\n")
        arguments = next((word for word in words if not word.flag), HELP)
        first = ""
        if arguments.offers:
            first = f"; ((cword == 2)) && offers='{' '.join(arguments.offers)}'"
        cases.append(f"        *) takes={arguments.kind}{first} ;;\n        esac ;;\n")
    return _fill_script(
        "bash", commands=" ".join(load_verbs()), starts=" ".join(find_starts()), cases=cases
    )


# -- zsh ------------------------------------------------------------------------------------------


_ZSH_MARKS = str.maketrans({"[": r"\[", "]": r"\]", ":": r"\:", "\\": r"\\"})


def make_zsh_script() -> str:
    """The script of zsh."""
    commands, cases = [], []
    for name, verb in load_verbs().items():
        commands.append(
            f"            {quote(f'{name}:{all_verbs()[name].summary.translate(_ZSH_MARKS)}')}\n"
        )
        cases.append(f"    {name})\n        _arguments")
        for word in list_words(verb):
            value = f":{word.metavar}:{_make_zsh_value(word)}" if word.metavar else ""
            meaning = word.meaning.translate(_ZSH_MARKS)
            specs = [f"{word.flag}[{meaning}]{value}"]
            if not word.flag:
                rest = word._replace(offers=())
                specs = [f"1{value}", f"*:{word.metavar}:{_make_zsh_value(rest)}"]
            cases += [f" \\\n            {quote(spec)}" for spec in specs]
        cases.append(" ;;\n")
    ways = [
        f"{start.option}[{start.meaning.translate(_ZSH_MARKS)}]" for start in find_starts().values()
    ]
    options = (f"{quote(way)} " for way in ways)
    return _fill_script("zsh", commands=commands, starts=options, cases=cases)


def _make_zsh_value(word: CompletionWord) -> str:
    if word.kind in (FOLDER, FILE):
        return "_files -/" if word.kind == FOLDER else "_files"
    # With a space before it, it is called as it stands.
    return " " + " ".join(("_rilo_reader_ask", word.kind, *word.offers))


# -- fish -----------------------------------------------------------------------------------------


def make_fish_script() -> str:
    """The script of fish."""
    lines = (f"    complete -c $name {rule}\n" for rule in _iter_fish_rules())
    return _fill_script("fish", lines=lines)


def _iter_fish_rules() -> Iterator[str]:
    """Yield the arguments of fish's `complete`, for each command, option and argument."""
    for option, start in find_starts().items():
        long = f"-l {option.removeprefix('--')}"
        yield f"-n __fish_is_first_token {long} -d {_quote_for_fish(start.meaning)}"
    for name, verb in load_verbs().items():
        yield f"-n __fish_is_first_token -a {name} -d {_quote_for_fish(all_verbs()[name].summary)}"
        for word in list_words(verb):
            within = f"-n '__rilo_reader_in {name}'"
            values = {
                KIND_NONE: "",
                FOLDER: "(__fish_complete_directories)",
                FILE: "(__fish_complete_path)",
            }.get(word.kind, f"(__rilo_reader_ask {word.kind})")
            offers = " ".join(word.offers)
            if word.flag:
                values = f"{offers} {values}".strip()
                long = f"-l {word.flag.removeprefix('--')}{' -x' if word.metavar else ''}"
                yield f"{within} {long} -d {_quote_for_fish(word.meaning)}"
                if word.metavar and values:  # apart, else each value has the option's meaning
                    yield f"{within} {long} -a {_quote_for_fish(values)}"
                continue
            if offers:
                yield f"-n '__rilo_reader_in {name} 2' -a {_quote_for_fish(offers)}"
            if values:
                yield f"{within} -a {_quote_for_fish(values)}"


def _quote_for_fish(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# -- the verb -------------------------------------------------------------------------------------


SHELLS = {"bash": make_bash_script, "zsh": make_zsh_script, "fish": make_fish_script}


def make_all_scripts() -> dict[str, str]:
    """The scripts by their places below `share`, where shells look for them."""
    places = {
        "bash-completion/completions/{}": make_bash_script(),
        "fish/vendor_completions.d/{}.fish": make_fish_script(),
    }
    every = {place.format(name): text for place, text in places.items() for name in NAMES}
    return {**every, f"zsh/site-functions/_{PROGRAM}": make_zsh_script()}


class CompletionVerb(Verb):
    """Let your shell complete commands, options, tags, articles."""

    library_help = "has no effect"
    heeds_settings = False
    about = """
Print a script that lets your shell complete commands, options and articles.

Tags, sources and saved searches are completed too. --install writes the scripts
of all shells and the man pages to the usual places; run it again after an
update. The Debian package includes them.

To load it in a startup file instead:
  bash  eval "$(rilo-reader completion bash)"
  zsh   eval "$(rilo-reader completion zsh)"    after compinit
  fish  rilo-reader completion fish | source
"""
    examples = ("rilo-reader completion bash", "rilo-reader completion --install")

    shell: str | None = argument("SHELL", "bash, zsh or fish", nargs="?", choices=list(SHELLS))
    install: bool = flag(
        "--install",
        "write the scripts of all shells and the man pages below $XDG_DATA_HOME, or ~/.local/share",
    )
    remove: bool = flag("--remove", "delete what --install wrote")

    def run(self) -> int:
        """Print a script, or write or delete all of them and the man pages."""
        if self.install + self.remove + (self.shell is not None) != 1:
            takes = f"{', '.join(SHELLS)}, --install or --remove"
            raise UsageError(f"completion takes {takes}. See {PROGRAM} completion --help")
        if self.shell:
            output().write(SHELLS[self.shell]())
        else:
            shared = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
            made = {**make_all_scripts(), **make_all_pages()}
            if self.install:
                _install_files(made, shared)
            else:
                _remove_files(made, shared)
        return EXIT_DONE


def _install_files(texts: Mapping[str, str], share: Path) -> None:
    """Write files at their places below a folder, and say so; the user's own there are kept."""
    out = output()
    for place, text in texts.items():
        file = share / place
        if file.is_file() and not file.is_symlink() and not _is_ours(file):
            errors().line(f"{file} was not written by {PROGRAM}, so it was left as it is.")
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)  # a link, as older versions made, is not written through
        file.write_text(text, encoding="utf-8")
    out.line(f"Written below {share}. Completion works in every new bash and fish.")
    # man looks in the `share` beside each `bin` of the path.
    path = os.environ.get("PATH", "").split(os.pathsep)
    is_found = str(share.parent / "bin") in path
    before = "" if is_found else f", after: export MANPATH={share / 'man'}:"
    out.line(f"The manual: man {PROGRAM}{before}")
    functions = share / "zsh/site-functions"
    out.line(f"For zsh, before compinit in ~/.zshrc: fpath=({functions} $fpath)")


def _remove_files(places: Iterable[str], share: Path) -> None:
    """Delete our files at their places below a folder, and say how many; the user's own stay."""
    files = [share / place for place in places]
    ours = [file for file in files if file.is_file() and _is_ours(file)]
    for file in ours:
        file.unlink()
    output().line(f"Deleted {format_count(len(ours), 'file')} below {share}.")


def _is_ours(file: Path) -> bool:
    return FILE_MARK in file.read_bytes()[:200]
