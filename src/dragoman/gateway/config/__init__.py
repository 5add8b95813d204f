"""The configuration of the gateway: a document, and what it says as records."""

from dragoman.gateway.config.reading import load_config
from dragoman.gateway.config.records import (
    Conditions,
    GatewayConfig,
    HeaderNames,
    KeyRules,
    LogRules,
    MetricsRules,
    ModelRoute,
    PurposeRule,
    PurposeRules,
    ServerRules,
    Tenant,
    TracingRules,
)

__all__ = [
    "Conditions",
    "GatewayConfig",
    "HeaderNames",
    "KeyRules",
    "LogRules",
    "MetricsRules",
    "ModelRoute",
    "PurposeRule",
    "PurposeRules",
    "ServerRules",
    "Tenant",
    "TracingRules",
    "load_config",
]
