"""Highlights and notes: where they stand in a text, and how they are written for programs (pure).

anchor = make_anchor(text, start, end)      anchors     what is kept of a place
find_anchor(anchor, text)                   anchors     the place, in a text that was edited
Highlight                                   highlight   an anchor, its kind and its note
json_lines(articles)                        json_lines  highlights for programs
"""
