"""Sentiment of short reviews with a bidirectional LSTM over packed sequences of different lengths."""
import random
from collections import Counter

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset, WeightedRandomSampler

SEED = 1234
random.seed(SEED)
torch.manual_seed(SEED)
torch.backends.cudnn.deterministic = True

GOOD = "lovely warm clever funny bright gentle superb moving".split()
BAD = "dull cold clumsy boring dark cruel dreadful empty".split()
THINGS = "film story acting music ending dialogue picture plot".split()


def write_review():
    """A few clauses; 'not' turns one round; the label is what the majority of the clauses says."""
    score, clauses = 0, []
    for _ in range(random.choice([1, 3, 3, 5])):
        good, negated = random.random() < 0.4, random.random() < 0.25
        word = random.choice(GOOD if good else BAD)
        clauses.append(f"the {random.choice(THINGS)} was {'not ' if negated else ''}{word}")
        score += 1 if good != negated else -1
    return " and ".join(clauses), "pos" if score > 0 else "neg"


class Reviews(Dataset):
    def __init__(self, count, vocab=None):
        self.examples = [write_review() for _ in range(count)]
        if vocab is None:
            counter = Counter(token for text, _ in self.examples for token in text.split())
            vocab = {"<pad>": 0, "<unk>": 1}
            for token, _ in sorted(counter.items(), key=lambda item: (-item[1], item[0])):
                vocab[token] = len(vocab)
        self.vocab = vocab

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, i):
        text, label = self.examples[i]
        ids = torch.tensor([self.vocab.get(token, 1) for token in text.split()], dtype=torch.long)
        return ids, 1.0 if label == "pos" else 0.0


def collate(batch):
    batch = sorted(batch, key=lambda example: len(example[0]), reverse=True)  # packing wants the longest first
    ids, labels = zip(*batch)
    lengths = torch.tensor([len(x) for x in ids])
    return pad_sequence(ids, batch_first=True, padding_value=0), lengths, torch.tensor(labels)


class SentimentLSTM(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_dim, output_dim, n_layers, bidirectional, dropout, pad_idx):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=pad_idx)
        self.rnn = nn.LSTM(embedding_dim, hidden_dim, num_layers=n_layers, bidirectional=bidirectional,
                           dropout=dropout, batch_first=True)
        self.fc = nn.Linear(hidden_dim * 2, output_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text, text_lengths):
        embedded = self.dropout(self.embedding(text))
        packed_embedded = pack_padded_sequence(embedded, text_lengths.cpu(), batch_first=True)
        packed_output, (hidden, cell) = self.rnn(packed_embedded)
        output, output_lengths = pad_packed_sequence(packed_output, batch_first=True)
        hidden = self.dropout(torch.cat((hidden[-2, :, :], hidden[-1, :, :]), dim=1))
        return self.fc(hidden), output, output_lengths


def binary_accuracy(preds, y):
    rounded_preds = torch.round(torch.sigmoid(preds))
    correct = (rounded_preds == y).float()
    return correct.sum() / len(correct)


device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
train_data = Reviews(400)
valid_data = Reviews(100, train_data.vocab)
print(train_data.examples[0], train_data[0][0])
counts = Counter(label for _, label in train_data.examples)
print(len(train_data.vocab), counts['pos'], counts['neg'])

weights = [1.0 / counts[label] for _, label in train_data.examples]
sampler = WeightedRandomSampler(weights, num_samples=len(train_data), replacement=True)
train_loader = DataLoader(train_data, batch_size=32, sampler=sampler, collate_fn=collate)
valid_loader = DataLoader(valid_data, batch_size=50, collate_fn=collate)

model = SentimentLSTM(len(train_data.vocab), 24, 24, 1, n_layers=2, bidirectional=True, dropout=0.2, pad_idx=0)
for name, param in model.named_parameters():
    if 'weight_hh' in name:
        nn.init.orthogonal_(param)
    elif 'bias' in name and 'rnn' in name:
        nn.init.zeros_(param)
model = model.to(device)
print(model)
print(f'The model has {sum(p.numel() for p in model.parameters() if p.requires_grad):,} trainable parameters')
print(model.embedding.weight[0].abs().sum())

optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode='min', factor=0.5, patience=0)
criterion = nn.BCEWithLogitsLoss().to(device)

best_valid_loss = float('inf')
for epoch in range(4):
    sums = {'train': [0.0, 0.0], 'valid': [0.0, 0.0]}
    for phase, loader in (('train', train_loader), ('valid', valid_loader)):
        model.train(phase == 'train')
        with torch.set_grad_enabled(phase == 'train'):
            for text, lengths, labels in loader:
                text, labels = text.to(device), labels.to(device)
                predictions = model(text, lengths)[0].squeeze(1)
                loss = criterion(predictions, labels)
                if phase == 'train':
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                sums[phase][0] += loss.item() / len(loader)
                sums[phase][1] += binary_accuracy(predictions, labels).item() / len(loader)
    (train_loss, train_acc), (valid_loss, valid_acc) = sums['train'], sums['valid']
    scheduler.step(valid_loss)
    if valid_loss < best_valid_loss:
        best_valid_loss = valid_loss
        torch.save(model.state_dict(), 'sentiment.pt')
    print(f'Epoch: {epoch+1:02} | lr {optimizer.param_groups[0]["lr"]:.4f}')
    print(f'\tTrain Loss: {train_loss:.3f} | Train Acc: {train_acc*100:.2f}%')
    print(f'\t Val. Loss: {valid_loss:.3f} |  Val. Acc: {valid_acc*100:.2f}%')
print(torch.all(model.embedding.weight[0] == 0))

model.load_state_dict(torch.load('sentiment.pt'))
model.eval()
with torch.no_grad():
    for sentence in ("the film was superb", "the film was not superb", "the zebra was dull and the plot not clever"):
        indexed = [train_data.vocab.get(token, 1) for token in sentence.split()]
        logits, output, lengths = model(torch.LongTensor(indexed).unsqueeze(0), torch.LongTensor([len(indexed)]))
        print(f"{torch.sigmoid(logits).item():.4f} {F.logsigmoid(logits).item():.4f}", output.shape, lengths, sentence)
