"""Hostile text: what it is made of, and the characters that no person must be shown.

Every payload carries a mark, a harmless word: that the mark arrives proves that the text was
shown, that the control sequence around it does not proves that it was cleaned.
"""

from __future__ import annotations

import re

CONTROLS: dict[str, str] = {
    "clipboard": "\x1b]52;c;{}\x07",
    "clipboard-st": "\x1b]52;p;{}\x1b\\",
    "window-title": "\x1b]0;{}\x07",
    "window-title-2": "\x1b]2;{}\x1b\\",
    "palette": "\x1b]4;1;#{}\x07",
    "notification": "\x1b]777;notify;{};x\x07",
    "iterm-file": "\x1b]1337;File=name={}:AAAA\x07",
    "hyperlink": "\x1b]8;;file:///etc/{}\x1b\\click here\x1b]8;;\x1b\\",
    "colour": "\x1b[38;2;13;37;73m{}\x1b[27;49m",
    "conceal": "\x1b[8m{}\x1b[28m",
    "clear": "\x1b[2J\x1b[3J\x1b[H{}",
    "cursor": "\x1b[99;99H{}\x1b[1A\x1b[2K",
    "leave-alternate-screen": "\x1b[?1049l{}",
    "report-cursor": "\x1b[6n{}",
    "report-device": "\x1b[c\x1b[>q{}",
    "window-size": "\x1b[8;1;1t{}\x1b[21t",
    "scroll-region": "\x1b[2;3r{}",
    "insert-mode": "\x1b[4h{}",
    "keyboard": "\x1b[>31u{}\x1b[=1;1u",
    "device-control": "\x1bP$q{}\x1b\\",
    "sixel": "\x1bPq#0;2;0;0;0{}\x1b\\",
    "kitty-graphics": "\x1b_Ga=T,f=24;{}\x1b\\",
    "kitty-placeholder": "\U0010eeee{}",
    "kitty-delete": "\x1b_Ga=d,d=A;{}\x1b\\",
    "privacy-message": "\x1b^{}\x1b\\",
    "start-of-string": "\x1bX{}\x1b\\",
    "tmux-passthrough": "\x1bPtmux;\x1b\x1b]52;c;{}\x07\x1b\\",
    "reset": "\x1bc{}",
    "charset": "\x1b(0{}\x1b(B\x0e",
    "unfinished": "{}\x1b]0;",
    "bare-escape": "{}\x1b",
    "c1-csi": "\x9b31m{}",
    "c1-osc": "\x9d52;c;{}\x9c",
    "c1-dcs": "\x90$q{}\x9c",
    "c1-apc": "\x9f{}\x9c\x98{}\x9c\x9e{}\x9c",
    "c1-next-line": "\x85{}\x84\x8d",
    "bidi-override": "\u202e{}\u202c",
    "bidi-isolate": "\u2066{}\u2069 \u2067x\u2069 \u202dx\u202c",
    "line-separators": "\u2028{}\u2029",
    "annotation": "\ufff9{}\ufffa\ufffb",
    "byte-order-mark": "\ufeff{}\ufeff",
    "tag-characters": "\U000e0001{}\U000e0041\U000e007f",
    "bell": "\x07{}\x07",
    "backspace": "abc\b\b\b{}",
    "return": "abc\r{}",
    "feeds": "\x0b{}\x0c",
    "shifts": "\x0e{}\x0f",
    "nul": "\x00{}\x00",
    "delete": "\x7f{}\x7f",
}
"""Name -> a payload with `{}` for its mark."""

MARKUP: dict[str, str] = {
    "markup-quit": "[@click=app.quit]{}[/]",
    "markup-close": "{}[/b][/]",
    "markup-link": "[link=file:///etc/passwd]{}[/link]",
    "markup-style": "[bold red on $error]{}[/]",
    "markup-broken": "[{} [[ ]] [/",
    "markup-variable": "$primary [$accent]{} \\[x]",
}
"""Markup of Rich and Textual, which is plain text here."""

ENTITIES = (
    "&#27;]0;{}&#7;",
    "&#x1b;]52;c;{}&#x07;",
    "&#x1B;[2J{}",
    "&#155;31m{}",
    "&#x9d;0;{}&#x9c;",
    "&#8238;{}&#x202c;",
    "&#x2066;{}&#x2069;",
    "&#xE0041;{}&#xE007F;",
    "&#xFEFF;{}",
    "&#x2028;{}",
    "&#13;spoof{}",
    "&#12;{}&#11;",
    "&#0;{}&#xD800;",
    "&#127;{}&#8;&#8;",
    "&NewLine;{}&Tab;",
    "&amp;#27;]0;{}",
    "&#x110000;{}&#999999999999;",
)
"""Character references that become controls, or try to, where Markdown or HTML decode them."""

LINKS = (
    "[{0}](http://example.org/%1b]0;{0}%07)",
    "[{0}](<http://example.org/\x1b]8;;{0}\x07> 'title \x1b]0;{0}\x07 &#27;]0;{0}&#7;')",
    '[{0}](http://example.org/&#27;]0;{0}&#7; "t&#x202e;")',
    "[{0}](http://example.org/&#x202e;{0})",
    "<http://example.org/%1B]0;{0}%07%9b31m%E2%80%AE>",
    "<http://example.org/\x1b]0;{0}>",
    "http://example.org/%1B%5D0;{0}%07%C2%9B%E2%80%AE",
    "http://example.org/\x1b]0;{0}\x07",
    "www.example.org/{0}\u202e%1b",
    "<{0}@example.org>",
    "[{0}](javascript:alert%281%29)",
    "[{0}](file:///etc/passwd)",
    "[{0}](vscode://file/etc/{0})",
    "[{0}](ssh://{0})",
    "[{0}](//example.org/{0})",
    "[{0}](data:text/html,{0})",
    "[{0}](mailto:a@example.org?subject=%0d%0a{0})",
    "[{0}](JaVaScRiPt:{0})",
    "[{0}](http://user:\x1b@example.org:99999/{0})",
    "[{0}](http://[::1/{0})",
    "[{0}][ref-{0}]\n\n[ref-{0}]: <http://example.org/\x9b31m{0}> 'x\x1b]0;{0}\x07'",
    "![{0} \x1b]0;{0}\x07](http://example.org/%1b{0}.png '\x1b]0;{0}\x07')",
    '<a href="http://example.org/&#27;]0;{0}&#7;" title="&#27;]0;{0}&#7;">{0}</a>',
    "<a href='javascript:alert(1)' onclick='x()'>{0}</a>",
    '<img alt="&#27;]0;{0}&#7; \x1b]0;{0}\x07" src="file:///etc/{0}">',
    "<script>{0}\x1b]0;{0}\x07</script><!-- \x1b]0;{0}\x07 -->",
    "<table><tr><td>&#x1b;]0;{0}&#7;</td><td>\x1b[2J{0}</td></tr></table>",
    "<br>\x1b]0;{0}\x07<title>\x1b]0;{0}\x07</title>",
)
"""Links and HTML whose addresses, titles, texts or attributes hold controls or wrong schemes."""

UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff\U0010eeee]"
)
"""What no text shown to a person may hold (see DESIGN: text from outside is hostile)."""


def payloads() -> dict[str, tuple[str, str]]:
    """Name -> (mark, payload): every payload with a mark of its own, the markup ones too."""
    return {
        name: (mark := f"mark{number:03d}x", text.replace("{}", mark))
        for number, (name, text) in enumerate({**CONTROLS, **MARKUP}.items())
    }
