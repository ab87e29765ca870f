"""`rules`: list the rules for what arrives, and show what a rule would do to the last month."""

from __future__ import annotations

from difflib import get_close_matches

from rilo_reader.cli.arguments import load_user_settings, open_current
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, UsageError, errors
from rilo_reader.cli.printing import Line, RecordPrinter, pick_values
from rilo_reader.cli.search import make_record
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.dates import format_date
from rilo_reader.feeds.rules import ParsedRule, parse_rules
from rilo_reader.library import LibraryError
from rilo_reader.paths import user_paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import restrict_query
from rilo_reader.text import format_count, to_display_title

LAST_MONTH = "after:30d"


class RulesVerb(Verb):
    """List your rules for new articles, or try one."""

    usage = """\
rilo-reader rules [--json] [--library FOLDER]
       rilo-reader rules try NAME [--json] [--library FOLDER]"""
    about = """
List the rules that mark new articles, or try one.

Rules are in settings.toml and mark articles read, starred or tagged as they
arrive. try lists the articles of the last 30 days that a rule finds, and what
it would change. It changes nothing.
"""
    examples = ("rilo-reader rules", "rilo-reader rules try Adverts")
    exit_codes = """0 done, also if nothing was found; 1 failed, also if there is no such rule; 2
wrong usage."""

    words: list[str] = argument("WORD", "try, and the name of a rule", nargs="*", offers=("try",))
    json: bool = flag(
        "--json",
        "one JSON object per line: name, query, does, problem; with try what search --json prints, "
        "and would",
    )

    def run(self) -> int:
        """List rules, or try one."""
        config = load_user_settings()
        rules = parse_rules(config.rules, config.searches)
        if self.words:
            return _try_rule(rules, self)
        report = RecordPrinter(("name", "query", "does"), as_json=self.json)
        for one in rules:
            does = ", ".join(one.fields.values())
            values = pick_values(one.rule, "name", "query")
            name, dim = (
                StyledText(one.rule.name, OutputStyle.BOLD),
                StyledText(does, OutputStyle.DIM),
            )
            lines: list[Line] = [(name, f"  {one.rule.query}  ", dim)]
            if one.problem:
                lines.append((StyledText(one.problem, OutputStyle.ERROR),))
            report.print_record({**values, "does": does, "problem": one.problem}, lines)
        if not rules and not self.json:
            errors().line(f"You have no rules yet. Write them in {user_paths().settings_file}")
        return 0


def _try_rule(rules: list[ParsedRule], options: RulesVerb) -> int:
    verb, *words = options.words
    name = " ".join(words)
    if verb != "try" or not name:
        raise UsageError(f"rules takes no words, or try and a name. See {PROGRAM} rules --help")
    named = {one.rule.name.casefold(): one for one in rules}
    if name.casefold() not in named:
        close = [named[key].rule.name for key in get_close_matches(name.casefold(), named, 1)]
        advice = f"Did you mean '{close[0]}'?" if close else f"To list them: {PROGRAM} rules"
        raise LibraryError(f"there is no rule '{name}'. {advice}")
    one = named[name.casefold()]
    if one.problem:
        raise LibraryError(one.problem)
    report = RecordPrinter(("date", "title", "source", "would"), as_json=options.json)
    found = changed = 0
    with open_current(options) as library:
        query = restrict_query(one.query, parse(LAST_MONTH).node)
        for row in library.search.each(query):
            would = one.describe_changes(row.marks)
            found, changed = found + 1, changed + bool(would)
            date = format_date(row.date, row.date_only, form="iso")
            title = to_display_title(row.title)
            facts = f"  {date}  {row.source}  {', '.join(would) or 'no change'}"
            lines = [(StyledText(title, OutputStyle.BOLD),), (StyledText(facts, OutputStyle.DIM),)]
            report.print_record({**make_record(row), "would": would}, lines, title=title)
    if not options.json:
        of = f"{format_count(found, 'article')} of the last 30 days"
        errors().line(f"{one.rule.name} finds {of}; it would change {changed:,} of them.")
    return 0
