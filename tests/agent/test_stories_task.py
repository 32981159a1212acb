"""The stories task: its grammar, its starter, its prompts, and a whole run."""

import re
import shutil
from pathlib import Path

import pytest
import yaml
from tokenizers.processors import TemplateProcessing
from transformers import AutoConfig, AutoTokenizer

from agent.config.errors import ConfigError
from agent.config.metrics import RUNG_METRICS, step_metrics
from agent.config.run import RunConfig
from agent.health.diversity import measure
from agent.preflight.reward import check_reward
from agent.tasks.build import build_task
from agent.tasks.stories.grammar import HELD_OUT_OPENINGS, Grammar, openings, stories
from agent.tasks.stories.prompts import PROMPT_TOKENS
from agent.tasks.stories.starter import StoriesStarterConfig, corpus, starter
from agent.training.lifecycle.model import load_model
from rewards.base import Sample
from rewards.text.tokens import tokens_of
from tests.agent.running import run


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    return stories(1_000, seed=5, held_out=False)


@pytest.fixture(scope="module")
def tiny_stories(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEPFARM_CACHE", str(tmp_path_factory.mktemp("cache")))
        config = StoriesStarterConfig(
            width=32, layers=1, heads=2, kv_heads=1, feed_forward=64, batch_size=8, row_tokens=48, steps=40
        )
        return starter(config).path()


@pytest.fixture
def tiny_story_run(tiny_stories: Path) -> RunConfig:
    return RunConfig.from_params(
        {
            "task": "stories", "model": str(tiny_stories), "reward_name": "sentence_length_10_smooth",
            "max_steps": 2, "rungs": 1, "train_prompts": 16, "eval_prompts": 8, "eval_samples": 1,
            "max_completion_length": 24, "per_device_train_batch_size": 8, "num_generations": 4,
            "learning_rate": 1e-3,
        }
    )  # fmt: skip


def test_the_grammar_has_thousands_of_sentences_of_many_lengths(drawn: list[str]) -> None:
    sentences = [part.strip() for story in drawn for part in re.split(r"[.?!]+", story) if part.strip(' "')]
    assert len(set(sentences)) > 5_000
    lengths = [len(tokens_of(sentence)) for sentence in sentences]
    assert min(lengths) <= 3
    assert max(lengths) >= 18
    assert lengths.count(10) / len(lengths) < 0.15


def test_stories_are_diverse_enough_to_detect_a_collapse(drawn: list[str]) -> None:
    found = measure(drawn[:200], drawn[:200])
    assert found.unique_fraction == 1.0
    assert found.unique_starts > 0.9
    assert found.template_share < 0.1
    assert found.similarity < 0.3


def test_a_minority_of_stories_is_happy(drawn: list[str]) -> None:
    shares = ["happy" in tokens_of(story.lower())[PROMPT_TOKENS : PROMPT_TOKENS + 64] for story in drawn]
    assert 0.05 <= sum(shares) / len(shares) <= 0.15


def test_each_line_that_begins_a_story_is_on_one_side() -> None:
    sides = [openings(held_out=held_out) for held_out in (False, True)]
    assert len(set(sides[1])) == HELD_OUT_OPENINGS
    assert not set(sides[0]) & set(sides[1])
    content = yaml.safe_load(Path("agent/tasks/stories/grammar.yaml").read_text())
    assert sorted(sides[0] + sides[1]) == sorted(content["rules"]["opening"])
    assert stories(200, seed=5, held_out=True) == stories(200, seed=5, held_out=True)
    assert stories(200, seed=5, held_out=True) != stories(200, seed=6, held_out=True)


def test_no_held_out_prompt_resembles_the_beginning_of_a_story_that_the_starter_is_taught() -> None:
    """Compared without what the grammar fills in: a name, a place, a number."""
    content = yaml.safe_load(Path("agent/tasks/stories/grammar.yaml").read_text())
    filled = {
        word for values in content["cast"].values() for value in values for word in tokens_of(value.lower())
    }
    for name in ("mood", "weather", "mood_of_place", "size", "character"):
        filled |= {word for value in content["rules"][name] for word in tokens_of(value)}

    def skeleton(story: str) -> tuple[str, ...]:
        beginning = tokens_of(story.lower())[:PROMPT_TOKENS]
        return tuple("an" if word == "a" else "_" if word in filled else word for word in beginning)

    taught = {skeleton(story) for story in corpus()}
    held_out = {skeleton(story) for story in stories(2_000, seed=1_000, held_out=True)}
    assert len(held_out) >= HELD_OUT_OPENINGS
    assert not taught & held_out
    same = [sum(a == b for a, b in zip(x, y, strict=True)) for x in taught for y in held_out]
    assert max(same) < 0.8 * PROMPT_TOKENS


def test_a_reference_to_an_undefined_grammar_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="the rule story names drgon"):
        Grammar({}, {"story": ["A {drgon}."]})


