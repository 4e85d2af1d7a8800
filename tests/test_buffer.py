"""Tensors over buffers, files and given layouts: values, strides, sentences, and what is shared."""

import numpy as np
import pytest
from twin import same

import minitorch

torch = pytest.importorskip("torch")


def letters():
    return bytearray(b"abcdefgh")


@pytest.mark.parametrize("call", [
    lambda t: t.frombuffer(letters(), dtype=t.int16), lambda t: t.frombuffer(letters(), dtype=t.int16, count=2,
        offset=1),
    lambda t: t.frombuffer(letters(), dtype=t.float32, requires_grad=True), lambda t: t.frombuffer(letters(),
    dtype=t.uint8, count=-3), lambda t: t.frombuffer(np.arange(6.0).reshape(2, 3), dtype=t.float64),
    lambda t: t.frombuffer(bytearray(b"abcdefg"), dtype=t.int16), lambda t: t.frombuffer(letters(), dtype=t.int16,
        count=9),
    lambda t: t.frombuffer(letters(), dtype=t.int16, offset=10), lambda t: t.frombuffer(bytearray(), dtype=t.int16),
    lambda t: t.frombuffer(letters(), dtype=t.int16, count=0), lambda t: t.frombuffer(3, dtype=t.int16),
    lambda t: t.empty_permuted((2, 3, 4), (0, 2, 1)).stride(), lambda t: t.empty_permuted((2, 3), (1, 0)).stride(),
    lambda t: t.empty_permuted((2, 3, 4), (2, 0, 1), dtype=t.int8).stride(), lambda t: t.empty_permuted((2, 3), (0,)),
    lambda t: t.empty_permuted((2, 3), (0, 0)), lambda t: t.empty_permuted((2, 3), (0, 2))])
def test_as_torch(call):
    same(call)


def test_memory_is_shared():
    memory = letters()
    minitorch.frombuffer(memory, dtype=minitorch.uint8, offset=2).fill_(65)
    assert memory == b"abAAAAAA"
    with pytest.warns(UserWarning, match="not writable"):
        minitorch.frombuffer(b"abcd", dtype=minitorch.uint8)
    x = minitorch.ones(3)
    assert x.const_data_ptr() == x.data_ptr()


def test_files(tmp_path):
    def call(t):
        path = str(tmp_path / t.__name__)
        shared = t.from_file(path, shared=True, size=2)  # makes the file
        shared.fill_(1)
        private = t.from_file(path, False, 2)
        private.fill_(2)
        longer = t.from_file(path, True, 3)
        content = (tmp_path / t.__name__).read_bytes()
        return shared, private, longer, len(content), list(content), t.from_file(path), t.from_file(
            path, size=4, dtype=t.int16)
    same(call)


@pytest.mark.parametrize("call", [
    lambda t: t.from_file("no/such/file", True, 3), lambda t: t.from_file("no/such/file", False, 3),
    lambda t: t.from_file("short", size=30)])
def test_files_refused(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "short").write_bytes(b"abcd")
    same(call)
    assert (tmp_path / "short").read_bytes() == b"abcd"


def test_anomaly_mode():
    def call(t):
        found = []
        for arguments in ((True,), (True, False), (False,)):
            t.set_anomaly_enabled(*arguments)
            found.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
        return found
    same(call)
