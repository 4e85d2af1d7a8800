"""stft and istft against torch: values, first and second gradients, every argument; and there and back."""

import itertools

import numpy as np
import pytest
from alike import alike
from test_complex import same_outcomes

import minitorch

torch = pytest.importorskip("torch")

SIGNAL = np.random.default_rng(0).uniform(-1, 1, 40)



@pytest.mark.parametrize("center, normalized, onesided", itertools.product((True, False), (True, False), (None, False)))
@pytest.mark.parametrize("hop, length", ((None, None), (3, 6)))
def test_spectrogram(center, normalized, onesided, hop, length):
    def spectra(t, x):
        window = t.hann_window(length or 8, dtype=t.float64)
        return t.stft(x, 8, hop, length, window, center, "reflect", normalized, onesided, True)

    same_outcomes(spectra, SIGNAL)
    same_outcomes(spectra, SIGNAL.reshape(2, 20))
    same_outcomes(lambda t, x: t.view_as_real(spectra(t, x)), SIGNAL)


@pytest.mark.parametrize("center, normalized, length", itertools.product((True, False), (True, False), (None, 17)))
def test_back_again(center, normalized, length):
    window = np.hanning(8) + 0.1
    spectra = torch.stft(torch.tensor(SIGNAL), 8, window=torch.tensor(window), center=center, normalized=normalized,
                         return_complex=True).resolve_conj().numpy()
    same_outcomes(lambda t, z: t.istft(z, 8, window=t.tensor(window), center=center, normalized=normalized,
        length=length),
        spectra)


def test_there_and_back():
    t = minitorch
    x = t.tensor(SIGNAL)
    window = t.hann_window(8, dtype=t.float64)
    y = t.istft(t.stft(x, 8, window=window, return_complex=True), 8, window=window)
    np.testing.assert_allclose(y.numpy(), SIGNAL[:len(y)], atol=1e-12)


@pytest.mark.parametrize("call", (
    lambda t: t.stft(t.ones(20), 8, window=t.ones(8)), lambda t: t.istft(t.ones(5, 3), 8, window=t.ones(8))))
def test_refusals(call):
    alike(call, torch)
