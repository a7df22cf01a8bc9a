from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import torch

from ser_desktop.core.errors import Cancelled, TrainingError
from trainer.workers import Workers, current_worker


def square(n: int) -> int:
    current_worker().tell(f"squaring {n}")
    return n * n


def n_threads(_n: int) -> int:
    return torch.get_num_threads()


def die(_n: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def work_until_told(_n: int) -> None:
    current_worker().tell("working")
    while True:
        current_worker().check()
        time.sleep(0.01)


def fail(n: int) -> None:
    raise TrainingError(f"task {n} failed")


@pytest.fixture(params=[1, 2], ids=["here", "two processes"])
def n_workers(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def heard() -> list[object]:
    return []


@pytest.fixture
def workers(n_workers: int, heard: list[object]) -> Iterator[Workers]:
    pool = Workers(n_workers, heard.append)
    yield pool
    pool.close()


def test_every_task_gives_its_result_and_is_heard(workers: Workers, heard: list[object]) -> None:
    results = dict(workers.run(square, list(range(7))))
    assert results == {n: n * n for n in range(7)}
    assert sorted(map(str, heard)) == sorted(f"squaring {n}" for n in range(7))


def tell_much(n: int) -> int:
    current_worker().tell("x" * n)
    return n


def test_what_a_task_told_is_heard_before_its_result_however_long_it_takes(
    workers: Workers, heard: list[object]
) -> None:
    for n, _ in workers.run(tell_much, [30_000_000, 20_000_000]):
        assert n in {len(str(event)) for event in heard}


def test_tasks_have_one_thread_so_that_results_do_not_depend_on_their_number(workers: Workers) -> None:
    before = torch.get_num_threads()
    assert {found for _, found in workers.run(n_threads, [1, 2])} == {1}
    assert torch.get_num_threads() == before


def test_an_error_in_a_task_is_the_callers(workers: Workers) -> None:
    with pytest.raises(TrainingError, match="task 3 failed"):
        list(workers.run(fail, [3]))


def test_tasks_stop_when_they_are_told_to(workers: Workers, heard: list[object]) -> None:
    timer = threading.Timer(0.1, workers.stop)
    if workers.n == 1:
        timer.start()
    with pytest.raises(Cancelled):
        list(workers.run(work_until_told, [1, 2, 3]))
    timer.cancel()


@pytest.fixture(autouse=True)
def _stop_when_working(workers: Workers, request: pytest.FixtureRequest, heard: list[object]) -> Iterator[None]:
    """With processes, stop once one of them is at work."""
    if "tasks_stop" not in request.node.name or workers.n == 1:
        yield
        return

    def watch() -> None:
        while "working" not in heard:
            time.sleep(0.02)
        workers.stop()

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join(timeout=20)


def test_a_process_that_the_system_ends_is_said_in_words() -> None:
    pool = Workers(2)
    try:
        with pytest.raises(TrainingError, match=r"system ended a training process.*same command again"):
            list(pool.run(die, [1, 2]))
    finally:
        pool.close()
