"""`llm.batch`: prompts become rows of a job, and what those come to becomes results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sized
from contextlib import ExitStack
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct, convert
from msgspec.structs import replace

from dragoman.batch import (
    BatchResult,
    BatchResults,
    Ended,
    Job,
    Journal,
    Meter,
    Paid,
    Progress,
    Purse,
    Record,
    Row,
    async_run_job,
    error_of,
    progress_of,
    run_job,
)
from dragoman.client.chat import Prompt
from dragoman.client.options import MessageLike
from dragoman.client.plan import Plan
from dragoman.client.value_options import refuse_rules, split_rules
from dragoman.errors import ConfigurationError, Error
from dragoman.flow import Flow
from dragoman.messages import LLMResponse, Message, Request, decode_json, encode_json
from dragoman.structured import Extracted, Rules

Question: TypeAlias = Prompt | Iterable[MessageLike] | Mapping[str, Any] | Request
"""A prompt as `generate` takes it, a conversation, a mapping of `prompt`, `messages` and options of this row, or a
`Request`, whose own settings win and whose model is the client's."""

Again: TypeAlias = Collection[Literal["failed", "unknown"]]

_CHUNK: Final = 500
"""As many rows are read from the journal at once."""


class BatchRules(Struct, frozen=True, kw_only=True):
    """How a batch is run: the arguments of `llm.batch` that are not of its calls."""

    concurrency: int = 32
    progress: bool = True
    journal: str | Path | None = None
    again: Again = ()
    max_cost: Decimal | float | None = None
    idempotency_header: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.concurrency, bool) or self.concurrency < 1:
            raise ConfigurationError(f"concurrency must be a whole number of at least 1, not {self.concurrency!r}")
        if self.max_cost is not None and not self.max_cost > 0:
            raise ConfigurationError(f"max_cost must be a positive number of US dollars, not {self.max_cost!r}")
        if set(self.again) - {"failed", "unknown"} or isinstance(self.again, str):
            raise ConfigurationError(f"again= is a list of 'failed' and 'unknown', not {self.again!r}")

    @property
    def reasked(self) -> set[str]:
        """The rows that are over and asked again: those in doubt too, where the server knows what it was sent."""
        return {*self.again, *(["unknown"] if self.idempotency_header else [])}


class Asker:
    """Makes the flow, the worst price and the bytes of any question to one client."""

    def __init__(self, plan: Plan, wanted: Any, max_retries: Any, options: Mapping[str, Any]) -> None:
        self.plan = plan
        self.wanted = wanted
        self._rules = Rules()
        if wanted is None:
            refuse_rules(options, max_retries)
            self._options = dict(options)
        else:
            self._rules, self._options = split_rules(options, max_retries)
        plan.options(self._options)  # what is wrong with them is wrong for all

    def row(self, number: int, question: Question, *, label: bytes = b"", digest: bytes | None = None) -> Row:
        prompt, own = parted(question)
        options = {**self._options, **own}
        return Row(
            number=number,
            ask=lambda: self._flow(prompt, options),
            ceiling=self._ceiling(prompt, options),
            digest=digest_of(question) if digest is None else digest,
            label=label,
            routed=self.plan.routed,
        )

    def _flow(self, prompt: Any, options: Mapping[str, Any]) -> Flow[Any]:
        if self.wanted is None:
            return self.plan.generate(prompt, options, stream=False)
        return self.plan.extract(self.wanted, prompt, options, self._rules)

    def _ceiling(self, prompt: Any, options: Mapping[str, Any]) -> Decimal | None:
        try:
            return self.plan.ceiling(prompt, options, self.wanted)
        except (Error, TypeError, ValueError):
            return Decimal(0)  # it will not be sent: asking raises the same, as the row's failure

    def terms(self, rules: BatchRules) -> dict[str, str]:
        """What must not change between two runs of one batch."""
        said = {name: value for name, value in self._options.items() if isinstance(value, str | int | float)}
        return {
            "model": f"{self.plan.provider}/{self.plan.model}",
            "type": "none" if self.wanted is None else _described(self.wanted),
            "idempotency header": rules.idempotency_header or "none",
            "options": encode_json(dict(sorted(said.items()))).decode(),
        }

    def encode(self, found: Any) -> bytes:
        """What a row's flow returned, as bytes."""
        response: LLMResponse = found.response if isinstance(found, Extracted) else found
        kept: dict[str, Any] = {"response": replace(response, raw=None, attempts=())}
        if isinstance(found, Extracted):
            kept["value"] = plain_value(self.wanted, cast("Any", found).value)
        return encode_json(kept)

    def decode(self, answer: bytes) -> tuple[Any, LLMResponse]:
        """The value and the response in those bytes."""
        kept = decode_json(answer)
        response = convert(kept["response"], LLMResponse)
        return (response if self.wanted is None else _value_from(self.wanted, kept["value"])), response


