"""Files, pickles and copies against torch: what one library saves, the other loads."""

import collections
import copy
import io
import pickle
import types

import numpy as np
import pytest
from alike import alike, same
from hypothesis import given
from hypothesis import strategies as st

import minitorch

torch = pytest.importorskip("torch")

TYPES = ("bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 complex64 complex128").split()
FORMATS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def saved(library, thing, **options) -> bytes:
    buffer = io.BytesIO()
    library.save(thing, buffer, **options)
    return buffer.getvalue()


def loaded(library, content: bytes, **options):
    return library.load(io.BytesIO(content), **options)


def facts(value, library):
    """A value as plain data that compares across the libraries: of a tensor all that a file keeps."""
    if isinstance(value, library.Tensor):
        attributes = {k: facts(v, library) for k, v in vars(value).items() if k not in ("_backward_hooks",)}
        return (type(value).__name__, str(value.dtype).split(".")[1], tuple(value.shape), value.stride(),
                value.storage_offset() if value.numel() else 0, value.untyped_storage().nbytes(), value.requires_grad,
                value.is_leaf, value.detach().numpy().tolist(), attributes)
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [facts(v, library) for v in value]
    if isinstance(value, dict):
        return type(value).__name__, [(facts(k, library), facts(v, library)) for k, v in value.items()], facts(
            getattr(value, "_metadata", None), library)
    if isinstance(value, (library.dtype, library.device, library.layout)):
        return str(value).replace("minitorch", "torch")
    if isinstance(value, library.storage.TypedStorage):
        return "storage", value.tolist()
    return type(value).__name__, value


def with_attributes(t):
    x, p = t.arange(3.0), t.nn.Parameter(t.ones(2))
    x.note, p.note = {"seen": 3}, [t.zeros(1)]
    return [x, p]


def model(t):
    t.manual_seed(0)
    return t.nn.Sequential(t.nn.Conv2d(1, 2, 3, bias=False), t.nn.BatchNorm2d(2), t.nn.ReLU(), t.nn.Flatten(),
                           t.nn.Linear(8, 2))


def images(t):
    return t.arange(32.0).sin().view(2, 1, 4, 4)


def trained(t):
    net = model(t)
    optimizer = t.optim.Adam(net.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        net(images(t)).square().sum().backward()
        optimizer.step()
    return {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}


def shared(t):
    x = t.arange(12.0)
    return [x, x[3:], x.view(3, 4).t(), x.view(3, 4)[1:, ::2], x]


THINGS = {
    "plain": lambda t: {"a": [1, -70000, 2**70, 1.5, None, True, "text", "\u00fc\U0001f600"], (1, "b"): (), 3: {}},
    "containers": lambda t: [collections.OrderedDict(a=1), collections.Counter("aab"), {1, 2}, b"bytes\xff",
                             bytearray(b"ab"), 1 + 2j, t.Size([2, 3])],
    "types": lambda t: [t.float32, t.bool, t.uint16, t.device("cpu"), t.strided],
    "tensor": lambda t: t.arange(6.0).reshape(2, 3),
    "all types": lambda t: {name: t.tensor([0, 1, 1]).to(getattr(t, name)) for name in TYPES},
    "no elements": lambda t: [t.zeros(0), t.zeros(2, 0, 3), t.zeros(()), t.zeros(3)[3:]],
    "views": shared,
    "expanded": lambda t: t.arange(3.0)[:, None].expand(3, 4),
    "of storage": lambda t: [t.arange(3.0).untyped_storage(), t.arange(3).storage()],
    "fortran order": lambda t: t.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3))),
    "requires grad": lambda t: [t.ones(2, requires_grad=True), t.nn.Parameter(t.ones(2)),
                                t.nn.Parameter(t.arange(2), requires_grad=False)],
    "computed": lambda t: t.ones(2, requires_grad=True) * 2,
    "attributes": with_attributes,
    "buffer": lambda t: t.nn.Buffer(t.ones(1), persistent=False),
    "state dict": lambda t: model(t).state_dict(),
    "checkpoint": trained,
    "rng state": lambda t: t.manual_seed(3).get_state(),
    "hashed": lambda t: {t.float32: 2, t.device("cpu"): 3, t.Size([1, 2]): 4},
    "one thing twice": lambda t: [[x, x] for x in [t.ones(1)]],
}


