"""What stands among the text of an article and is none: offers, links to other articles, contents.

Extractors go by the density of text and let these pass where they look like paragraphs.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from rilo_reader.collect.html.surgery import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LARGE = 0.3
"""Share of the article from which on an element is the article, whatever it is called."""

MOST_BY_NAME = 0.3
"""Share of the article that may go for the names of its elements."""

LONG = 240
"""Characters from which on a paragraph is text."""

_NAMES = re.compile(
    r"(?i)(?:^|[\s_-])(?:newsletter|related|promo|promotion|copyright|copy-?right|disclosure|disclaimer"
    r"|affiliate|sharedaddy|sharing|share-?(?:buttons|links|bar)|social-?(?:share|links|media)|likes-widget"
    r"|jp-relatedposts|breadcrumbs?|series-list|link-?list|content-linklist|read-?(?:also|more|next)"
    r"|more-about|recommend(?:ed|ations?)|subscribe|subscription|sign-?up|teaser|newsteaser|paywall"
    r"|cookie|consent|advert(?:isement|orial)?|sponsor(?:ed)?|author-?(?:bio|box|card|info)|about-?author"
    r"|toc|table-of-contents|tableofcontents|toc_container|print-only|noprint|wp-embedded-content"
    r"|embedded-post|tags?-?list|post-?tags|post-?nav|pagination|comments?-?(?:area|section|list|modul)"
    r"|relatedposts?|relatedtopics|donate|donation|outbrain|taboola|rating|ratings)(?:[\s_-]|\Z)"
)
_LEADS_AWAY = re.compile(
    r"(?i)^\W*(?:read (?:more|also|next)|also read|see also|related(?: (?:articles?|stories|posts|links))?"
    r"|more (?:on|from|about|like)|recommended|you (?:may|might) (?:also )?(?:like|enjoy)|don.t miss"
    r"|lesen sie (?:auch|mehr)|mehr (?:zum thema|dazu|lesen)|auch interessant|das könnte (?:sie|dich)"
    r"|weitere (?:themen|artikel|informationen|aktuelle)|weiterlesen|schon gelesen|passend dazu|siehe auch"
    r"|lea (?:también|más|además)|lea:|lee también|puedes? ver|te puede interesar|le puede interesar"
    r"|notas relacionadas|contenido relacionado|leia (?:também|mais)|veja também|saiba mais"
    r"|lire aussi|à lire|voir aussi|sur le même sujet|leggi anche|potrebbe interessarti|lees ook|lue (?:myös|lisää)"
    r"|les (?:også|mer)|läs (?:också|mer)|læs også|czytaj (?:też|także|więcej)|zobacz (?:też|także)|przeczytaj"
    r"|čtěte také|olvass(?:a|on) (?:el )?|читайте также|читать также|смотрите также|関連記事|あわせて読みたい"
    r"|相关阅读|延伸閱讀|推荐阅读|관련기사|baca juga|xem thêm|đọc thêm|อ่านเพิ่มเติม)(?:\W|$)"
)
_ASKS = re.compile(
    r"(?i)\b(?:sign up (?:for|to)|subscribe (?:to|now|for)|follow (?:us|the [\w ]{1,40}) on|join our"
    r"|newsletter (?:an|abonnieren)|zum newsletter|abonnieren sie|folgen sie uns|síguenos en|suscr[ií]bete"
    r"|siguenos en|suscríbase|únete|inscrivez-vous|abonnez-vous|suivez-nous|iscriviti|seguici su"
    r"|assine|inscreva-se|siga-nos|all rights reserved|alle rechte vorbehalten|todos los derechos reservados"
    r"|tous droits réservés|wszelkie prawa zastrzeżone|newsletter anmelden"
    r"|download(?:ing)? (?:our|the [\w ]{1,30}) apps?|submit your letter)\b"
)
_CONTENTS = re.compile(
    r"(?i)^\W*(?:table of )?contents?\W*$|^\W*(?:inhalt(?:sverzeichnis)?|índice|sommaire|contenido"
    r"|table des matières|indice|目次|目录|spis treści|оглавление|содержание)\W*$"
)


class Junk(Enum):
    """Whether a block is no part of its article, and how one knows."""

    NOT = auto()
    BY_NAME = auto()
    """It stands in an element with a telling name, which can also mean something else."""
    BY_WORDS = auto()
    HEADING = auto()
    """It is the heading of such, if what follows it is such."""


def judge(block: HtmlElement, text: str, around: list[HtmlElement]) -> Junk:
    """Whether a block of text is no part of the article.

    `around` are the block and what it stands in, as far as these are small beside the article.
    """
    if any(element.tag in ("ul", "ol") and is_contents(element) for element in around):
        return Junk.BY_WORDS
    is_heading = block.tag in ("h1", "h2", "h3", "h4", "h5", "h6")
    if any(_NAMES.search(_names(element)) for element in around):
        return Junk.BY_NAME
    if len(text) > LONG:
        return Junk.NOT
    if is_heading or len(text) < 40:
        if _CONTENTS.match(text) or (is_heading and _LEADS_AWAY.match(text)):
            return Junk.HEADING
    linked = sum(len(text_of(link)) for link in block.iter("a"))
    if _LEADS_AWAY.match(text) and (linked * 2 > len(text) or len(text) < 50):
        return Junk.BY_WORDS
    if _ASKS.search(text) and (linked or len(text) < 120):
        return Junk.BY_WORDS
    return Junk.NOT


def is_contents(element: HtmlElement) -> bool:
    """Whether a list is the page's own table of contents: three links or more within the page."""
    links = list(element.iter("a"))
    if len(links) < 3 or any(not (link.get("href") or "").startswith("#") for link in links):
        return False
    linked = sum(len(text_of(link).strip()) for link in links)
    return linked >= 0.85 * len("".join(text_of(element).split("\n")).strip())


def _names(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"[:300]
