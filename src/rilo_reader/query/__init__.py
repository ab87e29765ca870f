"""The query language: text <-> tree, tokens, dates (pure)."""
