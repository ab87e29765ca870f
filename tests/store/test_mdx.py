"""MDX as Markdown: what is program goes, what is text stays, and code is code."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rilo_reader.store.folder import read_article
from rilo_reader.store.mdx import to_markdown
from rilo_reader.text import clean_text
from tests.support.command_line import User
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.support.rendering import body_of


def shown(body: str) -> str:
    """The Markdown without more than one blank line in a row."""
    lines = to_markdown(body).strip("\n").split("\n")
    return "\n".join(line for at, line in enumerate(lines) if line.strip() or lines[at - 1].strip())


@for_each("body, text", [
        ("import Tabs from '@theme/Tabs'\nimport './a.css'\n\n# Title\n", "# Title"),
        ("import A from 'a'\nimport B from 'b';\n# Title", "# Title"),
        ("import {\n  A,\n\n  B,\n} from 'c'\n\nText", "Text"),
        ("export const meta = {\n\n  a: [1, 2],\n}\n\nText", "Text"),
        ("export default function Page({ children }) {\n  return <b>x</b>\n}\n\nText", "Text"),
        ("import duties rose.\n\nText", "import duties rose.\n\nText"),
        ("Ports\nexport const rates.", "Ports\nexport const rates."),
        ("```js\nimport a from 'b'\n\nexport const c = <D />\n```",
         "```js\nimport a from 'b'\n\nexport const c = <D />\n```"),
        ("Use `<Tabs>`, `{x}`, \\<Tabs> and \\{x}.", "Use `<Tabs>`, `{x}`, \\<Tabs> and \\{x}."),
        ("A{/* hidden\n\n<b> */} word{' '}more {`text`}.", "A word more text."),
        ("{/* one */}\n\n{items.map((x) => { return <li>{x}</li> })}\n\nText", "Text"),
        ("One {props.x} two", "One {props.x} two"),
        ('<Chart data={[{ a: 1 }]} on={() => { a > b }} label="x > y" />\n\nText',
         "**x > y**\n\nText"),
        ("A <Badge>new</Badge> word and <Icon name='x'/> none.", "A new word and  none."),
        ("<>\n\nText\n\n</>", "Text"),
        ("<Tabs.Group>\nText\n</Tabs.Group>", "Text"),
        ('<div className="a" style={{ color: "red" }}>Text</div>', '<div className="a">Text</div>'),
        ("<https://a.example> and <a@b.example> and a < B > c",
         "<https://a.example> and <a@b.example> and a < B > c"),
    ])  # fmt: skip
def test_what_is_program_goes_and_text_stays(body: str, text: str) -> None:
    assert shown(body) == text


@for_each(
    "body, is_read",
    [
        ("## Usage {/*usage*/}\n\nText", True),
        ("Text {/* of\nmany lines */} more", True),
        ("import Part from './_part.mdx'\n\nText", True),
        ("import './a.css'\n\nText", True),
        ("export const year = 2023\n\nText", True),
        ("Text\n\nimport { One, Part } from './part'\n\n<Part />", True),
        ("Text\n\nimport Part from './part'\n\nMore <b>text</b>", False),
        ("Text\n\nexport default function (config) {\n}\n\n<b>More</b>", False),
        ("<script>\n\nimport Part from './part'\n\n</script>\n\n<Part />", False),
        ("```js\nimport a from 'b'\n{/* c */}\n```\n\nText", False),
        ("~~~\n\nimport a from 'b'\n~~~\n\nText", False),
        ("Write `{/* this */}` or {{/* that */}}.", False),
        ("import os\nimport random", False),
        ("import duties from 'abroad' rose.", False),
        ("Ports {/*,/a} and {/*,/b}", False),
        ("Ports\nimport a from 'b'", False),
    ],
)
def test_markdown_with_signs_of_mdx_is_read_as_mdx(
    body: str, is_read: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text(body, encoding="utf-8")
    assert read_article(tmp_path, "a.md").body == (
        clean_text(to_markdown(body)).lstrip("\n") if is_read else body
    )


def test_a_heading_with_an_id_of_mdx_is_the_title(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Use it {/*use-it*/}\n\nText", encoding="utf-8")
    article = read_article(tmp_path, "a.md")
    assert (article.title, body_of(article.body)) == ("Use it", "Use it\n\nText")


def test_what_components_hold_is_markdown_where_they_stand() -> None:
    body = """
<Tabs
  groupId="os"
  values={[{ label: "a" }]}
