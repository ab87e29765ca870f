"""Passages and notes: made, drawn, written as Markdown and read back."""
