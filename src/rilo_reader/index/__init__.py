"""The full-text index of a library, on tantivy; no other package imports tantivy."""
