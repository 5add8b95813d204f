"""Simulates, and writes docs/routing-simulations.md and .svg: `make simulate`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from time import process_time

from bench import machine
from bench.render import machine as machine_in_words
from bench.render import table
from dragoman.routing.rules import Hedge
from tests.routing.simulation.curves import Line, Panel, Points, curves
from tests.routing.simulation.dead import RATE, Load, all_dead, dead_alone, dead_first
from tests.routing.simulation.deadlines import Deadlines, deadlines
from tests.routing.simulation.fairness import Fairness, Tenant, fairness
from tests.routing.simulation.hedged import SHARES, Hedging, hedging
from tests.routing.simulation.memory import growth
from tests.routing.simulation.panic import Panic, panic
from tests.routing.simulation.recovery import BUCKET, Recovery, recovery
from tests.routing.simulation.storm import ALLOWED, DEMAND, MOMENT, TARGETS, Storm, storm

SEED = 1
DOCS = Path(__file__).parents[3] / "docs"
REPORT = Path(__file__).with_name("report.md")
CALLS = {"dead": 15_000, "deadlines": 15_000, "hedging": 20_000, "fairness": 8_000, "storm": 10_000, "memory": 100_000}


def main() -> None:
    began = process_time()
    dead = {
        "alone": dead_alone(CALLS["dead"], SEED),
        "before one that is well": dead_first(CALLS["dead"], SEED),
        "one of four, all dead": all_dead(CALLS["dead"], SEED),
    }
    outages = [
        *(recovery(SEED, outage=seconds, slow_start=20) for seconds in (10, 60, 200)),
        recovery(SEED, outage=60, slow_start=0),
    ]
    hurried = {
        name: deadlines(CALLS["deadlines"], SEED, hedge=hedge) for name, hedge in (("no", None), ("yes", Hedge()))
    }
    hedged = [hedging(CALLS["hedging"], SEED, hedge=hedge) for hedge in (None, Hedge())]
    fair = fairness(CALLS["fairness"], SEED)
    stormy = storm(CALLS["storm"], SEED)
    all_out = {share: panic(SEED, max_ejected_share=share) for share in (0.5, 1.0)}
    grown = growth(CALLS["memory"], SEED, before=20_000, traced=True)
    spent = process_time() - began
    text = Template(REPORT.read_text()).substitute(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine_in_words(machine.facts()),
        seed=SEED,
        calls=f"{_calls(outages, fair, all_out):,}",
        cpu=f"{spent:.0f}",
        dead=_dead(dead),
        recovery=_recovery(outages),
        deadlines=_deadlines(hurried),
        late=f"{max(each.late for each in hurried.values()) * 1000:.1f}",
        hedging=_hedging(hedged),
        extra=f"{hedged[1].extra * 100:.2f}",
        fairness=_fairness(fair),
        used=f"{fair.used * 100:.1f}",
        in_vain=f"{fair.in_vain * 100:.1f}",
        storm=_storm(stormy),
        panic=_panic(all_out),
        memory_calls=f"{CALLS['memory']:,}",
        memory=f"{grown.size or 0:,} bytes",
    )
    (DOCS / "routing-simulations.md").write_text(text)
    (DOCS / "routing-simulations.svg").write_text(_picture(dead["alone"], outages, hedged, stormy, all_out, fair))


def _calls(outages: Sequence[Recovery], fair: Fairness, all_out: dict[float, Panic]) -> int:
    fixed = sum(each.calls for each in outages) + sum(each.calls for each in all_out.values())
    tenants = fair.flood.calls + fair.quiet.calls + fair.calm.calls
    return fixed + tenants + 3 * CALLS["dead"] + 2 * CALLS["deadlines"] + 2 * CALLS["hedging"] + CALLS["storm"]


# ---------------------------------------------------------------------- tables


def _dead(loads: dict[str, Load]) -> str:
    rows = [
        [name, f"{load.offered:,}", f"{load.ratio:.3f}", f"{load.worst_minute:.3f}", _percent(load.answered)]
        for name, load in loads.items()
    ]
    return table(["the dead target is", "calls", "sent", "sent, worst minute", "callers answered"], rows)


def _recovery(outages: Sequence[Recovery]) -> str:
    rows = [
        [
            f"{each.outage:g} s",
            f"{each.slow_start:g} s" if each.slow_start else "none",
            f"{each.first_answer:.1f}",
            f"{each.whole:.0f}",
            str(each.failures),
            str(each.unanswered),
        ]
        for each in outages
    ]
    head = ["outage", "slow start", "first answer", "its share again", "calls that failed there since", "unanswered"]
    return table(head, rows)


def _deadlines(found: dict[str, Deadlines]) -> str:
    rows = [
        [name, f"{each.calls:,}", _percent(each.answered), f"{each.late * 1000:.1f} ms", _errors(each.errors)]
        for name, each in found.items()
    ]
    return table(["hedging", "calls", "answered", "latest end after the deadline", "errors"], rows)


def _hedging(found: Sequence[Hedging]) -> str:
    rows = [
        [name, *(f"{each.seconds[share]:.2f}" for share in SHARES)]
        for name, each in zip(("without", "with hedging"), found, strict=True)
    ]
    return table(["", *(f"{share * 100:g} %" for share in SHARES)], rows)


def _fairness(fair: Fairness) -> str:
    def row(name: str, tenant: Tenant) -> list[str]:
        seconds = (tenant.median, tenant.p99, tenant.longest)
        return [name, f"{tenant.calls:,}", _percent(tenant.answered), *(f"{each:.2f}" for each in seconds)]

    rows = [
        row("the others, no flood", fair.calm),
        row("the others, with the flood", fair.quiet),
        row("who floods", fair.flood),
    ]
    return table(["", "calls", "answered", "median, s", "99 in 100, s", "longest, s"], rows)


def _storm(found: Storm) -> str:
    rows = [
        ["callers, on average", f"{DEMAND:g} a second"],
        ["callers, in the busiest tenth of a second", f"{found.peak_of_callers:g} a second"],
        ["sent to the targets, in the busiest tenth of a second after the first 5 s", f"{found.peak:g} a second"],
        ["of what was sent, answered with 429", _percent(found.refused)],
        ["of what the targets allow, used", _percent(found.used)],
        ["callers answered", _percent(found.answered)],
        ["the others", _errors(found.errors)],
    ]
    return table(["", ""], rows)


def _panic(found: dict[float, Panic]) -> str:
    rows = [
        [
            f"{share:g}",
            str(each.most_out),
            f"{each.first_answer:.1f} s",
            f"{max(each.all_well, 0):.1f} s",
            f"{each.sent_in_outage / each.called_in_outage:.2f}",
        ]
        for share, each in found.items()
    ]
    head = ["may be left alone", "were, at most", "first answer after the end", "last error after the end"]
    return table([*head, "tries for each call in the outage, at all ten"], rows)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def _errors(errors: dict[str, int]) -> str:
    return ", ".join(f"{count:,} `{name}`" for name, count in sorted(errors.items())) or "none"


# ---------------------------------------------------------------------- pictures


def _picture(
    alone: Load,
    outages: Sequence[Recovery],
    hedged: Sequence[Hedging],
    stormy: Storm,
    all_out: dict[float, Panic],
    fair: Fairness,
) -> str:
    minute, shares = 60, range(len(SHARES))
    slow, fast = outages[1], outages[3]
    panels = [
        Panel(
            "A dead target, and nobody else",
            "seconds",
            "calls a second, average of 5 s",
            [
                Line("sent", _spaced(_smooth(alone.per_second, 5), 1)),
                Line("offered", [(0, RATE), (len(alone.per_second), RATE)]),
            ],
        ),
        Panel(
            "An outage of the preferred target, from 20 s to 80 s",
            "seconds",
            "its share of the traffic",
            [Line("slow start 20 s", _spaced(slow.share, BUCKET)), Line("none", _spaced(fast.share, BUCKET))],
        ),
        Panel(
            "Hedging",
            "share of the callers",
            "seconds to an answer",
            [
                Line(name, [(place, each.seconds[SHARES[place]]) for place in shares])
                for name, each in zip(("without", "with"), hedged, strict=True)
            ],
            names=[f"{share * 100:g} %" for share in SHARES],
        ),
        Panel(
            "429 at all three targets",
            "seconds",
            "calls a second",
            [
                Line("sent", _spaced(_whole_seconds(stormy.per_moment)[:minute], 1)),
                Line("allowed", [(0, TARGETS * ALLOWED), (minute, TARGETS * ALLOWED)]),
            ],
        ),
        Panel(
            "All ten targets are down from 20 s to 60 s",
            "seconds",
            "share of the callers who get an answer",
            [
                Line("half may be left alone", _spaced(all_out[0.5].answered, 1)),
                Line("all may", _spaced(all_out[1.0].answered, 1)),
            ],
        ),
        Panel(
            "A tenant that floods a limit",
            "percent of the tenant's answers",
            "seconds to an answer",
            [
                Line(name, _spaced(tenant.parts, 5))
                for name, tenant in (
                    ("others", fair.quiet),
                    ("who floods", fair.flood),
                    ("others, no flood", fair.calm),
                )
            ],
        ),
    ]
    return curves(panels, "A router among failing targets", f"Simulated on virtual time, seed {SEED}.")


def _spaced(values: Sequence[float], width: float) -> Points:
    return [(number * width, value) for number, value in enumerate(values)]


def _whole_seconds(per_moment: Sequence[float]) -> list[float]:
    moments = round(1 / MOMENT)
    return [sum(per_moment[at : at + moments]) / moments for at in range(0, len(per_moment) - moments, moments)]


def _smooth(values: Sequence[float], width: int) -> list[float]:
    whole = range(len(values) // width * width)
    return [sum(values[max(0, at - width + 1) : at + 1]) / len(values[max(0, at - width + 1) : at + 1]) for at in whole]


if __name__ == "__main__":
    main()
