"""Signs of dialects that somebody thought of, which mean nothing in what is collected."""

from __future__ import annotations

# fmt: off
SIGNS = (
    "{{< x >}}", "{{< youtube abc123 >}}", '{{< figure src="a.png" title="My title" >}}',
    "{{< tweet 12 >}}", "{{% note %}}", "{{% /note %}}", "{{ page.title }}", "{{ .Site.Title }}",
    "{% raw %}", "{% include x.html %}", "{% if user %}", "{% endif %}",
    "{% comment %} secret {% endcomment %}", "{% highlight ruby %}", "{{#if x}}", "{{/if}}",
    "{{> partial}}", "%%secret%%", "[[Wiki|alias]]", "[[Wiki]]", "![[embed]]", "[^1]", "[^1]: foot",
    "[!NOTE]", ":::tip", ":::", "$a$ and $b$", "$$x$$", "\\(x\\)", "\\[x\\]", "{: .cls}", "{:toc}",
    "{#id}", "word{#id}", "word{.cls}", "==mark==", "~~gone~~", "^sup^", "x^2^", "H~2~O", "++ins++",
    "{++add++}", "{--del--}", "{>>why<<}", "<!-- c -->", "| a | b |", "```", "~~~", "> q", "# h",
    "## h {#x}", "1. x", "1) x", "- x", "* x", "+ x", "- [ ] todo", "- [x] done", "+++", "---",
    "***", "===", "&amp;", "&copy;", "&#65;", "\\*", "__init__", "*x*", "_y_", "`c`", "![p](u)",
    "[l](u)", "[l][r]", "[x]: http://c.example", "<https://a.example>", "http://b.example/_x_",
    ":smile:", "@user", "#tag", "^block", "text ^blockid", "((ref))", "{{embed ((x))}}", "!!! note",
    '??? note "T"', '=== "Tab"', "key:: value", "key:: ", "TODO x", "LATER x",
    "SCHEDULED: <2024-01-01 Mon>", "collapsed:: true", "id:: 6-7", "term\n: def", ": def",
    ".. note::", ".. image:: x", ":ref:`x`", "{ref}`x`", "{doc}`x`", "```{note}", "<<x>>",
    "||spoiler||", "[TOC]", "[[toc]]", "[[_TOC_]]", "*[HTML]: Hyper", "<b>", "</div>", "<br>",
    "<Foo />", "<Foo>", "import x from 'y'", "export const a = 1", "{x}", "{props.name}",
    "{/* c */}", "#+TITLE: z", "#+BEGIN_SRC", "Title: q", "\\pagebreak", "\\newpage", "\\cite{x}",
    "[@doe99]", "[@doe99, p. 3]", "-@doe", "(@ex) a", "[text]{.smallcaps}", "[kbd]{.kbd}",
    "{width=50%}", "![](x){width=5}", "{{< pagebreak >}}", "@fig-x", "{=html}", "`r 1+1`",
    "`x`{=html}", "///", "/// note", '--8<-- "f"', ';--8<-- "f"', '[=50% "x"]', "[==]", "%% c",
    "$ cd x", "<% x %>", "<%= x %>", "[% x %]", "[[=x=]]", "@@x@@", "@import x", "<?php x ?>",
    "<?xml ?>", "<![CDATA[x]]>", "<!DOCTYPE x>", "[//]: # (c)", "%TOC%", "__TOC__", "~sub~",
    "!!x!!", "(c)", "(tm)", "...", "--", "'q'", '"q"', "1/2", "->", "=>", "[video](v)",
    "!audio[x](y)", "{% youtube x %}", "{% post_url 2020-01-01-x %}", "{% link x %}", "{%- x -%}",
    "{{- x -}}", "<!--more-->", "<!-- more -->", "{{{raw}}}", "${x}", "#{x}", "@(x)", "<kbd>",
    "</details>", "<summary>", "<script>", "<style>", "%[https://x.example]", "{@link x}",
    "@[youtube](abc)", "@[toc]", "{{tmpl|x}}", "'''b'''", "== H ==", "[http://x.example t]", ":D",
    "a|b", "\\", "a\\", "!", "[", "]", "<", ">", "<3", "a<b", "a>b", "&", "AT&T", "&lt;",
)
# fmt: on
