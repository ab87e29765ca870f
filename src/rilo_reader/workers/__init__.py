"""Articles read and prepared for the index, in processes of their own where there are many.

A room of its own because of what it costs to start: a worker imports how to read a file and how to
prepare it, and nothing of what a library is.
"""
