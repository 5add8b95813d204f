"""What a gateway is operated by: metrics, a log, traces, ids of requests, health, and an end that breaks no stream."""

from __future__ import annotations

from dragoman.gateway.operations.drain import Drain as Drain
from dragoman.gateway.operations.logs import CallLog as CallLog
from dragoman.gateway.operations.logs import LogFormat as LogFormat
from dragoman.gateway.operations.metrics import OTHER as OTHER
from dragoman.gateway.operations.metrics import Metrics as Metrics
from dragoman.gateway.operations.operations import Operations as Operations
from dragoman.gateway.operations.prometheus import CONTENT_TYPE as CONTENT_TYPE
from dragoman.gateway.operations.request_ids import request_id_of as request_id_of
from dragoman.gateway.operations.status import Status as Status
