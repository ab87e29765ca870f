"""The help of every verb, written by hand; tests compare it with golden files."""

from __future__ import annotations

from types import MappingProxyType

# -- feeds ----------------------------------------------------------------------------------------

ADD = """\
Usage: rilo-reader add URL [--feed | --page | --look] [--title TITLE]
                       [--tag TAG]… [--full-text] [--account NAME]
                       [--library FOLDER] [--json] [--dry-run]

Follow a feed, and fetch it; or keep a page as an article. Where URL is a page
of a site, its feeds are shown to choose from: on a terminal you are asked,
elsewhere --feed takes the only one there is, and --page the page itself.

Options
      --feed            follow the feed of the page, where there is only one
      --page            keep the page as an article, once; follow nothing
      --look            add nothing; print what was found as one JSON object:
                        url, feeds, page
      --title TITLE     your title for the feed, instead of its own
      --tag TAG         a tag of the feed; News/Europe is below News; repeatable
      --full-text       fetch the page of each entry, for feeds of summaries
      --account NAME    follow it on the server of an account, under TAG as its
                        category; its articles come with the next refresh
      --library FOLDER  where a page goes; feeds go into your library alone
      --json            one JSON object a line: the progress of the first fetch
                        as refresh --json has it, then what was done
      --dry-run         show what would be done, and save nothing
  -h, --help            this help

Examples
  rilo-reader add example.org --feed --tag News
  rilo-reader add --page https://example.org/2019/a-story

Exit codes: 0 done, also when you follow it already; 1 failed, also when there
is nothing to follow or several feeds to choose from; 2 wrong usage.
"""

REFRESH = """\
Usage: rilo-reader refresh [FEED…] [--library FOLDER] [--force] [--quiet]
                           [--json] [--dry-run]

Fetch what is new in the feeds that you follow; each entry becomes an article
and stays. Accounts at feed services are synced beside them: articles come, and
what is read or starred on either side is so on both. Feeds that asked to wait,
that failed recently or that you paused are skipped, unless you name them. A
FEED is its address, its title, its tag, or a part of either; or the name of an
account, which a feed of it stands for too. All of it goes into one library: the
first of folders in settings.toml, else the one that opens without a name.

Options
      --library FOLDER  that library; any other is refused
      --force           fetch every feed, also those that asked to wait
      --quiet           print only what failed, for cron
      --json            one JSON object a line: url, name, state, new, updated,
                        kept, unchanged, reason, failure, until, seconds,
                        moved_to; then the sums, with finished. It runs at low
                        priority
      --dry-run         fetch and show what is new, but save nothing
  -h, --help            this help

Examples
  rilo-reader refresh
  rilo-reader refresh --quiet

Exit codes: 0 all well; 1 a feed failed, or another refresh is under way;
2 wrong usage; 130 interrupted: what came stays, and the next run goes on.
"""

FEEDS = """\
Usage: rilo-reader feeds [FEED…] [--own | --account NAME] [--json]
                         [--library FOLDER]
       rilo-reader feeds ACTION FEED… [--own | --account NAME] [--dry-run]

List the feeds that you follow: unread articles, when news last came, and why a
feed is silent. Or change what you follow; all of it stands in feeds.toml,
which you can edit too. A FEED is its address, its title, its tag, or a part of
either; an ACTION that would change several feeds names them first. Feeds of
accounts at feed services are listed too, with whose they are; remove, rename
and tag change them on the server, where tags are categories. A feed that is in
both places is changed in both, unless one of them is named.

Actions
  remove FEED         follow it no longer; its articles stay
  pause, resume FEED  leave it alone; fetch it again
  mute, unmute FEED   keep its articles out of the list; show them again
  allow FEED          let it be on your own network: for a feed of an imported
                      list with such an address, or a host that moved there
  rename FEED TITLE   give it a title; "" for its own
  tag FEED TAG…       set its tags, instead of all others; no TAG removes them

Options
      --library FOLDER  the library whose articles are counted
      --json            one JSON object a line: url, name, title, tags, source,
                        unread, standing, sentence, last_new, last_success,
                        full_text, every, limit, muted, paused, private,
                        account, own
      --own             only feeds of feeds.toml, and only there
      --account NAME    only feeds of an account, and only there
      --all             change every feed that FEED matches, not only one
      --dry-run         show what would be changed, and change nothing
  -h, --help            this help

Examples
  rilo-reader feeds
  rilo-reader feeds pause 'Daily Football'
  rilo-reader feeds tag example.org News/Europe

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""


ACCOUNT = """\
Usage: rilo-reader account add miniflux|greader URL [--user NAME]
                           [--password-command CMD | --api-key-command CMD |
                           --password-stdin] [--name NAME] [--no-check] [--json]
       rilo-reader account list [--json] | check [NAME] | remove NAME
                           [--library FOLDER]