def test_the_starter_has_the_published_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = StoriesStarterConfig()
    shape = (config.layers, config.width, config.heads, config.kv_heads, config.feed_forward)
    assert shape == (4, 128, 4, 2, 341)
    assert config.vocab_size == 4096


def test_the_tokenizer_decodes_words_and_appends_no_end_token(tiny_stories: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_stories)
    ids = tokenizer("Tom saw a fox. Was it happy?")["input_ids"]
    assert tokenizer.decode(ids) == "tom saw a fox. was it happy?"
    assert len(ids) == 9
    assert AutoConfig.from_pretrained(tiny_stories).num_key_value_heads == 1


@pytest.mark.parametrize("before", [[], ["[UNK]"]])
def test_an_end_token_that_the_tokenizer_appends_is_removed_from_prompts(
    tiny_stories: Path, tmp_path: Path, before: list[str]
) -> None:
    folder = shutil.copytree(tiny_stories, tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    special = {name: tokenizer.convert_tokens_to_ids(name) for name in (*before, "[EOS]")}
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=[*before, "$A", "[EOS]"], special_tokens=list(special.items())
    )
    tokenizer.save_pretrained(folder)
    assert AutoTokenizer.from_pretrained(folder)("tom saw")["input_ids"][-1] == tokenizer.eos_token_id
    ids = load_model(str(folder))[1]("tom saw")["input_ids"]
    assert ids == [special[n] for n in before] + tokenizer("tom saw", add_special_tokens=False)["input_ids"]


def test_prompts_are_eight_tokens_long(tiny_story_run: RunConfig) -> None:
    prompts = build_task(tiny_story_run).prompts
    tokenizer = AutoTokenizer.from_pretrained(tiny_story_run.model)
    assert len(prompts.train) == 16
    assert len(prompts.held_out) == 8
    assert {len(tokenizer(p)["input_ids"]) for p in (*prompts.train, *prompts.held_out)} == {PROMPT_TOKENS}


@pytest.mark.parametrize("reward", ["happy_binary", "sentence_length_10", "sentence_length_10_smooth"])
def test_each_reward_tells_good_from_bad(tiny_story_run: RunConfig, reward: str) -> None:
    task = build_task(RunConfig.from_params({**tiny_story_run.flat(), "reward_name": reward}))
    assert check_reward(task.training_suite, task.known_good, task.known_bad).level != "error"


def test_sentence_length_is_counted_in_tokens_of_the_model(tiny_story_run: RunConfig) -> None:
    task = build_task(RunConfig.from_params({**tiny_story_run.flat(), "reward_name": "sentence_length_10"}))

    def score(text: str) -> float:
        return float(task.training_suite.score([Sample("", text)]).totals[0])

    ten = "the dog ran home with the big red ball now"
    assert score(f"{ten}. {ten}! they ran? and then") == pytest.approx(2 / 3)
    assert score(ten) == 0.0
    # The tokenizer has not seen "zyzzyva" and splits it into several tokens.
    assert score(ten.replace("ball", "zyzzyva") + ".") == 0.0


def test_a_story_run_logs_all_metrics_of_its_task(tiny_story_run: RunConfig, tmp_path: Path) -> None:
    outcome, recorder = run(tiny_story_run, tmp_path)
    assert outcome.step == 2
    assert all(set(row) >= step_metrics("stories") for _, row in recorder.rows)
    assert set(recorder.rows[-1][1]) >= RUNG_METRICS
    # A starter of this size may finish no sentence: its score depends on the processor's rounding.
    assert 0 <= recorder.summary["starter/score"] == recorder.summary["starter/reference"] <= 1


def test_a_suite_file_replaces_the_reward_and_not_the_objective(
    tiny_story_run: RunConfig, tmp_path: Path
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("rewards: [{name: repetition}, {name: contains_word, params: {word: fox}, weight: 0}]")
    params = {k: v for k, v in tiny_story_run.flat().items() if k != "reward_name"}
    task = build_task(RunConfig.from_params({**params, "suite": str(file)}))
    assert task.training_suite.weights == {"repetition": 1.0}
    assert task.monitored == ("contains_word",)
    assert "repetition" not in task.reference_suite.weights
    file.write_text("rewards: [{name: repetitoin}]")
    with pytest.raises(ConfigError, match="did you mean `repetition`"):
        build_task(RunConfig.from_params({**params, "suite": str(file)}))


def test_a_hub_model_without_a_hub_is_a_clear_error(tiny_story_run: RunConfig) -> None:
    config = RunConfig.from_params({**tiny_story_run.flat(), "model": "SimpleStories/SimpleStories-1.25M"})
    with pytest.raises(ConfigError, match=r"SimpleStories-1\.25M"):
        build_task(config)
