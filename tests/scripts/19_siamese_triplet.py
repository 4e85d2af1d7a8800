"""Digits in a plane where equal ones are neighbours: contrastive pairs, then triplets; judged by nearest neighbours."""
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.optim import SGD, Adam, lr_scheduler
from torch.utils.data import DataLoader, Dataset


class SiameseDigits(Dataset):
    """Even indices give two pictures of one digit, odd ones of two digits."""

    def __init__(self, images, labels, seed):
        self.images, self.labels = images, labels
        self.random_state = np.random.RandomState(seed)
        self.label_to_indices = {label: np.where(labels == label)[0] for label in sorted(set(labels.tolist()))}

    def __len__(self):
        return len(self.images)

    def pick(self, label, same):
        if not same:
            label = self.random_state.choice([other for other in self.label_to_indices if other != label])
        return self.images[self.random_state.choice(self.label_to_indices[label])]

    def __getitem__(self, index):
        same = index % 2 == 0
        other = self.pick(self.labels[index].item(), same)
        return (self.images[index], other), np.float32(same)


class TripletDigits(SiameseDigits):
    def __getitem__(self, index):
        label = self.labels[index].item()
        return self.images[index], self.pick(label, True), self.pick(label, False)


class EmbeddingNet(nn.Module):
    def __init__(self):
        super(EmbeddingNet, self).__init__()
        self.convnet = nn.Sequential(nn.Conv2d(1, 8, 3), nn.PReLU(), nn.MaxPool2d(2, stride=2),
                                     nn.Conv2d(8, 16, 2), nn.PReLU())
        self.fc = nn.Sequential(nn.Linear(16 * 2 * 2, 32), nn.PReLU(), nn.Linear(32, 2))

    def forward(self, x):
        output = self.convnet(x)
        output = output.view(output.size()[0], -1)
        return self.fc(output)


class ContrastiveLoss(nn.Module):
    """Takes embeddings of two samples and a target label == 1 if samples are from the same class."""

    def __init__(self, margin):
        super(ContrastiveLoss, self).__init__()
        self.margin = margin
        self.eps = 1e-9

    def forward(self, output1, output2, target, size_average=True):
        distances = (output2 - output1).pow(2).sum(1)
        losses = 0.5 * (target * distances +
                        (1 + -1 * target) * F.relu(self.margin - (distances + self.eps).sqrt()).pow(2))
        return losses.mean() if size_average else losses.sum()


def embed(net, images):
    net.eval()
    with torch.no_grad():
        return torch.cat([net(part) for part in images.split(128)])


def nearest_neighbour(net, train_images, train_labels, test_images, test_labels):
    keys, queries = embed(net, train_images), embed(net, test_images)
    distances = (queries[:, None, :] - keys[None, :, :]).norm(dim=-1)
    guesses = train_labels[distances.argmin(dim=1)]
    spread = torch.stack([keys[train_labels == digit].std(dim=0).mean() for digit in range(10)])
    return (guesses == test_labels).float().mean(), spread


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--epochs', type=int, default=2)
    parser.add_argument('--margin', type=float, default=1.0)
    args = parser.parse_args()
    torch.manual_seed(21)

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 8 - 1
    labels = torch.tensor(digits.target)
    train_images, test_images = images[:960], images[960:1360]
    train_labels, test_labels = labels[:960], labels[960:1360]
    print(images.shape, images.mean(), images.std())

    # ---------------- pairs
    net = EmbeddingNet()
    print(net)
    loader = DataLoader(SiameseDigits(train_images, train_labels, seed=1), batch_size=64, shuffle=True)
    criterion = ContrastiveLoss(args.margin)
    optimizer = Adam(net.parameters(), lr=3e-3)
    scheduler = lr_scheduler.StepLR(optimizer, 1, gamma=0.3, last_epoch=-1)
    for epoch in range(args.epochs):
        net.train()
        losses = []
        for (left, right), same in loader:
            optimizer.zero_grad()
            loss = criterion(net(left), net(right), same)
            losses.append(loss.item())
            loss.backward()
            optimizer.step()
        scheduler.step()
        accuracy, spread = nearest_neighbour(net, train_images, train_labels, test_images, test_labels)
        print(f'pairs    epoch {epoch + 1}: loss {np.mean(losses):.4f}, 1-nn accuracy {accuracy:.2%}')
        print(f'         spread of a digit {spread.mean():.4f}')
    print('slopes of the PReLUs:', [round(m.weight.item(), 4) for m in net.modules() if isinstance(m, nn.PReLU)])

    # ---------------- triplets
    net = EmbeddingNet()
    loader = DataLoader(TripletDigits(train_images, train_labels, seed=2), batch_size=64, shuffle=True)
    triplet_loss = nn.TripletMarginLoss(margin=args.margin, p=2)
    optimizer = SGD(net.parameters(), lr=0.02, momentum=0.9)
    for epoch in range(args.epochs):
        net.train()
        losses, active = [], 0
        for anchor, positive, negative in loader:
            anchor, positive, negative = net(anchor), net(positive), net(negative)
            loss = triplet_loss(anchor, positive, negative)
            with torch.no_grad():
                near, far = F.pairwise_distance(anchor, positive), F.pairwise_distance(anchor, negative)
                active += (near - far + args.margin > 0).sum().item()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        accuracy, spread = nearest_neighbour(net, train_images, train_labels, test_images, test_labels)
        print('triplets epoch %d: loss %.4f, active %.3f, 1-nn accuracy %.4f'
              % (epoch + 1, np.mean(losses), active / len(loader.dataset), accuracy))
    print(spread)


if __name__ == '__main__':
    main()
