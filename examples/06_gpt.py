"""A character GPT learns English: tokens in, the next character's distribution out.

    make run                                     on the documentation text that comes with every Python
    python examples/06_gpt.py --data FILE        on a text of your own

Text -> integers -> Transformer (Vaswani et al. 2017; pre-norm as in GPT-2) -> cross-entropy of the next character.
Two models that only count stand beside it: how often each character occurs (unigram), and how often it follows the
two before it (trigram). The GPT has to beat both on text that none of them has seen.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

from support import options, pyplot, save, start, stop
from tqdm import tqdm

import minitorch
from minitorch import nn
from minitorch.nn import functional as F

parser = options("Train a character GPT.", steps=600)
parser.add_argument("--data", type=Path, help="a text file; by default the text of Python's own help()")
parser.add_argument("--context", type=int, default=64, help="characters the model looks back on")
parser.add_argument("--batch", type=int, default=32, help="sequences in a step")
parser.add_argument("--width", type=int, default=128, help="numbers that describe a character")
parser.add_argument("--layers", type=int, default=3)
parser.add_argument("--heads", type=int, default=4)
parser.add_argument("--dropout", type=float, default=0.0)
parser.add_argument("--lr", type=float, default=3e-3)
parser.add_argument("--sample", type=int, default=400, help="characters to write at the end")
args = start(parser)


# ---------------------------------------------------------------- text


def read_text() -> str:
    """The text to learn: a file, or the topics of Python's help()."""
    if args.data is not None:
        try:
            return args.data.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            stop(f"cannot read {args.data}: {error}")
    try:
        from pydoc_data.topics import topics
    except ImportError:
        stop("this Python has no pydoc_data.topics to learn from: name a text with --data FILE")
    return "\n".join(topics[name] for name in sorted(topics))


text = read_text()
alphabet = sorted(set(text))
code = {c: i for i, c in enumerate(alphabet)}
cut = int(0.9 * len(text))
if len(text) - cut <= args.context + 1:
    stop(f"the text is too short: {len(text)} characters for a context of {args.context}")
train, valid = (minitorch.tensor([code[c] for c in part]) for part in (text[:cut], text[cut:]))
print(f"{len(text):,} characters, {len(alphabet)} different ones; {len(train):,} to learn from, {len(valid):,} to be "
      "tested on")


def batch(tokens: minitorch.Tensor, count: int) -> tuple[minitorch.Tensor, minitorch.Tensor]:
    """`count` random windows: (characters, the character after each).    (B, T), (B, T)"""
    starts = minitorch.randint(len(tokens) - args.context, (count, 1))
    windows = tokens[starts + minitorch.arange(args.context + 1)]  # (B, T + 1)
    return windows[:, :-1].to(args.device), windows[:, 1:].to(args.device)


# ---------------------------------------------------------------- models that count


def unigram_loss() -> float:
    """Mean -log p(c) of the validation text, p by counting characters (one added to each count)."""
    count = Counter(text[:cut])
    total = cut + len(alphabet)
    return -sum(math.log((count[c] + 1) / total) for c in text[cut:]) / (len(text) - cut)


def trigram_loss(weight: float = 2.0) -> float:
    """Mean -log p(c | two characters before), by counting; where there is little to count, fewer characters decide.

    p_n(c) = (count(context, c) + weight * p_{n-1}(c)) / (count(context) + weight)
    """
    counts = [Counter(text[k: k + n] for k in range(cut - n + 1)) for n in (0, 1, 2, 3)]
    before = [Counter(text[k: k + n] for k in range(cut - n)) for n in (0, 1, 2)]
    loss = 0.0
    for k in range(cut, len(text)):
        p = 1 / len(alphabet)
        for n in range(3):
            context = text[k - n: k]
            p = (counts[n + 1][context + text[k]] + weight * p) / (before[n][context] + weight)
        loss -= math.log(p)
    return loss / (len(text) - cut)


unigram, trigram = unigram_loss(), trigram_loss()
print(f"counting alone reaches {unigram:.3f} (unigram) and {trigram:.3f} (trigram) nats a character on the test text")


# ---------------------------------------------------------------- the model


