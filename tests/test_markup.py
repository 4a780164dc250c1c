"""The parts that panels in notebooks are made of: their text, and that it is nothing but text."""

from html.parser import HTMLParser

import pytest
from sklearn import config_context

from sknn.estimators.panel.markup import (
    ShownInNotebooks,
    finding,
    more,
    note,
    panel,
    table,
    title,
)

ATTACK = '</pre></td><script>"attacked"</script>&amp;'


class Page(HTMLParser):
    """(tags, texts, classes) in the order in which they stand in a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.classes, self.open = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)
        self.classes.append(dict(attrs).get("class", ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        if self.open[-1:] != ["style"]:
            self.texts.append(text)


@pytest.mark.parametrize(
    ("part", "tags", "texts"),
    [
        (title(ATTACK), ["div"], [ATTACK]),
        (note(ATTACK), ["div"], [ATTACK]),
        (finding(*[ATTACK] * 3), ["div"] * 4, [ATTACK] * 3),
        (more(ATTACK, ATTACK), ["details", "summary", "pre"], [ATTACK] * 2),
        (
            table([ATTACK], [[ATTACK]], [[ATTACK]], n_texts=1),
            ["div", "table", "thead", "tr", "th", "tbody", "tr", "td", "tfoot", "tr", "td"],
            [ATTACK] * 3,
        ),
    ],
)
def test_whatever_is_given_is_text(part, tags, texts):
    page = Page(part)
    assert (page.tags, page.texts) == (tags, texts)


def test_numbers_of_a_table_stand_to_the_right_and_a_foot_only_if_there_is_one():
    page = Page(table(["name", "n"], [["a", "1"], ["b", "22"]], n_texts=1))
    assert page.texts == ["name", "n", "a", "1", "b", "22"]
    cells = [kind for tag, kind in zip(page.tags, page.classes, strict=True) if tag in ("th", "td")]
    assert cells == ["", "sknn-number"] * 3
    assert "tfoot" not in page.tags
    assert page.classes[:2] == ["sknn-wide", "sknn-table"]


def test_panel_has_its_style_and_kind():
    page = Page(panel("<b>inside</b>", "sknn-network"))
    assert page.tags == ["style", "div", "b"]
    assert page.classes[1] == "sknn-panel sknn-network"
    assert page.texts == ["inside"]


def test_objects_show_themselves_unless_text_is_wanted():
    class Thing(ShownInNotebooks):
        def _as_html(self):
            return "<b>thing</b>"

    assert Thing()._repr_html_() == "<b>thing</b>"
    with config_context(display="text"), pytest.raises(AttributeError, match="display='diagram'"):
        Thing()._repr_html_()
