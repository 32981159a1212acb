"""The HTML page: self-contained, and safe with any name."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path

from tests.rewards.plasmid.export.records import GENE, each_awkward_name, feature, record, written


class Tags(HTMLParser):
    """Collects the tags of a page and what they load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.loads: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        self.loads += [str(value) for key, value in attrs if key in ("src", "href", "data")]

    def handle_endtag(self, tag: str) -> None:
        self.closed.append(tag)


def test_a_page_has_a_map_and_tables_for_each_record_and_loads_nothing(tmp_path: Path) -> None:
    ori = feature("f1 ori", "ori", 10, 4, 12, coverage=0.5, defect="fragment, 50% of it")
    text = written(
        tmp_path, "a.html", record(GENE, [ori], "first", scores={"gc": None}), record("", name="second")
    )
    tags = Tags(text)
    for tag in ("html", "body", "section", "table", "tr", "td"):
        assert tags.opened.count(tag) == tags.closed.count(tag) > 0
    assert tags.opened.count("section") == 2
    (picture,) = tags.loads
    assert picture.startswith("data:image/svg+xml;base64,")
    assert b"<svg" in base64.b64decode(picture.partition(",")[2])
    assert not re.search(r"url\(|@import|<script|<link", text)
    for words in (
        "first",
        "second",
        "unscored",
        "f1 ori (fragment)",
        "fragment, 50% of it",
        "No feature was found",
    ):
        assert words in text
    assert "0 whole bacterial origins; 0 whole bacterial markers" in text


@each_awkward_name
def test_names_are_escaped(tmp_path: Path, name: str) -> None:
    plain = Tags(written(tmp_path, "a.html", record(GENE, [feature("x", "ori", 0, 4, 12)], "p")))
    odd = Tags(written(tmp_path, "b.html", record(GENE, [feature(name, "ori", 0, 4, 12)], name)))
    assert odd.opened == plain.opened
    assert odd.closed == plain.closed


def test_a_page_without_records_is_whole(tmp_path: Path) -> None:
    tags = Tags(written(tmp_path, "a.html"))
    assert tags.opened.count("section") == 0
    assert tags.closed[-1] == "html"
