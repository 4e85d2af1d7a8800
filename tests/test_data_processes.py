"""Worker processes however they are started: the same batches; errors, deaths and ends that leave nothing behind.

test_data_workers.py compares the batches with torch's.
"""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import minitorch
from minitorch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info, multiprocess

ALL_STARTS = [start for start in ("fork", "spawn", "forkserver") if start in multiprocessing.get_all_start_methods()]


@pytest.fixture(params=ALL_STARTS[:2])
def start(request):
    return request.param


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent to ask does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # no /proc here
        return True


def gone(pids, seconds: float = 2.0) -> bool:
    """Whether all of these processes end within some seconds."""
    deadline = time.monotonic() + seconds
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


class Noisy(Dataset):
    """Examples drawn from the three generators; by whom, and the how manieth of that process."""

    calls = 0

    def __len__(self):
        return 10

    def __getitem__(self, index):
        self.calls += 1
        return index, minitorch.rand(2), np.random.rand(), os.getpid(), self.calls


class Shards(IterableDataset):
    def __iter__(self):
        info = get_worker_info()
        return iter(range(info.id, 9, info.num_workers))


class Deadly(Dataset):
    """Each example is something to do, and gives the process it was done in."""

    def __init__(self, *deeds):
        self.deeds = deeds

    def __len__(self):
        return len(self.deeds)

    def __getitem__(self, index):
        deed, *arguments = self.deeds[index]
        result = deed(*arguments)
        return os.getpid() if result is None else result


NOTHING = (os.getpid,)


def slowly(result):
    time.sleep(1)
    return result


def fail():
    raise KeyError("no such thing")


def index_error(worker):
    return [][worker]


def local_error():
    class Local(Exception):
        pass
    raise Local("nobody else knows this type")


def lose_gradient():
    return minitorch.ones(2, requires_grad=True) * 2


def unpicklable():
    return lambda: None


def first(batch):
    return batch[0]


def draw(data, start, workers=2):
    minitorch.manual_seed(3)
    loader = DataLoader(data, 3, shuffle=True, num_workers=workers, multiprocessing_context=start)
    return [[value.tolist() for value in batch[:3]] for batch in loader]


# ---------------------------------------------------------------- the same batches, however started


def test_batches_do_not_depend_on_how_workers_are_started():
    drawn = [draw(Noisy(), start) for start in ALL_STARTS]
    assert all(batches == drawn[0] for batches in drawn)
    assert [batch[0] for batch in drawn[0]] == [batch[0] for batch in draw(Noisy(), None, workers=0)]
    assert len({tuple(x) for batch in drawn[0] for x in batch[1]}) == 10  # every example has its own


def test_streams(start):
    batches = [batch.tolist() for batch in DataLoader(Shards(), 2, num_workers=2, multiprocessing_context=start)]
    assert batches == [[0, 2], [1, 3], [4, 6], [5, 7], [8]]


def test_persistent_workers_keep_their_processes_and_datasets(start):
    loader = DataLoader(Noisy(), 5, num_workers=2, multiprocessing_context=start, persistent_workers=True)
    (first_pids, first_calls), (pids, calls), (later_pids, later_calls) = [
        np.array([[batch[3].tolist(), batch[4].tolist()] for batch in loader]).swapaxes(0, 1) for _ in range(3)]
    assert first_pids.tolist() == pids.tolist() == later_pids.tolist() and len(set(pids.ravel())) == 2
    assert [first_calls.max(), calls.max(), later_calls.max()] == [5, 10, 15]
    del loader
    assert gone(pids.ravel().tolist())


def test_workers_of_an_epoch_end_with_it(start):
    loader = DataLoader(Noisy(), 5, num_workers=2, multiprocessing_context=start)
    pids = [{pid for batch in loader for pid in batch[3].tolist()} for _ in range(2)]
    assert pids[0].isdisjoint(pids[1]) and gone(pids[0] | pids[1], 0)


def test_after_a_broken_off_epoch_persistent_workers_begin_anew(start):
    loader = DataLoader(Noisy(), 2, num_workers=2, multiprocessing_context=start, persistent_workers=True)
    for broken_off_after in (0, 1, 3):
        begun = [batch[0].tolist() for batch, _ in zip(loader, range(broken_off_after))]
        assert begun == [[0, 1], [2, 3], [4, 5]][:broken_off_after]
    assert [batch[0].tolist() for batch in loader] == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]


class Wide(Dataset):
    def __getitems__(self, indices):
        return indices


def test_messages_larger_than_a_pipe_holds(start):
    """Neither side waits for the other to read: 5 MB of indices each way, with several under way."""
    indices = [list(range(k, k + 500_000)) for k in range(6)]
    loader = DataLoader(Wide(), batch_sampler=indices, num_workers=2, multiprocessing_context=start, prefetch_factor=3,
                        collate_fn=minitorch.tensor)
    assert [(batch[0].item(), len(batch)) for batch in loader] == [(k, 500_000) for k in range(6)]


