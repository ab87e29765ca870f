"""Run programs of the user's own on articles: what they get, and how long and how much they may."""
