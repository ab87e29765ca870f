"""Headers are read as PyYAML and tomllib read them, but for types."""

from __future__ import annotations

import tomllib

import pytest
import tomli_w
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.store.front_matter_syntax import HeaderError, read_toml, read_yaml
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.shared import Data, corpus, samples


def by_pyyaml(header: str) -> object:
    """A header by PyYAML itself, with null as None; "fault" where it refuses it."""

    try:
        return yaml.load(header, _TextLoader) or {}
    except (yaml.YAMLError, ValueError):
        return "fault"


class _TextLoader(yaml.CSafeLoader):
    """PyYAML's loader with text for every scalar but null."""


for _name in ("bool", "int", "float", "timestamp", "value"):
    _TextLoader.add_constructor(f"tag:yaml.org,2002:{_name}", lambda loader, node: node.value)


@pytest.mark.parametrize(
    ("data", "sites", "every"),
    [
        (samples, ("hugo", "jekyll", "languages", "mkdocs", "obsidian", "others"), 1),
        pytest.param(
            corpus,
            ("18f", "digitalgov", "go-blog", "jekyll-posts", "letsencrypt", "obsidian-hub"),
            4,
            marks=pytest.mark.corpus,
        ),
    ],
    ids=["samples", "corpus"],
)
def test_real_yaml_is_what_pyyaml_says(data: Data, sites: tuple[str, ...], every: int) -> None:
    read = 0
    for site in sites:
        for file in sorted((data("md") / site).rglob("*.m*"))[::every]:
            text = file.read_bytes().decode() if file.is_file() else ""
            end = text.find("\n---\n", 3)
            if not text.startswith("---\n") or end < 0:
                continue
            header = text[4 : end + 1]
            expected = by_pyyaml(header)
            if expected == "fault":
                with pytest.raises(HeaderError):
                    read_yaml(header)
                continue
            read += 1
            assert repr(read_yaml(header)) == repr(expected), file
    assert read > 10


def test_types_come_back_for_writing() -> None:
    header = "a: 2019-03-07\nb: 010\nc: yes\nd: 1e3\ne: 2013-02-30\nf: ~\ng: '1'\nh: [1, x]\n"
    typed = read_yaml(header, with_types=True)
    plain = yaml.safe_load(header.replace("e: 2013-02-30\n", ""))
    assert typed == {**plain, "e": "2013-02-30"}


@for_each("keys", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_a_toml_key_of_very_many_parts_takes_no_memory(keys: str) -> None:
    header = "title = 'Kept'\n" + keys.format(".".join("a" * 100_000))
    with pytest.raises(HeaderError, match="too many dots") as caught:
        read_toml(header)
    assert caught.value.line == 2
    assert read_toml(f"title = '{'a. ' * 900}'")["title"]


_KEY = st.sampled_from(["title", "date", "a-b", "1", "a.b", "é", '"a"'])
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_VALUES = _TEXT | st.datetimes(timezones=st.timezones() | st.none()) | st.dates() | st.booleans()
_WRITTEN = st.dictionaries(_TEXT.filter(bool), _VALUES | st.lists(_VALUES, max_size=3))
_LINES = st.tuples(
    _KEY,
    st.sampled_from([" = ", "="]),
    st.sampled_from(
        [
            *('"plain"', r'"a \" b \\"', r'"a \n b"', '"a', '"""a"""', r"'a\"'", "true", "2019"),
            *("[]", '[\n    "a",\n    "b \\" c",\n]', '[\n    "a"\n]', '[\n"a" = "b"\n]', "[x]"),
            *('["a"]', '[ "a", "b" , ]', '["a" "b"]', '["a",,"b"]', "[,]", '["a",\n\n"b\\\\"]'),
            *('["a", 1]', '["""a"""]', '["a"]["b"]', '["a",\n# no\n"b"]', '["a] = 1", "\\n"]'),
            *("0", "007", "-1", "1_0", "1234567890", "1e3", "1.0", "falsey", "True"),
            *("{ a = 1 }", "2019-03-07", "2019-02-30", "0001-01-01", "2019-03-07 10:00:00"),
            *("2019-03-07 10:00:00Z", "2019-03-07T24:00:00+01:00", "2019-03-07T10:00:60Z"),
            "2019-03-07 10:00:00.123456-05:30",
        ]
    ),
).map("".join)


@pytest.mark.slow
@given(_WRITTEN.map(tomli_w.dumps) | st.lists(_LINES).map(lambda lines: "\n".join([*lines, ""])))
@examples(300)
def test_toml_is_what_tomllib_says(header: str) -> None:
    try:
        expected = tomllib.loads(header)
    except ValueError:
        with pytest.raises(HeaderError):
            read_toml(header)
    else:
        assert repr(read_toml(header)) == repr(expected)