def test_slow_workers_out_of_order():
    """Where the order does not matter, a slow batch holds up only what its worker has been given already."""
    loader = DataLoader(Deadly((slowly, 0), *[(int, k) for k in range(1, 6)]), 1, num_workers=2, in_order=False)
    assert [batch.item() for batch in loader] == [1, 3, 4, 5, 0, 2]


# ---------------------------------------------------------------- errors


def error_of(deed, start, collate_fn=None):
    loader = DataLoader(Deadly(NOTHING, deed, NOTHING), 1, num_workers=1, multiprocessing_context=start,
                        collate_fn=collate_fn)
    iterator = iter(loader)
    next(iterator)
    with pytest.raises(Exception) as caught:
        next(iterator)
    assert len(list(iterator)) == 1  # the error took the place of one batch
    return caught.value


def test_error_comes_with_its_traceback(start):
    error = error_of((fail,), start)
    assert type(error) is KeyError
    text = str(error)
    assert text.startswith("Caught KeyError in DataLoader worker process 0.\nOriginal Traceback (most recent call last)"
                           ":\n")
    assert text.rstrip().endswith("KeyError: 'no such thing'") and "in fail\n    raise KeyError(" in text


def test_error_of_a_type_that_cannot_be_sent(start):
    error = error_of((local_error,), start)
    assert type(error) is RuntimeError and "Caught Local in DataLoader worker" in str(error)
    assert "nobody else knows this type" in str(error)


def test_error_of_init_comes_in_place_of_every_batch(start):
    """torch says it once, and then that its worker has no fetcher; its workers must be killed after that."""
    iterator = iter(DataLoader(Noisy(), 5, num_workers=1, worker_init_fn=index_error, multiprocessing_context=start))
    for _ in range(2):
        with pytest.raises(IndexError, match="^Caught IndexError in DataLoader worker process 0.\nOriginal Traceback"):
            next(iterator)
    assert list(iterator) == []


def test_error_leaves_no_worker_behind():
    """With the iterator its workers end: an error holds neither, once it has been handled."""
    gc.disable()
    try:
        iterator = iter(DataLoader(Deadly((fail,), *[NOTHING] * 9), 1, num_workers=2))
        pids = pids_of(iterator)
        try:
            next(iterator)
        except KeyError:
            del iterator
        assert gone(pids, 0)
    finally:
        gc.enable()


def test_batch_that_cannot_be_sent(start):
    """torch waits for ever for the first, and tells of the second on the worker's standard error only."""
    error = error_of((unpicklable,), start, first)
    assert "Can't pickle local object" in str(error) or "Can't get local object" in str(error)
    error = error_of((lose_gradient,), start, first)
    assert type(error) is RuntimeError and "Cowardly refusing to serialize non-leaf tensor" in str(error)


def test_workers_that_cannot_be_started():
    with pytest.warns(UserWarning, match="Got pickle error when attempting to start a worker Process"), \
            pytest.raises((AttributeError, TypeError)):
        iter(DataLoader([1], collate_fn=lambda batch: batch, num_workers=2, multiprocessing_context="spawn"))


def test_timeout(start):
    """In torch's words; the batch is late, not lost."""
    iterator = iter(DataLoader(Deadly(NOTHING, (time.sleep, 0.5), NOTHING), 1, num_workers=1, timeout=5,
                               multiprocessing_context=start))
    pid = next(iterator)
    iterator.timeout = 0.1
    with pytest.raises(RuntimeError, match="^DataLoader timed out after 0.1 seconds$"):
        next(iterator)
    iterator.timeout = 5
    assert list(iterator) == [pid, pid]


# ---------------------------------------------------------------- deaths


def pids_of(iterator) -> list:
    return [process.pid for process in iterator.workers.processes]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_worker_is_reported_within_a_second(start, how, monkeypatch):
    monkeypatch.setattr(multiprocess, "GRACE", 0.1)
    iterator = iter(DataLoader(Deadly(NOTHING, NOTHING, (time.sleep, 60), (time.sleep, 60)), 1, num_workers=2,
                               multiprocessing_context=start))
    pids, killed = [next(iterator).item(), next(iterator).item()], []

    def kill():
        killed.append(time.monotonic())
        os.kill(pids[1], how)

    threading.Timer(0.1, kill).start()
    with pytest.raises(RuntimeError) as caught:
        next(iterator)
    assert time.monotonic() - killed[0] < 1
    assert str(caught.value) == f"DataLoader worker (pid(s) {pids[1]}) exited unexpectedly"
    assert str(caught.value.__cause__) == (f"DataLoader worker (pid {pids[1]}) is killed by signal: "
                                           f"{signal.strsignal(how)}. ")
    del iterator, caught
    gc.collect()
    assert gone(pids)  # the other, which slept, as well


def test_worker_that_exits(start):
    iterator = iter(DataLoader(Deadly((os._exit, 3)), num_workers=1, multiprocessing_context=start))
    with pytest.raises(RuntimeError, match="exited unexpectedly") as caught:
        next(iterator)
    assert "exited unexpectedly with exit code 3" in str(caught.value.__cause__)


