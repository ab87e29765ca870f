"""Read web pages: the article on a page, and the feeds that it leads to (pure).

    decode_page         bytes to text                                  article
    find_feeds          feeds that the page names or links to          feed_links
    read_facts          title, authors, dates from metadata            page_facts
    extract_document    the words of the article, by trafilatura       article
    Pruner              the elements with those words                  prune, boilerplate
    remove_head         the text without the lines above it            edges
    remove_tail         or below it                                    edges
    html                Markdown

On the right are the modules of each step.
"""

from __future__ import annotations

from rilo_reader.pages.article import read_page
from rilo_reader.pages.feed_links import FoundFeed, find_feeds, usual_addresses

__all__ = ["FoundFeed", "find_feeds", "read_page", "usual_addresses"]
