"""Headers are read as PyYAML and tomllib read them, but for types."""

from __future__ import annotations

import tomllib

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.store import headers
from rilo_reader.store.headers import HeaderError
from rilo_reader.store.yaml import read as read_yaml
from rilo_reader.store.yaml import read_typed
from tests.support.examples import examples
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
    typed = read_typed(header)
    plain = yaml.safe_load(header.replace("e: 2013-02-30\n", ""))
    assert typed == {**plain, "e": "2013-02-30"}


toml_value = st.one_of(
    st.sampled_from(
        ['"a"', '"a\\nb"', "'a'", "1", "01", "true", "True", "2019-03-07", "2019-02-30", "[]",
         "2019-03-07T10:00:00Z", "2019-03-07T25:00:00Z", '["a", "b"]', '["a","b"]', '["a", ]',
         '["a", 1]', '"a" # c', '"税"', "{}", '"""a"""', '""', '["", "\\"", "x"]', "1.5"]
    ),
    st.text('"\\a, []#\t\x00\x7f', max_size=6).map(lambda text: f'"{text}"'),
)  # fmt: skip
toml_line = st.one_of(
    st.builds(
        lambda key, text: f"{key} = {text}",
        st.sampled_from(["a", "b", "title", "x-y", "_", "1", "a.b"]),
        toml_value,
    ),
    st.sampled_from(["", "[t]", "[a]", "[t.u]", "[[t]]", "# c", " a = 1", "[ t ]", "[]"]),
)


@pytest.mark.slow
@given(st.lists(toml_line, max_size=6).map("\n".join))
@examples(1000)
def test_plain_toml_is_what_tomllib_says(header: str) -> None:
    try:
        expected: object = tomllib.loads(header)
    except tomllib.TOMLDecodeError:
        with pytest.raises(HeaderError):
            headers.read_toml(header)
    else:
        assert repr(headers.read_toml(header)) == repr(expected)
