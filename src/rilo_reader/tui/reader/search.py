"""Searching: the search box with completion, spelling and history."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from textual.timer import Timer

from rilo_reader.article import ArticleId, Field
from rilo_reader.query.completion import (
    Offer,
    PartialTerm,
    find_partial_term,
    is_longer_than_typed,
    list_offers,
)
from rilo_reader.query.edit import (
    add_restriction,
    has_term,
    remove_restriction,
    set_sort,
    to_finished_text,
    to_text,
    to_whole_word,
    words_of,
)
from rilo_reader.query.tree import Query, Sort, parts_of, source_of, words_to_highlight
from rilo_reader.tui.reader.controller import Controller, ReaderContext, ReaderPart
from rilo_reader.tui.reader.results import CursorPlace, TypedQuery
from rilo_reader.tui.reader.values import Selection
from rilo_reader.tui.tasks import Urgency

_QUOTES = ('"', "“", "”", "„")

MAX_COMPLETIONS = 8  # maximum number of completions
# what commands write, and take out again
TOGGLES = ("is:unread", "is:starred", "sort:relevance", "sort:newest", "sort:oldest")
_TERM = re.compile(r"\S+\s*")


class Completion(ReaderPart):
    """Completes words in the search box, and suggests a spelling if nothing is found.

    Both are looked up after the results are shown, so they do not delay them.
    """

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._offers_text = ""
        self._unfinished_word: PartialTerm | None = None
        self._offers: tuple[Offer, ...] = ()
        self._suggestion = ""  # a search with results, where that of the user has none
        self._pause: Timer | None = None  # until it is looked for
        self._completions = context.tasks.make_latest(
            "completion",
            lambda _: self.on_box_left(),  # the search shows the error
            urgency=Urgency.LATER,
        )
        self._spellings = context.tasks.make_latest("spelling", urgency=Urgency.LATER)
        self._fewer = context.tasks.make_latest("fewer words", urgency=Urgency.LATER)
        box, screen = self.widgets.search_row.box, self.widgets.screen
        screen.watch(box, "selection", self._on_cursor_moved, init=False)

    def on_results_shown(self) -> None:
        """Complete the word that is being typed, or suggest another search."""
        self._suggestion = ""
        self._fewer.cancel()
        self._show_fault_or_offers()
        if self.widgets.is_in_search_box:
            self._complete_word()
        results, is_empty = self.results, not self.widgets.articles.total
        if (
            is_empty
            and results.library_total
            and results.question.span is None
            and results.question.text.strip()
        ):
            self._spellings.request(
                partial(self.library.search.did_you_mean, results.query),
                partial(self._show_spelling, results.question.text),
            )

    def on_box_left(self) -> None:
        """Hide completions."""
        self._show_offers("", None, ())

    def _complete_word(self) -> None:
        text = self.widgets.search_row.box.value
        typed = find_partial_term(text, [search.name for search in self.context.config.searches])
        if typed is None:
            self._completions.cancel()
            self._show_offers(text, None, ())
            return
        wanted = self._completions.make_wanted_check()  # looking stops when they are not

        def find() -> tuple[Offer, ...]:
            if typed.is_feed_tag:
                tags = self.library.search.suggest_feed_tags(typed.letters)
                return list_offers(typed, tags, MAX_COMPLETIONS)
            if typed.field is None:
                return list_offers(typed, (), MAX_COMPLETIONS)
            found = self.library.search.suggest(
                typed.letters, typed.field, MAX_COMPLETIONS + 1, wanted
            )
            return list_offers(typed, found, MAX_COMPLETIONS)

        def show(offers: tuple[Offer, ...]) -> None:
            if self.widgets.is_in_search_box and text == self.widgets.search_row.box.value:
                self._show_offers(text, typed, offers)

        self._completions.request(find, show)

    def _show_offers(self, text: str, typed: PartialTerm | None, offers: tuple[Offer, ...]) -> None:
        self._offers_text, self._unfinished_word, self._offers = text, typed, offers
        self.widgets.completion_line.offer_words(
            [(offer.label, offer.hits) for offer in offers], completes=self._has_completion
        )
        self._show_fault_or_offers()

    @property
    def _has_completion(self) -> bool:
        """True if the first completion is more than what is typed."""
        typed, offers = self._unfinished_word, self._offers
        return bool(typed and offers and is_longer_than_typed(self._offers_text, typed, offers[0]))

    def _show_fault_or_offers(self) -> None:
        """Show the fault of the query instead of completions, unless it is an open quotation."""
        faults = self.results.query.faults
        is_open_quote = self.widgets.is_in_search_box and all(
            self.results.question.text[fault.start : fault.end] in _QUOTES for fault in faults
        )
        self.widgets.is_faulty = bool(faults) and not (self._offers and is_open_quote)

    def _on_cursor_moved(self) -> None:
        """Cancel the lookup, and hide completions away from the end of the line."""
        self._completions.cancel()
        box = self.widgets.search_row.box
        if self._offers and box.cursor_position != len(box.value):
            self._show_offers("", None, ())

    async def accept_completion(self) -> bool:
        """Accept the first completion or the suggested spelling; False if nothing gets better."""
        if self.widgets.is_in_search_box:
            # A fast typist means the completion of what is typed now.
            await self.tasks.wait_for_results(
                self.results.answer_task, self._completions, while_typing=True
            )
        box = self.widgets.search_row.box
        shown = self.widgets.completion_line.display and not self.widgets.is_faulty
        is_typing = self.widgets.is_in_search_box and box.cursor_position == len(box.value)
        if not (is_typing and shown and self._has_completion and self._offers_text == box.value):
            return await self._take_spelling()
        start = 0 if self._unfinished_word is None else self._unfinished_word.start
        box.value = box.value[:start] + self._offers[0].text
        box.cursor_position = len(box.value)
        return True

    def _show_spelling(self, text: str, spelling: Query | None) -> None:
        if spelling is not None:
            self._show_suggestion(
                text, f"Nothing matches. Did you mean {to_text(spelling)}?", spelling
            )
            return

        def look() -> None:
            if not self.widgets.articles.total:
                find = partial(self.library.search.fewer_words, self.results.query)
                self._fewer.request(find, partial(self._show_fewer, self.results.question.text))

        # Each word is counted: not while somebody types.
        delay = self.context.environment.delays.count_copies
        self._pause = self.tasks.call_after(delay, look, instead=self._pause)

    def _show_fewer(self, text: str, found: tuple[Query, int] | None) -> None:
        if found is not None:
            fewer, count = found
            has = "1 article has" if count == 1 else f"{count:,} have"
            message = f"Nothing has all these words. {has} {to_text(fewer)}"
            kept = parts_of(fewer.node)
            left_out = [one for one in words_of(self.results.query) if one not in kept]
            terms = [to_text(Query(one)) for one in left_out if one.field is not Field.ANYWHERE]
            message += f", without {' '.join(terms)}." if terms else "."
            self._show_suggestion(text, message, fewer)

    def _show_suggestion(self, text: str, message: str, query: Query) -> None:
        if text != self.results.question.text or self.widgets.articles.total:
            return
        self._suggestion = to_text(query)
        clear = self.widgets.key_of("back")
        self.widgets.articles.show_message(
            f"{message}\nenter searches for it, {clear} clears the search."
        )
        self.widgets.offer_commands({"open": "search for it", "back": "clear search"})

    def take_suggestion(self) -> bool:
        """Search for what is suggested; return False where nothing is."""
        if not self._suggestion or self.widgets.articles.total:
            return False
        self.context.controller_of(SearchController).change_query(self._suggestion, stay=False)
        return True

    async def _take_spelling(self) -> bool:
        if self.widgets.articles.total or self.widgets.is_in_article:
            return False
        await self.tasks.wait_for_results(self._spellings, while_typing=True)
        return self.take_suggestion()


class SearchHistory(ReaderPart):
    """Remembers searches that were used, and recalls them by up and down in the search box."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self._typed_text = ""
        self._entries: list[str] = []
        self._entry = -1
        self._remember_task = context.tasks.make_latest("history")

    def recall(self, step: int) -> bool:
        """Recall an older search (1), or a newer one (-1), from the empty box or one recalled.

        Returns False if the box holds other text, or there is no newer one.
        """
        in_search, text = self.widgets.is_in_search_box, self.widgets.search_row.box.value
        if not in_search or not self.context.config.history or (step < 0 and self._entry < 0):
            return False
        if self._entry >= 0 and text == self._entries[self._entry]:
            self._show_entry(step, self._entries)
            return True
        self._entry = -1
        if not text:
            newest = self.library.state.searches.read_newest
            self._remember_task.request(newest, partial(self._show_entry, step))
        return not text

    def _show_entry(self, step: int, entries: list[str]) -> None:
        self._entries = entries
        self._entry = max(-1, min(self._entry + step, len(entries) - 1))
        self.show_search(entries[self._entry] if self._entry >= 0 else "")

    def show_search(self, text: str) -> None:
        """Show a saved or recalled search."""
        self._typed_text = text.strip()
        self.context.controller_of(SearchController).change_query(text, stay=False)

    def record_typed(self, text: str) -> None:
        """Record typed text; terms that commands add are not remembered."""
        self._typed_text = text.strip()

    def remember_search(self) -> None:
        """Remember the typed search, when the user moves on to its results."""
        text = self.results.question.text.strip()
        typed, saved = self._typed_text, self.results.saved_queries
        is_typed = text in (typed, to_finished_text(typed, saved_queries=saved))
        is_used = is_typed and self.widgets.articles.total > 0
        if text and is_used and self.context.config.history:
            self._typed_text = ""
            self.tasks.write_tasks.enqueue(partial(self.library.state.searches.add, text))

    def forget_unwanted(self) -> None:
        """Clear the history, also on disk, where the settings say so."""
        if not self.context.config.history:
            self.tasks.write_tasks.enqueue(self.library.state.searches.clear)


