"""A judge behind an endpoint: cached, retried, and never more expensive than was said."""

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import httpx

from rewards.judge.endpoint.answer import MalformedError, read_verdict
from rewards.judge.endpoint.client import RefusedError, UnavailableError, ask, open_client
from rewards.judge.endpoint.question import RUBRIC, messages
from rewards.judge.endpoint.settings import EndpointSettings
from rewards.judge.endpoint.store import Account, VerdictCache
from rewards.judge.verdict import Question, Unjudged, Verdict

_LONGEST_PROGRAM = 8_000
"""Characters; a longer one is not sent."""


@dataclass(frozen=True)
class EndpointJudge:
    """Asks a language model for each verdict once, and keeps it.

    What fails is repeated with growing pauses, then unjudged: an error, a timeout or an answer that is no
    verdict never becomes a score, and is not kept.

    Attributes:
        settings: Of the endpoint.
    """

    settings: EndpointSettings

    @property
    def cache(self) -> VerdictCache:
        """Verdicts so far."""
        return VerdictCache(self.settings.folder)

    @property
    def account(self) -> Account:
        """What they cost."""
        return Account(self.settings.folder)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in order, whichever comes back first."""
        answers: list[Verdict | Unjudged | None] = [self.cache.get(self._key(one)) for one in questions]
        open_places = [place for place, answer in enumerate(answers) if answer is None]
        if open_places:
            with (
                open_client(self.settings) as client,
                ThreadPoolExecutor(self.settings.concurrency, thread_name_prefix="judge") as pool,
            ):
                asked = pool.map(partial(self._ask, client), [questions[place] for place in open_places])
                for place, answer in zip(open_places, asked, strict=True):
                    answers[place] = answer
        return [answer for answer in answers if answer is not None]

    def _key(self, question: Question) -> str:
        endpoint = (self.settings.url, self.settings.model)
        return self.cache.key(*endpoint, RUBRIC, question.problem.prompt, question.program)

    def _ask(self, client: httpx.Client, question: Question) -> Verdict | Unjudged:
        if len(question.program) > _LONGEST_PROGRAM:
            return Verdict(0.0, 0.0, 0.0, 0.0, f"longer than {_LONGEST_PROGRAM} characters")
        settings, account, reason = self.settings, self.account, ""
        for attempt in range(settings.attempts):
            spent = account.spent()
            if spent >= settings.most_tokens:
                return Unjudged(
                    f"{spent:,} of at most {settings.most_tokens:,} tokens are spent (judge.most_tokens; "
                    f"{account.file})"
                )
            wait = 0.0
            try:
                reply = ask(client, settings, messages(question.problem.prompt, question.program))
                account.charge(reply.tokens)
                verdict = read_verdict(reply.text)
                self.cache.put(self._key(question), verdict)  # at once: whatever else fails, it is paid for
                return verdict
            except RefusedError as refusal:
                return Unjudged(f"{settings.url} refuses: {refusal}")
            except MalformedError as malformed:
                reason = f"no verdict in the answer ({malformed})"
            except UnavailableError as failure:
                reason, wait = str(failure), failure.wait
                if failure.tokens:
                    account.charge(failure.tokens)
            if attempt + 1 < settings.attempts:
                time.sleep(max(wait, settings.backoff * 2**attempt * random.uniform(0.5, 1.0)))
        return Unjudged(f"{settings.url}: {reason}, in {settings.attempts} attempts")
