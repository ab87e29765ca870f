"""Highlights and notes: where they stand in a text, and the files that they are written to (pure).

anchor = make_anchor(text, start, end)      anchors     what is kept of a place
find_anchor(anchor, text)                   anchors     the place, in a text that was edited
Highlight                                   highlight   an anchor, its kind and its note
merge(file, annotated), edited_notes        note_file   one Markdown note for each article
markdown, json_lines, json_ld               export
readwise_csv, markdown                      imports
"""
