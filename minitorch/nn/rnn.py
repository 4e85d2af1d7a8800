"""Recurrent layers and cells: RNN (Elman 1990), LSTM (Hochreiter & Schmidhuber 1997), GRU (Cho et al. 2014).

The formulas are in ops/rnn.py; here are parameters, the forms of input and state that torch takes, and their checks.
Read next: utils/rnn.py, batches of sequences of different lengths.
"""

from __future__ import annotations

import math
import numbers
import warnings

from ..ops import rnn as ops
from ..ops.create import empty, zeros
from ..tensor import Tensor
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

LAYERS = {"RNN_TANH": ops.rnn_tanh, "RNN_RELU": ops.rnn_relu, "LSTM": ops.lstm, "GRU": ops.gru}
CELLS = {"tanh": ops.rnn_tanh_cell, "relu": ops.rnn_relu_cell}
DERIVED = "_flat_weights_names", "_flat_weights"
GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def each(function, hx):
    """function(hx), or of h and of c."""
    return function(hx) if isinstance(hx, Tensor) else (function(hx[0]), function(hx[1]))


class Recurrent(Module):
    """What layers and cells share: all parameters start as U(-k, k), k = 1 / sqrt(hidden_size)."""

    def reset_parameters(self) -> None:
        """Draw the initial values again."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)


# ---------------------------------------------------------------- layers


class RNNBase(Recurrent):
    """`num_layers` layers along a sequence, each reading the one below, with `dropout` between them in training.

    input     (T, N, input_size); (N, T, input_size) with batch_first; (T, input_size); or a PackedSequence
    hx        the first state, (num_layers * directions, N, H), zeros where it is None; H = proj_size or hidden_size
    output    (T, N, directions * H), in the input's form, and the last state
    """

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
                 device=None, dtype=None):
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._check_arguments(dropout)
        gates, output_size = GATES[mode] * hidden_size, proj_size or hidden_size
        self._all_weights = []
        for layer in range(num_layers):
            layer_input = output_size * self._directions if layer else input_size
            for suffix in ("", "_reverse")[:self._directions]:
                shapes = {"weight_ih": (gates, layer_input), "weight_hh": (gates, output_size)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                names = [f"{name}_l{layer}{suffix}" for name in shapes]
                for name, shape in zip(names, shapes.values()):
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    def _check_arguments(self, dropout) -> None:
        if not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):
            raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element "
                             "being zeroed")
        if dropout > 0 and self.num_layers == 1:
            warnings.warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects "
                          f"num_layers greater than 1, but got dropout={dropout} and num_layers={self.num_layers}",
                          stacklevel=4)
        for name, kind in (("bias", bool), ("batch_first", bool), ("input_size", int), ("hidden_size", int)):
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
            if kind is int and value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [weight for weights in self.all_weights for weight in weights]

    def __getstate__(self) -> dict:
        """What is pickled: torch's layers keep as lists, and files hold, what is read off the parameters here."""
        return {**vars(self), **{name: getattr(self, name) for name in DERIVED}}

    def __setstate__(self, state: dict) -> None:
        vars(self).update({name: value for name, value in state.items() if name not in DERIVED})

    def flatten_parameters(self) -> None:
        """Does nothing: only cuDNN wants all weights in one piece of memory."""

    def extra_repr(self) -> str:
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
                    "bidirectional": False}
        return f"{self.input_size}, {self.hidden_size}" + "".join(
            [f", {name}={getattr(self, name)}" for name, default in defaults.items() if getattr(self, name) != default])

    # ------------------------------------------------------------ checks

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise unless input is of the weights' type and of the layer's size."""
        dtype = self._flat_weights[0].dtype
        if input.dtype != dtype:
            raise ValueError(f"RNN input dtype ({input.dtype}) does not match weight dtype ({dtype}). Convert input: "
                             f"input.to({dtype}), or convert model: model.to({input.dtype})")
        expected = 2 if batch_sizes is not None else 3
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got "
                               f"{input.size(-1)}")

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of h."""
        batch = int(batch_sizes[0]) if batch_sizes is not None else input.size(0 if self.batch_first else 1)
        return self.num_layers * self._directions, batch, self.proj_size or self.hidden_size

    def check_hidden_size(self, hx: Tensor, expected_hidden_size: tuple[int, int, int],
                          msg: str = "Expected hidden size {}, got {}") -> None:
        """Raise unless hx has the expected shape."""
        if tuple(hx.shape) != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden, batch_sizes: Tensor | None) -> None:
        """All checks before the walk."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation: Tensor | None):
        """The state with its batch in another order."""
        return hx if permutation is None else each(lambda h: h.index_select(1, permutation), hx)

    # ------------------------------------------------------------ the computation

    def first_state(self, input: Tensor, batch_sizes: Tensor | None):
        """Zeros of the state's shape."""
        return zeros(self.get_expected_hidden_size(input, batch_sizes), dtype=input.dtype, device=input.device)

    def batched_state(self, hx, batched: bool):
        """hx with a batch dimension, as many dimensions as the input has."""
        if hx.dim() != (3 if batched else 2):
            raise RuntimeError(f"For batched 3-D input, hx should also be 3-D but got {hx.dim()}-D tensor" if batched
                               else f"For unbatched 2-D input, hx should also be 2-D but got {hx.dim()}-D tensor")
        return hx if batched else hx.unsqueeze(1)

    def forward(self, input: Tensor | PackedSequence, hx=None) -> tuple:
        packed = isinstance(input, PackedSequence)
        data, batch_sizes, order, back = input if packed else (input, None, None, None)
        batched, batch_dim = packed or data.dim() == 3, 0 if self.batch_first else 1
        if not packed and data.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {data.dim()}D "
                             + ("tensor instead" if self.mode.startswith("RNN") else "instead"))
        data = data if batched else data.unsqueeze(batch_dim)
        if hx is None:
            hx = self.first_state(data, batch_sizes)
        else:
            hx = self.permute_hidden(hx if packed else self.batched_state(hx, batched), order)
        self.check_forward_args(data, hx, batch_sizes)
        settings = self.bias, self.num_layers, self.dropout, self.training, self.bidirectional
        if packed:
            output, *last = LAYERS[self.mode](data, batch_sizes, hx, self._flat_weights, *settings)
            output = PackedSequence(output, batch_sizes, order, back)
        else:
            output, *last = LAYERS[self.mode](data, hx, self._flat_weights, *settings, self.batch_first)
        if not batched:
            output, last = output.squeeze(batch_dim), [h.squeeze(1) for h in last]
        return output, self.permute_hidden(last[0] if len(last) == 1 else tuple(last), back)