Read with an account at a feed service: refresh brings its feeds and articles,
and what is read or starred travels both ways. greader is the Google Reader API,
which FreshRSS, Miniflux, BazQux and The Old Reader have (Inoreader lets only
registered programs in); URL is the address of the server, or what it gives as
the address of its API. On a terminal you are asked for what is missing. The
accounts stand in accounts.toml, which you can edit too. What is synced, and
what to do when it fails, is in docs/services.md of the project.

Actions
  add             log in, then keep the account; where it is kept already, its
                  new password
  list            the accounts, what is here of them, and what is wrong
  check NAME      log in to NAME, or to all, and say what the server is
  remove NAME     forget it and its password; its articles stay

Options
      --user NAME       your name there; without it Miniflux takes an API key
      --password-command CMD  a command that prints the password on its first
                        line, such as 'pass show reader'; no shell runs it.
                        Otherwise the keyring of the system keeps it (install
                        rilo-reader[keyring]), or a file that only you may read
      --api-key-command CMD  the same for an API key of Miniflux
      --password-stdin  read the password, or without --user the API key, from
                        standard input
      --name NAME       what you call the account, instead of its host name
      --no-check        keep the account without logging in
      --library FOLDER  the library whose feeds and entries are counted
      --json            one JSON object a line: name, api, url, user, secret,
                        feeds, entries, last_sync, problem, window, private;
                        of add: name, server, secret, with finished
  -h, --help            this help

Examples
  rilo-reader account add miniflux https://reader.example.org --user me
  rilo-reader account add greader https://rss.example.org --user me
  rilo-reader account check

Exit codes: 0 done; 1 failed, also when a login is refused; 2 wrong usage.
"""

SYNC = """\
Usage: rilo-reader sync on [--folder DIR] [--name NAME] [--library FOLDER]
       rilo-reader sync off | now | status [--json] | forget DEVICE|--old

Share what you do with articles (read, stars, tags, positions, highlights,
notes) between your devices, through a folder that Syncthing, Nextcloud, git or
you with a stick carry from one to the other. Nothing is written there before
you turn it on. Turn it on on each device; the latest of two changes wins.

Actions
  on              begin: in DIR, else in the folder of before, else in .rilo in
                  the library
  off             stop; what is in the folder stays, as do all marks
  now             write what is not written yet, read what is new
  status          the devices, what waits, what was put aside and why
  forget DEVICE   take over the lines of a device that you have no more, and
                  delete its journal; DEVICE is its id or its name

Options
      --library FOLDER  the library, instead of yours
      --folder DIR      the folder to share, for programs that skip folders with
                        a dot before their names or do not carry the library
      --name NAME       what to call this device, instead of its host name
      --old             every device that has the name of another one which was
                        heard later; copies and restored backups leave them
      --json            one JSON object: folder, device, waiting, size, problem,
                        ahead, dated_anew, devices, aside
  -h, --help            this help

Examples
  rilo-reader sync on
  rilo-reader sync on --folder ~/Nextcloud/rilo
  rilo-reader sync status

Exit codes: 0 done; 1 failed, also when the folder cannot be used (then what you
did waits); 2 wrong usage.
"""


# -- marks ----------------------------------------------------------------------------------------

MARK = """\
Usage: rilo-reader mark read|unread|star|unstar ARTICLE… [--library FOLDER]
                        [--json] [--dry-run]
       rilo-reader mark tag|untag NAME ARTICLE… …
       rilo-reader mark … --query QUERY …

Do with articles what you do in the reader, for scripts. It is one gesture,
which undo takes back, and which travels where sync is on. An ARTICLE is what
show takes: an id, the beginning of one, or a path; - stands for ids and paths
on standard input, a line each. If one is not there, nothing is marked.