>
  <TabItem value="a">

    ## A *heading*

    ```sh
    cp a b
      cp c d
    ```

  </TabItem>
</Tabs>

- One

  <Note>
      Of one
  </Note>

- Two
"""
    text = """## A *heading*

```sh
cp a b
  cp c d
```

- One

  Of one

- Two"""
    assert shown(body) == text


@for_each("body, text", [
        ('<LinkCard title="Tides" href="/tides/" />', "[Tides](/tides/)"),
        ('<LinkCard\n  href="/tides/"\n  title="Tides"\n  description="When to sail."\n/>',
         "[Tides](/tides/) — When to sail."),
        ('<LinkCard title="A" href="/a" />\n<LinkCard title="B" href="/b (c)" />',
         "[A](/a)\n\n[B](</b (c)>)"),
        ('<Card title="Crane" icon="x">\n  They *lift*.\n</Card>', "#### Crane\n\nThey *lift*."),
        ('<Card title="Crane" href="/crane">They lift.</Card>', "[Crane](/crane)\n\nThey lift."),
        ('<Card title="Cranes" description="They lift." />', "#### Cranes\n\nThey lift."),
        ('<Aside type="tip" title="Watch out">\nWet.\n</Aside>', "**Watch out**\n\nWet."),
        ('<Tabs>\n <Tab label="A">\n  ```\n  a\n  ```\n </Tab>\n <Tab label="B">b</Tab>\n</Tabs>',
         "**A**\n\n```\na\n```\n\n**B**\n\nb"),
        ("<Card title={'Is it'} href={`/so`} />", "[Is it](/so)"),
        ('<Card title="A&amp;B [c] *d* <e>" href={to} icon={<Svg title="no" />}>T</Card>',
         "#### A&B [c] \\*d\\* \\<e>\n\nT"),
        ('See <LinkButton href="/a?b&c">the *docs*</LinkButton> and <Badge text="New" /> ones.',
         'See <a href="/a?b&amp;c">the *docs*</a> and New ones.'),
        ('- <Card title="One" href="/1" />\n- <Field name="size" type="int">Of it.</Field>',
         "- [One](/1)\n- **size** Of it."),
        ('<Card title="A&#8238;b&#27;&#2;c" />', "#### Abc"),
        ('<Image src={map} alt="A map" />', "![A map]()"),
        ('<Icon name="star" label="Star" /><Demo name="x" />', ""),
        ('`<Card title="x" />`', '`<Card title="x" />`'),
        ("<Steps>\n\n1. One\n\n   <Card title=\"Two\">\n     Three\n   </Card>\n\n</Steps>",
         "1. One\n\n   #### Two\n\n   Three"),
    ])  # fmt: skip
def test_what_is_handed_to_components_is_text(body: str, text: str) -> None:
    assert shown(body) == text


def test_what_is_handed_to_components_is_found_and_on_the_page(user: User) -> None:
    user.write("a.mdx", '# Ports\n\n<LinkCard title="Tides" href="/t" description="Ebb." />\n')
    assert [found["path"] for found in user.ask("search", "--json", "ebb").objects] == ["a.mdx"]
    assert "Tides — Ebb." in user.ask("show", "a.mdx").out


@given(st.text("<>/{}`'\"=AbC.~ \n*(),:", max_size=60))
@examples(500)
def test_any_text_is_read_and_comes_out_clean(body: str) -> None:
    assert to_markdown(body) == clean_text(to_markdown(body))


@given(st.text("abc .,!?\n", max_size=60))
@examples(100)
def test_text_without_signs_stays(body: str) -> None:
    assert to_markdown(body).split() == body.split()


@pytest.mark.slow
def test_it_takes_time_in_proportion_to_the_text() -> None:
    for piece in ("<A ", "<A a=", "<A a={", "<A>", "<A>\n ", "</A>\n", "{", "{/*", "{a", "{}", "`",
                  "`a``b", "```\n", "export const a = {\n\n", "<A a='", '<A a="',
                  '<A title="a" href="b">', "<A title='", "<A title=a", "<", "{'", "{`",
                  "\n{", "``a", "~~~\n"):  # fmt: skip
        started = time.process_time()
        to_markdown(piece * 50_000)
        assert time.process_time() - started < 5, piece
    assert len(to_markdown(" " * 10_000 + "<A>\n" + "x\n" * 10_000)) < 400_000