# ---------------------------------------------------------------- both ways


# torch writes storages without a type of numbers to legacy files, and cannot read them.
CASES = [(make, zipped, name) for name, make in THINGS.items() for zipped in (True, False)
         if zipped or name not in ("of storage", "all types")]


@pytest.mark.parametrize("make,zipped", [case[:2] for case in CASES], ids=[f"{c[2]}-{c[1]}" for c in CASES])
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_each_loads_what_the_other_saves(make, zipped):
    seen = []
    for writer in (torch, minitorch):
        content = saved(writer, make(writer), _use_new_zipfile_serialization=zipped)
        there, here = facts(loaded(torch, content), torch), facts(loaded(minitorch, content), minitorch)
        assert here == there, writer.__name__
        seen.append(there)
    same(*seen, "what the two wrote", 1e-5)  # a trained model's numbers differ in the last bits


def test_all_types_in_the_legacy_format():
    things = THINGS["all types"](minitorch)
    again = loaded(minitorch, saved(minitorch, things, _use_new_zipfile_serialization=False))
    assert facts(again, minitorch) == facts(things, minitorch)


def test_an_optimizer_goes_on_with_the_state_of_the_other():
    after = []
    for writer, reader in ((torch, torch), (torch, minitorch), (minitorch, torch), (minitorch, minitorch)):
        state = loaded(reader, saved(writer, trained(writer)))
        net = model(reader)
        optimizer = reader.optim.Adam(net.parameters(), lr=0.5)
        net.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        net(images(reader)).square().sum().backward()
        optimizer.step()
        after.append([p.detach().numpy() for p in net.parameters()])
    for others in after[1:]:
        same(others, after[0], "parameters", 1e-4)


@given(data=st.data())
def test_any_window_on_any_storage(data):
    """Shape, strides and offset of a view come back, whoever wrote and whoever reads."""
    shape = data.draw(st.lists(st.integers(1, 4), max_size=3))
    stride = data.draw(st.lists(st.integers(0, 3), min_size=len(shape), max_size=len(shape)))
    offset, dtype = data.draw(st.integers(0, 5)), data.draw(st.sampled_from(TYPES))
    zipped = data.draw(st.booleans()) or dtype in ("uint16", "uint32", "uint64")  # torch cannot read these
    contents = []
    for t in (torch, minitorch):
        x = t.arange(40).to(getattr(t, dtype)).as_strided(shape, stride, offset)
        contents.append(saved(t, [x, x[:1] if shape else x], _use_new_zipfile_serialization=zipped))
    expected = facts(loaded(torch, contents[0]), torch)
    for content in contents:
        assert facts(loaded(minitorch, content), minitorch) == expected
        assert facts(loaded(torch, content), torch) == expected


@FORMATS
def test_memory_is_shared_after_loading_and_saved_once(zipped):
    content = saved(minitorch, [minitorch.zeros(1000)] * 2 + [minitorch.zeros(1000)[i:] for i in range(1)])
    assert len(content) < 9500
    x = minitorch.arange(4.0)
    for t in (torch, minitorch):
        whole, rest, again = loaded(t, saved(minitorch, [x, x[1:], x], _use_new_zipfile_serialization=zipped))
        rest[0] = 9
        assert whole.tolist() == [0, 9, 2, 3] and again is whole


