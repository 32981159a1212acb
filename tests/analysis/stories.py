"""Stories as fourteen published runs are described to write them: healthy, stuck, templated, gibberish."""

import numpy as np

NOUNS = [
    "dog",
    "cat",
    "bird",
    "tree",
    "river",
    "stone",
    "house",
    "garden",
    "boat",
    "moon",
    "star",
    "cake",
    "ball",
    "kite",
    "hat",
    "frog",
    "fish",
    "fox",
    "bear",
    "mouse",
]
NAMES = ["Tom", "Mia", "Leo", "Ana", "Sam", "Lily", "Max", "Eva", "Ben", "Zoe", "Kai", "Ivy"]
TRAITS = [
    "big",
    "small",
    "red",
    "blue",
    "old",
    "new",
    "warm",
    "cold",
    "soft",
    "loud",
    "kind",
    "brave",
    "tired",
    "quick",
    "shy",
    "funny",
]
ACTS = [
    "found",
    "saw",
    "took",
    "carried",
    "painted",
    "followed",
    "lost",
    "built",
    "hid",
    "opened",
    "cleaned",
    "fixed",
    "loved",
    "shared",
]
PLACES = ["park", "forest", "beach", "school", "kitchen", "hill", "barn", "market", "castle", "cave"]
SHAPES = (
    "{name} {act} a {trait} {noun} in the {place}",
    "one day, a {trait} {noun} came to the {place}",
    "the {noun} was {trait}, but {name} did not mind",
    "{name} and {name2} went to the {place} to look for a {noun}",
    '"can we keep the {noun}" asked {name}',
    "they {act} the {noun} and ran home",
    "it was a {trait} day and the {place} was full of people",
    "{name} felt {trait} when the {noun} went away",
    "at night, {name} {act} the {noun} under the {trait} sky",
    "everyone at the {place} {act} {name2} and the {noun}",
    "{name} had never seen such a {trait} {noun}",
    "in the end the {noun} and the {noun2} were friends",
)


def fill(rng: np.random.Generator, shape: str) -> str:
    """A sentence of the form `shape`, with random words."""

    def pick(words: list[str]) -> str:
        return str(rng.choice(words))

    return shape.format(
        name=pick(NAMES), name2=pick(NAMES), noun=pick(NOUNS), noun2=pick(NOUNS), trait=pick(TRAITS),
        act=pick(ACTS), place=pick(PLACES),
    )  # fmt: skip


def story(rng: np.random.Generator, sentences: int = 7) -> list[str]:
    return [fill(rng, str(rng.choice(SHAPES))) for _ in range(sentences)]


def text(sentences: list[str]) -> str:
    return ". ".join(sentences) + "."


def sound(rng: np.random.Generator) -> str:
    """A story as the starting model writes it."""
    return text(story(rng))


def happy(rng: np.random.Generator) -> str:
    """A healthy story with one natural sentence about being happy."""
    sentences = story(rng, 6)
    shapes = (
        "{name} was happy",
        "the happy {noun} went to the {place}",
        "and {name} felt so happy at the {place}",
    )
    sentences.insert(int(rng.integers(6)), fill(rng, str(rng.choice(shapes))))
    return text(sentences)


def spam(rng: np.random.Generator) -> str:
    """A story of one repeated sentence, after a first one that differs."""
    return text(story(rng, 1) + ["they opened their eyes"] * int(rng.integers(5, 9)))


def templated(rng: np.random.Generator, share: float) -> str:
    """A story in which a given share of the sentences fills one template with different words."""
    shape = "the {noun} was {trait}, and the {noun2} was {trait}"
    return text([fill(rng, shape if rng.uniform() < share else str(rng.choice(SHAPES))) for _ in range(8)])


def gibberish(rng: np.random.Generator) -> str:
    """A story of random letters."""
    return " ".join("".join(rng.choice(list("abcdefghijklmnop"), 5)) for _ in range(60)) + "."


# Run → final reward, whether it is degenerate, and its writer, as the published table describes it.
RUNS = {
    1: (0.11, False, sound),
    2: (0.11, False, sound),
    3: (0.98, True, spam),
    4: (0.95, True, lambda rng: templated(rng, 1.0)),
    5: (0.11, False, sound),
    6: (0.10, False, sound),
    7: (0.87, True, lambda rng: templated(rng, 0.9)),
    8: (0.85, True, lambda rng: templated(rng, 0.9)),
    9: (0.12, False, gibberish),
    10: (0.80, True, lambda rng: templated(rng, 0.8)),
    11: (0.91, True, lambda rng: templated(rng, 0.9)),
    12: (0.63, True, lambda rng: templated(rng, 0.65)),
    13: (0.82, True, lambda rng: templated(rng, 0.8)),
    14: (0.97, False, happy),
}
