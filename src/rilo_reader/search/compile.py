"""A query tree to a tantivy query."""
