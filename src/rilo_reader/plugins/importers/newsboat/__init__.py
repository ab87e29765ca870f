"""Import from newsboat: its feeds, cache and settings, which are only read."""
