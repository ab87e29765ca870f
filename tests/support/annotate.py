"""Highlights and notes given to articles, as the reader does."""

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import Assignment, Gesture, Ids
from rilo_reader.store.state import State


def annotate(state: State, article: ArticleId, field: str, value: str) -> Gesture | None:
    """Give a value to `highlight:ID` or `note:ID` of an article; "" removes it."""
    return state.apply([Assignment(field, value, Ids([article]))])
