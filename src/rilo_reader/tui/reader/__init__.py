"""Whole screens: they ask the library and tell the widgets."""