Options
      --query QUERY     the articles that search finds; what your mutes hide is
                        left alone
      --library FOLDER  the folder to look in, instead of your library
      --json            one JSON object: action, changed, already, articles,
                        gesture, dry_run
      --dry-run         say what would be changed, and change nothing
  -h, --help            this help

Examples
  rilo-reader mark read --query 'before:1y -is:starred'
  rilo-reader mark tag customs guide/first-steps.md
  rilo-reader mark star - < ids.txt

Exit codes: 0 done, also when all were so already; 1 failed, also when an
article is not there; 2 wrong usage.
"""

HISTORY = """\
Usage: rilo-reader history [--limit N] [--library FOLDER] [--json]

Print what was done with articles on all your devices, newest first: marks,
tags, highlights, notes, undos. Piped, each is one line of six columns between
tabs: id, time, device, articles, what, and undone or nothing. undo takes an id
to take it back.

Options
      --limit N         at most N; 0 means all; 20 on a terminal
      --library FOLDER  the library, instead of yours
      --json            one JSON object a line: id, when, device, what,
                        articles, undone, undoes, gesture
  -h, --help            this help

Examples
  rilo-reader history
  rilo-reader history --json --limit 5

Exit codes: 0 done, also when nothing was done yet; 1 failed; 2 wrong usage.
"""

UNDO = """\
Usage: rilo-reader undo [ID] [--redo] [--library FOLDER] [--json]

Take back the last gesture of this device, again the one before; or any one of
history by its ID, also another device's. What was changed since is kept. An
undo is a gesture too: it travels, and can be taken back.

Options
      --redo            do again what was undone last, or the gesture ID
      --library FOLDER  the library, instead of yours
      --json            one JSON object, of the undo: what history --json prints
  -h, --help            this help

Examples
  rilo-reader undo
  rilo-reader undo 3f9a1c2
  rilo-reader undo 3f9a1c2 --redo

Exit codes: 0 done; 1 failed, also when there is nothing to take back; 2 wrong
usage, also when there is no such gesture.
"""

HIGHLIGHTS = """\
Usage: rilo-reader highlights [QUERY] [--format FORMAT] [--output FILE]
                              [--lost] [--library FOLDER]
       rilo-reader highlights --notes [--library FOLDER]

Print your highlights and notes, of all articles or of those that match QUERY,
in the query's order.

Formats
  text      for people, as on a terminal
  markdown  a section for each article; the default elsewhere
  jsonl     JSON lines: id, exact, prefix, suffix, start, kind, note, made,
            article
  jsonld    a collection of W3C Web Annotations

Options
      --format FORMAT   text, markdown, jsonl, jsonld; else that of FILE's name
      --output FILE     write them to a file, which is replaced
      --lost            only those whose text is not in its article any more
      --notes           bring the notes of all articles in step, as the reader
                        does: Markdown files in the notes_folder of the settings
      --library FOLDER  the folder to look in, instead of your library
  -h, --help            this help

Examples
  rilo-reader highlights ivory after:2019
  rilo-reader highlights --output highlights.md
  rilo-reader highlights --lost

Exit codes: 0 done, also when there are none; 1 failed; 2 wrong usage.
"""


# -- import and export ----------------------------------------------------------------------------

IMPORT = """\
Usage: rilo-reader import PATH… [--library FOLDER] [--dry-run] [--json]
       rilo-reader import FILE.opml… --account NAME …
       rilo-reader import newsboat [DIR] [--star FLAGS] [--deleted] …

Bring in articles and feeds from elsewhere. Files are copied, never moved; what
is in the library already is not imported twice.

A PATH may be a Markdown file or a folder of them, a saved web page, a mailbox
(mbox, .eml) of newsletters, a feed's file, an OPML list of feeds, a zip of
these, or JSON lines that export wrote. Its contents decide which of them it is.
Highlights that Readwise exported (CSV, Markdown) are added to the articles that
are here, found by address or title.

With --account, feeds of OPML lists are followed on the server of an account;
folders are categories. It can be repeated: what is there stays as it is.

newsboat is found by itself, or in DIR: its feeds, tags and query feeds, every
article of its cache with its marks, and those of its settings and keys that
there are here. Its own files are only read, also while it runs.

