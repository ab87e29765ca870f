"""Format articles as references for citation managers: RIS, BibTeX and CSL-JSON (pure).

    RIS       the tags of Reference Manager, as Zotero, EndNote, Mendeley and JabRef read them
    BibTeX    btxdoc.pdf (BibTeXing, 1988); LaTeX's special characters are escaped
    CSL-JSON  csl-data.json of github.com/citation-style-language/schema, for Zotero and Pandoc

A date is left out where the article's file does not say one.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

from rilo_reader.article import NO_DATE, Article
from rilo_reader.plugins.exporters.formats import ExportArticle
from rilo_reader.text import clean_line, clean_text, to_display_title


class AuthorName(NamedTuple):
    """An author; of an organisation, and where it is not clear, there is no given name."""

    family: str
    given: str = ""


def parse_author_names(article: Article) -> list[AuthorName]:
    """Return the authors. Two or three words are a person's name, the last one the family's.

    The source of the article, and what is longer or has other signs, is taken as a whole.
    """
    found = []
    for author in article.authors:
        family, comma, given = (part.strip() for part in author.partition(","))
        words = author.split()
        if comma and family and given:
            found.append(AuthorName(family, given))
        elif 2 <= len(words) <= 3 and author != article.source and "," not in author:
            found.append(AuthorName(words[-1], " ".join(words[:-1])))
        else:
            found.append(AuthorName(author))
    return found


def _find_day(article: Article) -> tuple[int, int, int] | None:
    date = article.date
    is_known = article.dated and date != NO_DATE
    return (date.year, date.month, date.day) if is_known else None


def _all_tags(each: ExportArticle) -> list[str]:
    return list(dict.fromkeys((*each.article.tags, *each.marks.tags)))


# -- RIS: one line a value, and nothing that escapes ----------------------------------------------


def format_ris(each: ExportArticle) -> str:
    """Format an article as a record of RIS."""
    article, day = each.article, _find_day(each.article)
    lines = [("TY", "ELEC"), ("TI", to_display_title(article.title))]
    # A reader of RIS splits a name at its first comma, and an asterisk is not allowed in these.
    names = (", ".join(filter(None, name)) for name in parse_author_names(article))
    lines += [("AU", name.replace("*", "")) for name in names]
    lines += [("T2", article.source.replace("*", "")), ("UR", article.url), ("LA", article.lang)]
    if day is not None:
        lines += [("PY", f"{day[0]:04}"), ("DA", "{:04}/{:02}/{:02}".format(*day))]
    lines += [("KW", tag.replace("*", "")) for tag in _all_tags(each)]
    lines += [("AB", article.summary)]
    cleaned = ((tag, clean_line(value, 100_000)) for tag, value in lines)
    return "".join(f"{tag}  - {value}\r\n" for tag, value in cleaned if value) + "ER  - \r\n\r\n"


# -- BibTeX ---------------------------------------------------------------------------------------

# BibTeX counts braces also behind a backslash, so a brace is a command.
_LATEX: Mapping[int, str] = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "#$%&_"},
        "\\": "\\textbackslash{}",
        "{": "\\textbraceleft{}",
        "}": "\\textbraceright{}",
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
    }
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _escape_latex(text: str) -> str:
    return clean_line(text, 100_000).translate(_LATEX)


def _format_bibtex_name(name: AuthorName) -> str:
    """A name in BibTeX's form "Family, Given"; what would be split otherwise is in braces."""

    def part(text: str) -> str:
        is_split = "," in text or re.search(r"(?i)(^|\s)and(\s|$)", text)
        return f"{{{_escape_latex(text)}}}" if is_split or not name.given else _escape_latex(text)

    return ", ".join(part(text) for text in name if text)


def _make_citation_key(article: Article, names: list[AuthorName], year: str) -> str:
    """A key that is the same in every export: a name, the year, and a part of a hash of the id."""
    name = names[0].family if names else article.source
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    name = re.sub("[^a-z0-9]+", "", plain)[:20] or "article"
    return f"{name}{year}-{sha256(article.id.encode(errors='replace')).hexdigest()[:10]}"


def format_bibtex(each: ExportArticle) -> str:
    """Format an article as an entry of BibTeX."""
    article, day, names = each.article, _find_day(each.article), parse_author_names(each.article)
    # The inner braces keep capital letters, which styles would make small.
    fields = {"title": f"{{{_escape_latex(to_display_title(article.title))}}}"}
    fields["author"] = " and ".join(map(_format_bibtex_name, names))
    fields["howpublished"] = _escape_latex(article.source)
    if day is not None:
        fields["year"] = f"{day[0]:04}"
    # An address has passed `safe_url`, and \url wants it as it is.
    fields |= {"url": article.url, "language": _escape_latex(article.lang)}
    fields |= {
        "keywords": _escape_latex(", ".join(_all_tags(each))),
        "abstract": _escape_latex(article.summary),
    }
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    if day is not None:
        lines.append(f"  month = {_MONTHS[day[1] - 1]},\n")
    key = _make_citation_key(article, names, fields.get("year", ""))
    return f"@misc{{{key},\n{''.join(lines)}}}\n\n"


# -- CSL-JSON -------------------------------------------------------------------------------------


def format_csl(articles: Iterable[ExportArticle]) -> Iterator[str]:
    """Yield the parts of a file of references in CSL-JSON."""
    yield "["
    for number, each in enumerate(articles):
        yield (",\n" if number else "\n") + json.dumps(_make_csl_item(each), ensure_ascii=False)
    yield "\n]\n"


def _make_csl_item(each: ExportArticle) -> dict[str, object]:
    article, day = each.article, _find_day(each.article)
    authors = [
        {"family": name.family, "given": name.given} if name.given else {"literal": name.family}
        for name in parse_author_names(article)
    ]
    item: dict[str, object] = {
        "id": article.id,
        "type": "webpage",
        "title": to_display_title(article.title),
        "author": authors,
        "container-title": article.source,
        "issued": {"date-parts": [day]} if day is not None else None,
        "URL": article.url,
        "language": article.lang,
        "keyword": ", ".join(_all_tags(each)),
        "abstract": clean_text(article.summary),
    }
    return {key: value for key, value in item.items() if value}
