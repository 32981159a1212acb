"""The page in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.browser import CHROMIUM, Page, browser_page
from tests.server.filled import fill
from tests.server.requests import init, rows_from, stream
from tests.server_fixture import RunningServer, running_server, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningServer, str]]:
    folder = tmp_path_factory.mktemp("page")
    name = fill(folder / "data", 120, 200)
    with running_server(folder) as server:
        server.python(
            """
import numpy, wandb
with wandb.init(project="big", id="live", config={"lr": 0.1}) as run:
    for step in range(3000):
        run.log({"loss": 1 / (step + 1), **({"objective/score": step / 3000} if step % 500 == 0 else {})})
    print("a console line")
    run.log({"completions": wandb.Table(columns=["prompt", "reward"], data=[["ATGGCC", 0.5]])})
    run.log({"image": wandb.Image(numpy.zeros((4, 4, 3), dtype=numpy.uint8))})
"""
        )
        yield server, name


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser_page() as opened:
        yield opened


def drawn(page: Page, place: str) -> int:
    """Number of marks in the chart with the id `place`."""
    return int(page.read(f"document.querySelectorAll('#{place} path, #{place} .point').length"))


def test_a_sweep_shows_its_runs_curves_and_parameters(
    filled: tuple[RunningServer, str], page: Page, tmp_path: Path
) -> None:
    server, name = filled
    page.open(f"{server.url}/local/big/sweeps/{name}", server.key)
    assert page.read("document.querySelectorAll('#main tbody tr').length") == 100
    for place in ("curves", "best", "parallel", "importance", "scatter"):
        assert drawn(page, place) > 5, place
    assert page.read("document.querySelectorAll('#importance .errorbar').length") > 0
    text = page.read("document.body.innerText")
    for word in ("objective/score", "why stopped", "below the rest", "learning_rate", "show all 120"):
        assert word in text
    assert page.errors == []
    page.screenshot(tmp_path / "sweep.png")
    assert (tmp_path / "sweep.png").stat().st_size > 10_000


def test_the_page_is_usable_with_the_keyboard(filled: tuple[RunningServer, str], page: Page) -> None:
    server, name = filled
    page.open(f"{server.url}/local/big/sweeps/{name}", server.key)
    page.press("/")
    assert page.read("document.activeElement.id") == "filter"
    page.call("Input.insertText", text="sweep-run-11")
    assert page.read("document.querySelector('[role=status]').textContent") == "11 of 120"
    page.read("document.getElementById('filter').value = ''")
    page.read("document.getElementById('filter').dispatchEvent(new Event('input'))")
    page.read("[...document.querySelectorAll('th button')].find(b => b.dataset.key === 'value').focus()")
    page.press("Enter", 13)
    order = page.read("[...document.querySelectorAll('tbody tr')].map(r => Number(r.cells[3].textContent))")
    assert order == sorted(order, reverse=True)
    assert page.read("document.activeElement.dataset.key") == "value"
    page.press("Enter", 13)
    assert page.read("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "ascending"


def test_the_axes_of_the_scatter_plot_can_be_chosen(filled: tuple[RunningServer, str], page: Page) -> None:
    server, name = filled
    page.open(f"{server.url}/local/big/sweeps/{name}", server.key)
    page.read(
        "(() => { const s = document.getElementById('scatter-x'); s.value = 'p:learning_rate';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    label = "document.getElementById('scatter').getAttribute('aria-label')"
    wait_until(lambda: page.read(label) == "objective/score by learning_rate", "the scatter is redrawn", 20)


def test_a_run_page_shows_everything_that_was_logged(filled: tuple[RunningServer, str], page: Page) -> None:
    server, _ = filled
    page.open(f"{server.url}/local/big/runs/live", server.key)
    text = page.read("document.body.innerText")
    for word in ("loss", "objective/score", "ATGGCC", "lr", "a console line", "output.log", "image"):
        assert word in text, word
    assert page.read("document.querySelectorAll('#charts .chart').length") == 2
    width = "document.querySelector('#samples img').naturalWidth"
    wait_until(lambda: page.read(width) == 4, "the image is loaded", 20)
    # A rarely logged metric keeps all its points.
    view = server.get("/page-data/runs/local/big/live")
    rare = next(curve for curve in view["curves"] if curve["id"] == "objective/score")
    assert rare["x"] == [0, 500, 1000, 1500, 2000, 2500]
    assert page.errors == []


def test_dark_and_light_schemes_have_enough_contrast(filled: tuple[RunningServer, str], page: Page) -> None:
    server, name = filled
    for scheme in ("dark", "light"):
        page.scheme(scheme)
        page.open(f"{server.url}/local/big/sweeps/{name}", server.key)
        ground, ink, chart = page.read(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
            " getComputedStyle(document.querySelector('#curves .gtitle')).fill]"
        )
        for colour in (ink, chart):
            assert contrast(ground, colour) >= 4.5, (scheme, ground, colour)


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `rgb(r, g, b)` colours by WCAG 2, from 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(float(p)) / 255 for p in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_page_of_a_running_run_updates_itself(filled: tuple[RunningServer, str], page: Page) -> None:
    server, _ = filled
    init(server, "going", "live")
    stream(server, "going", "live", files=rows_from(0, [1.0, 2.0]))
    page.open(f"{server.url}/local/live/runs/going", server.key)
    points = "document.querySelector('#charts .chart').data[0].x.length"
    assert page.read(points) == 2
    stream(server, "going", "live", files=rows_from(2, [3.0]))
    wait_until(lambda: page.read(points) == 3, "the page shows the new row", 20)


def test_unchanged_data_is_answered_with_304(filled: tuple[RunningServer, str]) -> None:
    import urllib.error
    import urllib.request

    server, name = filled
    headers = {"Authorization": f"Bearer {server.key}"}
    url = f"{server.url}/page-data/sweeps/{name}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        tag = answer.headers["ETag"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, headers={**headers, "If-None-Match": tag}))
    assert caught.value.code == 304
