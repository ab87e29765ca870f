"""The help of the verbs that take articles in from elsewhere, and give them away."""

from __future__ import annotations

IMPORT = """\
Usage: rilo-reader import PATH… [--library FOLDER] [--dry-run] [--json]
       rilo-reader import newsboat [DIR] [--star FLAGS] [--deleted] …

Take articles and feeds in from elsewhere. Files are copied, never moved; what
is in the library already is not taken twice.

A PATH may be a Markdown file or a folder of them, a saved web page, a mailbox
(mbox, .eml) of newsletters, a feed's file, an OPML list of feeds, a zip of
these, or JSON lines that export wrote. What it is shows in what is in it.

newsboat is found by itself, or in DIR: its feeds, tags and query feeds, every
article of its cache with its marks, and those of its settings and keys that
there are here. Its own files are only read, also while it runs.

Options
      --library FOLDER  where the articles go, instead of your library
      --dry-run         say what would be taken, and write nothing
      --star FLAGS      newsboat's flags that become stars: the letters of its
                        settings, else s; the others become tags, flag-x
      --deleted         also what was deleted in newsboat
      --json            one JSON object a line: progress, then kind, taken,
                        known, left_out and reasons
  -h, --help            this help

Examples
  rilo-reader import newsboat --dry-run
  rilo-reader import ~/notes feeds.opml saved.html

Exit codes: 0 done, also when nothing was new; 1 something could not be taken;
2 wrong usage; 130 interrupted: what was taken stays, and the next run goes on.
"""

EXPORT = """\
Usage: rilo-reader export [QUERY] --to FILE|FOLDER|- [--format FORMAT]
                          [--title TITLE] [--library FOLDER] [--muted]

Write the articles that match QUERY, or all, in the query's order. The format
is that of the file's name, or FORMAT:

  md     the articles' own files, as a zip or in a new folder
  jsonl  JSON lines, which import takes back with every mark
  atom   an Atom feed
  epub   an EPUB 3 book, a chapter each
  html   one page with contents, which loads nothing from elsewhere
  opml   the list of your feeds, for any other reader; without a QUERY

Options
      --to FILE         where to; a file that is there is replaced when the new
                        one is whole. - is standard output
      --format FORMAT   md, jsonl, atom, epub, html or opml
      --title TITLE     the title of a feed, book or page; else the query
      --library FOLDER  the folder to look in, instead of your library
      --muted           also what your mutes hide
  -h, --help            this help

Examples
  rilo-reader export 'ivory after:2019' --to ivory.epub
  rilo-reader export is:starred --to - --format jsonl | gzip > stars.gz

Exit codes: 0 done; 1 failed, also when nothing was found: then no file is
written; 2 wrong usage.
"""
