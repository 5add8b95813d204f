"""What is on the disk: rows as they are written and found again, and the file of answers beside them."""

from __future__ import annotations

import json
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dragoman.batch import Ended, Journal, JournalFailed, Paid, Record, Row, error_of, failure_of
from dragoman.batch.output import Output, line_of
from dragoman.batch.rows import State
from dragoman.errors import (
    CallFailed,
    ConfigurationError,
    Error,
    LossRefused,
    OutcomeUnknown,
    RateLimited,
    TimedOut,
)
from dragoman.flow import Flow
from dragoman.messages import Loss, Usage

TERMS = {"model": "p/m", "type": "none"}
PAID = Paid(cost=Decimal("0.00000615"), tries=2, unpriced=1, ceiling=Decimal("0.01"), usage=Usage(input_tokens=3))


def journal(place: Path, **options: Any) -> Journal:
    return Journal(place / "j", terms=options.pop("terms", TERMS), encode=lambda text: text, **options)


def never() -> Flow[None]:
    yield from ()


def row(number: int) -> Row:
    return Row(number=number, ask=never, digest=b"d%d" % number, label=b'{"id":%d}' % number)


def end(number: int, state: State = "done", error: Exception | None = None) -> Ended:
    answer = b'{"text":"answer %d"}' % number
    return Ended(row=row(number), state=state, result=answer, error=error, paid=PAID)


def states(of: Journal) -> dict[int, str]:
    return {record.number: record.state for record in of.records(0, 100)}


def test_a_row_is_found_as_it_was_written(tmp_path: Path) -> None:
    with journal(tmp_path) as before:
        before.ended(end(0)).result()
        before.ended(end(1, "failed", RateLimited("slow", http_status=429))).result()
    with journal(tmp_path) as after:
        done, failed = after.records(0, 100)
        assert after.id == before.id
    assert done == Record(
        number=0, state="done", digest=b"d0", label=b'{"id":0}', answer=b'{"text":"answer 0"}', paid=PAID
    )
    assert (failed.failure, failed.answer) == (failure_of(RateLimited("slow", http_status=429)), None)


def test_what_was_being_asked_when_it_ended_is_in_doubt(tmp_path: Path) -> None:
    with journal(tmp_path) as before:
        for number in range(4):
            before.sent(row(number), PAID)
        before.ended(end(0))
        before.ended(end(1, "waiting"))
    with journal(tmp_path) as after:
        assert states(after) == {0: "done", 1: "waiting", 2: "unknown", 3: "unknown"}
        assert after.totals().counts == {"done": 1, "waiting": 1, "unknown": 2}
        assert after.totals().paid == PAID + PAID + PAID + PAID
        assert after.totals().over == 3
    with journal(tmp_path, again=["unknown"]) as again:
        assert states(again) == {0: "done", 1: "waiting", 2: "waiting", 3: "waiting"}
        assert again.records(2, 3)[0].paid == PAID  # what it may have cost is not forgotten


def test_failures_are_asked_again_when_told(tmp_path: Path) -> None:
    with journal(tmp_path) as before:
        before.ended(end(0, "failed", TimedOut("late")))
    with journal(tmp_path, again=["failed"]) as after:
        assert states(after) == {0: "waiting"}


@pytest.mark.parametrize("terms", [{"model": "p/other", "type": "none"}, {"model": "p/m", "type": "Contact 1"}])
def test_a_journal_of_another_batch_is_refused(tmp_path: Path, terms: dict[str, str]) -> None:
    journal(tmp_path).close()
    with pytest.raises(ConfigurationError, match=r"is of another batch: its (model|type) was"):
        journal(tmp_path, terms=terms)
    journal(tmp_path).close()  # and was let go of


def test_one_of_another_version_is_refused(tmp_path: Path) -> None:
    journal(tmp_path).close()
    with sqlite3.connect(tmp_path / "j") as connection:
        connection.execute("UPDATE facts SET value = '0' WHERE name = 'version'")
    connection.close()
    with pytest.raises(ConfigurationError, match="another version"):
        journal(tmp_path)


def test_two_programs_do_not_share_one(tmp_path: Path) -> None:
    with journal(tmp_path), pytest.raises(JournalFailed, match="another program works with it"):
        journal(tmp_path)


