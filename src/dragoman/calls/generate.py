"""A call as a flow: as many tries as its budget allows under one deadline."""

from __future__ import annotations

from dragoman.calls.attempt import Progress, attempt
from dragoman.calls.call import Call
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import http_request, prepare
from dragoman.calls.retry import pause_before_next
from dragoman.calls.target import credential_for
from dragoman.errors import Error
from dragoman.flow import Flow, emit, sleep
from dragoman.messages import LLMResponse, Restarted


def generate(call: Call) -> Flow[LLMResponse]:
    """Ask until there is an answer or nothing more may be tried.

    Once any of the answer has been delivered there is no further try. Raises one of our errors, with a record of
    every try in its `attempts` and what had arrived in its `partial`. What a function given as key raises passes as it
    is.
    """
    started = call.clock()
    deadline = _deadline(call, started)
    prepared = prepare(call)
    log = CallLog(call, prepared, started)
    while True:
        credential = yield from credential_for(call.target)
        progress = Progress(began=call.clock())
        try:
            response = yield from attempt(call, http_request(call, prepared, credential, deadline), progress)
        except Error as error:
            log.failed(error, progress, credential)
            pause = None if progress.delivered else _pause(call, error, log, deadline)
            if pause is None:
                raise
            if progress.partial is not None:
                yield from emit(Restarted(target=call.target.name, reason=type(error).__name__))
            yield from sleep(pause)
            log.pause_seconds = pause
        else:
            return log.finish(response, progress)


def _deadline(call: Call, started: float) -> float | None:
    limits = [call.deadline, None if call.timeouts.total is None else started + call.timeouts.total]
    return min((limit for limit in limits if limit is not None), default=None)


def _pause(call: Call, error: Error, log: CallLog, deadline: float | None) -> float | None:
    left = float("inf") if deadline is None else deadline - call.clock()
    return pause_before_next(error, call.retry, tried=len(log), seconds_left=left, random=call.random)
