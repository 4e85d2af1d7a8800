"""nn.Transformer learns to write a sequence of digits backwards: masks, label padding, greedy decoding."""
import math

import torch
import torch.nn as nn
from torch import Tensor
from torch.nn import Transformer
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(0)
DEVICE = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
PAD_IDX, BOS_IDX, EOS_IDX = 0, 1, 2
DIGITS = 7
VOCAB_SIZE = 3 + DIGITS


class ReverseDataset(Dataset):
    """Pairs of a sequence of random length and the same sequence backwards."""

    def __init__(self, count, seed):
        g = torch.Generator().manual_seed(seed)
        lengths = torch.randint(3, 8, (count,), generator=g).tolist()
        self.sources = [torch.randint(3, VOCAB_SIZE, (n,), generator=g) for n in lengths]

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, i):
        return self.sources[i], self.sources[i].flip(0)


def tensor_transform(token_ids):
    return torch.cat((torch.tensor([BOS_IDX]), token_ids, torch.tensor([EOS_IDX])))


def collate_fn(batch):
    src_batch, tgt_batch = [], []
    for src_sample, tgt_sample in batch:
        src_batch.append(tensor_transform(src_sample))
        tgt_batch.append(tensor_transform(tgt_sample))
    src_batch = pad_sequence(src_batch, padding_value=PAD_IDX)
    tgt_batch = pad_sequence(tgt_batch, padding_value=PAD_IDX)
    return src_batch, tgt_batch


class PositionalEncoding(nn.Module):
    def __init__(self, emb_size: int, dropout: float, maxlen: int = 50):
        super(PositionalEncoding, self).__init__()
        den = torch.exp(-torch.arange(0, emb_size, 2) * math.log(10000) / emb_size)
        pos = torch.arange(0, maxlen).reshape(maxlen, 1)
        pos_embedding = torch.zeros((maxlen, emb_size))
        pos_embedding[:, 0::2] = torch.sin(pos * den)
        pos_embedding[:, 1::2] = torch.cos(pos * den)
        pos_embedding = pos_embedding.unsqueeze(-2)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer('pos_embedding', pos_embedding)

    def forward(self, token_embedding: Tensor):
        return self.dropout(token_embedding + self.pos_embedding[:token_embedding.size(0), :])


class Seq2SeqTransformer(nn.Module):
    def __init__(self, num_layers, emb_size, nhead, vocab_size, dim_feedforward, dropout=0.1):
        super(Seq2SeqTransformer, self).__init__()
        self.transformer = Transformer(d_model=emb_size, nhead=nhead, num_encoder_layers=num_layers,
                                       num_decoder_layers=num_layers, dim_feedforward=dim_feedforward,
                                       dropout=dropout)
        self.generator = nn.Linear(emb_size, vocab_size)
        self.embedding = nn.Embedding(vocab_size, emb_size)
        self.positional_encoding = PositionalEncoding(emb_size, dropout=dropout)
        self.scale = math.sqrt(emb_size)

    def embed(self, tokens):
        return self.positional_encoding(self.embedding(tokens.long()) * self.scale)

    def forward(self, src, trg, src_mask, tgt_mask, src_padding_mask, tgt_padding_mask, memory_key_padding_mask):
        outs = self.transformer(self.embed(src), self.embed(trg), src_mask, tgt_mask, None,
                                src_padding_mask, tgt_padding_mask, memory_key_padding_mask)
        return self.generator(outs)

    def encode(self, src, src_mask):
        return self.transformer.encoder(self.embed(src), src_mask)

    def decode(self, tgt, memory, tgt_mask):
        return self.transformer.decoder(self.embed(tgt), memory, tgt_mask)


def generate_square_subsequent_mask(sz):
    mask = (torch.triu(torch.ones((sz, sz), device=DEVICE)) == 1).transpose(0, 1)
    mask = mask.float().masked_fill(mask == 0, float('-inf')).masked_fill(mask == 1, float(0.0))
    return mask


def create_mask(src, tgt):
    tgt_mask = generate_square_subsequent_mask(tgt.shape[0])
    src_mask = torch.zeros((src.shape[0], src.shape[0]), device=DEVICE)
    padded = (PAD_IDX, 0.0, float('-inf'))
    src_padding_mask, tgt_padding_mask = (
        torch.full(x.shape, padded[1]).masked_fill(x == padded[0], padded[2]).transpose(0, 1) for x in (src, tgt))
    return src_mask, tgt_mask, src_padding_mask, tgt_padding_mask


model = Seq2SeqTransformer(num_layers=2, emb_size=32, nhead=4, vocab_size=VOCAB_SIZE, dim_feedforward=64, dropout=0.05)
for p in model.parameters():
    if p.dim() > 1:
        nn.init.xavier_uniform_(p)
model = model.to(DEVICE)
print(model)
print(create_mask(torch.zeros(2, 1), torch.zeros(4, 1))[1])
assert torch.equal(generate_square_subsequent_mask(5), Transformer.generate_square_subsequent_mask(5))

loss_fn = torch.nn.CrossEntropyLoss(ignore_index=PAD_IDX)
# eps well above the rounding noise that is the gradient of a key's bias (softmax does not see a shift of its logits)
optimizer = torch.optim.Adam(model.parameters(), lr=0.003, betas=(0.9, 0.98), eps=1e-6)


def run_epoch(model, dataset, train):
    model.train(train)
    losses = 0
    dataloader = DataLoader(dataset, batch_size=32, shuffle=train, collate_fn=collate_fn)
    with torch.set_grad_enabled(train):
        for src, tgt in dataloader:
            src, tgt = src.to(DEVICE), tgt.to(DEVICE)
            tgt_input, tgt_out = tgt[:-1, :], tgt[1:, :]
            src_mask, tgt_mask, src_padding_mask, tgt_padding_mask = create_mask(src, tgt_input)
            logits = model(src, tgt_input, src_mask, tgt_mask, src_padding_mask, tgt_padding_mask, src_padding_mask)
            loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))
            if train:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            losses += loss.item()
    return losses / len(dataloader)


def greedy_decode(model, src, src_mask, max_len):
    memory = model.encode(src, src_mask)
    ys = torch.ones(1, 1).fill_(BOS_IDX).type(torch.long).to(DEVICE)
    for _ in range(max_len - 1):
        tgt_mask = generate_square_subsequent_mask(ys.size(0)).type(torch.bool).logical_not()
        tgt_mask = tgt_mask.logical_not()
        prob = model.generator(model.decode(ys, memory, tgt_mask).transpose(0, 1)[:, -1])
        next_word = torch.max(prob, dim=1)[1].item()
        ys = torch.cat([ys, torch.ones(1, 1).type_as(src.data).fill_(next_word)], dim=0)
        if next_word == EOS_IDX:
            break
    return ys


train_set, val_set = ReverseDataset(320, seed=1), ReverseDataset(64, seed=2)
for epoch in range(1, 4):
    train_loss = run_epoch(model, train_set, train=True)
    val_loss = run_epoch(model, val_set, train=False)
    print(f"Epoch: {epoch}, Train loss: {train_loss:.3f}, Val loss: {val_loss:.3f}")

model.eval()
for i in range(4):
    source, target = val_set[i]
    src = tensor_transform(source).view(-1, 1).to(DEVICE)
    src_mask = torch.zeros(src.shape[0], src.shape[0]).type(torch.bool)
    tokens = greedy_decode(model, src, src_mask, max_len=src.shape[0] + 2).flatten()
    print("source", source.tolist(), "target", target.tolist(), "decoded", tokens[1:].tolist())
torch.save(model.state_dict(), "transformer.pt")