def test_no_journal_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(JournalFailed, match="cannot be written"):
        journal(tmp_path / "nowhere")


def test_what_cannot_be_written_ends_it(tmp_path: Path) -> None:
    def full(_: sqlite3.Connection) -> None:
        if (tmp_path / "full").exists():
            raise OSError(28, "No space left on device")

    broken = journal(tmp_path, committed=full)
    (tmp_path / "full").touch()
    with pytest.raises(JournalFailed, match="No space left"):
        broken.ended(end(0)).result()
    with pytest.raises(JournalFailed, match="No space left"):
        broken.sent(row(1), PAID).result()
    with pytest.raises(JournalFailed, match="No space left"):
        broken.close()


# ---------------------------------------------------------------------- errors

KEPT = [
    (RateLimited("slow", http_status=429), RateLimited),
    (TimedOut("late"), TimedOut),
    (KeyError("name"), CallFailed),
    (LossRefused([Loss(effect="dropped", where="seed", why="no word for it")]), CallFailed),
]


@pytest.mark.parametrize(("error", "kind"), KEPT, ids=lambda it: getattr(it, "__name__", None))
def test_an_error_is_found_again(error: Exception, kind: type[Error]) -> None:
    found = error_of(failure_of(error))
    assert type(found) is kind
    assert str(getattr(error, "message", error)) in str(found)
    assert getattr(found, "http_status", None) == getattr(error, "http_status", None)


def test_a_row_in_doubt_says_so() -> None:
    assert isinstance(error_of(None), OutcomeUnknown)


# ---------------------------------------------------------------------- the file of answers


def written(place: Path, *, anew: bool = False, rows: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    output = Output(place / "out", anew=anew)
    with journal(place, committed=output.advance) as of:
        for number in rows:
            of.ended(end(number)).result()
    output.close()
    return [json.loads(line) for line in (place / "out").read_text().splitlines()]


def test_lines_are_in_order_and_wait_for_those_before(tmp_path: Path) -> None:
    assert written(tmp_path, rows=(1, 2)) == []
    assert [line["index"] for line in written(tmp_path, rows=(0, 4))] == [0, 1, 2]
    assert [line["index"] for line in written(tmp_path, rows=(3,))] == [0, 1, 2, 3, 4]


LEFT = {  # what a kill, or somebody, made of a file of three lines
    "half a line": lambda text: text[:-7],
    "a line more than half": lambda text: text + '{"index":3,"te',
    "the end of a line": lambda text: text[:-1],
    "nothing": lambda _: "",
    "something else": lambda _: "not of this batch\n",
    "a line too few before": lambda text: "".join(text.splitlines(keepends=True)[1:]),
    "no object": lambda _: "7\n",
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_of_a_file_is_mended(tmp_path: Path, name: str) -> None:
    whole = written(tmp_path, rows=(0, 1, 2))
    (tmp_path / "out").write_text(LEFT[name]((tmp_path / "out").read_text()))
    assert written(tmp_path) == whole


def test_what_is_whole_is_not_written_again(tmp_path: Path) -> None:
    written(tmp_path, rows=(0, 1))
    changed = (tmp_path / "out").read_text().replace("answer 0", "ANSWER 0")
    (tmp_path / "out").write_text(changed)
    assert [line["text"] for line in written(tmp_path)] == ["ANSWER 0", "answer 1"]
    assert [line["text"] for line in written(tmp_path, anew=True)] == ["answer 0", "answer 1"]


def test_a_line_says_what_it_is_called_what_it_cost_and_what_went_wrong() -> None:
    known = Paid(cost=Decimal("0.00000615"), tries=1, usage=Usage(input_tokens=3, output_tokens=4))
    done = Record(number=7, state="done", digest=b"", label=b'{"custom_id":"c"}', answer=b'{"value":1}', paid=known)
    assert line_of(done) == {
        "index": 7,
        "custom_id": "c",
        "value": 1,
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
        "cost_usd": "0.00000615",
        "tries": 1,
        "error": None,
    }
    unknown = line_of(Record(number=8, state="unknown", digest=b"", paid=PAID))
    assert (unknown["cost_usd"], unknown["error"]["type"]) == (None, "OutcomeUnknown")
