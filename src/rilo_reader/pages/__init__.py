"""Read web pages: the article on a page, and the feeds that it leads to (pure).

    decode            bytes to text                                    article
    find_feeds        feeds the page names or links to                 feed_links
    read_facts        title, authors, dates from metadata              metadata
    extract           the words of the article, by trafilatura         article
    Pruner            the elements with those words                    prune, boilerplate
    without_head      the text without what stands above it            edges
    without_tail      or below it                                      edges
    html              Markdown

On the right are the modules of each step.
"""

from __future__ import annotations

from rilo_reader.pages.article import read_page
from rilo_reader.pages.feed_links import FoundFeed, find_feeds, usual_addresses

__all__ = ["FoundFeed", "find_feeds", "read_page", "usual_addresses"]