@pytest.mark.parametrize("dtype", TYPES)
def test_byte_order_of_another_machine(dtype, monkeypatch):
    numbers = np.arange(5).astype(dtype)
    monkeypatch.setattr(minitorch.serialization.writer, "sys", types.SimpleNamespace(byteorder="big"))
    for zipped in (True, False):
        content = saved(minitorch, minitorch.from_numpy(numbers.byteswap()), _use_new_zipfile_serialization=zipped)
        if dtype in ("uint16", "uint32", "uint64"):
            with pytest.raises(NotImplementedError, match="byte order"):
                loaded(minitorch, content)
        else:
            assert loaded(minitorch, content).numpy().tolist() == numbers.tolist()


def test_conjugate_and_negative_bits_of_torch():
    z = torch.tensor([1 + 2j, 3 - 4j])
    for x in (z.conj(), z.conj().imag, z.repeat(10000).conj()):
        assert loaded(minitorch, saved(torch, x)).tolist() == x.tolist()


def test_bfloat16_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="torch.bfloat16"):
        loaded(minitorch, saved(torch, torch.ones(1, dtype=torch.bfloat16)))


def test_paths_files_and_mmap(tmp_path):
    path = tmp_path / "deep.er.pt"
    minitorch.save({"x": minitorch.arange(5.0), "y": minitorch.zeros(0)}, path)
    theirs = torch.load(path, mmap=True)
    assert theirs["x"].tolist() == [0, 1, 2, 3, 4] and theirs["x"].data_ptr() % 64 == 0
    torch.save({"x": torch.arange(5.0), "y": torch.zeros(0)}, path)
    for source in (path, str(path), open(path, "rb")):
        assert minitorch.load(source)["x"].tolist() == [0, 1, 2, 3, 4]
    mapped = minitorch.load(path, mmap=True)["x"]
    mapped[0] = 7  # in memory only
    assert mapped.untyped_storage().nbytes() == 20 and minitorch.load(path)["x"][0] == 0
    written = []
    stream = types.SimpleNamespace(write=lambda piece: written.append(bytes(piece)) or len(written[-1]),
                                   flush=lambda: None)
    minitorch.save(minitorch.ones(2), stream)  # it can only be written to
    assert torch.load(io.BytesIO(b"".join(written))).tolist() == [1, 1]
    inside = io.BytesIO(b"before" + saved(torch, torch.ones(2), _use_new_zipfile_serialization=False) + b"after")
    inside.seek(6)
    assert minitorch.load(inside).tolist() == [1, 1] and inside.read() == b"after"


def test_large_plain_data():
    thing = {"text": "a" * 10**6, "bytes": b"a" * 10**6, "array": bytearray(b"a" * 10**6), "set": set(range(10**5)),
             "keys": {(k, (k, k)): k for k in range(10**4)}}
    for t in (torch, minitorch):
        assert loaded(minitorch, saved(t, thing)) == thing == loaded(torch, saved(t, thing))


def test_map_location():
    content = saved(torch, torch.arange(3.0))
    seen = []

    def there(storage, place):
        seen.append((type(storage), len(storage), place))
        return storage

    for where in ("cpu", minitorch.device("cpu"), {"cpu": "cpu"}, {"cuda:0": "cpu"}, there, lambda *_: None):
        assert loaded(minitorch, content, map_location=where).tolist() == [0, 1, 2]
    assert seen == [(minitorch.UntypedStorage, 12, "cpu")]


# ---------------------------------------------------------------- errors


class Unpicklable:
    def __reduce__(self):
        raise TypeError("cannot be pickled")


ERRORS = {
    "no file": lambda t: t.load("/nowhere/x.pt"),
    "no folder": lambda t: t.save(1, "/nowhere/x.pt"),
    "not a file": lambda t: t.load(3),
    "not a file to write": lambda t: t.save(3, 3),
    "another pickle": lambda t: loaded(t, pickle.dumps(5, 2)),
    "pickle_module": lambda t: loaded(t, saved(t, 1), weights_only=True, pickle_module=pickle),
    "mmap of no path": lambda t: loaded(t, saved(t, 1), mmap=True),
    "unknown place": lambda t: loaded(t, saved(t, t.ones(1)), map_location="nowhere"),
    "two types": lambda t: saved(t, [t.ones(1), t.ones(1).view(t.int32)] and [x := t.ones(2), x.view(t.int32)]),
    "unpicklable": lambda t: saved(t, Unpicklable()),
    "deepcopy": lambda t: copy.deepcopy(t.ones(1, requires_grad=True) * 2),
    "index": lambda t: t.ones(1).untyped_storage()[4],
    "slice": lambda t: t.ones(1).storage()[0:1],
    "safe globals": lambda t: t.serialization.add_safe_globals([(1, 2, 3)]) or loaded(t, saved(t, frozenset())),
}


