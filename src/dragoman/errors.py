"""The one error tree, and the table that says what each error means.

Every class answers a question a caller asks, and states in its body: `status` (what our gateway answers),
`retryable` (may the same request succeed at the same place later?) and `hint` (what to do). What *you or we* broke
(`CallerError`) stands apart from what *they* broke. No message contains a key or a prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self

if TYPE_CHECKING:
    from dragoman.messages import Attempt, LLMResponse, Loss

_LINE: Final = 200
"""The most characters of an error that its `repr` shows."""


class FailedAttempt(NamedTuple):
    """An answer that did not fit, and why. `completion` is our response, or what a client like Instructor's gives."""

    attempt_number: int
    exception: Exception
    completion: Any | None = None


class Error(Exception):
    """The root: everything `dragoman` raises on purpose.

    Attributes:
        provider: Who was asked, when it is known.
        model: For what.
        partial: What had arrived of the answer when the error came, or `None`.
        attempts: A record of each try of the call.
        warnings: What of the request was not sent, for the dialect could not express it.
        failed_attempts: The answers to this call that did not fit; `None` where no value was asked for.
        request_id: The id of the request with whoever tells of the error, for its support.
        retry_after_seconds: How long to wait before the same may be asked again; `None` where that is not known.
    """

    status: ClassVar[int] = 500
    retryable: bool = False
    retry_after_seconds: float | None = None
    hint: str = ""
    request_id: str | None = None

    def __init__(
        self,
        message: str = "",
        *,
        provider: str | None = None,
        model: str | None = None,
        failed_attempts: Sequence[FailedAttempt] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.model = model
        self.failed_attempts = failed_attempts
        self.partial: LLMResponse | None = None
        self.attempts: tuple[Attempt, ...] = ()
        self.warnings: tuple[Loss, ...] = ()

    @classmethod
    def from_exception(cls, exception: Exception, failed_attempts: Sequence[FailedAttempt] | None = None) -> Self:
        """An error of this class with the words of another."""
        return cls(str(exception), failed_attempts=failed_attempts)

    def at(self, provider: str, model: str) -> Self:
        """The same error, knowing where it happened (kept when already known)."""
        self.provider = self.provider or provider
        self.model = self.model or model
        return self

    @property
    def target(self) -> str | None:
        """`provider/model`, as far as it is known."""
        return "/".join(filter(None, (self.provider, self.model))) or None

    @property
    def cost(self) -> Decimal | None:
        """US dollars spent on the attempts, or `None` when any is unknown."""
        costs = [attempt.cost for attempt in self.attempts]
        return sum((cost for cost in costs if cost is not None), Decimal()) if costs and None not in costs else None

    def facts(self) -> str:
        """What else is known, for the message: a status, a code, an id."""
        return ""

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors are copied and pickled as they are; `__init__` is not asked again."""
        return _remade, (type(self), self.args), self.__dict__

    def _summary(self) -> str:
        where = f"`{self.target}`: " if self.target else ""
        facts = f" [{self.facts()}]" if self.facts() else ""
        return f"{where}{self.message}{facts}{self._tries()}"

    def _tries(self) -> str:
        return f" ({len(self.attempts)} attempts)" if len(self.attempts) > 1 else ""

    def __str__(self) -> str:
        return f"{self._summary()}\n  {self.hint}" if self.hint else self._summary()

    def __repr__(self) -> str:
        line = " ".join(self._summary().split())
        return f"<{type(self).__name__} {line if len(line) <= _LINE else f'{line[: _LINE - 3]}...'}>"


def _remade(kind: type[Error], args: tuple[Any, ...]) -> Error:
    error = kind.__new__(kind)
    error.args = args
    return error


# ---------------------------------------------------------------------- the caller can fix these


class CallerError(Error):
    """The call itself is wrong; sending it again will not help."""

    status = 400


class ConfigurationError(CallerError, ValueError):
    """A setting is missing, cannot be right, or contradicts another."""


class MissingKey(ConfigurationError):
    """No key was found where one is needed; the message says where it was looked for."""

    status = 401


class MissingPackage(ConfigurationError, ImportError):
    """An optional package is not installed; the message says how to install it."""

    status = 501


class NotEnoughMemory(ConfigurationError):
    """A model in this process needs more memory than there is."""

    status = 507
    hint = (
        "Take a smaller or more quantized model (7B needs about 8 GB, 13B 16 GB, 30B 32 GB), or unload() another first."
    )


class KeyRefused(CallerError):
    """The gateway does not take the key that came with a request, or none came."""

    status = 401
    hint = "Ask whoever runs the gateway for a key: `dragoman keys create` makes one."


class ModelNotAllowed(CallerError):
    """The key of a request may not ask the gateway for this model."""

    status = 403


class UnknownProvider(CallerError, ValueError):
    """No provider of that name is known; the message lists those that are."""

    status = 404


class ModelStringError(ConfigurationError):
    """A model was not named as `provider/model`, or by a name that several providers have."""


class UnsupportedFeature(CallerError):
    """The provider, its dialect or this version cannot do what was asked."""


class FetchRefused(CallerError, ValueError):
    """A URL leads to what is not fetched: no public address, too large, too many redirects, or no such thing."""

    hint = 'Give the bytes themselves, or allow private addresses (fetch="any") if you wrote the URL.'


class NoModelFits(CallerError):
    """No model of the catalog meets all `demands`, which are kept by their names."""

    hint = "Drop or loosen a demand."

    def __init__(self, message: str, *, demands: Mapping[str, Any] | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.demands = dict(demands or {})


class LossRefused(CallerError):
    """`on_loss="error"`, a message left empty, or input that another provider keeps: the dialect cannot express all of
    it. `losses` lists what.
    """

    hint = "Leave these out, choose a provider that has them, or pass on_loss='warn'."

    def __init__(self, losses: Iterable[Loss], **where: Any) -> None:
        self.losses = tuple(losses)
        what = "; ".join(f"`{loss.where}` would be {loss.effect}: {loss.why}" for loss in self.losses)
        super().__init__(f"nothing was sent, for {what}", **where)


class Unavailable(Error):
    """The gateway itself takes no more for now: too many calls are open, or it is about to stop."""

    status = 503
    retryable = True
    hint = "Ask again in a moment."


# ---------------------------------------------------------------------- a call came to nothing


class CallFailed(Error):
    """A call was made and came to nothing, whoever broke it: the network, the provider, or answers that did not fit.

    `exceptions.InstructorRetryException` is this class, for Instructor raises that one for all of these.

    Attributes:
        n_attempts: How often an answer was asked for; `attempts` also has the tries that a transport adds by itself.
        total_usage: What the answers used together, the ones that did not fit.
        last_completion: The last answer that came, or `None`.
        messages: The conversation as it was sent last, as `Message`s; from a client in Instructor's manner as the wire
            has it.
        create_kwargs: What the caller passed to `create`.
    """

    status = 502

    def __init__(
        self,
        message: str = "",
        *,
        n_attempts: int = 1,
        total_usage: Any = None,
        last_completion: Any = None,
        messages: Sequence[Any] | None = None,
        create_kwargs: Mapping[str, Any] | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.n_attempts = n_attempts
        self.total_usage = total_usage
        self.last_completion = last_completion
        self.messages = messages
        self.create_kwargs = create_kwargs


# ---------------------------------------------------------------------- there was no answer


class TransportError(CallFailed):
    """The network failed before there was a whole answer."""

    retryable = True


class ConnectFailed(TransportError):
    """No connection: name not found, refused, TLS not trusted, proxy said no. Nothing was sent, nothing is charged."""


class TimedOut(TransportError):
    """A time limit passed. `phase` says which of `Timeouts`: `connect`, `first_byte`, `between_chunks` or `total`."""

    status = 504
    hint = "Raise timeout= (seconds for the whole call), or give each limit with timeout=Timeouts(...)."

    def __init__(self, message: str, *, phase: str = "total", **where: Any) -> None:
        super().__init__(message, **where)
        self.phase = phase
        self.retryable = phase != "total"


class ConnectionLost(TransportError):
    """The connection broke or the peer broke HTTP before the answer was whole."""


class StreamInterrupted(ConnectionLost):
    """A stream ended before its dialect's last event. `partial` holds what had arrived."""


class OutcomeUnknown(CallFailed):
    """The program ended while this was being asked: nobody here knows whether it was answered, and charged.

    Only a row of a batch can be in doubt. It is not asked again by itself: it would be paid twice if it had been
    answered.
    """

    hint = "Ask the rows in doubt again, if paying twice for some is better than missing them: again=['unknown']."

    def __init__(self, message: str = "the program ended while this row was being asked", **where: Any) -> None:
        super().__init__(message, **where)


# ---------------------------------------------------------------------- the provider answered with an error


class ProviderError(CallFailed):
    """The provider refused or failed.

    Attributes:
        http_status: Its HTTP status (200 for an error inside a stream that had begun well).
        code: Its own word for the error.
        retry_after_seconds: How long it asks to wait, from when it answered; `None` when it does not say.
        body: The decoded body, or its text; keys that it quotes are hidden.
    """

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
        body: Any = None,
        retryable: bool | None = None,
        **where: Any,
    ) -> None:
        super().__init__(message, **where)
        self.http_status = http_status
        self.code = code
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.body = body
        if retryable is not None:
            self.retryable = retryable

    def facts(self) -> str:
        status = f"HTTP {self.http_status}" if self.http_status else None
        return ", ".join(filter(None, (status, self.code, self.request_id)))