Options
      --library FOLDER  where the articles go, instead of your library
      --dry-run         show what would be imported, and write nothing
      --star FLAGS      newsboat's flags that become stars: the letters of its
                        settings, else s; the others become tags, flag-x
      --deleted         also what was deleted in newsboat
      --account NAME    follow the feeds of lists there, instead of here
      --json            one JSON object a line: progress, then kind, taken,
                        known, left_out and reasons
  -h, --help            this help

Examples
  rilo-reader import newsboat --dry-run
  rilo-reader import ~/notes feeds.opml saved.html

Exit codes: 0 done, also when nothing was new; 1 something could not be
imported; 2 wrong usage; 130 interrupted: what was imported stays, and the next
run goes on.
"""

EXPORT = """\
Usage: rilo-reader export [QUERY] --to FILE|FOLDER|- [--format FORMAT]
                          [--title TITLE] [--library FOLDER] [--muted]
                          [--no-highlights]

Write the articles that match QUERY, or all, in the query's order. Books, pages
and JSON lines have your highlights and notes. The format is that of the file's
name, or FORMAT:

  md     the articles' own files, as a zip or in a new folder
  jsonl  JSON lines, which import takes back with every mark
  atom   an Atom feed
  epub   an EPUB 3 book, a chapter each
  html   one page with contents, which loads nothing from elsewhere
  opml   the list of your feeds and those of your accounts, for any other
         reader; without a QUERY

Options
      --to FILE         where to; a file that is there is replaced when the new
                        one is whole. - is standard output
      --format FORMAT   md, jsonl, atom, epub, html or opml
      --title TITLE     the title of a feed, book or page; else the query
      --library FOLDER  the folder to look in, instead of your library
      --muted           also what your mutes hide
      --no-highlights   without your highlights and notes
  -h, --help            this help

Examples
  rilo-reader export 'ivory after:2019' --to ivory.epub
  rilo-reader export is:starred --to - --format jsonl | gzip > stars.gz

Exit codes: 0 done; 1 failed, also when nothing was found: then no file is
written; 2 wrong usage.
"""


# -- articles, and the program itself -------------------------------------------------------------

MAIN = """\
Usage: rilo-reader [FOLDER]
       rilo-reader COMMAND …

A news reader for the terminal, over Markdown files that you own.

rilo-reader opens FOLDER, or your library where you name none. Inside, ? shows
the keys and q quits. A folder that is named like a command opens as ./search.

Commands
  search QUERY   find articles
  list           list articles, newest first
  show ARTICLE   print one article
  add URL        follow a feed, or keep a page
  refresh        fetch what is new in your feeds
  feeds          list what you follow, and change it
  mark           mark articles read, starred, tagged
  history        list what was done, on all devices
  undo           take back what was done
  highlights     print your highlights and notes
  account        read with an account at Miniflux, FreshRSS or their kin
  sync           share what you do with articles between your devices
  index          bring the index up to date
  import PATH    take in files, lists of feeds, or all of newsboat
  export QUERY   write articles as a book, page, feed, or files
  doctor         look for problems, and suggest what to do

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

Find articles. The index is brought up to date first, so the results match
the files as they are now.

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
  is:unread is:read is:starred is:highlighted has:note
                        what you did with it; note:word: a word of your notes
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

Look at the terminal, the folders, the settings, your feeds and accounts, the
index, your marks and the articles' files, and suggest what to do about every
problem.

Options
      --library FOLDER  the folder to look at, instead of your library
      --all             every file, not only the first 20 of each kind
  -h, --help            this help

Example
  rilo-reader doctor --all

Exit codes: 0 no problems, 1 problems found, 2 wrong usage.
"""

OF = MappingProxyType(
    {"search": SEARCH, "list": LIST, "show": SHOW, "index": INDEX, "doctor": DOCTOR}
    | {
        "add": ADD,
        "refresh": REFRESH,
        "feeds": FEEDS,
        "mark": MARK,
        "history": HISTORY,
        "undo": UNDO,
        "highlights": HIGHLIGHTS,
        "account": ACCOUNT,
        "sync": SYNC,
        "import": IMPORT,
        "export": EXPORT,
    }
)
"""The help of each verb."""
