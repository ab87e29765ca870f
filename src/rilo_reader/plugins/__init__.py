"""Features that the reader can do without, a folder each."""
