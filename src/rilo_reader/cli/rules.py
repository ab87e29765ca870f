"""`rules`: list the rules, and show what they would do, to the last month or to what grew old."""

from __future__ import annotations

from difflib import get_close_matches

from rilo_reader.article import ArticleId
from rilo_reader.cli.arguments import hide_muted, load_user_settings, open_current
from rilo_reader.cli.library_context import choose_library
from rilo_reader.cli.output import PROGRAM, OutputStyle, StyledText, UsageError, errors
from rilo_reader.cli.printing import Line, RecordPrinter, pick_values
from rilo_reader.cli.search import make_record
from rilo_reader.cli.verb import Verb, argument, flag
from rilo_reader.dates import format_date
from rilo_reader.feeds.rules import (
    AgeRule,
    ParsedRule,
    describe_aged,
    find_aged,
    make_age_rules,
    parse_rules,
    read_feed_rules,
)
from rilo_reader.feeds.subscriptions import NEVER
from rilo_reader.library import LibraryError
from rilo_reader.library.rows import Row
from rilo_reader.paths import user_paths
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import restrict_query
from rilo_reader.text import format_count, to_display_title

LAST_MONTH = "after:30d"


class RulesVerb(Verb):
    """List your rules, or try them."""

    usage = """\
rilo-reader rules [--json] [--library FOLDER]
       rilo-reader rules try [NAME] [--json] [--library FOLDER]"""
    about = """
List the rules that mark articles, or try them.

Rules are in settings.toml and mark articles read, starred or tagged as they
arrive, or read when they grow old; feeds.toml has the latter for a feed. try
lists the articles of the last 30 days that a rule finds, and what it would
change, and those that are old enough now. Without NAME, try counts the old ones
of each rule. It changes nothing.
"""
    examples = ("rilo-reader rules", "rilo-reader rules try Adverts", "rilo-reader rules try")
    exit_codes = """0 done, also if nothing was found; 1 failed, also if there is no such rule; 2
wrong usage."""

    words: list[str] = argument(
        "WORD", "try, and perhaps the name of a rule or feed", nargs="*", offers=("try",)
    )
    json: bool = flag(
        "--json",
        "one JSON object per line: name, query, does, problem, and would with try; with try NAME "
        "what search --json prints, and would",
    )

    def run(self) -> int:
        """List rules, or try one."""
        paths, config = user_paths(), load_user_settings()
        rules = parse_rules(config.rules, config.searches)
        of_feeds = read_feed_rules(choose_library(self.library, config, paths).folder, paths)
        known, aging = [*rules, *of_feeds], make_age_rules(rules, of_feeds)
        if one := _find_named(known, self.words):
            _try_one(one, [each for each in aging if each.rule == one], self)
            return 0
        is_try, found = bool(self.words), dict[AgeRule, list[ArticleId]]()
        if is_try:
            with open_current(self, hide=True) as library:
                found = find_aged(library.search, library.state, aging)
        columns = ("name", "query", "would" if is_try else "does")
        report = RecordPrinter(columns, as_json=self.json)
        for one in known:
            ages = [each for each in aging if each.rule == one]
            if ages or not is_try:
                does = [*one.fields.values(), *(f"read when {each.reason}" for each in ages)]
                does += ["never read by age"] * (one.rule.read_after == NEVER)
                would = [describe_aged(each, len(found.get(each, ()))) for each in ages]
                _print_rule(report, one, does, would if is_try else None)
        if not known and not self.json:
            errors().line(f"You have no rules yet. Write them in {paths.settings_file}")
        elif is_try and not aging and not self.json:
            to_try = f"To try another: {PROGRAM} rules try NAME"
            errors().line(f"No rule has read_after or keep_unread. {to_try}")
        return 0


def _print_rule(
    report: RecordPrinter, one: ParsedRule, does: list[str], would: list[str] | None
) -> None:
    """Print a rule with what it does, or with what it would do now."""
    does_text = ", ".join(does)
    shown = does_text if would is None else "; ".join(would)
    values = pick_values(one.rule, "name", "query")
    name, dim = StyledText(one.rule.name, OutputStyle.BOLD), StyledText(shown, OutputStyle.DIM)
    lines: list[Line] = [(name, f"  {one.rule.query}  ", dim)]
    if one.problem:
        lines.append((StyledText(one.problem, OutputStyle.ERROR),))
    record = {**values, "does": does_text, "problem": one.problem}
    report.print_record(record if would is None else {**record, "would": would}, lines)


def _find_named(known: list[ParsedRule], words: list[str]) -> ParsedRule | None:
    """Return the rule that is to be tried; None if the words name none."""
    if words[:1] not in ([], ["try"]):
        raise UsageError(f"rules takes no words, or try and a name. See {PROGRAM} rules --help")
    name, named = " ".join(words[1:]), {one.rule.name.casefold(): one for one in reversed(known)}
    one = named.get(name.casefold())
    if name and one is None:
        close = [named[key].rule.name for key in get_close_matches(name.casefold(), named, 1)]
        advice = f"Did you mean '{close[0]}'?" if close else f"To list them: {PROGRAM} rules"
        raise LibraryError(f"there is no rule '{name}'. {advice}")
    if one and one.problem:
        raise LibraryError(one.problem)
    return one


def _try_one(one: ParsedRule, aging: list[AgeRule], options: RulesVerb) -> None:
    """Print the articles that a rule would mark."""
    report = RecordPrinter(("date", "title", "source", "would"), as_json=options.json)
    name, said = one.rule.name, list[str]()
    with open_current(options) as library:
        if one.fields:
            found = changed = 0
            for row in library.search.each(restrict_query(one.query, parse(LAST_MONTH).node)):
                would = one.describe_changes(row.marks)
                found, changed = found + 1, changed + bool(would)
                _print_row(report, row, would)
            of = f"{format_count(found, 'article')} of the last 30 days"
            said.append(f"{name} finds {of}; it would change {changed:,} of them.")
        hide_muted(library)
        for each, ids in find_aged(library.search, library.state, aging).items():
            for old in filter(None, map(library.search.row, ids)):
                _print_row(report, old, [f"read, {each.reason}"])
            said.append(f"{name}, now: {describe_aged(each, len(ids))}.")
    for sentence in () if options.json else said:
        errors().line(sentence)


def _print_row(report: RecordPrinter, row: Row, would: list[str]) -> None:
    """Print an article, and what would become of it."""
    date = format_date(row.date, row.date_only, form="iso")
    title = to_display_title(row.title)
    facts = f"  {date}  {row.source}  {', '.join(would) or 'no change'}"
    lines = [(StyledText(title, OutputStyle.BOLD),), (StyledText(facts, OutputStyle.DIM),)]
    report.print_record({**make_record(row), "would": would}, lines, title=title)