def parted(question: Question) -> tuple[Any, dict[str, Any]]:
    """The prompt, and the options that the question brings along."""
    if isinstance(question, Mapping):
        own = dict(cast("Mapping[str, Any]", question))
        return own.pop("prompt", None), own
    if isinstance(question, list | tuple):
        items = cast("list[Any] | tuple[Any, ...]", question)
        if items and all(isinstance(item, Message | Mapping) for item in items):
            return None, {"messages": items}
    return question, {}


def digest_of(question: Any) -> bytes:
    """By what a row is known to be the same: what is said in it, or its `repr`, where it holds more than data."""
    try:
        said = encode_json(question)
    except TypeError:
        said = repr(question).encode("utf-8", "backslashreplace")
    return sha256(said).digest()[:16]


def plain_value(wanted: Any, value: Any) -> Any:
    """A value of the type `wanted` as JSON has it."""
    from pydantic import TypeAdapter  # loaded by now: it made the value

    return TypeAdapter(wanted).dump_python(value, mode="json", by_alias=True)


def _value_from(wanted: Any, plain: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(wanted).validate_python(plain)


def _described(wanted: Any) -> str:
    from pydantic import TypeAdapter

    schema = encode_json(TypeAdapter(wanted).json_schema())
    return f"{getattr(wanted, '__name__', wanted)} {sha256(schema).hexdigest()[:16]}"


class Batch:
    """One call of `llm.batch`: its job, and its results as they come."""

    def __init__(self, asker: Asker, questions: Iterable[Question], rules: BatchRules) -> None:
        self._asker = asker
        self._questions = questions
        self._total = len(questions) if isinstance(questions, Sized) else None
        self._results: dict[int, BatchResult[Any]] = {}
        self._concurrency = rules.concurrency
        with ExitStack() as opened:
            self._journal = _journal(asker, rules)
            if self._journal is not None:
                opened.callback(self._journal.close)
            self.job = shown_job(opened, self._rows(), rules, self._journal, total=self._total, ended=self._ended)
            self._opened = opened.pop_all()

    def _rows(self) -> Iterator[Row]:
        known = Known(self._journal)
        for number, question in enumerate(self._questions):
            record = known.at(number)
            digest = digest_of(question)
            if record is not None and record.digest != digest:
                raise ConfigurationError(
                    f"prompt {number} is not the one that the journal has: go on with the same ones"
                )
            if record is not None and record.is_over:
                self._results[number] = self._restored(record)
                continue
            row = self._asker.row(number, question, digest=digest)
            row.paid = row.paid_before = Paid() if record is None else record.paid
            yield row

    def _restored(self, record: Record) -> BatchResult[Any]:
        if record.answer is None or record.state != "done":
            return BatchResult(
                index=record.number, state=record.state, error=error_of(record.failure), paid=record.paid
            )
        value, response = self._asker.decode(record.answer)
        return BatchResult(index=record.number, state="done", value=value, response=response, paid=record.paid)

    def _ended(self, ended: Ended) -> None:
        found = ended.result
        response = found.response if isinstance(found, Extracted) else found
        self._results[ended.row.number] = BatchResult(
            index=ended.row.number,
            state=ended.state,
            value=cast("Any", found).value if isinstance(found, Extracted) else found,
            response=response,
            error=ended.error,
            paid=ended.paid,
        )

    def results(self) -> BatchResults[Any]:
        """What there is, in order. Raises what ended it when there is no answer at all."""
        stopped = self.job.stopped
        if stopped is not None and not any(result.ok for result in self._results.values()):
            raise stopped
        waiting = {row.number: row.paid for row in self.job.put_back}
        count = self._total or max((*self._results, *waiting), default=-1) + 1
        left = {
            number: BatchResult[Any](index=number, state="waiting", error=stopped, paid=waiting.get(number, Paid()))
            for number in range(count)
            if number not in self._results
        }
        both = {**self._results, **left}
        return BatchResults((both[number] for number in sorted(both)), stopped)

    def run(self) -> BatchResults[Any]:
        """Ask all rows, in threads."""
        with self._opened:
            run_job(self.job, self._concurrency)
            return self.results()

    async def async_run(self) -> BatchResults[Any]:
        """Ask all rows, as tasks."""
        with self._opened:
            await async_run_job(self.job)
            return self.results()


class Known:
    """What a journal has on rows, read ahead."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._end = 0
        self._records: dict[int, Record] = {}

    def at(self, number: int) -> Record | None:
        """What there is on a row; rows are asked for in order."""
        if self._journal is None:
            return None
        if number >= self._end:
            self._end = number + _CHUNK
            self._records = {record.number: record for record in self._journal.records(number, self._end)}
        return self._records.get(number)


def _journal(asker: Asker, rules: BatchRules) -> Journal | None:
    if rules.journal is None:
        if rules.again:
            raise ConfigurationError("again= is about the rows of a journal: give journal= too")
        return None
    return Journal(rules.journal, terms=asker.terms(rules), encode=asker.encode, again=rules.reasked)


def shown_job(
    opened: ExitStack,
    rows: Iterator[Row],
    rules: BatchRules,
    journal: Journal | None,
    *,
    total: int | None,
    ended: Callable[[Ended], None] | None = None,
) -> Job:
    """A job that shows how far it is, until `opened` is closed. `ended` is told of each row that is over."""
    purse = _purse_of(rules.max_cost, journal)
    progress = _progress_with(journal, total, wanted=rules.progress)
    opened.callback(progress.close)

    def tell(row: Ended) -> None:
        if ended is not None:
            ended(row)
        progress.show(row)

    return Job(
        rows,
        concurrency=rules.concurrency,
        purse=purse,
        journal=journal,
        key_header=rules.idempotency_header,
        ended=tell,
    )


def _purse_of(max_cost: Decimal | float | None, journal: Journal | None) -> Purse:
    """The purse, from which earlier runs have spent. Raises `ConfigurationError` when nobody knows how much."""
    most = None if max_cost is None else Decimal(str(max_cost))
    if journal is None:
        return Purse(most)
    paid = journal.totals().paid
    if most is not None and paid.ceiling is None:
        raise ConfigurationError("max_cost= cannot be kept: earlier tries have no known cost, nor a limit to it")
    return Purse(most, paid.cost + (paid.ceiling or Decimal(0)))


def _progress_with(journal: Journal | None, total: int | None, *, wanted: bool) -> Progress:
    """What shows how far it is, with what earlier runs have done."""
    meter = Meter(total)
    if journal is not None:
        totals = journal.totals()
        meter = Meter(total, over=totals.over, failed=totals.over - totals.counts.get("done", 0), paid=totals.paid)
    return progress_of(meter, wanted=wanted)
