"""A model of the SimpleStories-1.25M shape, trained on generated sentences so that its stories end."""

import random
from pathlib import Path

import torch
from filelock import FileLock
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from agent.training.passes.onednn import OneDnnLinear
from rewards.files.cache_dir import cache_dir

VOCABULARY = 4096
_RECIPE = 3
_STEPS, _ROWS, _LEARNING_RATE = 150, 16, 3e-3
_LONGEST = 160
_NAMES = ["Tom", "Mia", "Ben", "Lily", "Sam", "Anna", "Leo", "Zoe", "Max", "Ella"]
_ANIMALS = ["bear", "fox", "owl", "rabbit", "frog", "duck", "mouse", "deer", "hen", "cat"]
_ADJECTIVES = ["big", "small", "happy", "sad", "old", "kind", "red", "blue", "quiet", "brave", "soft", "warm"]
_THINGS = ["tree", "river", "stone", "house", "boat", "garden", "hill", "ball", "flower", "lamp", "book"]
_VERBS = ["saw", "found", "liked", "kept", "painted", "carried", "lost", "wanted", "drew", "watched"]
_FRAME = ["once", "there", "was", "a", "named", ".", "then", "in", "the", "end", "felt"]
_LAST = 0.16
"""Probability that a sentence is the last, from the third on: completions have about 57 words."""
END = "<end>"
NEVER = "<never>"
"""A token that is in no story: with it as the end token, the model never ends."""


def story(rng: random.Random) -> list[str]:
    """Words of a story, without the end token."""
    name, animal = rng.choice(_NAMES), rng.choice(_ANIMALS)
    words = f"once there was a {rng.choice(_ADJECTIVES)} {animal} named {name} .".split()
    sentences = 1
    while sentences < 3 or rng.random() > _LAST:
        thing, adjective = rng.choice(_THINGS), rng.choice(_ADJECTIVES)
        words += f"then {name} {rng.choice(_VERBS)} a {adjective} {thing} .".split()
        sentences += 1
    return words + f"in the end {name} felt {rng.choice(_ADJECTIVES)} .".split()


def story_model() -> Path:
    """Folder of the model, which is trained on the first call (about a minute) and then kept in the cache."""
    path = cache_dir() / f"stories-{_RECIPE}-{torch.__version__}"
    with FileLock(f"{path}.lock"):
        if not (path / "config.json").exists():
            tokenizer = _tokenizer()
            _trained(tokenizer).save_pretrained(path)
            tokenizer.save_pretrained(path)
    return path


def prompts(count: int) -> list[str]:
    """`count` beginnings of stories, of 3 to 9 words each."""
    rng = random.Random(1)
    return [" ".join(story(rng)[: rng.randint(3, 9)]) for _ in range(count)]


def _tokenizer() -> PreTrainedTokenizerFast:
    words = dict.fromkeys([*_FRAME, *_NAMES, *_ANIMALS, *_ADJECTIVES, *_THINGS, *_VERBS])
    tokens = ["<pad>", END, NEVER, *words]
    tokens += [f"unused{i}" for i in range(VOCABULARY - len(tokens))]
    words_alone = Tokenizer(WordLevel({token: i for i, token in enumerate(tokens)}, unk_token=NEVER))
    words_alone.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=words_alone, pad_token="<pad>", eos_token=END, padding_side="left"
    )


def _trained(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    torch.manual_seed(0)
    rng = random.Random(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=128,
            intermediate_size=341,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
        )
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, _LEARNING_RATE, total_steps=_STEPS, pct_start=0.1
    )
    for _ in range(_STEPS):
        texts = [" ".join([*story(rng), END]) for _ in range(_ROWS)]
        rows = tokenizer(texts, return_tensors="pt", padding=True, padding_side="right")["input_ids"][
            :, :_LONGEST
        ]
        with OneDnnLinear():
            labels = rows.masked_fill(rows == tokenizer.pad_token_id, -100)
            loss = model(input_ids=rows, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    return model.eval()
