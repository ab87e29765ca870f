"""The one ground of what the program says when it cannot do something, and its kinds.

Whoever asks a library, its index or its state catches LibraryError; its message is for the user.
Callers that can go on catch a kind: one that waits and tries again, one that makes an index anew.
"""


class LibraryError(Exception):
    """A failure; the message tells the user what happened, where, and what to do."""


class LibraryBusy(LibraryError):  # noqa: N818 - a state of the library, not a fault of anyone's
    """Another process is writing the index, which can still be read."""


class IndexDamaged(LibraryError):  # noqa: N818 - as above
    """The index cannot be read or written any more; `SearchIndex.mend` replaces it."""


class StateError(LibraryError):
    """The marks cannot be read or written."""
