"""Training plasmids recombined: modules are exchanged between plasmids, as cloning kits do."""

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from agent.tasks.plasmid.modules import Kind, Module, modules_of
from rewards.plasmid.annotator import default_annotator
from rewards.plasmid.engine.bases import reverse_complement_text

EXCHANGED = 0.9
"""Probability that a module is exchanged for a random one."""

SAME_KIND = 0.8
"""Probability that an exchanged module is replaced by one of its kind; else the kind is random too, so that
some recombinants have two origins, no marker, and so on. The starter learns the parts; what belongs together
is left to fine-tuning."""


class Recombinants:
    """Draws plasmids, whole and recombined, with all origin families in view.

    Nine in ten plasmids of the data packages carry ColE1. A plasmid is therefore drawn by its origin family,
    with the square root of the family's size as weight, and an exchanged origin or marker by its family, each
    with the same weight.

    Args:
        plasmids: Circular sequences of A, C, G and T.
    """

    def __init__(self, plasmids: Sequence[str]) -> None:
        families: defaultdict[str, list[tuple[Module, ...]]] = defaultdict(list)
        pools: defaultdict[Kind, defaultdict[str, dict[str, Module]]] = defaultdict(lambda: defaultdict(dict))
        for annotation in default_annotator().annotate(plasmids):
            modules = modules_of(annotation)
            carried = sorted({m.family for m in modules if m.kind in ("origin", "backbone")})
            families["+".join(carried)].append(modules)
            for module in modules:
                sequence = module.sequence
                same = min(sequence, reverse_complement_text(sequence))
                pools[module.kind][module.family].setdefault(same, module)
        self.plasmids = [modules for group in families.values() for modules in group]
        self._families = list(families.values())
        self._weights = [len(group) ** 0.5 for group in self._families]
        self._pools: dict[Kind, list[list[Module]]] = {
            kind: [list(modules.values()) for modules in by_family.values()]
            for kind, by_family in pools.items()
            if kind != "backbone"
        }

    def plasmid(self, rng: random.Random) -> str:
        """A plasmid, written from a random module border on a random strand."""
        return _written(self._drawn(rng), rng)

    def recombinant(self, rng: random.Random) -> str:
        """A plasmid with exchanged modules, written from a random module border on a random strand."""
        return _written([self._exchanged(module, rng) for module in self._drawn(rng)], rng)

    def _drawn(self, rng: random.Random) -> Sequence[Module]:
        return rng.choice(rng.choices(self._families, self._weights)[0])

    def _exchanged(self, module: Module, rng: random.Random) -> Module:
        """The module, or one in its place on a random strand. A backbone stays: nothing else is like it."""
        if module.kind == "backbone" or not self._pools or rng.random() >= EXCHANGED:
            return module
        kind = module.kind if rng.random() < SAME_KIND else rng.choice(list(self._pools))
        drawn = rng.choice(rng.choice(self._pools[kind]))
        if rng.random() < 0.5:
            return drawn
        pieces = tuple(reverse_complement_text(piece) for piece in reversed(drawn.pieces))
        return Module(pieces, drawn.kind, drawn.family)


@cache
def recombinants_of(plasmids: tuple[str, ...]) -> Recombinants:
    """The recombinants of a corpus; annotating it takes a second or two."""
    return Recombinants(plasmids)


def _written(modules: Sequence[Module], rng: random.Random) -> str:
    first = rng.randrange(len(modules))
    sequence = "".join(module.sequence for module in (*modules[first:], *modules[:first]))
    return sequence if rng.random() < 0.5 else reverse_complement_text(sequence)
