"""nn.TransformerEncoder with sinusoidal positions: does a padded sequence have more tokens 1 or 2?"""
import math

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=64, dropout=0.0):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(1, max_len, d_model)
        pe[0, :, 0::2] = torch.sin(position * div_term)
        pe[0, :, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe, persistent=False)

    def forward(self, x):
        x = x + self.pe[:, : x.size(1)]
        return self.dropout(x)


class TransformerClassifier(nn.Module):
    def __init__(self, vocab_size, num_classes, d_model=32, nhead=4, num_layers=2, dim_feedforward=64):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model, padding_idx=0)
        self.pos_encoder = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, dim_feedforward, dropout=0.1, activation="gelu",
                                           batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers, norm=nn.LayerNorm(d_model), enable_nested_tensor=False)
        self.head = nn.Linear(d_model, num_classes)
        self.d_model = d_model

    def forward(self, tokens):
        padding_mask = tokens == 0
        x = self.pos_encoder(self.embedding(tokens) * math.sqrt(self.d_model))
        x = self.encoder(x, src_key_padding_mask=padding_mask)
        # mean over the tokens that are there
        kept = (~padding_mask).unsqueeze(-1)
        x = (x * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)
        return self.head(x)


def make_sequences(count, length=12, vocab_size=12):
    """Tokens of random length, padded with 0; the label says whether token 1 is more frequent than token 2."""
    tokens = torch.randint(1, vocab_size, (count, length))
    tokens = torch.where(torch.rand(count, length) < 0.5, torch.randint(1, 3, (count, length)), tokens)
    lengths = torch.randint(6, length + 1, (count,))
    tokens[torch.arange(length).expand(count, -1) >= lengths[:, None]] = 0
    labels = ((tokens == 1).sum(dim=1) > (tokens == 2).sum(dim=1)).long()
    return tokens, labels


def evaluate(model, loader, criterion, device):
    model.eval()
    loss, correct, total = 0.0, 0, 0
    with torch.inference_mode():
        for tokens, labels in loader:
            tokens, labels = tokens.to(device), labels.to(device)
            logits = model(tokens)
            loss += criterion(logits, labels).item() * len(labels)
            correct += int((logits.argmax(-1) == labels).sum())
            total += len(labels)
    return loss / total, correct / total


def main():
    torch.manual_seed(11)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dataset = TensorDataset(*make_sequences(640))
    print(dataset.tensors[0][:3])
    print("labels:", dataset.tensors[1].float().mean())
    train_set, val_set = random_split(dataset, [512, 128])
    train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=64)

    model = TransformerClassifier(vocab_size=12, num_classes=2).to(device)
    print(model)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters; buffers kept:", list(model.state_dict())[:2])

    criterion = nn.CrossEntropyLoss()
    optimizer = optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01)
    warmup, total = 8, 3 * len(train_loader)

    def schedule(step):
        if step < warmup:
            return (step + 1) / warmup
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))

    scheduler = optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=schedule)

    for epoch in range(3):
        model.train()
        running = 0.0
        for i, (tokens, labels) in enumerate(train_loader):
            tokens, labels = tokens.to(device), labels.to(device)
            optimizer.zero_grad()
            loss = criterion(model(tokens), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
            optimizer.step()
            scheduler.step()
            running += loss.item()
            if (i + 1) % 8 == 0:
                print(f"[{epoch + 1}, {i + 1:3d}] loss {running / 8:.4f} lr {optimizer.param_groups[0]['lr']:.6f}")
                running = 0.0
        val_loss, val_acc = evaluate(model, val_loader, criterion, device)
        print(f"epoch {epoch + 1}: val loss {val_loss:.4f}, val accuracy {val_acc:.2%}")

    attention = model.encoder.layers[0].self_attn
    x = torch.randn(2, 5, 32)
    out, weights = attention(x, x, x)
    print(out.shape, weights.shape, weights.sum(-1))
    print(weights[0].detach().numpy())


if __name__ == "__main__":
    main()
