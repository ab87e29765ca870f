"""Fields of the index and their version."""