@pytest.mark.parametrize("script", ERRORS.values(), ids=ERRORS)
def test_errors(script, monkeypatch):
    script.__name__ = "script"
    try:
        alike(script, torch)
    finally:
        torch.serialization.clear_safe_globals()
        minitorch.serialization.clear_safe_globals()


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
@FORMATS
def test_a_cut_file(zipped, cut):
    content = saved(torch, torch.arange(100.0), _use_new_zipfile_serialization=zipped)
    with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)):
        loaded(minitorch, content[:int(cut * len(content))])


# ---------------------------------------------------------------- what the user declares safe


class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x


def test_safe_globals():
    content = saved(torch, [Point(3), np.float32(2)])
    for t in (torch, minitorch):
        with pytest.raises(pickle.UnpicklingError, match="GLOBAL test_serialization.Point was not an allowed global"):
            loaded(t, content)
        assert sorted(t.serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(content))) == [
            "numpy._core.multiarray.scalar", "numpy.dtype", "test_serialization.Point"]
        trusted = [Point, np._core.multiarray.scalar, np.dtype, type(np.dtype("f4"))]
        with t.serialization.safe_globals(trusted):
            assert loaded(t, content) == [Point(3), np.float32(2)]
            assert set(t.serialization.get_safe_globals()) == set(trusted)
        assert t.serialization.get_safe_globals() == []
    with minitorch.serialization.safe_globals([(Point, "test_serialization.Other")]), pytest.raises(
            pickle.UnpicklingError, match="allowed global"):
        loaded(minitorch, content)


# ---------------------------------------------------------------- whole modules


@FORMATS
def test_a_whole_module(zipped):
    """Only with weights_only=False, as in torch; torch's classes are found here, and minitorch's there."""
    for writer in (torch, minitorch):
        net = model(writer).eval()
        content = saved(writer, net, _use_new_zipfile_serialization=zipped)
        for reader in (torch, minitorch):
            with pytest.raises(pickle.UnpicklingError, match="not an allowed global"):
                loaded(reader, content)
            again = loaded(reader, content, weights_only=False)
            assert repr(again) == repr(net) and isinstance(again, reader.nn.Sequential)
            same(again(images(reader)).detach().numpy(), net(images(writer)).detach().numpy(), "outputs", 1e-5)


@pytest.mark.parametrize("name, options", [
    ("RNN", {}), ("RNN", {"nonlinearity": "relu", "bidirectional": True, "num_layers": 2}), ("GRU", {"bias": False}),
    ("GRU", {"bidirectional": True, "num_layers": 2}), ("LSTM", {"proj_size": 2, "num_layers": 2}),
    ("LSTM", {"proj_size": 1, "bidirectional": True, "bias": False}), ("LSTM", {"batch_first": True}),
])
def test_a_whole_recurrent_layer(name, options):
    """It holds its parameters twice, in torch: by name and in a list."""
    for writer in (torch, minitorch):
        writer.manual_seed(0)
        net = getattr(writer.nn, name)(3, 4, **options)
        net.weight_ih_l0 = writer.nn.Parameter(writer.ones_like(net.weight_ih_l0))
        content = saved(writer, net)
        for reader in (torch, minitorch):
            again = loaded(reader, content, weights_only=False)
            again = loaded(reader, saved(reader, again), weights_only=False)  # what was read can be written
            assert repr(again) == repr(net) and again._flat_weights_names == net._flat_weights_names
            assert all(kept is getattr(again, k) for kept, k in zip(again._flat_weights, again._flat_weights_names))
            x, y = ([library.ones(2, 5, 3) for library in (reader, writer)])
            same(again(x)[0].detach().numpy(), net(y)[0].detach().numpy(), "output", 1e-6)
            again(x)[0].sum().backward()
            assert all(p.grad is not None for p in again.parameters())
            again.load_state_dict({k: 0 * p for k, p in again.state_dict().items()})
            assert not again.double()(x.double())[0].any()


