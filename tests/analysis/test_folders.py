"""Imports between the folders of `analysis` go in one direction."""

import pytest

from tests.test_rooms import ROOT, imported, modules

ORDER = ("read", "classify", "choose", "confirm", "compare", "report", "publish")
"""A folder imports only from those before it. `compare` does not import from `confirm`."""
FOLDERS = [path.name for path in (ROOT / "analysis").iterdir() if (path / "__init__.py").exists()]


def test_every_folder_is_in_the_order() -> None:
    assert set(FOLDERS) == set(ORDER)


@pytest.mark.parametrize("folder", ORDER)
def test_a_folder_imports_only_from_those_before_it(folder: str) -> None:
    before = {*ORDER[: ORDER.index(folder)], folder} - ({"confirm"} if folder == "compare" else set())
    paths = modules(f"analysis/{folder}")
    assert paths
    for path in paths:
        for name in imported(path):
            parts = name.split(".")
            if parts[0] == "analysis" and parts[1] in ORDER:
                assert parts[1] in before, f"{path.relative_to(ROOT)} imports {name}"
