"""A small convolutional network reads handwritten digits: 1,797 pictures of 8 x 8 points, from scikit-learn.

    python examples/04_cnn_digits.py

Pictures -> convolutions, each point scored by its neighbourhood (LeCun et al. 1998) -> pooling -> two linear layers ->
cross-entropy of the ten digits. A fifth of the pictures is kept aside; what counts is how many of those it reads.
"""

from __future__ import annotations

from support import options, pyplot, save, start, stop
from tqdm import tqdm

import minitorch
from minitorch import nn
from minitorch.nn import functional as F
from minitorch.utils.data import DataLoader, TensorDataset, random_split

try:
    from sklearn.datasets import load_digits
except ImportError:
    stop("the digits come with scikit-learn: pip install scikit-learn")

parser = options("Train a small CNN on handwritten digits.", steps=690)
parser.add_argument("--batch", type=int, default=64, help="pictures in a step")
parser.add_argument("--lr", type=float, default=3e-3)
args = start(parser)

# ---------------------------------------------------------------- data

digits = load_digits()
pictures = minitorch.tensor(digits.images / 16, dtype=minitorch.float32).unsqueeze(1)  # (1797, 1, 8, 8), 0 to 1
labels = minitorch.tensor(digits.target, dtype=minitorch.int64)
train, valid = random_split(TensorDataset(pictures, labels), [0.8, 0.2])
loader = DataLoader(train, batch_size=args.batch, shuffle=True)
valid_x, valid_t = next(iter(DataLoader(valid, batch_size=len(valid))))
valid_x, valid_t = valid_x.to(args.device), valid_t.to(args.device)

# ---------------------------------------------------------------- model

model = nn.Sequential(
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2),  # (B, 32, 4, 4)
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2),  # (B, 64, 2, 2)
    nn.Flatten(), nn.Dropout(0.2),
    nn.Linear(256, 64), nn.ReLU(), nn.Dropout(0.2),
    nn.Linear(64, 10),
).to(args.device)
optimizer = minitorch.optim.AdamW(model.parameters(), lr=args.lr)
schedule = minitorch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.steps)
print(f"{len(train)} pictures to learn from, {len(valid)} to be tested on; "
      f"{sum(p.numel() for p in model.parameters()):,} parameters on {args.device}")


@minitorch.no_grad()
def validate() -> tuple[float, float, minitorch.Tensor]:
    """The loss on the pictures kept aside, the share of them read rightly, and what was read."""
    model.eval()
    scores = model(valid_x)  # (N, 10)
    model.train()
    read = scores.argmax(dim=1)
    return F.cross_entropy(scores, valid_t).item(), (read == valid_t).float().mean().item(), read


def batches():
    """The training pictures over and over, each time in a new order."""
    while True:
        yield from loader


# ---------------------------------------------------------------- training

losses, checks = [], []  # checks: (step, loss, accuracy)
progress = tqdm(zip(range(1, args.steps + 1), batches()), total=args.steps, unit="step", mininterval=0.5)
for step, (x, t) in progress:
    loss = F.cross_entropy(model(x.to(args.device)), t.to(args.device))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    losses.append(loss.item())
    if step % len(loader) == 0 or step == args.steps:
        checks.append((step, *validate()[:2]))
        progress.set_postfix(loss=f"{losses[-1]:.3f}", accuracy=f"{checks[-1][2]:.1%}")

loss, accuracy, read = validate()
print(f"validation loss {loss:.3f}, accuracy {accuracy:.2%}")

# ---------------------------------------------------------------- picture

plt = pyplot()
figure = plt.figure(figsize=(11, 3.6))
curves, shares, gallery = figure.subfigures(1, 3, width_ratios=(4, 4, 3))
steps, valid_losses, accuracies = zip(*checks)

axes = curves.subplots()
axes.plot(range(1, len(losses) + 1), losses, linewidth=0.7, color="tab:blue", alpha=0.5, label="training")
axes.plot(steps, valid_losses, "o-", markersize=3, color="tab:orange", label="validation")
axes.set(xlabel="step", ylabel="cross-entropy", yscale="log", title="loss")
axes.legend()

axes = shares.subplots()
axes.plot(steps, accuracies, "o-", markersize=3, color="tab:orange")
axes.axhline(0.1, color="gray", linestyle=":", label="guessing")
axes.set(xlabel="step", ylabel="share read rightly", ylim=(0, 1.02), title=f"validation accuracy: {accuracy:.1%}")
axes.legend(loc="lower right")

wrong = (read != valid_t).nonzero()[:9, 0].tolist()
gallery.suptitle("misread")
for axes, k in zip(gallery.subplots(3, 3).flat, wrong + [None] * (9 - len(wrong))):
    axes.axis("off")
    if k is not None:
        axes.imshow(valid_x[k, 0].cpu(), cmap="gray_r")
        axes.set_title(f"{valid_t[k].item()} as {read[k].item()}", fontsize=9)
save(figure, "digits.png")
