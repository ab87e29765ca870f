"""The index of one library: add, remove, search, count; rebuilds itself."""
