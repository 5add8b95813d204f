"""A call as a flow: as many tries as its budget allows under one deadline."""

from __future__ import annotations

from dragoman.calls.attempt import Progress, attempt
from dragoman.calls.budget import within_budget
from dragoman.calls.call import Call
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import http_request, prepare
from dragoman.calls.purse import PURSE
from dragoman.calls.retry_loop import make_ready
from dragoman.calls.target import credential_for
from dragoman.errors import Error
from dragoman.flow import Flow
from dragoman.messages import LLMResponse
from dragoman.providers import find_key


def generate(call: Call) -> Flow[LLMResponse]:
    """Ask until there is an answer or nothing more may be tried.

    Once any of the answer has been delivered there is no further try. Raises one of our errors, with a record of
    every try in its `attempts` and what had arrived in its `partial`. What a function given as key raises passes as it
    is.
    """
    started = call.clock()
    deadline = call.deadline_from(started)
    notes: tuple[str, ...] = ()
    if call.max_input_tokens is not None or call.context_budget is not None:
        call, notes = yield from within_budget(call)
    prepared = prepare(call)
    if call.verbatim is not None:
        call.verbatim.losses = prepared.losses
    purse = PURSE.get()
    log = CallLog(call, call.request.model, started, notes + prepared.notes, prepared.losses, purse=purse)
    if purse is not None:
        purse.taken += purse.each
        if purse.taken > purse.held:
            yield from purse.grow()
    known = call.known
    settled, auth = (None, None) if known is None or known.target is not call.target else (known.credential, known.auth)
    while True:
        credential = settled or (
            (yield from credential_for(call.target)) if auth is None else find_key(call.target.spec.name, auth, None)
        )
        progress = Progress(began=call.clock())
        try:
            response = yield from attempt(call, http_request(call, prepared, credential, deadline), progress)
            break
        except Error as error:
            yield from make_ready(call, log, error, progress, credential=credential, deadline=deadline)
    tier = response.service_tier or call.request.service_tier
    first = None if progress.intake is None else progress.intake.first_content_at
    if first is None:
        return log.finish(response, progress, service_tier=tier)
    return log.finish(response, progress, service_tier=tier, first_token_seconds=first - started)
