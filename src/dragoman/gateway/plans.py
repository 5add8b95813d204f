"""From a configured model, whose targets are known, to the plan that answers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dragoman.client.llm import LLMBase
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.client.routers.servers import Server
from dragoman.gateway.config import GatewayConfig, ModelRoute
from dragoman.routing.health import Board, HealthRules
from dragoman.routing.route import Routing
from dragoman.routing.target import Target

Boards = Sequence[Board]
"""What is known of targets, by one set of health rules each."""


def boards_of(routes: Iterable[ModelRoute], before: Boards) -> Boards:
    """The boards that the routes' targets stand on. What one of those before knows by the same rules is taken over."""
    targets: list[tuple[HealthRules, list[Target]]] = []
    for route in routes:
        found = next((each for rules, each in targets if rules == route.health), None)
        if found is None:
            targets.append((route.health, found := []))
        found += route.policy.targets()
    return [Board(each, rules, before=board_by(rules, before) or {}) for rules, each in targets]


def board_by(rules: HealthRules, boards: Boards) -> Board | None:
    return next((board for board in boards if board.rules == rules), None)


def plan_of(
    config: GatewayConfig,
    route: ModelRoute,
    boards: Boards,
    servers: Mapping[Target, Server],
    made: Sequence[LLMBase] = (),
) -> RoutedPlan:
    """The plan of a model. It holds the servers of its own targets alone, and closes `made`."""
    targets = route.policy.targets()
    board = board_by(route.health, boards)
    if board is None or not all(target in board for target in targets):
        board = Board(targets, route.health)
    routing = Routing(policy=route.policy, board=board.view(targets, route.retry_budget), rules=route.rules)
    behind = Behind(routing, {target: servers[target] for target in targets}, made)
    return RoutedPlan(behind, {**_usual(config), **route.params})


def _usual(config: GatewayConfig) -> dict[str, Any]:
    """Options of every call."""
    usual: dict[str, Any] = {"timeout": config.server.timeouts}
    return usual if config.on_loss == "warn" else {**usual, "on_loss": config.on_loss}