def test_a_module_declared_safe():
    content = saved(minitorch, minitorch.nn.ReLU())
    with minitorch.serialization.safe_globals([minitorch.nn.ReLU]), pytest.raises(pickle.UnpicklingError):
        loaded(minitorch, saved(minitorch, minitorch.nn.GELU()))
    with minitorch.serialization.safe_globals([minitorch.nn.ReLU]):
        assert isinstance(loaded(minitorch, content), minitorch.nn.ReLU)


@pytest.mark.parametrize("protocol", range(1, 6))
def test_pickle_protocols(protocol):
    """All but 2 are for those who trust the file, as in torch."""
    x, f = minitorch.arange(3.0), minitorch.nn.functional.relu
    content = saved(minitorch, [x, minitorch.Size([2]), f, minitorch.nn.ReLU], pickle_protocol=protocol)
    assert str(loaded(torch, content, weights_only=False)[:2]) == str([torch.arange(3.0), torch.Size([2])])
    again, size, *rest = loaded(minitorch, content, weights_only=False)
    assert again.tolist() == [0, 1, 2] and size == (2,) and rest == [f, minitorch.nn.ReLU]
    content = saved(minitorch, [minitorch.channels_last, minitorch.strided], pickle_protocol=protocol)
    assert loaded(minitorch, content, weights_only=False) == [minitorch.channels_last, minitorch.strided]
    with pytest.raises(NotImplementedError, match="pickle_protocol"):
        saved(minitorch, x, pickle_protocol=0)


def test_generator():
    for writer in (torch, minitorch):
        g = writer.Generator().manual_seed(5)
        writer.rand(3, generator=g)
        content = saved(writer, g)
        expected = writer.rand(3, generator=g).tolist()
        for reader in (torch, minitorch):
            assert reader.rand(3, generator=loaded(reader, content, weights_only=False)).tolist() == expected


# ---------------------------------------------------------------- pickle and copy


class Named(minitorch.Tensor):
    pass


COPIES = {
    "pickle": lambda t: [pickle.loads(pickle.dumps(x)) for x in shared(t)],
    "pickled parameter": lambda t: pickle.loads(pickle.dumps(with_attributes(t))),
    "types pickled": lambda t: pickle.loads(pickle.dumps([t.ones(1, dtype=t.bool), t.ones(1, dtype=t.complex64)], 2)),
    "computed": lambda t: pickle.loads(pickle.dumps(THINGS["computed"](t))),
    "deepcopy": lambda t: copy.deepcopy(shared(t)),
    "deepcopied attributes": lambda t: copy.deepcopy(with_attributes(t)[0]),
    "deepcopied parameter": lambda t: copy.deepcopy(t.nn.Parameter(t.ones(2))),
    "deepcopied storage": lambda t: copy.deepcopy(t.ones(2).storage()),
    "copy": lambda t: [copy.copy(x) for x in shared(t)],
    "copied attributes": lambda t: [copy.copy(x) for x in with_attributes(t)],
    "copy of computed": lambda t: copy.copy(THINGS["computed"](t)),
    "expanded": lambda t: copy.deepcopy(THINGS["expanded"](t)),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES)
def test_copies(make):
    assert facts(make(minitorch), minitorch) == facts(make(torch), torch)


