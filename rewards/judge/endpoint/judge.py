"""A judge that is a language model. Verdicts are stored, failed requests repeated, costs limited."""

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

_MAX_PROGRAM_CHARS = 8_000
"""A longer program is not sent. All its grades are 0."""


@dataclass(frozen=True)
class EndpointJudge:
    """A judge that asks a language model for each verdict once and stores it.

    A request that fails is repeated after growing pauses; if all attempts fail, the program is unjudged. An
    error, a timeout or an answer that is not a verdict never becomes a grade and is never stored.

    Attributes:
        settings: Settings of the endpoint.
    """

    settings: EndpointSettings

    @property
    def cache(self) -> VerdictCache:
        """The stored verdicts."""
        return VerdictCache(self.settings.folder)

    @property
    def account(self) -> Account:
        """The tokens spent so far."""
        return Account(self.settings.folder)

    def judge(self, questions: Sequence[Question]) -> list[Verdict | Unjudged]:
        """One answer per question, in the order of the questions."""
        answers: list[Verdict | Unjudged | None] = [self.cache.get(self._key(q)) for q in questions]
        unanswered = [index for index, answer in enumerate(answers) if answer is None]
        if unanswered:
            with (
                open_client(self.settings) as client,
                ThreadPoolExecutor(self.settings.concurrency, thread_name_prefix="judge") as pool,
            ):
                new = pool.map(partial(self._ask, client), [questions[index] for index in unanswered])
                for index, answer in zip(unanswered, new, strict=True):
                    answers[index] = answer
        return [answer for answer in answers if answer is not None]

    def _key(self, question: Question) -> str:
        endpoint = (self.settings.url, self.settings.model)
        return self.cache.key(*endpoint, RUBRIC, question.problem.prompt, question.program)

    def _ask(self, client: httpx.Client, question: Question) -> Verdict | Unjudged:
        if len(question.program) > _MAX_PROGRAM_CHARS:
            return Verdict(0.0, 0.0, 0.0, 0.0, f"longer than {_MAX_PROGRAM_CHARS} characters")
        settings, account, reason = self.settings, self.account, ""
        for attempt in range(settings.attempts):
            spent = account.spent()
            if spent >= settings.most_tokens:
                return Unjudged(
                    f"{spent:,} of at most {settings.most_tokens:,} tokens are spent: raise "
                    f"judge.most_tokens or delete {account.file}"
                )
            wait = 0.0
            try:
                reply = ask(client, settings, messages(question.problem.prompt, question.program))
                account.charge(reply.tokens)
                verdict = read_verdict(reply.text)
                self.cache.put(
                    self._key(question), verdict
                )  # before anything else can fail, since it is paid for
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
