r"""Pages of Franklin: variables of Julia, `\commands{…}`, `@@blocks … @@`, `~~~ HTML ~~~`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from rilo_reader.dialects import USUAL, Dialect, Header, ReadFile
from rilo_reader.text import lazy_re

DEPTH_LIMIT, SIZE_LIMIT = 6, 300_000  # of commands in commands; characters that they may say

_VALUE = r'(?:"""(?:(?!""").){0,20000}"""|"(?:[^"\\]|\\.){0,5000}"|\[[^\]]{0,2000}\]|[^\n]*)'
_SETTING = lazy_re(rf"^(?:@def[ \t]+)?(\w+)[ \t]*=[ \t]*({_VALUE})", re.M | re.S)
_STRING = lazy_re(r'"((?:[^"\\]|\\.)*)"', re.S)
_DATE = lazy_re(r"Date\((\d{4}),\s*(\d\d?),\s*(\d\d?)\)")
_DEFS = rf"^@def[ \t]+\w+[ \t]*=[ \t]*{_VALUE}[^\n]*\n?|^\+\+\+[ \t]*\r?\n.*?^\+\+\+[^\n]*\n?"
_HEAD = lazy_re(rf"\ufeff?(?:\s|<!--.*?-->|{_DEFS})*", re.M | re.S)
_ARG = r"\{(?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\}){0,4000}+\}"
_TOKEN = lazy_re(
    r"^[ \t]*(`{3,}+)[^\n]*\n.*?(?:^[ \t]*\1`*[ \t]*$|\Z)|(?<!`)(`++)[^`\n]+\2|<!--.*?(?:-->|\Z)"
    r"|\$\$.*?\$\$|\$[^$\n]+\$|\\\[(?:[^\\]|\\[^\[\]])*+\\\]|\\begin\{(\w+\*?)\}"
    r"(?:[^\\]|\\(?!(?:begin|end)\{\3\})){0,4000}+\\end\{\3\}"
    rf"|(?P<defs>{_DEFS})|(?P<div>@@(?:\w[^\s@]{{0,99}}(?=\s|@@))?(?:\s*+(?!`))?)|~~~(?P<html>.*?)~~~"
    rf"|\\newcommand\{{\\(?P<new>\w+)\}}(?:\[(?P<count>\d)\])?\s*(?P<said>{_ARG})"
    rf"|\\(?P<name>[A-Za-z]+)(?P<args>(?:{_ARG}){{0,6}})|(?P<line>\\\\)"
    r"|\{\{[ \t]*(?:fill[ \t]+)?(?P<variable>\w+)[ \t]*\}\}",
    re.M | re.S,
)
_COMMANDS = {
    "fig": "![](<#1>)", "figalt": "![#1](<#2>)", "figenv": "![#1](<#2>)", "html": "~~~#1~~~",
    "style": "#2", "nonumber": "#1", "cite": "(#1)", "citep": "(#1)", "citet": "#1",
    "eqref": "(#1)", "biblabel": "#2", "label": "", "toc": "", "tableofcontents": "", "show": "",
    "output": "", "textoutput": "", "input": "`#2`", "tableinput": "`#2`", "literate": "`#1`",
}  # fmt: skip


class Franklin(Dialect):
    """Pages of Franklin."""

    forms = USUAL._replace(boxes=False, includes=False, mdx=False, roles=False, wiki=False)

    def header(self, text: str) -> Header | None:
        """Return the variables, which may stand anywhere; the body begins below the first ones."""
        said = dict(_iter_settings(text))
        summary = said.get("rss_description") or said.get("rss") or ""
        end = len(text) - len(_HEAD.sub("", text, count=1))
        named = {"pubdate": said.get("rss_pubdate", ""), "description": summary, **said}
        return Header(named, end) if said else None

    def body(self, body: str, path: str, read: ReadFile) -> str:
        """Return a page as Markdown, with the commands and variables of the site's `config.md`."""
        folder, config = path, None
        while folder and config is None:
            folder = posixpath.dirname(folder)
            config = read(posixpath.join(folder, "config.md"))
        variables = {key: said for key, said in _iter_settings(config or "") if len(said) < 100}
        commands, left = {key: (6, said) for key, said in _COMMANDS.items()}, SIZE_LIMIT

        def rewrite(text: str, depth: int) -> str:
            def replace(match: re.Match[str]) -> str:
                nonlocal left
                if match[1]:
                    return re.sub(r"\A(\s*`{3,}\w*)[:!>;?][^\n]*", r"\1", match[0])
                if new := match["new"]:
                    commands[new] = int(match["count"] or 0), match["said"][1:-1].strip("\n")
                elif match["html"] is not None:
                    return re.sub(r"\n[ \t]*(?=\n)|(?<=\n)[ \t]+(?=<)", "", match["html"])
                elif match["line"] or match["variable"]:
                    return str(variables.get(match["variable"], match[0])).replace("\\\\", "<br>")
                elif depth and left > 0 and (known := commands.get(match["name"] or "")):
                    words = [each[1:-1] for each in re.findall(_ARG, match["args"])]
                    count, said = known
                    said = re.sub(r"!?#(\d)", lambda at: "".join(words[int(at[1]) - 1 :][:1]), said)
                    left -= len(said)
                    return rewrite(said, depth - 1) + "".join(f"{{{one}}}" for one in words[count:])
                return "\n\n" if match["div"] else "" if match["defs"] or new else match[0]

            return _TOKEN.sub(replace, text)

        rewrite(config or "", 1)
        return rewrite(body, DEPTH_LIMIT)


DIALECT = Franklin()


def _iter_settings(text: str) -> Iterator[tuple[str, str | list[str]]]:
    """Yield the variables of a page, outside of code, as they are in front matter."""
    defs = (match["defs"] for match in _TOKEN.finditer(text) if match["defs"])
    for key, said in _SETTING.findall("".join(defs)):
        if said[:1] == '"':
            marks = 3 if said.startswith('"""') else 1
            words = re.sub(r"\\(.)", r"\1", said[marks:-marks]).strip()
            yield key, re.sub("<[^<>]*>", "", words) if key in ("author", "authors") else words
        else:
            day = _DATE.match(said)
            listed = "-".join(part.zfill(2) for part in day.groups()) if day else said.strip()
            yield key, _STRING.findall(said) if said[:1] == "[" else listed