class Rejected(ProviderError):
    """The provider found the request itself wrong (400, 413, 422 …)."""

    status = 400


class Unauthorized(ProviderError):
    """The key is wrong, expired, or not allowed this (401, 403)."""

    status = 401
    hint = "Check the key, and that it may use this model."


class OutOfCredit(ProviderError):
    """The account has no money or quota left; waiting does not help (402, `insufficient_quota`)."""

    status = 402
    hint = "Add credit to the account at the provider, or use another key."


class UnknownModel(ProviderError):
    """The provider does not know this model, or the key may not see it (404)."""

    status = 404
    hint = "Check the model's name, and that base_url is the API's address."


class ContextTooLong(Rejected):
    """The prompt, or prompt and answer together, do not fit the model's window."""

    hint = "Shorten the messages, lower max_tokens, or choose a model with a larger window."


class Filtered(Rejected):
    """The provider's content rules blocked the request."""


class RateLimited(ProviderError):
    """Too many requests or tokens for now (429); `retry_after_seconds` is how long the provider asks to wait."""

    status = 429
    retryable = True
    hint = "Send less at a time, ask the provider for a higher limit, or allow more tries with retry_config=."


class ProviderFailed(ProviderError):
    """The provider broke (500, 502, 504, 408, 409 …)."""

    retryable = True


