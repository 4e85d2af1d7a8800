"""A variational autoencoder of handwritten digits: reparametrization, BCE + KL, samples from the prior."""
import argparse
import os

import torch
import torch.utils.data
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.nn import functional as F

parser = argparse.ArgumentParser(description='VAE Example')
parser.add_argument('--batch-size', type=int, default=64, metavar='N')
parser.add_argument('--epochs', type=int, default=4, metavar='N')
parser.add_argument('--latent', type=int, default=8)
parser.add_argument('--seed', type=int, default=1, metavar='S')
parser.add_argument('--log-interval', type=int, default=10, metavar='N')
args = parser.parse_args()

torch.manual_seed(args.seed)
if torch.cuda.is_available():
    device = torch.device("cuda")
else:
    device = torch.device("cpu")

pixels = torch.from_numpy(load_digits().data).float() / 16
labels = torch.from_numpy(load_digits().target)
train_set = torch.utils.data.TensorDataset(pixels[:1400], labels[:1400])
test_set = torch.utils.data.TensorDataset(pixels[1400:], labels[1400:])
train_loader = torch.utils.data.DataLoader(train_set, batch_size=args.batch_size, shuffle=True)
test_loader = torch.utils.data.DataLoader(test_set, batch_size=args.batch_size, shuffle=False)


class VAE(nn.Module):
    def __init__(self, latent):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(64, 100)
        self.fc21 = nn.Linear(100, latent)
        self.fc22 = nn.Linear(100, latent)
        self.fc3 = nn.Linear(latent, 100)
        self.fc4 = nn.Linear(100, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 64))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


model = VAE(args.latent).to(device)
optimizer = optim.Adam(model.parameters(), lr=2e-3)
scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
print(model)


def loss_function(recon_x, x, mu, logvar):
    """Reconstruction and KL divergence, summed over elements and batch: Kingma and Welling, Appendix B."""
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 64), reduction='sum')
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD, KLD


def save_image(images, path, nrow):
    """Images side by side in rows, as one grey PNG file."""
    images = F.pad(images, (1, 1, 1, 1), value=0.5)
    rows = [torch.cat(list(row), dim=-1) for row in images.squeeze(1).split(nrow)]
    grid = torch.cat(rows, dim=0).mul(255).add_(0.5).clamp_(0, 255).to('cpu', torch.uint8).numpy()
    Image.fromarray(grid).resize((grid.shape[1] * 4, grid.shape[0] * 4)).save(path)
    return grid.shape


def train(epoch):
    model.train()
    train_loss = 0
    for batch_idx, (data, _) in enumerate(train_loader):
        data = data.to(device)
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(data)
        loss, kld = loss_function(recon_batch, data, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            print('Train Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.6f}\tKL: {:.4f}'.format(
                epoch, batch_idx * len(data), len(train_loader.dataset),
                100. * batch_idx / len(train_loader), loss.item() / len(data), kld / len(data)))
    print('====> Epoch: {} Average loss: {:.4f}'.format(epoch, train_loss / len(train_loader.dataset)))
    scheduler.step()


def test(epoch):
    model.eval()
    test_loss = 0
    with torch.no_grad():
        for i, (data, _) in enumerate(test_loader):
            data = data.to(device)
            recon_batch, mu, logvar = model(data)
            test_loss += loss_function(recon_batch, data, mu, logvar)[0].item()
            if i == 0:
                n = min(data.size(0), 8)
                comparison = torch.cat([data.view(-1, 1, 8, 8)[:n], recon_batch.view(-1, 1, 8, 8)[:n]])
                print(save_image(comparison.cpu(), 'results/reconstruction_' + str(epoch) + '.png', nrow=n))
    test_loss /= len(test_loader.dataset)
    print('====> Test set loss: {:.4f}'.format(test_loss))


if __name__ == "__main__":
    os.makedirs('results', exist_ok=True)
    for epoch in range(1, args.epochs + 1):
        train(epoch)
        test(epoch)
        with torch.no_grad():
            sample = torch.randn(16, args.latent).to(device)
            sample = model.decode(sample).cpu()
            save_image(sample.view(16, 1, 8, 8), 'results/sample_' + str(epoch) + '.png', nrow=8)
    print(sorted(os.listdir('results')))
    torch.set_printoptions(precision=3, sci_mode=False)
    print(sample[0].view(8, 8))

    # the latent space: the mean of each digit, and the way from a 0 to a 1
    with torch.no_grad():
        mu, _ = model.encode(pixels.to(device))
        means = torch.stack([mu[labels == digit].mean(dim=0) for digit in range(10)])
        print((means[0] - means).norm(dim=1))
        for weight in torch.linspace(0, 1, 5):
            print('%.2f' % weight, model.decode(torch.lerp(means[0], means[1], weight)).mean())
