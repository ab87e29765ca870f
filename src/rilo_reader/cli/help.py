"""The help of every verb, written by hand so that it reads as one; golden files hold it."""

from __future__ import annotations

from types import MappingProxyType

from rilo_reader.cli.help_collecting import ADD, FEEDS, REFRESH
from rilo_reader.cli.help_moving import EXPORT, IMPORT

MAIN = """\
Usage: rilo-reader [FOLDER]
       rilo-reader COMMAND …

A news reader for the terminal, over Markdown files that you own.

rilo-reader opens FOLDER, or your library where you name none. Inside, ? shows
the keys and q leaves. A folder that is named like a command opens as ./search.

Commands
  search QUERY   find articles
  list           list articles, newest first
  show ARTICLE   print one article
  add URL        follow a feed, or keep a page
  refresh        fetch what is new in your feeds
  feeds          list what you follow, and change it
  index          bring the index up to date
  import PATH    take in files, lists of feeds, or all of newsboat
  export QUERY   write articles as a book, page, feed, or files
  doctor         look for what is wrong, and say what to do

Options
  -h, --help     this help; COMMAND --help explains a command
  -V, --version  the version

Examples
  rilo-reader ~/blog/content
  rilo-reader search 'ivory -ebay after:2019'

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

_OUTPUT = """\
On a terminal each article takes a few lines, and the first 50 are shown. Piped
or redirected, each is one line of four columns between tabs: date, title,
source and path, and all are printed.
"""

_LISTING = """\
      --library FOLDER  the folder to look in, instead of your library
      --json            one JSON object a line: id, path, title, date, source,
                        url, authors, tags, read, starred, snippet
      --limit N         at most N articles; 0 means all
      --count           print only how many there are
      --muted           also what your mutes hide
  -h, --help            this help
"""

SEARCH = f"""\
Usage: rilo-reader search QUERY [--library FOLDER] [--json] [--limit N]
                          [--count] [--muted]

Find articles. The index is brought up to date first, so what is printed is
what the files say now.

Options
{_LISTING}
Queries
  ivory customs         both words, anywhere in an article
  ivor*                 a word that begins so
  "post channel"        a phrase (for the shell: '"post channel"')
  -ebay                 without the word
  ivory OR horn         either; brackets group: (ivory OR horn) post
  ~ivory /iv[oa]ry/     a word one letter away; a word that matches a pattern
  title:ivory           only there; also body: source: tag: author: url: lang:
  after:2019-03 before:2020 date:2021
                        dates; after:30d is the last thirty days
  is:unread is:read is:starred
  sort:oldest           newest comes first without; also sort:relevance
  @NAME                 the saved search of that name; other words narrow it

{_OUTPUT}
Examples
  rilo-reader search 'ivory -ebay after:2019'
  rilo-reader search --json --limit 5 'title:seminar' | jq -r .url

Exit codes: 0 done, also when nothing was found (--count prints 0); 1 failed;
2 wrong usage, such as a query that cannot be read.
"""

LIST = f"""\
Usage: rilo-reader list [--library FOLDER] [--json] [--limit N] [--count]
                        [--muted]

List the articles, newest first. The index is brought up to date first. With
--json the snippet is empty: there is no hit to show (search has them).

Options
{_LISTING}
{_OUTPUT}
Examples
  rilo-reader list --limit 10
  rilo-reader list --library ~/blog/content | cut -f 2

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

SHOW = """\
Usage: rilo-reader show ID|PATH [--library FOLDER] [--plain | --json]

Print one article: by its id, the beginning of its id, its path in the library,
or the path of any Markdown file. Showing an article does not mark it read.

Options
      --library FOLDER  the folder to look in, instead of your library
      --plain           the text alone, as when piped
      --json            one JSON object: what search --json prints, and body
  -h, --help            this help

Examples
  rilo-reader show guide/first-steps.md
  rilo-reader show --plain notes/today.md | wc -w

Exit codes: 0 done; 1 failed, also when there is no such article; 2 wrong usage.
"""

INDEX = """\
Usage: rilo-reader index [--library FOLDER] [--rebuild] [--watch] [--json]

Bring the index up to date with the files. The reader and every command do this
by themselves; the index can be deleted at any time, and comes back.

Options
      --library FOLDER  the folder to index, instead of your library
      --rebuild         read every file again, not only what changed
      --watch           go on following the folder until Ctrl-C
      --json            one JSON object a line as it goes: done, total, added,
                        changed, removed, skipped, committed, finished
  -h, --help            this help

With --watch --json it runs at low priority and also ends when its standard
input, if that is a pipe, is closed.

Examples
  rilo-reader index
  rilo-reader index --library ~/blog/content --rebuild

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""

DOCTOR = """\
Usage: rilo-reader doctor [--library FOLDER] [--all]

Look at the terminal, the folders, the settings, the index, your marks and the
articles' files, and say for everything that is wrong what to do about it.

Options
      --library FOLDER  the folder to look at, instead of your library
      --all             every file, not only the first 20 of each kind
  -h, --help            this help

Example
  rilo-reader doctor --all

Exit codes: 0 nothing to mend, 1 something to mend, 2 wrong usage.
"""

OF = MappingProxyType(
    {"search": SEARCH, "list": LIST, "show": SHOW, "index": INDEX, "doctor": DOCTOR}
    | {"add": ADD, "refresh": REFRESH, "feeds": FEEDS, "import": IMPORT, "export": EXPORT}
)
"""The help of each verb."""
