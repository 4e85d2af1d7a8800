"""WGAN with gradient penalty on a ring of eight Gaussians: a gradient of a gradient, five critic steps to one."""
import argparse
import math

import numpy as np
import torch
import torch.autograd as autograd
import torch.nn as nn
from torch.autograd import Variable

parser = argparse.ArgumentParser()
parser.add_argument("--n_iters", type=int, default=40)
parser.add_argument("--batch_size", type=int, default=64)
parser.add_argument("--lr", type=float, default=1e-3)
parser.add_argument("--latent_dim", type=int, default=2)
parser.add_argument("--hidden_dim", type=int, default=64)
parser.add_argument("--n_critic", type=int, default=5, help="number of critic steps for each step of the generator")
parser.add_argument("--lambda_gp", type=float, default=0.1)
opt = parser.parse_args()
print(opt)

np.random.seed(1)
torch.manual_seed(1)
cuda = True if torch.cuda.is_available() else False
Tensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor


def sample_real(batch_size):
    """Points around eight centres on a circle."""
    angles = np.random.randint(0, 8, batch_size) * (2 * math.pi / 8)
    points = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1) + 0.05 * np.random.randn(batch_size, 2)
    return Variable(Tensor(points))


def block(in_features, out_features, activation):
    return [nn.Linear(in_features, out_features), activation]


class Generator(nn.Module):
    def __init__(self):
        super(Generator, self).__init__()
        self.model = nn.Sequential(
            *block(opt.latent_dim, opt.hidden_dim, nn.ReLU(True)),
            *block(opt.hidden_dim, opt.hidden_dim, nn.ReLU(True)),
            nn.Linear(opt.hidden_dim, 2),
        )

    def forward(self, z):
        return self.model(z)


class Discriminator(nn.Module):
    def __init__(self):
        super(Discriminator, self).__init__()
        self.model = nn.Sequential(
            *block(2, opt.hidden_dim, nn.LeakyReLU(0.2)),
            *block(opt.hidden_dim, opt.hidden_dim, nn.Tanh()),
            nn.Linear(opt.hidden_dim, 1),
        )

    def forward(self, x):
        return self.model(x)


generator = Generator()
discriminator = Discriminator()
if cuda:
    generator.cuda()
    discriminator.cuda()
print(generator)
print(discriminator)

optimizer_G = torch.optim.Adam(generator.parameters(), lr=opt.lr, betas=(0.5, 0.9))
optimizer_D = torch.optim.RMSprop(discriminator.parameters(), lr=opt.lr / 2)


def compute_gradient_penalty(D, real_samples, fake_samples):
    """How far the critic's slope is from 1 between real and generated points."""
    alpha = Tensor(np.random.random((real_samples.size(0), 1)))
    interpolates = (alpha * real_samples + ((1 - alpha) * fake_samples)).requires_grad_(True)
    d_interpolates = D(interpolates)
    fake = Variable(Tensor(real_samples.shape[0], 1).fill_(1.0), requires_grad=False)
    gradients = autograd.grad(
        outputs=d_interpolates,
        inputs=interpolates,
        grad_outputs=fake,
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )[0]
    gradients = gradients.view(gradients.size(0), -1)
    return ((gradients.norm(2, dim=1) - 1) ** 2).mean()


for iteration in range(1, opt.n_iters + 1):
    for p in discriminator.parameters():
        p.requires_grad = True

    for _ in range(opt.n_critic):
        real = sample_real(opt.batch_size)
        optimizer_D.zero_grad()
        z = Variable(Tensor(np.random.normal(0, 1, (opt.batch_size, opt.latent_dim))))
        fake = generator(z).detach()

        real_validity = discriminator(real)
        fake_validity = discriminator(fake)
        gradient_penalty = compute_gradient_penalty(discriminator, real.data, fake.data)
        d_loss = -torch.mean(real_validity) + torch.mean(fake_validity) + opt.lambda_gp * gradient_penalty
        d_loss.backward()
        optimizer_D.step()

    for p in discriminator.parameters():
        p.requires_grad = False  # to avoid computation
    optimizer_G.zero_grad()
    z = torch.randn(opt.batch_size, opt.latent_dim, device=real.device)
    g_loss = -discriminator(generator(z)).mean()
    g_loss.backward()
    optimizer_G.step()

    if iteration % 5 == 0:
        wasserstein = (real_validity.mean() - fake_validity.mean()).item()
        print("[Iteration %d/%d] [D loss: %f] [G loss: %f] [GP: %f] [W: %.5f]"
              % (iteration, opt.n_iters, d_loss.item(), g_loss.item(), gradient_penalty.item(), wasserstein))

with torch.no_grad():
    points = generator(torch.randn(256, opt.latent_dim))
    print("mean", points.mean(0), "std", points.std(0))
    angles = torch.atan2(points[:, 1], points[:, 0])
    print("radius %.4f, angle %.4f" % (points.norm(dim=1).mean(), angles.mean()))

# the critic's slope at a few points, and the second derivative along it
x = torch.tensor([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]], requires_grad=True)
slope, = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
print(slope)
curvature, = torch.autograd.grad(slope.pow(2).sum(), x)
print(curvature.norm(dim=1))
