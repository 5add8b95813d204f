"""A caller's own id is taken over when it can do no harm."""

import pytest

from dragoman.gateway.operations import request_id_of


@pytest.mark.parametrize("own", ["abc", "req_0123", "a.b:c/d+e=f-g", "x" * 128])
def test_an_id_of_the_callers_is_kept(own: str) -> None:
    assert request_id_of(own.encode()) == own


@pytest.mark.parametrize("own", [None, b"", b"x" * 129, b"two words", b"a\nb", b"a\n", b"\xc3\xbc", b'"', b"<script>"])
def test_else_there_is_a_new_one(own: bytes | None) -> None:
    made = request_id_of(own)
    assert made.startswith("req_")
    assert len(made) == 28


def test_no_two_are_the_same() -> None:
    assert len({request_id_of(None) for _ in range(10_000)}) == 10_000
