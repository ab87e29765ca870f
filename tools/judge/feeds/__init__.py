"""What `read_feed` makes of other people's test feeds and of real ones.

`python -m tools.judge.feeds` prints a table, one line a suite, and why the rest differ.
"""
