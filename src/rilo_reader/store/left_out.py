"""Which files of a library are no article for its reader, and why (pure)."""

from __future__ import annotations

from rilo_reader.article import Article

DRAFT = "a draft (drafts = true shows it)"
SECTION = "a section's page without text (what is in its folder is shown)"


def why_left_out(article: Article, *, drafts: bool) -> str:
    """Why an article is not shown, in a few words for the user; "" where it is.

    Args:
        article: as it was read.
        drafts: whether drafts are shown.
    """
    if article.draft and not drafts:
        return DRAFT
    return SECTION if _is_empty_section(article) else ""


def _is_empty_section(article: Article) -> bool:
    """Whether a file only names a folder: Hugo and Zola make a list of what is in it.

    Its name is `_index.md`, or `_index.fr.md` for a language. One with text is read like any other.
    """
    name = article.path.rpartition("/")[2]
    return name.startswith("_index.") and not article.body.strip() and not article.faults
