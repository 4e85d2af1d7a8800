"""Worker: what runs in a worker process of the DataLoader.

    through the pipe to a worker:     None               an epoch begins
                                      (number, index)    fetch that batch
                                      closed             the loader is gone: end
    and back:                         (number, ended), batch      two pickles in one message; in place of a batch
                                                                  an ExceptionWrapper, or StreamEnded

Three threads of a worker share this. The main one fetches. One receives, so that the loader never waits to hand over
a task, and so that the end is noticed whatever the main thread is at. One sends, so that the next batch is made while
earlier ones wait to be read.  Read next: multiprocess.py, the other end of the pipe.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import queue
import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler

import numpy as np

from ...ops.sampling import manual_seed
from ...settings import limit_blas
from ...tensor import Tensor
from .dataset import Dataset
from .fetch import Fetcher

GRACE = 5.0  # seconds in which a worker ends by itself once the loader has gone
CLOSED = object()  # the last of a worker's tasks: the pipe has closed


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Which worker this process is: its number, of how many; its seed; its copy of the dataset."""

    id: int
    num_workers: int
    seed: int
    dataset: Dataset
    rng: None = None  # torch's, for workers that are threads
    worker_method: str = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process its WorkerInfo, elsewhere None.

    https://pytorch.org/docs/stable/data.html#torch.utils.data.get_worker_info
    """
    return _worker_info


class StreamEnded:
    """In place of a batch: this worker's stream has no more examples."""


class ExceptionWrapper:
    """The exception being handled, as its type and the text of its traceback: what can go to another process."""

    def __init__(self, where: str, error: Exception):
        self.type, self.message = type(error), f"Caught {type(error).__name__} {where}.\nOriginal "
        self.message += "".join(traceback.format_exception(type(error), error, error.__traceback__))
        try:
            pickle.dumps(self.type)
        except Exception:  # a local class, which nobody else could find
            self.type = RuntimeError

    def reraise(self) -> None:
        """Raise the like of it: of the same type, if that can be made of a text alone, else a RuntimeError."""
        if getattr(self.type, "message", None):
            raise self.type(message=self.message)
        try:
            error = self.type(Verbatim(self.message) if self.type is KeyError else self.message)
        except Exception:  # its type wants other arguments
            raise RuntimeError(self.message) from None
        try:
            raise error
        finally:
            del error  # else it and this frame keep one another, and the loader's iterator, until garbage is collected


class Verbatim(str):
    """A text that is its own repr: a KeyError shows the repr of its argument."""

    __repr__ = str.__str__


class BatchPickler(ForkingPickler):
    """Refuses what would lose its gradient on the way, and leaves behind the memory that a view does not show."""

    def reducer_override(self, obj):
        if isinstance(obj, Tensor) and obj.requires_grad and not obj.is_leaf:
            raise RuntimeError("Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd "
                               "does not support crossing process boundaries.  If you just want to transfer the data, "
                               "call detach() on the tensor before serializing (e.g., putting it on the queue).")
        if isinstance(obj, Tensor) and obj.untyped_storage().nbytes() > obj.nbytes:
            return obj.detach().clone().requires_grad_(obj.requires_grad).__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        return NotImplemented


def work(pipe: Connection, worker_id: int, num_workers: int, base_seed: int, init_fn: Callable | None,
         fetching: tuple) -> None:
    """The worker process: fetch what is asked for until the pipe closes."""
    tasks, messages = queue.Queue(), queue.SimpleQueue()
    threading.Thread(target=receive, args=(pipe, tasks), daemon=True).start()
    threading.Thread(target=send, args=(pipe, messages), daemon=True).start()

    def guarded(call, *arguments):
        """What the call returns, or what went wrong."""
        try:
            return call(*arguments)
        except Exception as error:
            if isinstance(error, StopIteration) and isinstance(call, Fetcher) and call.examples is not None:
                return StreamEnded()
            return ExceptionWrapper(f"in DataLoader worker process {worker_id}", error)

    with contextlib.suppress(KeyboardInterrupt):  # the loader's process gets it as well, and raises it
        prepare(worker_id, num_workers, base_seed, fetching[0])
        started = guarded(init_fn, worker_id) if init_fn else None
        fetch = None
        for task in iter(tasks.get, CLOSED):
            if task is None:
                fetch = started if isinstance(started, ExceptionWrapper) else guarded(Fetcher, *fetching)
            elif not isinstance(fetch, StreamEnded):
                number, index = task
                batch = guarded(fetch, index) if isinstance(fetch, Fetcher) else fetch
                if isinstance(batch, StreamEnded):
                    fetch = batch  # until the next epoch begins
                packed = guarded(pack, number, batch)
                messages.put(pack(number, packed) if isinstance(packed, ExceptionWrapper) else packed)
                del task, batch, packed  # they may be large: not to be kept while waiting


def pack(number: int, batch) -> memoryview:
    """Two pickles in one buffer: the loader reads the first when it comes, the batch when its turn has come."""
    buffer = io.BytesIO()
    for part in ((number, isinstance(batch, StreamEnded)), batch):
        BatchPickler(buffer, -1).dump(part)
    return buffer.getbuffer()


def prepare(worker_id: int, num_workers: int, base_seed: int, dataset: Dataset) -> None:
    """Seeds as torch's workers have them, one BLAS thread, and `get_worker_info`.

    Every generator starts from base_seed + worker_id, but NumPy's, whose Mersenne Twister is the same machine as
    random's: it starts from a hash of the two numbers, which is NumPy's own SeedSequence.
    """
    global _worker_info
    seed = base_seed + worker_id
    random.seed(seed)
    manual_seed(seed)
    np.random.seed(np.random.SeedSequence([worker_id, base_seed % 2**32, base_seed >> 32, 0]).generate_state(4))
    limit_blas(1)  # the workers are the parallelism
    _worker_info = WorkerInfo(worker_id, num_workers, seed, dataset)


def receive(pipe: Connection, tasks: queue.Queue) -> None:
    """A worker's second thread: tasks come in; when the loader has gone, so must this process, within GRACE."""
    try:
        while True:
            tasks.put(pipe.recv())
    except (EOFError, OSError):
        pass
    finally:
        with tasks.mutex:
            tasks.queue.clear()  # nobody waits for these any more
        tasks.put(CLOSED)
        time.sleep(GRACE)
        os._exit(1)


def send(pipe: Connection, messages: queue.SimpleQueue) -> None:
    """A worker's third thread: messages go out, until nobody listens."""
    with contextlib.suppress(OSError):
        while True:
            pipe.send_bytes(messages.get())
