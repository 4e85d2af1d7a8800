"""Batches that worker processes make: one pipe to each worker, no thread and no lock in this process.

Batches are numbered as they are handed out, to one worker after another, and returned in that order, whoever is ready
first. `prefetch_factor` of them per worker are under way at any time. A pipe's end tells all there is to tell about
its worker: readable, a batch has come; at its end, the worker has died. So a wait for batches is also the watch for
deaths, and to close a pipe is to send its worker home.

Tensors cross by pickle, through the pipe (torch's in shared memory): small batches sooner than torch's, batches of tens
of megabytes later.
Read next: dataloader.py.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import signal
import time
import warnings
import weakref
from itertools import cycle
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from .batches import Batches
from .worker import GRACE, ExceptionWrapper, work

if TYPE_CHECKING:
    from .dataloader import DataLoader


class Workers:
    """Worker processes and the pipes to them; `close()` ends them, and so does the end of this object or program."""

    def __init__(self, context, number: int, *what: tuple):
        self.pipes, self.processes = [], []
        self.close = weakref.finalize(self, close, self.pipes, self.processes)
        OPEN.add(self)
        for k in range(number):
            ours, theirs = context.Pipe()
            self.pipes.append(ours)
            process = context.Process(target=work, args=(theirs, k, number, *what), daemon=True)
            try:
                process.start()
            except (TypeError, AttributeError, pickle.PicklingError):
                warnings.warn("Got pickle error when attempting to start a worker Process. "
                              "This might be because the worker Process arguments are not picklable. "
                              "Python 3.14+ changed the multiprocessing start method in non-Mac POSIX platforms "
                              "to 'forkserver', which requires the worker Process arguments to be picklable. "
                              "You can also try multiprocessing.set_start_method('fork').", stacklevel=2)
                raise
            theirs.close()  # the worker has the only other end now, so the pipe ends when it does
            self.processes.append(process)


def close(pipes: list, processes: list) -> None:
    """Close the pipes, wait for the workers to end, kill those that do not."""
    for pipe in pipes:
        pipe.close()
    deadline = time.monotonic() + GRACE
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


OPEN: weakref.WeakSet[Workers] = weakref.WeakSet()


def disown() -> None:
    """In a forked process: the workers are its parent's, and a pipe must not stay open for a copy of its end here."""
    for workers in OPEN:
        workers.close.detach()
        for pipe in workers.pipes:
            pipe.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=disown)


class MultiProcessBatches(Batches):
    """One epoch of batches from worker processes; of a loader with persistent workers, one epoch after another."""

    advice = ("For multiprocessing data-loading, this could be caused by not properly configuring the "
              "IterableDataset replica at each worker. Please see "
              "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples.")

    def __init__(self, loader: DataLoader):
        super().__init__(loader)
        if loader.prefetch_factor <= 0:
            raise AssertionError("prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter")
        self.num_workers, self.under_way = loader.num_workers, loader.prefetch_factor * loader.num_workers
        self.in_order, self.timeout, self.persistent = loader.in_order, loader.timeout, loader.persistent_workers
        self.number = 0  # of the next batch; counted through all epochs, so that none is taken for another's
        self.workers = Workers(loader.multiprocessing_context or multiprocessing.get_context(), self.num_workers,
                               self.base_seed, loader.worker_init_fn, self.fetching)
        self.start_epoch(loader)

    def start_epoch(self, loader: DataLoader) -> None:
        """Ask each worker to begin anew, and for its first batches; what is still under way is dropped on arrival."""
        self._begin(loader)  # a second time in the first epoch, as torch: a sampler may draw at that
        self.asked, self.arrived = {}, {}  # number: worker, in order; number: the batch's pickle
        self.active, self.turns = set(range(self.num_workers)), cycle(range(self.num_workers))
        for worker in range(self.num_workers):
            self._send(worker, None)
        for _ in range(self.under_way):
            self._ask()

    def _next_batch(self):
        try:
            while self.asked:
                number = next(iter(self.asked if self.in_order else self.arrived or self.asked))
                if number in self.arrived:
                    return self._take(number)
                if self.asked[number] in self.active:
                    self._receive()
                else:  # its worker's stream ended before it, or its worker died
                    del self.asked[number]
        except KeyboardInterrupt:  # a message may be half read
            self.workers.close()
            self.asked.clear()
            raise
        if not self.persistent:
            self.workers.close()
        raise StopIteration

    def _ask(self) -> None:
        """Give the next index to the worker whose turn it is (out of order: that has not more than its share)."""
        try:
            index = next(self.indices)
        except StopIteration:
            return
        for _ in range(self.num_workers):
            worker = next(self.turns)
            if worker in self.active and (
                    self.in_order or list(self.asked.values()).count(worker) < self.under_way // len(self.active)):
                number, self.number = self.number, self.number + 1
                self.asked[number] = worker
                return self._send(worker, (number, index))

    def _send(self, worker: int, message) -> None:
        try:
            self.workers.pipes[worker].send(message)
        except OSError:
            self._report_death(worker)

    def _receive(self) -> None:
        """Wait until something comes: batches, or the end of a worker's stream, or of a worker."""
        pipes = {self.workers.pipes[worker]: worker for worker in self.active}
        ready = wait(pipes, self.timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds")
        for pipe in ready:
            try:
                message = io.BytesIO(pipe.recv_bytes())
            except (EOFError, OSError):
                self._report_death(pipes[pipe])
            number, ended = pickle.load(message)
            if number not in self.asked:  # of an epoch that was broken off
                continue
            if ended:
                self.active.remove(pipes[pipe])
                self._ask()
            else:
                self.arrived[number] = message

    def _take(self, number: int):
        """The batch of that number, unpickled; another is asked for in its place."""
        message = self.arrived.pop(number)
        del self.asked[number]
        self._ask()
        batch = pickle.load(message)
        if isinstance(batch, ExceptionWrapper):
            batch.reraise()
        return batch

    def _report_death(self, worker: int) -> None:
        """Raise what torch says of a worker that has died, and from what it died of."""
        self.workers.processes[worker].join(1)  # the pipe ends a moment before the process
        dead = {k: self.workers.processes[k] for k in sorted(self.active)
                if k == worker or not self.workers.processes[k].is_alive()}
        self.active -= dead.keys()
        pid, code = self.workers.processes[worker].pid, self.workers.processes[worker].exitcode
        cause = f"DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. Details are lost due to " \
                "multiprocessing. Rerunning with num_workers=0 may give better error trace."
        if code is not None and code < 0:
            cause = f"DataLoader worker (pid {pid}) is killed by signal: {signal.strsignal(-code)}. "
        pids = ", ".join(str(process.pid) for process in dead.values())
        raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly") from RuntimeError(cause)
