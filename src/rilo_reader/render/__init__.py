"""Show: an article as styled lines of terminal cells (Rich, no Textual)."""
