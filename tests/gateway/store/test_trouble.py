"""A disk that is full, a file that is locked, damaged, read-only or something else: typed errors, and nothing lost."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest

from dragoman.errors import ConfigurationError, StorageFailed, StorageFull
from dragoman.gateway.keys import Admission, Keys, Ledger, Spend, VirtualKey
from dragoman.gateway.store import SqliteStore, standing_of

from .books import check_laws, rows

COST = Decimal("0.25")


class Scene:
    """A store and a key; what is done with them is awaited."""

    def __init__(self, path: Path, patience_seconds: float = 5.0) -> None:
        self.path = path
        self.store = SqliteStore(path, patience_seconds=patience_seconds)
        self.key: VirtualKey = Keys(self.store).create("ann", budget=Decimal(100))[0]
        self.ledger = Ledger(self.store)

    def admit(self) -> Admission:
        return asyncio.run(self.ledger.admit(self.key, worst=Decimal(1), tokens=1, model="m"))

    def admit_many(self) -> None:
        for _ in range(1000):
            self.admit()

    def settle(self, admission: Admission) -> None:
        self.ledger.settle(admission, Spend(model="m", cost=COST))

    def write(self, statement: str) -> None:
        """In the store's own connection."""
        self.store._writer.work(lambda connection: connection.execute(statement).fetchone()).result()

    def spent(self) -> Decimal:
        self.store.flushed().result()
        with self.store.reading() as connection:
            return standing_of(connection, self.key.id, 0).spent


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path / "store")
    yield scene
    scene.store.close()
    check_laws(scene.path)


def test_while_it_may_only_be_read_nothing_is_let_in_and_what_is_spent_is_kept(scene: Scene) -> None:
    under_way = [scene.admit(), scene.admit()]
    scene.write("PRAGMA query_only = 1")
    with pytest.raises(StorageFailed, match="it may only be read") as caught:
        scene.admit()
    assert (caught.value.status, caught.value.retryable) == (503, True)
    assert "it may only be read" in (scene.store.trouble or "")
    scene.settle(under_way[0])
    scene.ledger.note(Spend(model="m", cost=COST))
    with pytest.raises(StorageFailed):
        scene.store.flushed().result()
    scene.store._writer.connection.execute("PRAGMA query_only = 0")
    scene.settle(under_way[1])
    scene.settle(scene.admit())
    assert scene.spent() == 3 * COST
    assert scene.store.trouble is None
    assert rows(scene.path, "SELECT sum(requests), sum(cost) FROM usage") == [(4, 10**12)]


def test_a_file_that_may_not_grow_is_a_full_disk(scene: Scene) -> None:
    under_way = scene.admit()
    scene.write("PRAGMA max_page_count = 1")  # SQLite takes it for as large as the file is
    with pytest.raises(StorageFull, match="the disk is full") as caught:
        scene.admit_many()
    assert caught.value.status == 507
    scene.settle(under_way)  # frees a row, and takes no page
    scene.store._writer.connection.execute("PRAGMA max_page_count = 100000")
    scene.settle(scene.admit())
    assert scene.spent() == 2 * COST


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as writing:
        while writing.write(b"x" * 4096):
            pass


def test_a_disk_without_room(small_disk: Path) -> None:
    scene = Scene(small_disk / "store")
    under_way = scene.admit()
    ballast = small_disk / "ballast"
    fill(ballast)
    with pytest.raises(StorageFull):
        scene.admit_many()
    scene.settle(under_way)
    with pytest.raises(StorageFull):
        scene.store.flushed().result()
    ballast.unlink()
    scene.settle(scene.admit())
    assert scene.spent() == 2 * COST
    scene.store.close()
    check_laws(scene.path)


def test_a_file_that_somebody_keeps_locked(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "store", patience_seconds=0.05)
    under_way = scene.admit()
    other = sqlite3.connect(scene.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    scene.settle(under_way)
    with pytest.raises(StorageFailed, match="another program keeps it locked"):
        scene.admit()
    other.execute("ROLLBACK")
    other.close()
    assert scene.spent() == COST
    scene.store.close()
    check_laws(scene.path)


def test_one_that_is_locked_for_a_moment_is_waited_for(scene: Scene) -> None:
    other = sqlite3.connect(scene.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def both() -> Admission:
        asked = asyncio.create_task(scene.ledger.admit(scene.key, worst=Decimal(1), tokens=1, model="m"))
        for _ in range(100):
            await asyncio.sleep(0)
        assert not asked.done()
        other.execute("COMMIT")
        return await asked

    assert asyncio.run(both()).worst == 10**12
    other.close()


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        (b"not a database, but long enough to be taken for one" * 100, StorageFailed, "it is no database"),
        ("CREATE TABLE recipes (name)", ConfigurationError, "is a database of something else"),
        ("PRAGMA user_version = 99", ConfigurationError, "was written by a later version of dragoman"),
    ],
)
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes | str, kind: type[Exception], why: str) -> None:
    path = tmp_path / "store"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        connection = sqlite3.connect(path)
        connection.execute(content)
        connection.close()
    before = path.read_bytes()
    with pytest.raises(kind, match=why):
        SqliteStore(path)
    assert [file.name for file in tmp_path.iterdir()] == ["store"]
    if kind is StorageFailed:
        assert path.read_bytes() == before


def test_a_place_that_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed):
        SqliteStore(tmp_path / "file" / "store")


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store"
    Scene(path).store.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(StorageFailed, match="it is damaged"):
        SqliteStore(path)


def test_after_its_end_everybody_is_told_so(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "store")
    scene.store.close()
    for ask in (scene.admit, scene.store.flushed().result, lambda: Keys(scene.store).create("bob")):
        with pytest.raises(StorageFailed, match="is closed"):
            ask()


def test_what_is_under_way_at_the_end_becomes_unknown(tmp_path: Path) -> None:
    scene = Scene(tmp_path / "store")
    scene.admit()
    scene.store.close()
    assert [hold.why for hold in scene.store.unknown_holds()] == ["its process ended"]
    assert rows(scene.path, "SELECT inside FROM gates") == [(0,)]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["store"]
