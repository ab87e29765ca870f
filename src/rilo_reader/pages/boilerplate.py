"""Recognise text in an article that is not part of it: offers, related articles, contents.

Extractors rely on the density of text and keep these if they look like paragraphs.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from lxml.html import HtmlElement

from rilo_reader.html.media import resolve_url
from rilo_reader.html.tags import HEADINGS
from rilo_reader.html.tree import remove_element, text_of
from rilo_reader.pages.page_facts import leads_home

_HOST = re.compile(r"\s*(?:https?:)?//(?:www\.)?([^/?#]+)")

LONG_TEXT = 240  # characters from which a paragraph is text

_NAMES = re.compile(
    r"(?i)(?:^|[\s_-])(?:"
    r"newsletter|related|promo|promotion|copyright|copy-?right|disclosure|disclaimer"
    r"|affiliate|sharedaddy|sharing|share-?(?:buttons|links|bar)"
    r"|social-?(?:share|links|media)|likes-widget|jp-relatedposts|breadcrumbs?"
    r"|series-list|link-?list|content-linklist|read-?(?:also|more|next)|more-about"
    r"|recommend(?:ed|ations?)|subscribe|subscription|sign-?up|teaser|newsteaser|paywall"
    r"|cookie|consent|advert(?:isement|orial)?|sponsor(?:ed)?"
    r"|author-?(?:bio|box|card|info)|about-?author|toc|table-of-contents|tableofcontents"
    r"|toc_container|print-only|noprint|wp-embedded-content|embedded-post|tags?-?list"
    r"|post-?tags|post-?nav|pagination|comments?-?(?:area|section|list|modul)"
    r"|navbox|navbar|catlinks|relatedposts?|relatedtopics|donate|donation|outbrain|taboola"
    r"|rating|ratings"
    r")(?:[\s_-]|\Z)"
)
_LEADS_AWAY = re.compile(
    r"(?i)^\W*(?:"
    r"read (?:more|also|next)|also read|see also"
    r"|related(?: (?:articles?|stories|posts|links))?|more (?:on|from|about|like)"
    r"|recommended|you (?:may|might) (?:also )?(?:like|enjoy)|don.t miss"
    r"|lesen sie (?:auch|mehr)|mehr (?:zum thema|dazu|lesen)|auch interessant"
    r"|das könnte (?:sie|dich)|weitere (?:themen|artikel|informationen|aktuelle)"
    r"|weiterlesen|schon gelesen|passend dazu|siehe auch|lea (?:también|más|además)|lea:"
    r"|lee también|puedes? ver|te puede interesar|le puede interesar|notas relacionadas"
    r"|contenido relacionado|leia (?:também|mais)|veja também|saiba mais|lire aussi"
    r"|à lire|voir aussi|sur le même sujet|leggi anche|potrebbe interessarti|lees ook"
    r"|lue (?:myös|lisää)|les (?:også|mer)|läs (?:också|mer)|læs også"
    r"|czytaj (?:też|także|więcej)|zobacz (?:też|także)|przeczytaj|čtěte také"
    r"|olvass(?:a|on) (?:el )?|читайте также|читать также|смотрите также|関連記事|あわせて読みたい"
    r"|相关阅读|延伸閱讀|推荐阅读|관련기사|baca juga|xem thêm|đọc thêm|อ่านเพิ่มเติม"
    r"|(?:tags?|filed under|posted in|categor(?:y|ies)|kategorien?|schlagw(?:ort|orte|örter)"
    r"|etiquetas?|mots-clés):"
    r")(?:\W|$)"
)
_ASKS = re.compile(
    r"(?i)\b(?:"
    r"sign up (?:for|to)|subscribe (?:to|now|for)|follow (?:us|the [\w ]{1,40}) on"
    r"|join our|newsletter (?:an|abonnieren)|zum newsletter|abonnieren sie"
    r"|folgen sie uns|síguenos en|suscr[ií]bete|siguenos en|suscríbase|únete"
    r"|inscrivez-vous|abonnez-vous|suivez-nous|iscriviti|seguici su|assine|inscreva-se"
    r"|siga-nos|all rights reserved|alle rechte vorbehalten"
    r"|todos los derechos reservados|tous droits réservés|wszelkie prawa zastrzeżone"
    r"|newsletter anmelden|download(?:ing)? (?:our|the [\w ]{1,30}) apps?"
    r"|submit your letter"
    r")\b"
)
_ALONE = re.compile(
    r"(?i)\W*(?:share(?: this)?|tweet|pin it|e-?mail|print|save|advertisement|anzeige|werbung"
    r"|publicidad|publicité|reklama|annons|continue reading(?: the main story)?|skip advertisement"
    r"|teilen|drucken|(?:artikel|seite|beitrag) (?:teilen|drucken|vorlesen)|ads?"
    r"|continua depois da publicidade|share (?:this )?(?:article|story|post|page)"
    r"|compartir|partager|facebook|twitter|whatsapp|linkedin|pinterest|copy link|back to top)\W*"
)
_CREDIT = re.compile(
    r"(?i)[\W_]*(?:©|\(c\)|copyright|(?:foto|photo|bild|image|picture|kuva|imagen|fuente|quelle|source)"
    r"(?:s|graf(?:ie)?|graph|nachweis|rechte|quelle|credit)?\s*(?::|by\b|von\b|/|©)"
    r"|credits?\s*(?::|by\b)?|crédits?\b|archiv(?:bild|foto)|getty|reuters|afp|dpa|imago|shutterstock"
    r"|unsplash|pixabay|adobe ?stock)"
)
_POSTED = re.compile(
    r"(?i)\W*(?:posted|(?:first )?published|(?:last )?(?:updated|modified|reviewed))"
    r"(?:\s+(?:by|on|at|in)\b|:).{2,100}"
)
"""A byline such as "Posted by …", on a line of its own above or below articles."""

_CONTENTS = re.compile(
    r"(?i)^\W*(?:table of )?contents?\W*$|^\W*(?:inhalt(?:sverzeichnis)?|índice|sommaire|contenido"
    r"|table des matières|indice|目次|目录|spis treści|оглавление|содержание)\W*$"
)


class BoilerplateKind(Enum):
    """The reasons for which a block is boilerplate, or NOT."""

    NOT = auto()
    BY_NAME = auto()
    """It is in an element with a typical name, which may be a coincidence."""
    BY_WORDS = auto()
    HEADING = auto()
    """It is a heading, and boilerplate if the block after it is."""


def classify_block(
    block: HtmlElement, text: str, small_ancestors: list[HtmlElement]
) -> BoilerplateKind:
    """Classify a block of text; `small_ancestors` are it and the small elements around it."""
    if any(element.tag in ("ul", "ol") and is_contents(element) for element in small_ancestors):
        return BoilerplateKind.BY_WORDS
    if has_name(small_ancestors):
        return BoilerplateKind.BY_NAME
    if len(text) > LONG_TEXT:
        return BoilerplateKind.NOT
    is_heading = block.tag in HEADINGS
    leads_away = _LEADS_AWAY.match(text) is not None
    if (len(text) < 40 and _CONTENTS.match(text)) or (is_heading and leads_away):
        return BoilerplateKind.HEADING
    linked = sum(len(text_of(link)) for link in block.iter("a"))
    is_offer = _ALONE.fullmatch(text) is not None or (
        _ASKS.search(text) is not None and (linked > 0 or len(text) < 120)
    )
    is_way_out = leads_away and (linked * 2 > len(text) or len(text) < 50)
    # Promotion links to the site itself; links to several hosts are the author's.
    hosts = {host[1].lower() for a in block.iter("a") if (host := _HOST.match(a.get("href") or ""))}
    is_way_out = is_way_out and len(hosts) < 2
    is_credit = len(text) < 80 and _CREDIT.match(text) is not None
    is_posted = _POSTED.fullmatch(text) is not None and any(map(str.isdecimal, text))
    is_boilerplate = is_offer or is_way_out or is_credit or is_posted
    return BoilerplateKind.BY_WORDS if is_boilerplate else BoilerplateKind.NOT


def is_contents(element: HtmlElement) -> bool:
    """Return whether a list is a table of contents: at least three links within the page."""
    links = list(element.iter("a"))
    if len(links) < 3 or any(not (link.get("href") or "").startswith("#") for link in links):
        return False
    linked = sum(len(text_of(link).strip()) for link in links)
    return linked >= 0.85 * len("".join(text_of(element).split("\n")).strip())


# Links and pictures around an article that are not text.


_SHARES = re.compile(
    r"(?i)(?:facebook\.com/(?:sharer|share\.php|dialog/)|(?:twitter|x)\.com/(?:intent/|share\b|home\?)"
    r"|pinterest\.[a-z]+/pin/create|linkedin\.com/(?:share|cws)|reddit\.com/submit|/submitlink\b"
    r"|(?:whatsapp\.com|whatsapp:/)/send|wa\.me/\?|(?:t|telegram)\.me/share|tumblr\.com/(?:share|widgets/)"
    r"|plus\.google\.com/share|google\.com/bookmarks|vk\.com/share|xing\.com/.{0,30}\bshare|getpocket\.com/"
    r"|addtoany\.com/|flipboard\.com/.{0,30}\bshare|delicio\.?us.*[?&]url=|digg\.com/submit"
    r"|news\.google\.com/publications)|mailto:\?"
)
_PROFILE = re.compile(
    r"(?i)https?://(?:[\w-]+\.)?(?:facebook|twitter|x|instagram|linkedin|pinterest|xing|threads|bsky"
    r"|tiktok|telegram|t|whatsapp)\.(?:com|net|app|me)(?:/(?:in|company|channel|profile))?/[^/?]*/?"
)
_DECORATION = re.compile(
    r"(?i)^(?!.*smil).*(?:[/_-](?:icons?|buttons?|gravatar|sprites?)[/_.-]|gravatar\.com/)"
)
_FILE = re.compile(r"(?i)\.(?:mp3|m4a|ogg|wav|mp4|pdf|epub|zip)(?:\?|$)")
LABEL_LIMIT = 40  # maximum length of the text of a link that shares an article, in characters


def drop_buttons(root: HtmlElement, base: str) -> None:
    """Remove links that share the article, and pictures that link to the site or its profiles."""
    home = _HOST.match(base)
    for link in list(root.iter("a")):
        target = resolve_url(link.get("href") or "", base) or link.get("href") or ""
        text = text_of(link).strip()
        host = _HOST.match(target)
        is_home = host and home and host[1] == home[1] and leads_home(target)
        is_share = len(text) <= LABEL_LIMIT and _SHARES.search(target)
        if is_share or (not text and (is_home or _PROFILE.fullmatch(target))):
            remove_element(link)


def is_decoration(element: HtmlElement) -> bool:
    """Return whether an element is an icon, by its address; not one that links to a file."""
    source = (element.get("src") or "").partition("?")[0][:2000]
    link = next(element.iterancestors("a"), None)
    if element.tag != "img" or _DECORATION.match(source) is None:
        return False
    return link is None or _FILE.search(link.get("href") or "") is None


def has_name(small_ancestors: list[HtmlElement]) -> bool:
    """Return whether one of these elements has a name that is typical of boilerplate."""
    names = (f"{each.get('class') or ''} {each.get('id') or ''}"[:300] for each in small_ancestors)
    return any(map(_NAMES.search, names))


# Comments of readers, recognised by a heading only.


HEADING_LIMIT = 120  # characters of such a heading, which may include the article's title

_NAME = re.compile(r"(?i)(?:comments?|trackbacks?)(?:[-_]?(?:title|heading|header|count))?")
_SAYS = re.compile(
    r"(?i)\W*(?:\d+\s+)?(?:comments?|responses?|replies|reactions?|kommentare?|commentaires?"
    r"|comentarios?|comentários?|commenti|reacties|комментари[ией]|评论|評論|コメント|댓글|trackbacks?|トラックバック)(?:\W|\Z)"
)
_SIGNED = re.compile(
    r"(?i)\b(?:posted by|says?:|said[ :]|wrote:|schrieb|a dit|escribió|ha scritto|пишет)|投稿者"
)
"""Text next to the name of a commenter."""


def drop_comments(root: HtmlElement) -> None:
    """Remove headings such as "Comments" and everything after them.

    Extractors recognise comments by the names of elements, but pages of old software (Movable Type)
    only have a heading. An article may have one too, but without signatures or a form below it.
    """
    for heading in list(root.iter("h2", "h3", "h4", "h5")):
        names = f"{heading.get('id') or ''} {heading.get('class') or ''}".split()
        text = " ".join(text_of(heading).split())
        below = list(heading.itersiblings())
        if (
            any(_NAME.fullmatch(name) for name in names)
            and len(text) <= HEADING_LIMIT
            and _SAYS.match(text)
            and any(map(_is_signed, below))
        ):
            for element in [*below, heading]:
                remove_element(element)


def _is_signed(element: HtmlElement) -> bool:
    """Return whether an element contains signed comments or a form to write them."""
    has_form = next(element.iter("textarea"), None) is not None
    return has_form or _SIGNED.search(text_of(element)) is not None
