"""The help of the verbs that follow feeds and collect what they bring."""

from __future__ import annotations

ADD = """\
Usage: rilo-reader add URL [--feed | --page | --look] [--title TITLE]
                       [--tag TAG]… [--full-text] [--library FOLDER] [--json]
                       [--dry-run]

Follow a feed, and fetch it; or keep a page as an article. Where URL is a page
of a site, its feeds are shown to choose from: on a terminal you are asked,
elsewhere --feed takes the only one there is, and --page the page itself.

Options
      --feed            follow the feed of the page, where there is only one
      --page            keep the page as an article, once; follow nothing
      --look            add nothing; print what is there as one JSON object:
                        url, feeds, page
      --title TITLE     what you call the feed, instead of what it calls itself
      --tag TAG         file it there; News/Europe is below News; may be many
      --full-text       fetch the page of each entry, for feeds of beginnings
      --library FOLDER  where articles go, instead of your library
      --json            one JSON object a line: the progress of the first fetch
                        as refresh --json has it, then what was done
      --dry-run         say what would be done, and keep nothing
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
and stays. Feeds that asked to be left alone, that failed a moment ago or that
you paused are left out; one that you name is fetched. A FEED is its address,
its title, its tag, or a part of either.

Options
      --library FOLDER  where articles go, instead of your library
      --force           fetch every feed, also those that want to be left alone
      --quiet           print only what failed, for cron
      --json            one JSON object a line: url, name, state, new, updated,
                        kept, unchanged, reason, failure, until, seconds,
                        moved_to; then the sums, with finished. It runs at low
                        priority
      --dry-run         fetch, and say what would come, but keep nothing
  -h, --help            this help

Examples
  rilo-reader refresh
  rilo-reader refresh --quiet --library ~/news

Exit codes: 0 all well; 1 a feed failed, or another refresh is under way;
2 wrong usage; 130 interrupted: what came stays, and the next run goes on.
"""

FEEDS = """\
Usage: rilo-reader feeds [FEED…] [--json] [--library FOLDER]
       rilo-reader feeds ACTION FEED… [--dry-run]

List the feeds that you follow: unread articles, when news last came, and why a
feed is silent. Or change what you follow; all of it stands in feeds.toml,
which you can edit too. A FEED is its address, its title, its tag, or a part of
either; an ACTION that would change several feeds names them first.

Actions
  remove FEED         follow it no longer; its articles stay
  pause, resume FEED  leave it alone; fetch it again
  mute, unmute FEED   keep its articles out of the list; show them again
  allow FEED          let it be on your own network: a feed of an imported list
                      that names such an address, a host of yours that moved in
  rename FEED TITLE   call it so; "" for what it calls itself
  tag FEED TAG…       file it there and nowhere else; no TAG, nowhere

Options
      --library FOLDER  the library whose articles are counted
      --json            one JSON object a line: url, name, title, tags, source,
                        unread, standing, sentence, last_new, last_success,
                        full_text, every, limit, muted, paused, private
      --all             change every feed that FEED means, not only one
      --dry-run         say what would be changed, and change nothing
  -h, --help            this help

Examples
  rilo-reader feeds
  rilo-reader feeds pause 'Daily Football'
  rilo-reader feeds tag example.org News/Europe

Exit codes: 0 done, 1 failed, 2 wrong usage.
"""
