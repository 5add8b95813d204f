"""A call as a flow: as many tries as its budget allows under one deadline."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from dragoman.calls.attempt import Progress, attempt
from dragoman.calls.budget import within_budget
from dragoman.calls.call import Call
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import Prepared, http_request, prepare
from dragoman.calls.retry_loop import with_retries
from dragoman.flow import Flow
from dragoman.messages import LLMResponse
from dragoman.providers import Credential


def generate(call: Call) -> Flow[LLMResponse]:
    """Ask until there is an answer or nothing more may be tried.

    Once any of the answer has been delivered there is no further try. Raises one of our errors, with a record of
    every try in its `attempts` and what had arrived in its `partial`. What a function given as key raises passes as it
    is.
    """
    started = call.clock()
    deadline = call.deadline_from(started)
    call, notes = yield from within_budget(call)
    prepared = prepare(call)
    if call.verbatim is not None:
        call.verbatim.losses = prepared.losses
    log = CallLog(call, call.request.model, started, notes=notes + prepared.notes, losses=prepared.losses)
    response, progress = yield from with_retries(call, log, deadline, partial(_once, call, prepared, deadline))
    tier = response.service_tier or call.request.service_tier
    response = log.finish(response, progress, service_tier=tier)
    first = progress.intake.first_content_at if progress.intake else None
    return response if first is None else replace(response, first_token_seconds=first - started)


def _once(
    call: Call, prepared: Prepared, deadline: float | None, credential: Credential | None, progress: Progress
) -> Flow[LLMResponse]:
    return attempt(call, http_request(call, prepared, credential, deadline), progress)
