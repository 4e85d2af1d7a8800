"""Embeddings two ways: skip-gram with negative sampling on a text, and matrix factorization of ratings."""
import os
import re
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset

np.random.seed(0)
torch.manual_seed(0)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")

# ---------------------------------------------------------------- skip-gram
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "story.txt"), encoding="utf-8") as f:
    tokens = re.findall("[a-z]+", f.read().lower())
counts = Counter(tokens)
vocab = sorted((w for w in counts if counts[w] >= 3), key=lambda w: (-counts[w], w))
word2idx = {w: i for i, w in enumerate(vocab)}
text = [word2idx[w] for w in tokens if w in word2idx]
freqs = torch.tensor([counts[w] for w in vocab], dtype=torch.float)
unigram = freqs.pow(0.75)
unigram /= unigram.sum()
print(len(tokens), len(vocab), vocab[:8])
print(unigram[:5])


class SkipGramDataset(Dataset):
    def __init__(self, text, window):
        self.pairs = [(text[i], text[j]) for i in range(len(text))
                      for j in range(max(0, i - window), min(len(text), i + window + 1)) if j != i]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        return self.pairs[i]


class SkipGram(nn.Module):
    def __init__(self, vocab_size, dim):
        super(SkipGram, self).__init__()
        self.in_embed = nn.Embedding(vocab_size, dim)
        self.out_embed = nn.Embedding(vocab_size, dim)
        self.in_embed.weight.data.uniform_(-0.5 / dim, 0.5 / dim)
        self.out_embed.weight.data.zero_()

    def forward(self, centers, contexts, negatives):
        v = self.in_embed(centers)                       # (B, D)
        u = self.out_embed(contexts)                     # (B, D)
        n = self.out_embed(negatives)                    # (B, K, D)
        positive = F.logsigmoid(torch.sum(v * u, dim=1))
        negative = F.logsigmoid(-torch.bmm(n, v.unsqueeze(2)).squeeze(2)).sum(dim=1)
        return -(positive + negative).mean()


dataset = SkipGramDataset(text, window=2)
loader = DataLoader(dataset, batch_size=64, shuffle=True, drop_last=True)
model = SkipGram(len(vocab), 16).to(device)
optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1)
print(len(dataset), model)
for epoch in range(3):
    total = 0.0
    for centers, contexts in loader:
        negatives = torch.multinomial(unigram, len(centers) * 5, replacement=True).view(len(centers), 5)
        loss = model(centers.to(device), contexts.to(device), negatives.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch {} loss {:.4f}".format(epoch + 1, total / len(loader)))

with torch.no_grad():
    table = F.normalize(model.in_embed.weight, dim=1)
    for word in ("wind", "miller", "water"):
        similarity = F.cosine_similarity(table[word2idx[word]].unsqueeze(0), table)
        best = similarity.argsort(descending=True)[1:4]
        print(word, [(vocab[i], round(similarity[i].item(), 4)) for i in best])

# ---------------------------------------------------------------- ratings = users x items, of low rank
n_users, n_items, rank = 40, 30, 3
taste, kind = np.random.randn(n_users, rank), np.random.randn(n_items, rank)
ratings = np.clip(np.round(3 + taste @ kind.T / 1.5), 1, 5).astype(np.float32)
seen = np.argwhere(np.random.rand(n_users, n_items) < 0.4)
np.random.shuffle(seen)


class RatingsDataset(Dataset):
    def __init__(self, pairs):
        self.users = torch.LongTensor(pairs[:, 0].copy())
        self.items = torch.LongTensor(pairs[:, 1].copy())
        self.ratings = torch.from_numpy(ratings[pairs[:, 0], pairs[:, 1]])

    def __len__(self):
        return len(self.ratings)

    def __getitem__(self, i):
        return {"user": self.users[i], "item": self.items[i], "rating": self.ratings[i]}


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mean = nn.Parameter(torch.tensor(3.0))
        for embedding in (self.user_factors, self.item_factors):
            nn.init.trunc_normal_(embedding.weight, std=0.3)
        for embedding in (self.user_bias, self.item_bias):
            nn.init.constant_(embedding.weight, 0.0)

    def forward(self, user, item):
        interaction = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return self.mean + interaction + self.user_bias(user).squeeze(-1) + self.item_bias(item).squeeze(-1)


everything = RatingsDataset(seen)
train_set, test_set = Subset(everything, range(0, len(seen) - 80)), Subset(everything, range(len(seen) - 80, len(seen)))
print(len(ConcatDataset([train_set, test_set])), len(seen))
mf = MatrixFactorization(n_users, n_items, 4).to(device)
print([(name, tuple(p.size())) for name, p in mf.named_parameters()])
opt = torch.optim.AdamW([
    {"params": [mf.user_factors.weight, mf.item_factors.weight], "weight_decay": 0.1},
    {"params": [mf.user_bias.weight, mf.item_bias.weight, mf.mean]},
], lr=0.03, weight_decay=0.0)
loss_func = torch.nn.MSELoss()
for epoch in range(8):
    squared = 0.0
    for batch in DataLoader(train_set, batch_size=32, shuffle=True):
        opt.zero_grad()
        loss = loss_func(mf(batch["user"], batch["item"]), batch["rating"])
        loss.backward()
        opt.step()
        squared += loss.item() * len(batch["rating"])
    if epoch % 2 == 1:
        with torch.no_grad():
            held = next(iter(DataLoader(test_set, batch_size=len(test_set))))
            mae = F.l1_loss(mf(held["user"], held["item"]).clamp(1, 5), held["rating"])
        print(f"epoch {epoch + 1}: train rmse {(squared / len(train_set)) ** 0.5:.4f}, test mae {mae:.4f}")
with torch.no_grad():
    scores = mf.mean + mf.user_factors.weight @ mf.item_factors.weight.t() + mf.user_bias.weight + mf.item_bias.weight.T
    values, items = scores.topk(3, dim=1)
    print(items[:3], values[:3])
