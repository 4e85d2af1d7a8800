"""Fourier transforms against torch: values, first and second gradients, lengths, norms, dims, types, refusals."""

import numpy as np
import pytest
from alike import alike
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from test_complex import same_outcomes

import minitorch

torch = pytest.importorskip("torch")

ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = tuple(name + "n" for name in ONE)
TWO = tuple(name + "2" for name in ONE)
REAL_INPUT = ("rfft", "ihfft")


def signal(draw, name: str, shape: tuple):
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    x = rng.uniform(-1, 1, shape)
    real = name.startswith(REAL_INPUT) or draw(st.booleans())
    return x if real else x + 1j * rng.uniform(-1, 1, shape)



quiet = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
norms = st.sampled_from([None, "backward", "ortho", "forward"])


@pytest.mark.parametrize("name", ONE)
def test_one_dimension(name):
    @seed(len(name))
    @quiet
    @given(st.data())
    def check(data):
        x = signal(data.draw, name, data.draw(st.sampled_from([(5,), (6,), (2, 4), (3, 1, 7)])))
        dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
        if name in ("irfft", "hfft") and x.shape[dim] == 1:
            return
        n, norm = data.draw(st.sampled_from([None, 3, 4, 9])), data.draw(norms)
        same_outcomes(lambda t, x: getattr(t.fft, name)(x, n, dim, norm), x)

    check()


@pytest.mark.parametrize("name", SEVERAL + TWO)
def test_several_dimensions(name):
    @seed(len(name))
    @quiet
    @given(st.data())
    def check(data):
        x = signal(data.draw, name, data.draw(st.sampled_from([(4, 5), (2, 3, 4), (5, 2, 2)])))
        dim = data.draw(st.sampled_from([None, (0, 1), (-1, 0), (1,)])) if name in SEVERAL else (-2, -1)
        count = 2 if dim is None else len(dim)
        s = data.draw(st.sampled_from([None, (3, 4, 6)[:count], (-1, 5)[-count:]]))
        norm = data.draw(norms)
        same_outcomes(lambda t, x: getattr(t.fft, name)(x, s, dim, norm), x)

    check()


@pytest.mark.parametrize("dtype", ("float32", "complex64", "int64", "bool"))
def test_types(dtype):
    for name in ONE:
        if name in REAL_INPUT and dtype == "complex64":
            continue
        results = [getattr(t.fft, name)(t.tensor([1, 0, 1, 1, 0]).to(getattr(t, dtype))) for t in (minitorch, torch)]
        assert str(results[0].dtype).split(".")[1] == str(results[1].dtype).split(".")[1]
        np.testing.assert_allclose(results[0].numpy(), results[1].resolve_conj().numpy(), 1e-5, 1e-5)


@pytest.mark.parametrize("n", (1, 2, 5, 8))
def test_frequencies(n):
    for name in ("fftfreq", "rfftfreq"):
        alike(lambda t, f=name: getattr(t.fft, f)(n, 0.5), torch)
        alike(lambda t, f=name: getattr(t.fft, f)(n, dtype=t.float64), torch)
    for name in ("fftshift", "ifftshift"):
        alike(lambda t, f=name: getattr(t.fft, f)(t.arange(n * 3.0).reshape(n, 3)), torch)
        alike(lambda t, f=name: getattr(t.fft, f)(t.arange(n * 3.0).reshape(n, 3), dim=-1), torch)


@pytest.mark.parametrize("call", (
    lambda t: t.fft.fft(t.ones(3), 0), lambda t: t.fft.fft(t.ones(3), norm="x"), lambda t: t.fft.rfft(t.ones(3) * 1j),
    lambda t: t.fft.ihfft(t.ones(3) * 1j), lambda t: t.fft.fft(t.ones(3), dim=1),
        lambda t: t.fft.fftn(t.ones(3, 2), dim=(0, 0)),
    lambda t: t.fft.fftn(t.ones(3, 2), s=(1, 2, 3)), lambda t: t.fft.fftn(t.ones(3, 2), s=(1,), dim=(0, 1)),
    lambda t: t.fft.fft(t.ones(3).half()), lambda t: t.fft.irfft(t.ones(1)), lambda t: t.fft.rfftn(t.ones(()))))
def test_refusals(call):
    alike(call, torch)


def test_spectrum_of_a_tone():
    t = minitorch
    wave = t.sin(2 * t.pi * 5 * t.arange(64) / 64)
    assert int(t.fft.rfft(wave).abs().argmax()) == 5
    np.testing.assert_allclose(t.fft.irfft(t.fft.rfft(wave)).numpy(), wave.numpy(), atol=1e-6)
