"""Character references read as html.unescape reads them, and the common ones without its table."""

from __future__ import annotations

import html
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.text import unescape

PIECES = st.one_of(
    st.sampled_from("&&&;;# <a"),
    st.sampled_from(("amp", "lt", "nbsp", "apos", "quot", "hellip", "notit", "é", "٣", "T", "R&D")),
    st.sampled_from(("8217", "0", "128", "55296", "x27", "X2019", "1114112", "9999999")),
    st.sampled_from(("&amp;", "&#8217;", "&#160;")),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_text_reads_as_in_html(text: str) -> None:
    assert unescape(text) == html.unescape(text)


@given(st.text(alphabet="&#;x0123456789aglmnopqstu ", max_size=30))
def test_any_text_reads_as_in_html(text: str) -> None:
    assert unescape(text) == html.unescape(text)


@pytest.mark.parametrize(
    "text", ["AT&amp;T", "NOAA&#8217;s", "R & D", "R&D", "AT&T is", "a&#58; b", "&&"]
)
def test_common_references_need_no_table(text: str) -> None:
    code = (
        "import sys; from rilo_reader.text import unescape; "
        f"print(ascii(unescape({text!r})), 'html.entities' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{html.unescape(text)!a} False"
