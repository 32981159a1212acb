"""Maps as pictures: one file for each record."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rewards.explain import Explained
from rewards.plasmid.map.draw import draw_map


@contextmanager
def pictures(path: Path, sites: bool) -> Iterator[Callable[[Explained], None]]:
    """Yield a function that draws a record; all pictures appear at the end, or none if there was an error.

    The first one is written to `path`, the next ones to `NAME-2`, `NAME-3` and so on. An empty sequence has
    none.

    Args:
        path: File of the first picture; its suffix sets the format.
        sites: Whether restriction sites that are cut once are marked.

    Raises:
        OSError: If a file cannot be written.
    """
    drawn: list[Path] = []
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as scratch:

        def write(explained: Explained) -> None:
            if explained.annotation.length:
                target = path if not drawn else path.with_stem(f"{path.stem}-{len(drawn) + 1}")
                draw_map(explained.annotation, explained.record.id, Path(scratch) / target.name, sites)
                drawn.append(target)

        yield write
        for target in drawn:
            os.replace(Path(scratch) / target.name, target)
