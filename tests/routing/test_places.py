"""What is refused in a file is refused with its line and column, in all three forms."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dragoman.errors import ConfigurationError
from dragoman.routing.tables import routing_from
from dragoman.routing.tables.documents import read
from dragoman.routing.tables.marks import of_json, of_toml
from dragoman.routing.tables.places import below, item
from tests.routing.test_tables import WHOLE


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said_of(name: str, text: str) -> str:
    Path(name).write_text(dedent(text).lstrip("\n"))
    with pytest.raises(ConfigurationError) as caught:
        routing_from(name, {})
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a word that is not known.toml",
            """
            policy = "a/a"

            [rules]
            max_atempts = 3
            """,
            ":4:1: rules: unknown word `max_atempts`. Did you mean `max_attempts`?",
        ),
        (
            "inside an inline table.toml",
            'policy = {ordered = ["a/a", {model = "b/b", wieght = 3}]}',
            ":1:45: policy.ordered[1]: unknown word `wieght`. Did you mean `weight`?",
        ),
        (
            "an item of a list over many lines.toml",
            """
            policy = [  # in order
                "a/a",
                "nobody",
            ]
            """,
            ":3:5: policy[1]: `nobody` is neither provider/model nor a name in this document: none",
        ),
        (
            "behind texts that look like keys.toml",
            """
            policy = "x"
            [targets.x]
            model = '''
            policy = [not this
            '''
            labels = {a = "]} # no", "b c" = "\\"="}
            weight = "much"
            """,
            ":7:1: targets.x.weight: here stands a number, not a text",
        ),
        (
            "under a dotted key.toml",
            """
            policy = "a/a"
            [health]
            trips . network . often = 3
            """,
            ":3:1: health.trips.network: unknown word `often`.",
        ),
        (
            "in a list of tables.toml",
            """
            [[policy]]
            model = "a/a"

            [[policy]]
            model = "b/b"
            [policy.limits]
            concurrency = "many"
            """,
            ":7:1: policy[1].limits.concurrency: here stands a whole number, not a text",
        ),
        (
            "what is missing, where it should be.toml",
            """
            policy = "a/a"

            [targets.x]
            weight = 1
            """,
            ":3:1: targets.x.model is missing",
        ),
        ("what is missing in the whole.toml", "[targets]", ": policy is missing"),
        (
            "a variable.toml",
            """
            policy = "x"
            [targets]
            x.model = "a/a"
            x.client.api_key = "${NOWHERE}"
            """,
            ":4:1: targets.x.client.api_key: the environment variable `NOWHERE` is not set, and has no default",
        ),
        (
            "a word that is not known.json",
            """
            {
              "policy": ["a/a", "b/b"],
              "rules": {"allow": ["a"],
                        "\\u0061llow_declined": true}
            }
            """,
            ":4:13: rules: unknown word `allow_declined`.",
        ),
        (
            "twice.json",
            """
            {"policy": "a/a",
             "targets": {"x": "a/a",
                         "x": "b/b"}}
            """,
            ":3:14: it cannot be read: `x` stands there twice",
        ),
        ("no end.json", '{"policy": ', ":1:12: it cannot be read: Expecting value"),
        ("no value.toml", "policy = ", ":1:10: it cannot be read: here stands no value"),
        ("no end.toml", 'policy = ["a/a"', ":1:16: it cannot be read: Unclosed array"),
    ],
)  # fmt: skip
def test_where_it_stands(name: str, text: str, said: str) -> None:
    assert said_of(name, text).startswith(name + said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy: a/a\nrules:\n  max_atempts: 3", ":3:3: rules: unknown word `max_atempts`."),
        ("policy:\n  ordered:\n    - a/a\n    - {model: b/b, wieght: 3}", ":4:20: policy.ordered[1]: unknown word `wieght`."),
        ("policy: a/a\npolicy: b/b", ":2:1: it cannot be read: `policy` stands there twice"),
        ("policy: [a/a\nrules: {}", ":2:6: it cannot be read: "),
        ("policy: a/a\n? {a: b}\n: c", ":2:3: it cannot be read: a key is a text"),
        ("targets:\n  one: &one {model: a/a, limits: {concurrency: 0}}\n  two: {<<: *one, weight: 2}\npolicy: two", ":2:26: targets.one.limits: Limits: concurrency=0 lets nothing through"),
        ("targets:\n  one: &one {model: a/a}\n  two: {<<: [*one], wight: 2}\npolicy: two", ":3:21: targets.two: unknown word `wight`."),
        ("policy: &it [a/a, *it]", ":1:9: it cannot be read: found unconstructable recursive node"),
        ("- policy", ": the document: here stands a mapping, not list"),
    ],
)  # fmt: skip
def test_where_it_stands_in_yaml(text: str, said: str) -> None:
    pytest.importorskip("yaml")
    assert said_of("t.yaml", text).startswith("t.yaml" + said)


def test_a_document_does_not_show_itself() -> None:
    Path("t.json").write_text(json.dumps({"policy": "sk-canary"}))
    assert repr(read(Path("t.json"))) == "<Document t.json>"


def places_in(value: Any, place: str = "") -> Iterator[str]:
    """Every place of a document, in its order."""
    match value:
        case dict():
            inside = [(below(place, key), each) for key, each in value.items()]
        case list():
            inside = [(item(place, number), each) for number, each in enumerate(value)]
        case _:
            inside = []
    for where, each in inside:
        yield where
        yield from places_in(each, where)


WORDS = some.text(some.characters(exclude_characters=".["), min_size=1)
JSON = some.recursive(
    some.none() | some.booleans() | some.floats(allow_nan=False) | some.text(),
    lambda inside: some.lists(inside, max_size=3) | some.dictionaries(WORDS, inside, max_size=3),
    max_leaves=20,
)


@given(JSON, some.sampled_from([None, 2]))
def test_every_place_of_a_json_text_is_marked(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    marks = of_json(text)
    assert set(marks) == set(places_in(value))
    assert list(marks.values()) == sorted(marks.values())


def test_every_place_of_a_toml_text_is_marked() -> None:
    marks = of_toml(WHOLE)
    assert set(marks) == set(places_in(tomllib.loads(WHOLE)))
    for place, mark in marks.items():
        if not place.endswith("]"):
            word = place.rpartition(".")[2].strip('"')
            assert word in WHOLE.splitlines()[mark.line - 1][mark.column - 1 :]
