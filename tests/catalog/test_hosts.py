"""The table of hosts: every name means one list, and every list is there."""

from __future__ import annotations

from collections import Counter

import pytest

from dragoman.catalog import files
from dragoman.catalog.hosts import hosts, list_name
from dragoman.providers import built_in_names, get_spec


@pytest.mark.parametrize("name", hosts())
def test_a_host_has_a_list(name: str) -> None:
    assert name in files.list_names()


def test_a_name_means_one_list() -> None:
    named = Counter(name for host in hosts().values() for name in (host.list, *host.also_called))
    assert [name for name, times in named.items() if times > 1] == []


@pytest.mark.parametrize(
    ("provider", "name"), [("azure_openai", "openai"), (" Vertex-AI ", "vertex"), ("openai", "openai"), ("new", "new")]
)
def test_the_list_of_a_provider(provider: str, name: str) -> None:
    assert list_name(provider) == name


@pytest.mark.parametrize("name", [name for name in built_in_names() if get_spec(name).deprecated])
def test_a_deprecated_name_has_the_list_of_the_one_in_its_place(name: str) -> None:
    assert list_name(name) == list_name(get_spec(name).catalog_list)