def refuse_projection(given: dict) -> None:
    if "proj_size" in given:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """Elman's network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    RNN(input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
    bidirectional=False, device=None, dtype=None)  https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
    """

    def __init__(self, *args, **kwargs):
        refuse_projection(kwargs)
        given = args[3] if len(args) > 3 else kwargs.pop("nonlinearity", "tanh")
        if given not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{given}'. Select from 'tanh' or 'relu'.")
        super().__init__("RNN_" + given.upper(), *args[:3], *args[4:], **kwargs)
        self.nonlinearity = given


class GRU(RNNBase):
    """Gated recurrent unit: r resets and z keeps the state.

    r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)_rz    n = tanh((W_ih x + b_ih)_n + r (W_hh h + b_hh)_n)
    h' = (1 - z) n + z h

    GRU(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    device=None, dtype=None)  https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
    """

    def __init__(self, *args, **kwargs):
        refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory: a cell c that gates i, f, o write, keep and show. The state is (h, c).

    i, f, g, o = W_ih x + b_ih + W_hh h + b_hh    c' = sigmoid(f) c + sigmoid(i) tanh(g)    h' = sigmoid(o) tanh(c')
    With proj_size, h' = W_hr (sigmoid(o) tanh(c')).

    LSTM(input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    proj_size=0, device=None, dtype=None)  https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape of c."""
        return *self.get_expected_hidden_size(input, batch_sizes)[:2], self.hidden_size

    def check_forward_args(self, input: Tensor, hidden: tuple[Tensor, Tensor], batch_sizes: Tensor | None) -> None:
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden[0], self.get_expected_hidden_size(input, batch_sizes),
                               "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hidden[1], self.get_expected_cell_size(input, batch_sizes),
                               "Expected hidden[1] size {}, got {}")

    def first_state(self, input: Tensor, batch_sizes: Tensor | None):
        c = zeros(self.get_expected_cell_size(input, batch_sizes), dtype=input.dtype, device=input.device)
        return super().first_state(input, batch_sizes), c

    def batched_state(self, hx, batched: bool):
        dims = hx[0].dim(), hx[1].dim()
        expected, kind = (3, "batched") if batched else (2, "unbatched")
        if dims != (expected, expected):
            raise RuntimeError(f"For {kind} {expected}-D input, hx and cx should also be {expected}-D but got "
                               f"({dims[0]}-D, {dims[1]}-D) tensors")
        return hx if batched else (hx[0].unsqueeze(1), hx[1].unsqueeze(1))


# ---------------------------------------------------------------- cells


class RNNCellBase(Recurrent):
    """One step: input (N, input_size) or (input_size), state (N, hidden_size) or (hidden_size), zeros where None."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        gates = num_chunks * hidden_size
        shapes = {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size), "bias_ih": (gates,),
                  "bias_hh": (gates,)}
        for name, shape in shapes.items():
            kept = bias or name.startswith("weight")
            self.register_parameter(name, Parameter(empty(shape, device=device, dtype=dtype)) if kept else None)
        self.reset_parameters()

    def extra_repr(self) -> str:
        bias = "" if self.bias is True else f", bias={self.bias}"
        relu = getattr(self, "nonlinearity", "tanh")
        return f"{self.input_size}, {self.hidden_size}{bias}" + ("" if relu == "tanh" else f", nonlinearity={relu}")

    def step(self, cell, input: Tensor, hx):
        """The cell's function of input and state, a batch dimension lent where there is none."""
        for name, t in [("input", input), *([] if hx is None else self.named(hx))]:
            if t.dim() not in (1, 2):
                raise ValueError(f"{type(self).__name__}: Expected {name} to be 1D or 2D, got {t.dim()}D instead")
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = self.first_state(input)
        elif not batched:
            hx = each(lambda h: h.unsqueeze(0), hx)
        result = cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        return result if batched else each(lambda h: h.squeeze(0), result)

    def named(self, hx) -> list[tuple[str, Tensor]]:
        """The tensors of a state, as error sentences call them."""
        return [("hidden", hx)]

    def first_state(self, input: Tensor):
        return zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)


class RNNCell(RNNCellBase):
    """One step of Elman's network.  https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html"""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device=None,
                 dtype=None):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in CELLS:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self.step(CELLS[self.nonlinearity], input, hx)


class LSTMCell(RNNCellBase):
    """One step of an LSTM: (h', c').  https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html"""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        return self.step(ops.lstm_cell, input, hx)

    def named(self, hx) -> list[tuple[str, Tensor]]:
        return [(f"hx[{k}]", h) for k, h in enumerate(hx)]

    def first_state(self, input: Tensor):
        zero = super().first_state(input)
        return zero, zero


class GRUCell(RNNCellBase):
    """One step of a GRU.  https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html"""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self.step(ops.gru_cell, input, hx)
