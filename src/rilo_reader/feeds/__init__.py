"""Turn feeds, pages, lists and other readers' data into articles of a library.

bytes -> `Feed` with its `Entry`s, or `Subscription`s -> decisions -> files. What reads bytes writes
nothing; what writes has decided before.
"""
