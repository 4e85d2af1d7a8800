"""One neuron learns: y = w x + b, and a rule that makes w and b a little better, many times.

    python examples/01_neuron.py

It learns to double a number: first by trying what a small change does (finite differences), then by the gradient that
minitorch computes. Then a parabola through noisy points; then AND and OR, which one neuron can tell, XOR, which it
cannot (Minsky and Papert 1969), and two layers, which can.
"""

from __future__ import annotations

from support import options, pyplot, save, start
from tqdm import tqdm

import minitorch
from minitorch import nn
from minitorch.nn import functional as F

args = start(options("One neuron learns to double, to fit a parabola, and to tell AND and OR, but not XOR.", steps=400))
device = args.device

# ---------------------------------------------------------------- to double, by finite differences

x = minitorch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0], device=device)
y = 2 * x


def loss_of(w):
    """The mean squared error of w x."""
    return ((w * x - y) ** 2).mean()


w, h, paths = 0.0, 1e-2, {}
paths["finite differences"] = [w]
for _ in range(20):
    slope = (loss_of(w + h) - loss_of(w - h)).item() / (2 * h)  # what a small change of w does to the loss
    w -= 0.05 * slope
    paths["finite differences"].append(w)
print(f"doubling, by finite differences: w = {w:.4f}")

# ---------------------------------------------------------------- to double, by gradient

w = minitorch.tensor(0.0, requires_grad=True, device=device)
paths["gradient"] = [0.0]
for _ in range(20):
    loss = loss_of(w)
    loss.backward()  # w.grad = mean of 2 (w x - y) x: one pass back, however many numbers are to be learnt
    with minitorch.no_grad():
        w -= 0.05 * w.grad
    w.grad = None
    paths["gradient"].append(w.item())
print(f"doubling, by gradient:           w = {w.item():.4f}")

# ---------------------------------------------------------------- a parabola


def train(model, x, t, loss_of, name: str, lr: float = 0.1) -> float:
    """Adam on all points at once; the last loss."""
    optimizer = minitorch.optim.Adam(model.parameters(), lr=lr)
    for _ in tqdm(range(args.steps), desc=name, leave=False):
        loss = loss_of(model(x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


points = minitorch.linspace(-2, 2, 40).unsqueeze(1).to(device)  # (40, 1)
heights = 1 - 2 * points + 0.5 * points ** 2 + 0.2 * minitorch.randn(40, 1).to(device)
powers = minitorch.cat([points, points ** 2], dim=1)  # (40, 2): the neuron is given x and x^2
parabola = nn.Linear(2, 1).to(device)
train(parabola, powers, heights, F.mse_loss, "parabola")
(b, c), a = parabola.weight[0].tolist(), parabola.bias.item()
print(f"parabola 1 - 2 x + 0.5 x^2, learnt from noisy points: {a:.2f} {b:+.2f} x {c:+.2f} x^2")

# ---------------------------------------------------------------- AND, OR, XOR

inputs = minitorch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], device=device)
tables = {"AND": [0.0, 0.0, 0.0, 1.0], "OR": [0.0, 1.0, 1.0, 1.0], "XOR": [0.0, 1.0, 1.0, 0.0]}


def neuron():
    return nn.Linear(2, 1).to(device)


def two_layers():
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)


logic = []  # (title, model)
for name, build in (("AND", neuron), ("OR", neuron), ("XOR", neuron), ("XOR", two_layers)):
    t = minitorch.tensor(tables[name], device=device).unsqueeze(1)  # (4, 1)
    model = build()
    loss = train(model, inputs, t, F.binary_cross_entropy_with_logits, name)
    right = ((model(inputs) > 0) == (t > 0.5)).sum().item()
    logic.append((f"{name}, {build.__name__.replace('_', ' ')}", model, tables[name]))
    print(f"{logic[-1][0] + ':':16} {right} of 4 right, loss {loss:.3f}{'' if right == 4 else ' (not solved)'}")

# ---------------------------------------------------------------- picture

plt = pyplot()
figure, panels = plt.subplot_mosaic("aabb;cdef", figsize=(13, 6.5))
doubling, fit, *bottoms = panels.values()
for (name, path), style in zip(paths.items(), ("-", "o")):
    doubling.plot(path, style, markersize=4, label=name)
doubling.set(title="to double a number", xlabel="step", ylabel="w")
doubling.legend()
fit.plot(points[:, 0].cpu(), heights[:, 0].cpu(), "o", markersize=3, color="gray")
fit.plot(points[:, 0].cpu(), parabola(powers)[:, 0].detach().cpu(), color="tab:orange")
fit.set(title="a parabola", xlabel="x", ylabel="y")

side = minitorch.linspace(-0.5, 1.5, 60)
grid = minitorch.stack(minitorch.meshgrid(side, side, indexing="xy"), dim=-1).to(device)  # (60, 60, 2)
for axes, (title, model, table) in zip(bottoms, logic):
    shade = minitorch.sigmoid(model(grid))[..., 0].detach().cpu()
    axes.imshow(shade, origin="lower", extent=(-0.5, 1.5, -0.5, 1.5), cmap="coolwarm", vmin=0, vmax=1)
    axes.scatter(*inputs.T.cpu(), c=table, cmap="coolwarm", edgecolors="black", s=80)
    axes.set(title=title, xticks=(0, 1), yticks=(0, 1))  # red: the model says 1
figure.tight_layout()
save(figure, "neuron.png")
