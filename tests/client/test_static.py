"""The plain HTML that a notebook keeps: a few tags without attributes, whatever a job says."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

import jobs_ext as jx
from jobs_ext.client import static

ALLOWED = {"b", "table", "tr", "th", "td", "details", "summary"}

HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "</td></table><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "<!--",
    "<![CDATA[<b style=x>]]>",
    "&lt;script&gt;",
    "\u202e<\u200bscript\x0b>\ud800",
    "<b" + "<" * 2000,
]


class Sanitiser(HTMLParser):
    """Keeps the text; refuses what is not in the list."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert attrs == [], attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def poisoned(value: Any, text: str) -> Any:
    """Return a view with this text in the place of all others, but for what picks the rows."""
    if isinstance(value, dict):
        return {k: v if k == "kind" else poisoned(v, text) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(one, text) for one in value]
    return text if isinstance(value, str) or value is None else value


def test_whatever_a_view_says_is_text(client: Any) -> None:
    fails = jx.options(name="fails").submit(["sh", "-c", 'echo > "$JOBS_OUTPUT_DIR/o"; exit 3'])
    many = jx.map(lambda k: 1 / k, [0, 1])
    for view in (fails.wait().view(), many.wait().view()):
        # no text, None or a number: what took how long, and how far it is
        kept = {"duration": view.get("duration"), "progress": None}
        for text in HOSTILE:
            hostile = poisoned(view, text) | kept
            assert text in "".join(Sanitiser(static.html(hostile)).text)


@pytest.mark.parametrize("text", HOSTILE)
def test_so_is_every_cell_of_a_table(text: str) -> None:
    assert "".join(Sanitiser(static.table([text], [[text]])).text).count(text) == 2
    assert text in "".join(Sanitiser(static.pairs([(text, text)])).text)


def test_what_a_notebook_gets_of_lists_is_in_the_list_too(client: Any) -> None:
    name = HOSTILE[1]
    jx.options(name=name).submit(["true"]).wait()
    assert name in "".join(Sanitiser(jx.jobs(limit=3)._repr_html_()).text)
    Sanitiser(jx.tools()._repr_html_())