SHARING = {
    "deepcopy shares what shared": lambda t: (lambda x, y: [x.add_(1), y])(*copy.deepcopy(shared(t))[:2]),
    "deepcopy shares nothing with its original": lambda t: (lambda x: [copy.deepcopy(x).add_(1), x])(t.ones(2)),
    "copy shares": lambda t: (lambda x: [copy.copy(x).add_(1), x])(t.ones(2)),
    "pickle shares nothing": lambda t: (lambda x, y, *_: [x.add_(1), y])(*pickle.loads(pickle.dumps(shared(t)))),
    "resized after deepcopy": lambda t: copy.deepcopy(t.arange(3.0)).resize_(4)[:3],
}


@pytest.mark.parametrize("script", SHARING.values(), ids=SHARING)
def test_what_copies_share(script):
    script.__name__ = "script"
    alike(script, torch)


def test_deepcopy_copies_the_gradient_of_a_leaf():
    for t in (torch, minitorch):
        x, p = t.ones(2, requires_grad=True), t.nn.Parameter(t.ones(2))
        (x * p * 3).sum().backward()
        again, parameter = copy.deepcopy([x, p])
        again.grad.zero_()
        assert x.grad.tolist() == [3, 3] and again.requires_grad and parameter.grad is None


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)),
                                   lambda x: loaded(minitorch, saved(minitorch, x), weights_only=False)])
def test_subclasses_stay(again):
    x = minitorch.ones(2).as_subclass(Named) if hasattr(minitorch.Tensor, "as_subclass") else Named([1.0, 1.0])
    x.note = 3
    y = again(x)
    assert type(y) is Named and y.note == 3 and y.tolist() == [1, 1]


# ---------------------------------------------------------------- storage


STORAGES = {
    "bytes": lambda t: t.arange(3.0).untyped_storage().tolist(),
    "numbers": lambda t: t.arange(6.0)[2:4].storage().tolist(),
    "sizes": lambda t: [(s.size(), s.nbytes(), len(s), s.element_size()) for x in [t.arange(6)[2:]]
                        for s in (x.storage(), x.untyped_storage())],
    "items": lambda t: [t.arange(3.0).storage()[-1], t.arange(3.0).untyped_storage()[-1]],
    "part": lambda t: t.arange(3).untyped_storage()[8:16].tolist(),
    "made": lambda t: [t.UntypedStorage([1, 2]).tolist(), len(t.UntypedStorage(3)), len(t.UntypedStorage())],
    "written": lambda t: [x for x in [t.zeros(2)] for s in [x.storage()] if s.__setitem__(1, 3.0) is None],
    "bytes written": lambda t: [x for x in [t.zeros(2, dtype=t.uint8)]
                                if x.untyped_storage().__setitem__(1, 3) is None],
    "clone": lambda t: [x for x in [t.zeros(1)] if x.storage().clone().__setitem__(0, 3.0) is None],
    "address": lambda t: [x.untyped_storage().data_ptr() == x.data_ptr() - 8 for x in [t.arange(3)[1:]]],
    "no address": lambda t: t.zeros(0).untyped_storage().data_ptr(),
    "the same": lambda t: [x.untyped_storage() == y.untyped_storage() for x in [t.ones(3)] for y in [x[1:], t.ones(3)]],
    "device": lambda t: str(t.ones(1).untyped_storage().cpu().device),
    "of a transpose": lambda t: t.arange(6).view(2, 3).t().storage().tolist(),
    "text": lambda t: [str(s).replace("minitorch", "torch") for x in [t.ones(1)]
                       for s in (x.storage(), x.untyped_storage())],
}


@pytest.mark.parametrize("script", STORAGES.values(), ids=STORAGES)
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_storage(script):
    script.__name__ = "script"
    alike(script, torch)


def test_memory_with_gaps_is_copied():
    """A NumPy array's memory need not be dense; its tensor's storage then is."""
    spread = np.lib.stride_tricks.as_strided(np.arange(10.0), (3,), (24,))
    x = minitorch.from_numpy(spread)
    assert loaded(torch, saved(minitorch, x)).tolist() == copy.deepcopy(x).tolist() == [0, 3, 6]
