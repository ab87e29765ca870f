"""Our two themes, as data files."""