class Overloaded(ProviderFailed):
    """The provider has too much to do (503, 529)."""

    status = 503


# ---------------------------------------------------------------------- the answer is not usable


class DecodeError(CallFailed):
    """The answer breaks its dialect. `data` keeps the bytes."""

    retryable = True

    def __init__(self, message: str, *, data: bytes = b"", **where: Any) -> None:
        super().__init__(message, **where)
        self.data = data


class OutputError(Error):
    """There is no value of the type that was asked for. `responses` keeps each answer, oldest first, with its cost."""

    status = 502

    def __init__(
        self, message: str = "", *, responses: Sequence[LLMResponse] = (), last_completion: Any = None, **where: Any
    ) -> None:
        super().__init__(message, **where)
        self.responses = tuple(responses)
        self.last_completion = last_completion or next(reversed(self.responses), None)

    def _tries(self) -> str:
        """The message has them."""
        return ""


class RetriesExhausted(OutputError, CallFailed):
    """No answer fitted, however often the model was asked."""


class AnswerDeclined(OutputError, CallFailed):
    """The model refused, or the provider withheld the answer. It is not asked again."""


class AnswerCutOff(OutputError):
    """The answer met the limit on its length. It is not asked again: the next one would be cut off too.

    `exceptions.IncompleteOutputException` is this class. As there, it is none of `InstructorRetryException`.
    """

    hint = "Raise max_tokens."

    def __init__(
        self, message: str = "The output is incomplete due to a max_tokens length limit.", **where: Any
    ) -> None:
        super().__init__(message, **where)


# ---------------------------------------------------------------------- no target was left


class RouteError(CallFailed):
    """No target could give an answer."""

    status = 503


class FallbackExhausted(RouteError, RuntimeError):
    """Every target failed that could be asked. `errors` has one error for each, in order. `retry_after_seconds`: when
    another may be asked, where those would fail again.
    """

    def __init__(self, message: str, *, errors: Sequence[BaseException] = (), **where: Any) -> None:
        super().__init__(message, **where)
        self.errors = tuple(errors)


class BudgetExceeded(RouteError):
    """The money or tokens allowed are spent."""

    status = 402


class NoFurtherTry(BudgetExceeded):
    """A try failed after it was sent, and the budget has no room for what another may cost."""


class NoDeployment(RouteError):
    """No target fits the request or is healthy. `retry_after_seconds`: when one may be again."""


class NothingFits(NoDeployment, CallerError):
    """No target can do what the request asks, however healthy they are: it is for the request to be another one."""

    status = 400


# ---------------------------------------------------------------------- the gateway cannot keep its books


class StorageFailed(Error):
    """The store of keys and money cannot be read or written; what would have to be kept there is not begun."""

    status = 503
    retryable = True


class StorageFull(StorageFailed):
    """There is no room left on its disk."""

    status = 507


# ---------------------------------------------------------------------- from a provider's answer to a class

BY_STATUS: dict[int, type[ProviderError]] = {
    400: Rejected,
    401: Unauthorized,
    402: OutOfCredit,
    403: Unauthorized,
    404: UnknownModel,
    405: Rejected,
    408: ProviderFailed,
    409: ProviderFailed,
    413: Rejected,
    415: Rejected,
    422: Rejected,
    425: ProviderFailed,
    429: RateLimited,
    503: Overloaded,
    529: Overloaded,
}
"""The class for an HTTP status, before the provider's own words refine it."""


def class_of_status(status: int) -> type[ProviderError]:
    """The error class for an HTTP status: `BY_STATUS`, else 3xx and 4xx `Rejected`, the rest `ProviderFailed`."""
    known = BY_STATUS.get(status)
    if known is not None:
        return known
    return Rejected if 300 <= status < 500 else ProviderFailed
