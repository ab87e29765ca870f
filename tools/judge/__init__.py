"""Judges over thousands of files: how near what is read comes to what is expected."""