class Attention(nn.Module):
    """Every position looks back at those before it: softmax(q k^T / sqrt(D)) v, in several heads."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: minitorch.Tensor) -> minitorch.Tensor:
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    """Attention between positions, then a small network on each; both are added to what came in."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.network = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))
        self.dropout = nn.Dropout(args.dropout)

    def forward(self, x: minitorch.Tensor) -> minitorch.Tensor:
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.network(self.norm2(x)))


class GPT(nn.Module):
    """Characters and their positions become vectors, blocks mix them, a last layer scores the next character."""

    def __init__(self, vocabulary: int, context: int, width: int, layers: int, heads: int):
        super().__init__()
        self.token = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary)
        self.apply(small)

    def forward(self, tokens: minitorch.Tensor) -> minitorch.Tensor:  # (B, T) -> (B, T, vocabulary)
        positions = minitorch.arange(tokens.shape[1], device=tokens.device)
        return self.head(self.norm(self.blocks(self.token(tokens) + self.position(positions))))


def small(module: nn.Module) -> None:
    """GPT-2's initial values: N(0, 0.02^2), biases zero."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)


def loss_of(tokens: minitorch.Tensor, targets: minitorch.Tensor) -> minitorch.Tensor:
    """Mean -log p(next character)."""
    return F.cross_entropy(model(tokens).flatten(0, 1), targets.flatten())


@minitorch.no_grad()
def validate(batches: int = 8) -> float:
    """The loss on the same windows of the validation text each time."""
    model.eval()
    state = minitorch.get_rng_state()
    minitorch.manual_seed(0)
    loss = sum(loss_of(*batch(valid, args.batch)).item() for _ in range(batches)) / batches
    minitorch.set_rng_state(state)
    model.train()
    return loss


@minitorch.no_grad()
def write(prompt: str, count: int, temperature: float = 0.8) -> str:
    """Continue a text: draw the next character from the model's distribution, again and again."""
    model.eval()
    tokens = minitorch.tensor([[code[c] for c in prompt]], device=args.device)
    for _ in range(count):
        scores = model(tokens[:, -args.context:])[:, -1] / temperature
        tokens = minitorch.cat([tokens, minitorch.multinomial(F.softmax(scores, dim=-1), 1)], dim=1)
    return "".join(alphabet[i] for i in tokens[0].tolist())


# ---------------------------------------------------------------- training

model = GPT(len(alphabet), args.context, args.width, args.layers, args.heads).to(args.device)
print(f"{sum(p.numel() for p in model.parameters()):,} parameters on {args.device}")
optimizer = minitorch.optim.AdamW(model.parameters(), lr=args.lr, betas=(0.9, 0.99), weight_decay=0.1)
warm_up = max(1, args.steps // 20)
schedule = minitorch.optim.lr_scheduler.LambdaLR(
    optimizer, lambda k: min((k + 1) / warm_up, 0.05 + 0.95 * (1 + math.cos(math.pi * k / args.steps)) / 2))

losses, checks = [], [(0, validate())]
progress = tqdm(range(1, args.steps + 1), unit="step", mininterval=0.5)
for step in progress:
    loss = loss_of(*batch(train, args.batch))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    losses.append(loss.item())
    if step % max(1, args.steps // 10) == 0 or step == args.steps:
        checks.append((step, validate()))
    progress.set_postfix(loss=f"{losses[-1]:.3f}", validation=f"{checks[-1][1]:.3f}")

final = validate(24)
for name, baseline in (("unigram", unigram), ("trigram", trigram)):
    print(f"validation loss {final:.3f}, {name} {baseline:.3f}: {'beaten' if final < baseline else 'not beaten'}")

start_of = "The " if all(c in code for c in "The ") else text[cut: cut + 4]
print(f"\n----- it writes:\n{write(start_of, args.sample)}\n-----")

plt = pyplot()
figure, axes = plt.subplots(figsize=(7, 4))
axes.plot(range(1, len(losses) + 1), losses, linewidth=0.7, color="tab:blue", alpha=0.5, label="training")
axes.plot(*zip(*checks), "o-", color="tab:orange", label="validation")
axes.axhline(unigram, color="gray", linestyle=":", label=f"unigram {unigram:.2f}")
axes.axhline(trigram, color="black", linestyle="--", label=f"trigram {trigram:.2f}")
axes.set(xlabel="step", ylabel="nats per character", title=f"A character GPT: {final:.2f} on unseen text")
axes.legend()
save(figure, "gpt_loss.png")
