"""The thread that calls the model."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from threadpoolctl import threadpool_info

from mlleaks.serving.worker import Worker


@pytest.fixture
def worker():
    made = Worker()
    yield made
    made.close()


def test_calls_run_one_after_another_in_one_other_thread(worker):
    running, threads_used = [], set()

    def call(i):
        running.append(i)
        assert running == [i]
        time.sleep(0.01)
        running.remove(i)
        threads_used.add(threading.get_ident())
        return i * i

    async def all_at_once():
        return await asyncio.gather(*(worker.call(call, i) for i in range(5)))

    assert asyncio.run(all_at_once()) == [0, 1, 4, 9, 16]
    assert len(threads_used) == 1
    assert threading.get_ident() not in threads_used


def test_an_error_reaches_the_caller_and_the_thread_goes_on(worker):
    async def calls():
        with pytest.raises(ZeroDivisionError):
            await worker.call(lambda: 1 / 0)
        return await worker.call(lambda: "still there")

    assert asyncio.run(calls()) == "still there"


def test_numeric_libraries_have_one_thread_there(worker):
    def threads():
        return {pool["num_threads"] for pool in threadpool_info()}

    assert asyncio.run(worker.call(threads)) == {1}


def test_a_call_that_was_given_up_is_not_made(worker):
    made, go = [], threading.Event()

    async def calls():
        first = asyncio.ensure_future(worker.call(go.wait, 10))
        second = asyncio.ensure_future(worker.call(made.append, 1))
        await asyncio.sleep(0.05)
        second.cancel()
        await asyncio.sleep(0)
        go.set()
        await first
        await worker.call(made.append, 2)

    asyncio.run(calls())
    assert made == [2]


def test_closing_waits_no_longer_than_its_patience():
    worker, go = Worker(), threading.Event()

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(worker.call(go.wait, 30), 0.05)

    asyncio.run(give_up())
    began = time.monotonic()
    worker.close(patience=0.2)
    assert time.monotonic() - began < 5
    go.set()
    worker.close()
    Worker().close()  # one that was never used
