"""Threads in which models live: in turn, again, to the end of the program, and from a finalizer."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.thread import _global_shutdown_lock

import pytest

from dragoman.engines.workers import Worker, Workers


@pytest.fixture
def worker() -> Worker:
    made = Worker("test")
    yield made
    made.end()


def test_jobs_are_done_in_turn_in_one_thread(worker: Worker) -> None:
    done: list[tuple[int, str]] = []
    for number in range(50):
        last = worker.submit(lambda number=number: done.append((number, threading.current_thread().name)))
    last.result(10)
    assert done == [(number, "test") for number in range(50)]


def test_what_a_job_raises_is_its_result(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda: 1 // 0).result(10)
    assert worker.submit(lambda: None).result(10) is None


def test_a_finalizer_hands_in_a_job_wherever_it_runs(worker: Worker) -> None:
    """Garbage is collected anywhere, also where an executor's lock is held, and a model is freed by such a job."""
    freed = threading.Event()

    class Client:
        def __del__(self) -> None:
            worker.submit(freed.set)

    client = Client()
    client.self = client
    with _global_shutdown_lock:
        del client
        gc.collect()
    assert freed.wait(10)
    with ThreadPoolExecutor(1) as others:
        assert others.submit(int).result(10) == 0


def test_a_free_thread_is_taken_again() -> None:
    workers = Workers()
    first, second = workers.take("a"), workers.take("a")
    workers.give("a", first)
    assert workers.take("b") is not first
    assert workers.take("a") is first is not second


def test_a_program_ends_while_threads_wait() -> None:
    program = (
        "from dragoman.engines.workers import workers\n"
        "worker = workers.take('a')\n"
        "worker.submit(lambda: print('done')).result()\n"
        "worker.submit(lambda: print('and this'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "done\nand this\n"


def test_a_thread_that_outlives_the_main_one_is_still_served() -> None:
    program = (
        "import threading\n"
        "from dragoman.engines.workers import workers\n"
        "worker = workers.take('a')\n"
        "def late():\n"
        "    threading.main_thread().join()\n"
        "    worker.submit(lambda: print('late')).result(10)\n"
        "threading.Thread(target=late).start()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "late\n"


def test_what_is_handed_in_at_exit_is_done_by_who_hands_it_in() -> None:
    program = (
        "import atexit\n"
        "from dragoman.engines.workers import workers\n"
        "worker = workers.take('a')\n"
        "atexit.register(lambda: worker.submit(lambda: print('at exit')).result(10))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert (done.stdout, done.stderr) == ("at exit\n", "")


def test_what_works_is_told_when_nobody_can_hear_it_any_more() -> None:
    program = (
        "from dragoman.engines.workers import workers\n"
        "def endless():\n"
        "    while not workers.are_ending: pass\n"
        "    print('over')\n"
        "workers.take('a').submit(endless)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "over\n"
