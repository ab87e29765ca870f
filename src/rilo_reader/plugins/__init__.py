"""What the reader can be without: a folder each."""
