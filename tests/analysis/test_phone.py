"""The report page on a narrow and on a wide screen, measured in a real browser."""

from dataclasses import replace

import pytest
from rich.console import Console

from analysis.choose.select import select
from analysis.classify.assess import assess
from analysis.read.folder import write_table
from analysis.read.samples import samples_frame
from analysis.report.report import write_report
from tests.analysis.recorded import plasmid_sweep
from tests.server.browser import CHROMIUM, browser_page

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]

OUTSIDE = """[...document.querySelectorAll("body *")].filter(element => !element.closest(".wide, script")
  && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(element => element.outerHTML.slice(0, 80))"""

WITHOUT_HINT = """[...document.querySelectorAll(".wide")].filter(box => box.scrollWidth > box.clientWidth + 12
  && !getComputedStyle(box, "::before").content.includes("scroll sideways")).length"""

CROSSING_TITLES = """(() => {
  const boxes = [...document.querySelectorAll("#plot-components .annotation-text")]
    .map(title => title.getBoundingClientRect());
  const cross = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return [boxes.length, boxes.filter((a, i) => boxes.some((b, j) => i < j && cross(a, b))).length];
})()"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A page with every figure, and with names and completions without line-break opportunities."""
    folder = tmp_path_factory.mktemp("report")
    table = plasmid_sweep(24)
    table.runs.loc[0, "name"] = "a-name-without-a-space-" * 6
    table = replace(table, sweep=replace(table.sweep, name="sweep" * 30, path=f"me/{'project' * 20}/s1"))
    columns = ["step", "prompt", "completion", "reference", "explanation"]
    data = [[60, "ATG" * 20, "GATTACA" * 90, i / 10, f"ori:{'x' * 200}"] for i in range(8)]
    scored = {select(assess(table)).best: samples_frame({"columns": columns, "data": data})}
    write_table(replace(table, scored=scored), folder / "export")
    return write_report(str(folder / "export"), folder, Console(quiet=True)).page


@pytest.fixture(scope="module")
def page():
    with browser_page() as one:
        yield one


@pytest.mark.parametrize("width", [390, 1280])
def test_no_element_overflows_the_page_or_overlaps_another(report, page, width):
    phone = width < 500
    page.call("Page.navigate", url="about:blank")
    page.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=phone
    )
    page.call("Emulation.setTouchEmulationEnabled", enabled=phone)
    page.open(report.as_uri(), "no key")
    assert page.read("document.documentElement.scrollWidth <= innerWidth")
    # A phone widens its window to overflowing content, so the check above cannot fail there by itself.
    assert page.read("innerWidth") == width
    assert page.read(OUTSIDE) == []
    assert page.read(CROSSING_TITLES) == [7, 0]
    assert page.read(WITHOUT_HINT) == 0
    assert page.read('document.querySelectorAll(".over").length') >= (2 if phone else 0)
    assert page.read('document.querySelectorAll("#plot-interaction, #plot-parameters").length') == 2
    assert page.errors == []
