"""Titles that are made of texts, and what became of a feed in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rilo_reader.article import ArticleId
from rilo_reader.entry import Entry, Form
from rilo_reader.feeds.article_text import Origin, make_article, make_body
from rilo_reader.feeds.progress import FeedProgress, Phase, Summary
from tests.support.for_each import for_each

NOW = datetime(2026, 3, 7, 12, tzinfo=UTC)


def titled(text: str, form: Form = Form.MARKDOWN) -> str:
    return make_article(Entry(content=text, form=form), ArticleId("a"), Origin(), NOW).title


@for_each("text, title", [
        ("Short.", "Short."),
        ("***\n\n## A [link](https://a.example) and *more*\n\nText", "A link and more"),
        ("word " * 30, "word " * 15 + "word…"),
        ("x" * 100, "x" * 79 + "…"),
        ("One sentence that is long enough, with a comma near the eightieth letter, which goes on",
         "One sentence that is long enough, with a comma near the eightieth letter, which…"),
        ("* * *", "Untitled"),
        ("", "Untitled"),
    ])  # fmt: skip
def test_a_title_is_the_beginning_of_a_text(text: str, title: str) -> None:
    assert titled(text) == title


def test_an_entry_without_words_is_called_by_its_address() -> None:
    entry = Entry(url="https://a.example/1")
    assert make_article(entry, ArticleId("a"), Origin(), NOW).title == "https://a.example/1"


def test_a_date_is_never_later_than_now_and_a_day_may_have_begun_elsewhere() -> None:
    def dated(date: datetime, *, date_only: bool) -> datetime:
        entry = Entry(title="a", date=date, date_only=date_only)
        return make_article(entry, ArticleId("a"), Origin(), NOW).date

    tomorrow = NOW.replace(hour=0) + timedelta(days=1)
    assert dated(tomorrow, date_only=True) == tomorrow
    assert dated(tomorrow, date_only=False) == NOW
    assert dated(tomorrow + timedelta(days=1), date_only=True) == NOW


def test_plain_text_is_no_markdown_and_a_body_too_long_says_where_the_rest_is() -> None:
    assert make_body(Entry(content="# *a*\n1. b", form=Form.TEXT)) == "\\# \\*a\\*  \n1\\. b\n"
    for url, rest in (("https://a.example/1", "at <https://a.example/1>"), ("", "at its source")):
        body = make_body(Entry(url=url, content="word " * 900_000, form=Form.MARKDOWN))
        assert body.endswith(f"… The rest is too long for an article. Read all of it {rest}.\n")


def test_wrapped_lines_of_plain_text_flow_and_others_end_where_they_did() -> None:
    wrapped = "A line of a letter that a program has wrapped at seventy-two columns\nor so flows."
    assert make_body(Entry(content=wrapped, form=Form.TEXT)) == f"{wrapped}\n"
    meant = "Dear all,\n- one\n- two\n\n> quoted\n>> twice\nMine\n\nAnn Lee\n1 High Street"
    letter = "Dear all,  \n\\- one  \n\\- two\n\n\\> quoted  \n\\>> twice  \nMine\n\n"
    signed = "Ann Lee  \n1 High Street\n"
    assert make_body(Entry(content=meant, form=Form.TEXT)) == letter + signed
    unwrapped = f"{'A paragraph in one line ' * 5}\nThe next paragraph"
    assert "  \nThe next" in make_body(Entry(content=unwrapped, form=Form.TEXT))


def progress(state: Phase, **values: object) -> FeedProgress:
    return FeedProgress("https://a.example/feed", "A", state)._replace(**values)  # type: ignore[arg-type]


def test_news_of_a_feed_are_said_once_it_is_read() -> None:
    assert progress(Phase.FETCHING, new=("a",)).news_text == ""
    assert progress(Phase.SAVED, new=("a", "b"), kept=("c",)).news_text == (
        "2 new, 1 changed, but your edits were kept"
    )
    assert progress(Phase.SAVED, updated=("a",), reason="It ends early.").news_text == (
        "1 updated. It ends early."
    )
    assert progress(Phase.UNCHANGED).news_text == ""


def test_totals_count_what_has_ended() -> None:
    none = Summary(2)
    assert none.add_report(progress(Phase.FETCHING)) == none
    done = none.add_report(progress(Phase.SAVED, new=("a",), updated=("b",)))
    assert (done.done, done.new, done.updated, done.finished) == (1, 1, 1, False)
    failed = done.add_report(progress(Phase.FAILED, failure="offline"))
    assert (failed.done, failed.failed) == (2, 1)


def test_json_of_progress_is_plain() -> None:
    values = progress(Phase.SKIPPED, until=NOW, seconds=1.23456).to_json()
    assert (values["state"], values["until"], values["seconds"]) == (
        str(Phase.SKIPPED), NOW.isoformat(), 1.235,
    )  # fmt: skip
    assert progress(Phase.SKIPPED).to_json()["until"] is None
