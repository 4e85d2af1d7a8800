"""A GRU learns a short text character by character, and then writes one of its own."""
import os

import torch
import torch.nn as nn

# ---------------------------------------------------------------- hyperparameters
hidden_size = 64
embed_size = 24
num_layers = 2
seq_len = 40
batch_size = 16
num_steps = 40
lr = 5e-3

torch.manual_seed(1234)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "story.txt")
with open(path, "r", encoding="utf-8") as f:
    data = f.read()
chars = sorted(set(data))
data_size, vocab_size = len(data), len(chars)
print("data has %d characters, %d unique" % (data_size, vocab_size))
char_to_ix = {ch: i for i, ch in enumerate(chars)}
ix_to_char = {i: ch for i, ch in enumerate(chars)}

# the text as one long tensor of indices, cut into overlapping windows without a copy
encoded = torch.tensor([char_to_ix[ch] for ch in data], device=device)
windows = encoded.unfold(0, seq_len + 1, 3)
print(encoded.dtype, tuple(windows.shape), windows[0, :10].tolist())


class CharGRU(nn.Module):
    def __init__(self, vocab_size, embed_size, hidden_size, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.gru = nn.GRU(embed_size, hidden_size, num_layers, batch_first=True, dropout=0.1)
        self.decoder = nn.Linear(hidden_size, vocab_size)

    def forward(self, x, hidden_state=None):
        output, hidden_state = self.gru(self.embedding(x), hidden_state)
        return self.decoder(output), hidden_state


model = CharGRU(vocab_size, embed_size, hidden_size, num_layers).to(device)
print(model)
print([(name, list(p.shape)) for name, p in model.gru.named_parameters()])

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=lr)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[20, 32], gamma=0.5)

running_loss = 0.0
for step in range(1, num_steps + 1):
    picked = windows[torch.randint(len(windows), (batch_size,))]
    inputs, targets = picked[:, :-1], picked[:, 1:]

    logits, _ = model(inputs)
    loss = criterion(logits.reshape(-1, vocab_size), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()

    running_loss += loss.item()
    if step % 8 == 0:
        print(f"step {step:3d}  loss {running_loss / 8:.4f}  lr {scheduler.get_last_lr()[0]:.5f}")
        running_loss = 0.0


@torch.no_grad()
def sample(model, prime, length, temperature=1.0, generator=None):
    model.eval()
    written = list(prime)
    x = torch.tensor([[char_to_ix[ch] for ch in prime]], device=device)
    hidden_state = None
    for _ in range(length):
        logits, hidden_state = model(x, hidden_state)
        probs = torch.softmax(logits[:, -1, :] / temperature, dim=-1)
        x = torch.multinomial(probs, num_samples=1, generator=generator)
        written.append(ix_to_char[x.item()])
    return "".join(written)


g = torch.Generator(device=device).manual_seed(99)
for temperature in (0.5, 0.8, 1.1):
    print(f"----- temperature {temperature}")
    print(sample(model, "The m", 60, temperature, generator=g))

# which characters does the model expect after "The "?
with torch.no_grad():
    logits, hidden = model(torch.tensor([[char_to_ix[ch] for ch in "The "]], device=device))
    probs = logits[0, -1].softmax(-1)
    values, indices = torch.topk(probs, 5)
print("hidden state:", hidden.shape, f"norm {hidden.norm():.4f}")
for p, i in zip(values, indices):
    print(f"  {ix_to_char[i.item()]!r}: {p.item():.4f}")
print("entropy: %.4f" % -(probs * probs.log()).sum())

torch.save({"state_dict": model.state_dict(), "chars": chars}, "char_gru.pt")
checkpoint = torch.load("char_gru.pt", map_location="cpu")
print(len(checkpoint["chars"]), list(checkpoint["state_dict"])[:3])