def test_worker_that_died_between_epochs(start):
    loader = DataLoader(Noisy(), 5, num_workers=2, multiprocessing_context=start, persistent_workers=True)
    pids = {pid for batch in loader for pid in batch[3].tolist()}
    os.kill(min(pids), signal.SIGKILL)
    assert gone([min(pids)])
    with pytest.raises(RuntimeError, match=rf"\(pid\(s\) {min(pids)}\) exited unexpectedly"):
        list(loader)


def test_iterator_given_up_halfway(start):
    threads = threading.active_count()
    iterator = iter(DataLoader(Noisy(), 1, num_workers=2, multiprocessing_context=start))
    next(iterator)
    pids = pids_of(iterator)
    assert all(map(alive, pids)) and threading.active_count() == threads
    del iterator
    assert gone(pids, 0)


def test_interrupt_ends_the_workers(start, monkeypatch):
    """Ctrl-C while the loop waits for a batch; the next loop over the loader starts new workers."""
    monkeypatch.setattr(multiprocess, "GRACE", 0.1)
    loader = DataLoader(Deadly(NOTHING, (time.sleep, 60)), 1, num_workers=1, multiprocessing_context=start,
                        persistent_workers=True)
    iterator = iter(loader)
    pid = next(iterator).item()
    with pytest.raises(KeyboardInterrupt):
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        next(iterator)
    assert gone([pid], 0) and list(iterator) == []
    assert next(iter(loader)).item() != pid


# ---------------------------------------------------------------- the end of the program


PROGRAM = """
import ctypes, gc, os, sys, time
import numpy as np
from minitorch.utils.data import DataLoader, worker

worker.GRACE = 0.3

class Slow:
    def __len__(self):
        return 1000

    def __getitem__(self, index):
        time.sleep({pause} if index > 1 else 0)
        return index

def threads(_):
    core = np._core if hasattr(np, "_core") else np.core
    library = ctypes.CDLL(core._multiarray_umath.__file__)
    openblas = getattr(library, "scipy_openblas_get_num_threads64_", None)
    return openblas() if openblas else 1

if __name__ == "__main__":
    loaders = [DataLoader(Slow(), num_workers=2, multiprocessing_context="{start}") for _ in range(2)]
    iterators = [iter(loader) for loader in loaders]
    begun = [next(iterator).item() for iterator in iterators]
    print(*[process.pid for iterator in iterators for process in iterator.workers.processes], flush=True)
    {end}
"""


@pytest.fixture
def run(tmp_path):
    """Starts a program that has two loaders of two workers each at work; gives the process, and the workers' pids."""
    started = []

    def run(start, end, pause=0.05):
        file = tmp_path / "program.py"
        file.write_text(PROGRAM.format(start=start, end=end.replace("\n", "\n    "), pause=pause))
        process = subprocess.Popen([sys.executable, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, start_new_session=True,
                                   env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2",
                                        "PYTHONPATH": str(Path(minitorch.__file__).parent.parent)})
        started.append(process)
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) == 4 and all(map(alive, pids)), process.stderr.read()
        return process, pids

    yield run
    for process in started:
        process.kill()
        process.communicate()


FOR_EVER = "while True: [next(iterator) for iterator in iterators]"


@pytest.mark.parametrize("to", [os.killpg, os.kill])
def test_ctrl_c_leaves_no_process_behind(run, start, to):
    """A terminal sends it to all processes; `kill -INT` to one."""
    process, pids = run(start, FOR_EVER)
    to(process.pid, signal.SIGINT)
    errors = process.communicate(timeout=10)[1]
    assert process.returncode == -signal.SIGINT and errors.rstrip().endswith("KeyboardInterrupt")
    assert gone(pids)


@pytest.mark.parametrize("pause", [0.05, 60])
def test_workers_of_a_killed_program_end(run, start, pause):
    """By themselves: at once, or if one is at something long, after the time of grace."""
    process, pids = run(start, "time.sleep(60)", pause)
    process.kill()
    assert gone(pids, 5)


def test_end_of_a_program_with_loops_under_way(run, start):
    process, pids = run(start, "sys.exit(7)")
    assert process.wait(10) == 7 and gone(pids)
    assert process.stderr.read() == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_workers_belong_to_the_process_that_started_them(run):
    """A fork of it that ends, or throws its copy of the iterators away, ends no worker and takes no batch."""
    process, pids = run("fork", """
child = os.fork()
if not child:
    del iterators, loaders
    gc.collect()
    os._exit(0)
os.waitpid(child, 0)
print([next(iterator).item() for iterator in iterators for _ in range(3)])""")
    output, errors = process.communicate(timeout=10)
    assert output == "[1, 2, 3, 1, 2, 3]\n" and errors == "" and gone(pids)


def test_workers_use_one_thread_for_blas(run, start):
    """The program keeps those it has."""
    process, _ = run(start, """
print(threads(0), next(iter(DataLoader([0], None, num_workers=1, collate_fn=threads))), threads(0))""")
    output, errors = process.communicate(timeout=10)
    before, inside, after = map(int, output.split())
    assert errors == "" and inside == 1 and before == after
