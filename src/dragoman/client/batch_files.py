"""A batch from file to file: lines are rows, the journal stands beside the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from dragoman.batch import Journal, Paid, Row, Totals, async_run_job
from dragoman.batch.output import Output
from dragoman.client.batch_lines import label_in, question_in
from dragoman.client.batches import Asker, BatchRules, Known, plain_value, shown_job
from dragoman.client.llm import AsyncLLM
from dragoman.errors import ConfigurationError, Error
from dragoman.flow import Flow
from dragoman.messages import LLMResponse, encode_json
from dragoman.structured import Extracted


class FileRules(BatchRules, frozen=True, kw_only=True):
    """How a batch of files is run. The journal, where none is named, is called after the answers."""

    resume: bool = False
    max_retries: int | None = None


class FileBatch:
    """The lines of `source`, asked; their answers in `target`."""

    def __init__(self, llm: AsyncLLM, source: Path, target: Path, wanted: Any, rules: FileRules) -> None:
        journal = Path(rules.journal) if rules.journal is not None else target.with_name(f"{target.name}.journal")
        _refuse_what_is_there(source, target, journal, resume=rules.resume)
        self._source = source
        self._asker = Asker(llm.plan, wanted, rules.max_retries, {})
        total = sum(1 for _ in _lines(source))
        with ExitStack() as opened:
            output = Output(target, anew=bool(rules.reasked) or not journal.exists())
            opened.callback(output.close)
            self._journal = Journal(
                journal,
                terms=self._asker.terms(rules),
                encode=self._encode,
                again=rules.reasked,
                committed=output.advance,
            )
            opened.callback(self._journal.close)
            self.job = shown_job(opened, self._rows(), rules, self._journal, total=total)
            self._opened = opened.pop_all()

    async def run(self) -> tuple[Totals, BaseException | None]:
        """Ask all rows that are left. All rows together, and what ended it early."""
        with self._opened:
            await async_run_job(self.job)
            return self._journal.totals(), self.job.stopped

    def stop(self, why: BaseException) -> None:
        """Begin no more rows."""
        self.job.stop(why)

    def _rows(self) -> Iterator[Row]:
        known = Known(self._journal)
        for number, line in enumerate(_lines(self._source)):
            record, digest = known.at(number), sha256(line).digest()[:16]
            if record is not None and record.digest != digest:
                raise ConfigurationError(f"{self._source}: row {number} is not what it was when the batch began")
            if record is None or not record.is_over:
                row = self._row(number, line, digest)
                row.paid = row.paid_before = Paid() if record is None else record.paid
                yield row

    def _row(self, number: int, line: bytes, digest: bytes) -> Row:
        label = label_in(line)
        encoded = encode_json(label) if label else b""
        try:
            return self._asker.row(number, question_in(line), label=encoded, digest=digest)
        except Error as error:
            return Row(number=number, ask=partial(_failing, error), ceiling=Decimal(0), digest=digest, label=encoded)

    def _encode(self, found: Any) -> bytes:
        """What the file says of an answer."""
        if isinstance(found, Extracted):
            return encode_json(
                {
                    "value": plain_value(self._asker.wanted, cast("Any", found).value),
                    **_circumstances(found.response),
                }
            )
        return encode_json({"text": found.content, **_beside_text(found), **_circumstances(found)})


def _failing(error: Error) -> Flow[Any]:
    yield from ()
    raise error


def _beside_text(response: LLMResponse) -> dict[str, Any]:
    calls = [{"id": it.id, "name": it.name, "arguments": it.arguments} for it in response.tool_calls]
    said = {"tool_calls": calls, "reasoning": response.reasoning, "refusal": response.refusal}
    return {name: value for name, value in said.items() if value}


def _circumstances(response: LLMResponse) -> dict[str, Any]:
    said = {
        "finish_reason": response.finish_reason,
        "model": response.model,
        "provider": response.provider,
        "request_id": response.request_id,
    }
    warnings = [str(loss) for loss in response.warnings]
    return {**said, "warnings": warnings} if warnings else said


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that say anything."""
    with path.open("rb") as file:
        yield from filter(None, map(bytes.strip, file))


def _refuse_what_is_there(source: Path, target: Path, journal: Path, *, resume: bool) -> None:
    """Raise `ConfigurationError` where answers would be written over."""
    if target.resolve() == source.resolve():
        raise ConfigurationError(f"the answers would be written over the questions: {source}")
    if journal.exists() and not resume:
        raise ConfigurationError(
            f"{journal} is the journal of a batch that was begun: go on with --resume, or remove it"
        )
    if target.exists() and not journal.exists():
        raise ConfigurationError(f"{target} is there already, and no journal of it: name another file")
