"""What a configuration says, as records. One section of the document is one of them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final, Literal

from msgspec import Struct, field

from dragoman.client.options import check_options
from dragoman.client.routers.purpose import Purpose
from dragoman.errors import ConfigurationError
from dragoman.http import Timeouts
from dragoman.routing.health import HealthRules, RetryBudgetRules
from dragoman.routing.policies import Policy
from dragoman.routing.rules import RouteRules
from dragoman.routing.tables import Document
from dragoman.routing.target import Target

_MIB: Final = 2**20


class ServerRules(Struct, frozen=True, kw_only=True):
    """Where the gateway listens, and what it allows its callers. All times are seconds.

    Attributes:
        host: The address.
        port: And the port; 0 is any that is free.
        workers: Processes.
        body_bytes: The largest request body.
        header_seconds: How long a request's head may take to come.
        body_seconds: How long its body may.
        open_streams: Streams at a time, in one process; one more is refused.
        heartbeat_seconds: After so long without an event a stream is sent a sign of life.
        drain_seconds: How long calls under way may go on when the gateway is stopped.
        timeouts: The limits of what providers are asked; a model's `params` may say others.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    body_bytes: int = 32 * _MIB
    header_seconds: float = 10.0
    body_seconds: float = 60.0
    open_streams: int = 1000
    heartbeat_seconds: float = 15.0
    drain_seconds: float = 30.0
    timeouts: Timeouts = Timeouts(first_byte=120.0, between_chunks=120.0)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigurationError(f"port={self.port} is none: a port is from 0 to 65535")
        for name in ("workers", "body_bytes", "open_streams"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name}={getattr(self, name)!r} must be at least 1")
        for name in ("header_seconds", "body_seconds", "heartbeat_seconds"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name}={getattr(self, name)!r} must be above 0")
        if self.drain_seconds < 0:
            raise ConfigurationError(f"drain_seconds={self.drain_seconds!r} must not be negative")
        check_options({"timeout": self.timeouts})


class KeyRules(Struct, frozen=True, kw_only=True):
    """Who may call.

    Attributes:
        required: Whether callers need a virtual key. `"auto"`: unless the gateway listens on this machine alone.
        file: Where keys and what they have spent are kept; `None` is the usual place.
    """

    required: bool | Literal["auto"] = "auto"
    file: str | None = None

    def needed_on(self, host: str) -> bool:
        """Whether callers need a key where the gateway listens on `host`."""
        return not is_loopback(host) if self.required == "auto" else self.required


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches `host`; a name other than `localhost` may lead anywhere."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class LogRules(Struct, frozen=True, kw_only=True):
    """The line that is written of each call. It never has what was asked or answered.

    Attributes:
        format: `"auto"` is text on a terminal, else JSON.
    """

    format: Literal["auto", "json", "text", "off"] = "auto"


class MetricsRules(Struct, frozen=True, kw_only=True):
    """What Prometheus may read at `/metrics`.

    Attributes:
        enabled: Whether it may.
    """

    enabled: bool = True


class TracingRules(Struct, frozen=True, kw_only=True):
    """OpenTelemetry spans, which the environment says where to send (`OTEL_EXPORTER_OTLP_ENDPOINT`).

    Attributes:
        enabled: Whether there are any; the extra `otel` is needed.
    """

    enabled: bool = False


class Tenant(Struct, frozen=True, kw_only=True):
    """What holds for all calls of one tenant.

    Attributes:
        tier: What it pays for.
        task: What its calls do, where they do not say.
        labels: Any other words.
    """

    tier: str | None = None
    task: str | None = None
    labels: Mapping[str, str] = {}


class HeaderNames(Struct, frozen=True, kw_only=True):
    """Which request headers say whom a call is for; `None`: none does.

    `tenant` and `tier` have none until the document names one: whoever may set a header would choose what it pays for.
    """

    task: str | None = "x-dragoman-task"
    session: str | None = "x-dragoman-session"
    tenant: str | None = None
    tier: str | None = None
    labels: Mapping[str, str] = {}


class Conditions(Struct, frozen=True, kw_only=True):
    """What holds of a call. All that is said has to; patterns are as in a shell: `batch-*`.

    Attributes:
        headers: By header, a pattern that its value fits; `*` where it only has to be there.
        key: A pattern that the name of the caller's key fits.
        tenant: Who asks.
        tier: What the tenant pays for.
        task: What is to be done.
    """

    headers: Mapping[str, str] = {}
    key: str | None = None
    tenant: str | None = None
    tier: str | None = None
    task: str | None = None


class PurposeRule(Struct, frozen=True, kw_only=True):
    """Words for calls.

    Attributes:
        when: For which.
        say: The words; they hold where nobody has said others.
    """

    when: Conditions
    say: Purpose


class PurposeRules(Struct, frozen=True, kw_only=True):
    """Whom calls are for: first what the key says, then headers, then the tenant's own words, then the rules."""

    headers: HeaderNames = HeaderNames()
    rules: tuple[PurposeRule, ...] = ()


class ModelRoute(Struct, frozen=True, kw_only=True, eq=False):
    """A model as callers know it.

    Attributes:
        name: What they call it.
        policy: Which targets it is asked at, and in which order.
        rules: What may be done when one fails.
        health: When they are left alone.
        retry_budget: How many further tries there may be.
        params: Options of each call; those of the call win.
    """

    name: str
    policy: Policy
    rules: RouteRules = RouteRules()
    health: HealthRules = HealthRules()
    retry_budget: RetryBudgetRules = RetryBudgetRules()
    params: Mapping[str, Any] = {}


class GatewayConfig(Struct, frozen=True, kw_only=True, eq=False):
    """All that a configuration says.

    Attributes:
        models: By public name, how each is answered.
        aliases: Other names; a pattern such as `claude-*` stands for all names that it fits and nobody has.
        allow_any_model: Whether `provider/model` is answered beside them. `None`: when there are no models.
        providers: By provider, options of all clients that are made for it, as `create_llm` takes them.
        rules: For models that are named `provider/model`.
        health: Likewise.
        retry_budget: Likewise.
        tenants: By name.
        purpose: Whom calls are for.
        server: Where it listens, and its limits.
        keys: Who may call.
        on_loss: What is done when a request cannot be put in the words of whoever answers: a header says so, or it is
            refused.
        log: The line of each call.
        metrics: What is counted.
        tracing: Spans.
        places: Where in the document each target stands.
        document: Where all this was read from.
    """

    models: Mapping[str, ModelRoute] = {}
    aliases: Mapping[str, str] = {}
    allow_any_model: bool | None = None
    providers: Mapping[str, Mapping[str, Any]] = {}
    rules: RouteRules = RouteRules()
    health: HealthRules = HealthRules()
    retry_budget: RetryBudgetRules = RetryBudgetRules()
    tenants: Mapping[str, Tenant] = {}
    purpose: PurposeRules = PurposeRules()
    server: ServerRules = ServerRules()
    keys: KeyRules = KeyRules()
    on_loss: Literal["warn", "error"] = "warn"
    log: LogRules = LogRules()
    metrics: MetricsRules = MetricsRules()
    tracing: TracingRules = TracingRules()
    places: Mapping[Target, str] = {}
    document: Document = field(default_factory=lambda: Document({}))

    @property
    def takes_any_model(self) -> bool:
        """Whether `provider/model` is answered beside the models it names."""
        return not self.models if self.allow_any_model is None else self.allow_any_model

    def __repr__(self) -> str:
        return f"<GatewayConfig {self.document.path or 'without a file'}, {len(self.models)} models>"