class SearchController(Controller):
    """Changes the query, by the search box and by commands."""

    def __init__(self, context: ReaderContext) -> None:
        super().__init__(context)
        self.completion = Completion(context)
        self.history = SearchHistory(context)
        # where the user was before a search, and the scroll position of the article
        self._place_before: tuple[CursorPlace, int] | None = None
        self._whole_word_task = context.tasks.make_latest("whole word", urgency=Urgency.LATER)
        # Terms that toggles wrote; those of the last session too.
        self._toggled_terms = set(TOGGLES) & set(self.results.question.text.split())
        self.commands = {
            "search": self.enter_box,
            "back": self.step_back,
            "toggle_unread": partial(self.toggle_term, "is:unread"),
            "toggle_starred": partial(self.toggle_term, "is:starred"),
            "relevance": self.change_order,
            "whole_word": self.toggle_whole_word,
            "show_muted": self.context.mutes.toggle,
        }

    def start(self) -> None:
        """Keep no history that is not wanted."""
        self.history.forget_unwanted()

    on_settings_changed = start

    def on_results_shown(self) -> None:
        """Complete words, and count hidden results."""
        self.completion.on_results_shown()
        self.context.mutes.on_results_shown()
        self._count_whole_word()

    def enter_box(self) -> None:
        """Move the focus to the search box; what is typed takes the place of what was."""
        self.article.stop_reading()
        results, saved = self.results, self.results.saved_queries
        text = results.question.text
        whole = to_whole_word(text, saved_queries=saved)
        if whole and to_finished_text(whole, saved_queries=saved) == text:
            # Who types on goes on with the word. It finds the same, as it is typed.
            text = whole
            results.question = results.question._replace(text=text, is_prefix=True)
        kept = self._count_toggle_characters(text)
        gap = " " if kept and kept == len(text) else ""
        self.widgets.search_row.box.show_text(text + gap)
        self.widgets.enter_search(kept + len(gap))

    def _count_toggle_characters(self, text: str) -> int:
        """Count the characters of the leading terms that toggles wrote."""
        kept = 0
        for word in _TERM.finditer(text):
            if word[0].strip() not in self._toggled_terms:
                break
            kept = word.end()
        return kept

    def find_typed(self, text: str) -> None:
        """Search for typed text; of the previous search only what toggles wrote is kept."""
        self.history.record_typed(text)
        kept = self._count_toggle_characters(text)
        rest, saved = text[kept:], self.results.saved_queries
        # `is:unread a OR b` would find what is read, too.
        if rest and not has_term(text, text[:kept], saved_queries=saved):
            text = f"{text[:kept]}({rest}"
        if text != self.results.question.text:
            self.narrow_to(TypedQuery(text, self.results.question.span, is_prefix=True))

    def narrow_to(
        self,
        question: TypedQuery,
        article: ArticleId | None = None,
        on_shown: Callable[[], None] | None = None,
    ) -> None:
        """Show the results of a query; all articles, at the place before, if it narrows nothing.

        The cursor goes to `article` if it is among the results. `on_shown` is called once they are
        shown.
        """
        self.context.mutes.apply_if_day_changed()
        self._toggled_terms &= set(question.text.split())
        if not question.is_prefix:
            self.widgets.search_row.show_text(question.text)
        if not question.is_everything:
            self._remember_place()
            self.results.load_query(question, CursorPlace(article), on_shown)
            return
        place, position = self._place_before or self._current_place()
        self._place_before = None

        def go_back() -> None:
            if place.article is not None:
                self.article.restore_position(place.article, position)

        self.results.load_query(question, place, go_back)

    def _remember_place(self) -> None:
        """Remember where the user is before the list is narrowed."""
        if self.results.question.is_everything:
            self._place_before = self._current_place()

    def _current_place(self) -> tuple[CursorPlace, int]:
        """Return where the user is, and the scroll position of the article."""
        articles = self.widgets.articles
        row = articles.cursor_row or self.article.row
        place = CursorPlace(row.id if row else None, articles.cursor, articles.cursor_line)
        return place, self.article.position_of(row.id) if row else 0

    def show_selection(self, selection: Selection) -> None:
        """Show the articles of a selection, from its first on."""
        self._remember_place()
        self.widgets.search_row.show_text("")
        self.results.load_query(TypedQuery(selection=selection))
        self.widgets.enter_list()

    def show_everything(self, article: ArticleId) -> None:
        """Clear the search, and move the cursor to an article."""
        self._place_before = None
        self.widgets.search_row.box.show_text("")
        self.results.load_query(TypedQuery(), CursorPlace(article))

    @property
    def current_id(self) -> ArticleId | None:
        """The article at the cursor."""
        row = self.widgets.articles.cursor_row
        return None if row is None else row.id

    def step_back(self) -> None:
        """Go one step back: within the article, from it, from the slice of time, the search."""
        in_search = self.widgets.is_in_search_box
        if any(each.handle_back() for each in self.context.all_controllers):
            return
        if not in_search and (self.widgets.is_zen or self.widgets.is_in_article):
            self.widgets.enter_list()
        elif self.results.question.span is not None:
            self.narrow_to(TypedQuery(self.results.settled_text), self.current_id)
        elif self.results.question.selection is not None and not in_search:
            self.narrow_to(TypedQuery())  # all articles, at the place before the selection
        else:
            if self.results.question.text or in_search:
                self.change_query("")  # all articles, at the place before the search
            if in_search:
                self.widgets.enter_list()

    def toggle_term(self, term: str) -> None:
        """Filter by a term, or remove that filter."""
        saved, text = self.results.saved_queries, self.results.settled_text
        is_on = has_term(text, term, saved_queries=saved)
        (self._toggled_terms.discard if is_on else self._toggled_terms.add)(term)
        self.change_query(
            (remove_restriction if is_on else add_restriction)(text, term, saved_queries=saved)
        )

    @property
    def is_only_unread(self) -> bool:
        """True if a command has narrowed the list to unread articles."""
        return "is:unread" in self._toggled_terms

    def show_query(self, text: str, *, is_entered: bool = True) -> None:
        """Show what a query finds, with the focus in the list unless not `is_entered`.

        The article that the list jumps to does not count as read by that.
        """
        if is_entered:
            self.widgets.enter_list()

        def skip_article() -> None:
            if (article := self.current_id) is not None:
                self.article.skip_read_timer(article)

        if TypedQuery(text) != self.results.question:
            self.narrow_to(TypedQuery(text), on_shown=skip_article)

    def change_order(self) -> None:
        """Show the best match first, or without words the oldest or newest; again as before.

        Of a source this is remembered.
        """
        results, shown = self.results, self.results.query_shown.sort
        if results.question.selection is not None:
            self.widgets.show_message("This list has an order of its own.")
            return
        usual, is_ranked = results.usual_sort(results.query), shown is Sort.RELEVANCE
        if is_ranked:
            sort = usual
        elif words_to_highlight(results.query):
            sort = Sort.RELEVANCE
        else:
            sort = Sort.NEWEST if shown is Sort.OLDEST else Sort.OLDEST
        source = source_of(results.query.node)
        if source:
            orders = {**results.source_orders, source: sort}
            results.source_orders = {key: one for key, one in orders.items() if one != results.sort}
            results.on_order_changed()
            usual = sort
        self._toggled_terms.add(f"sort:{sort}")
        saved, before = results.saved_queries, results.settled_text
        text = set_sort(before, sort, saved_queries=saved, usual=usual)
        if text == results.question.text and not results.question.is_prefix:
            results.reload_query(to_top=True)
        else:
            self.change_query(text, stay=is_ranked)

    def toggle_whole_word(self) -> None:
        """Search for the last word alone, without longer ones that begin so; or for those too."""
        text, saved = self.results.settled_text, self.results.saved_queries
        other = to_whole_word(text, saved_queries=saved) or to_finished_text(
            text, saved_queries=saved
        )
        if other == text:
            key = self.widgets.key_of("search")
            self.widgets.show_message(
                f"The search does not end with a word: type one first ({key})."
            )
            return
        self.change_query(other)

    def _count_whole_word(self) -> None:
        """Show beside the box what the last word alone finds, if it is the beginning of one."""
        results, row = self.results, self.widgets.search_row
        question, whole = results.question, ""
        if not question.is_prefix:
            whole = to_whole_word(question.text, saved_queries=results.saved_queries)
        row.show_whole("")
        self._whole_word_task.cancel()
        if not whole:
            return
        _, query = results.parse_question(question._replace(text=whole))
        key = self.widgets.key_of("whole_word")

        def show(found: int) -> None:
            row.show_whole(f"{key} whole word: {found:,}".lstrip())

        self._whole_word_task.request(partial(self.library.search.count, query), show)

    def change_query(self, text: str, *, stay: bool = True) -> None:
        """Show another query, whose last word is whole; with `stay` the cursor stays."""
        self.widgets.search_row.show_text(text)
        question = self.results.question
        if question.is_prefix or text != question.text:
            article = self.current_id if stay else None
            self.narrow_to(TypedQuery(text, question.span), article)
