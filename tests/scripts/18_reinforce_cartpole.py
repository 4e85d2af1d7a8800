"""REINFORCE with a baseline: a policy learns to balance a pole on a cart that is simulated right here."""
import argparse
import math
import random
from collections import deque
from itertools import count

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

parser = argparse.ArgumentParser(description='REINFORCE example')
parser.add_argument('--gamma', type=float, default=0.99, metavar='G', help='discount factor (default: 0.99)')
parser.add_argument('--seed', type=int, default=543, metavar='N', help='random seed (default: 543)')
parser.add_argument('--episodes', type=int, default=40)
parser.add_argument('--log-interval', type=int, default=5, metavar='N')
args = parser.parse_args()


class CartPole:
    """The classic control problem of Barto, Sutton and Anderson (1983), in Euler steps of 0.02 s."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def reset(self):
        self.state = [self.rng.uniform(-0.05, 0.05) for _ in range(4)]
        return np.array(self.state, dtype=np.float32)

    def step(self, action):
        x, x_dot, theta, theta_dot = self.state
        force = 10.0 if action == 1 else -10.0
        sin, cos = math.sin(theta), math.cos(theta)
        push = (force + 0.05 * theta_dot**2 * sin) / 1.1
        theta_acc = (9.8 * sin - cos * push) / (0.5 * (4.0 / 3.0 - 0.1 * cos**2 / 1.1))
        x_acc = push - 0.05 * theta_acc * cos / 1.1
        self.state = [x + 0.02 * x_dot, x_dot + 0.02 * x_acc, theta + 0.02 * theta_dot, theta_dot + 0.02 * theta_acc]
        done = abs(self.state[0]) > 2.4 or abs(self.state[2]) > math.radians(12)
        return np.array(self.state, dtype=np.float32), 1.0, done


env = CartPole(args.seed)
torch.manual_seed(args.seed)


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()
        self.affine1 = nn.Linear(4, 64)
        self.dropout = nn.Dropout(p=0.2)
        self.action_head = nn.Linear(64, 2)
        self.value_head = nn.Linear(64, 1)
        self.saved = []
        self.rewards = []

    def forward(self, x):
        x = self.affine1(x)
        x = self.dropout(x)
        x = F.relu(x)
        return F.log_softmax(self.action_head(x), dim=-1), self.value_head(x)


policy = Policy()
print(policy)
optimizer = optim.Adam(policy.parameters(), lr=1e-2)
eps = np.finfo(np.float32).eps.item()


def select_action(state):
    state = torch.from_numpy(state).float().unsqueeze(0)
    log_probs, value = policy(state)
    action = torch.multinomial(log_probs.exp().detach(), 1)
    entropy = -(log_probs.exp() * log_probs).sum()
    policy.saved.append((log_probs.gather(1, action).squeeze(), value.squeeze(), entropy))
    return action.item()


def finish_episode():
    R = 0
    policy_loss, value_loss = [], []
    returns = deque()
    for r in policy.rewards[::-1]:
        R = r + args.gamma * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    for (log_prob, value, entropy), R in zip(policy.saved, returns):
        advantage = R - value.item()
        policy_loss.append(-log_prob * advantage - 0.01 * entropy)
        value_loss.append(F.smooth_l1_loss(value, R))
    optimizer.zero_grad()
    loss = torch.stack(policy_loss).sum() + torch.stack(value_loss).sum()
    loss.backward()
    optimizer.step()
    del policy.rewards[:]
    del policy.saved[:]
    return loss.item()


def main():
    running_reward = 10
    history = []
    for i_episode in range(1, args.episodes + 1):
        state, ep_reward = env.reset(), 0
        for t in count(1):
            action = select_action(state)
            state, reward, done = env.step(action)
            policy.rewards.append(reward)
            ep_reward += reward
            if done or t >= 200:
                break
        running_reward = 0.05 * ep_reward + (1 - 0.05) * running_reward
        history.append(ep_reward)
        loss = finish_episode()
        if i_episode % args.log_interval == 0:
            print('Episode {}\tLast reward: {:.2f}\tAverage reward: {:.2f}\tLoss: {:.4f}'.format(
                i_episode, ep_reward, running_reward, loss))
    durations = torch.tensor(history, dtype=torch.float)
    if len(durations) >= 10:
        means = durations.unfold(0, 10, 1).mean(1).view(-1)
        print(torch.cat((torch.zeros(9), means)))

    policy.eval()
    with torch.no_grad():
        for tilt in (-0.1, 0.0, 0.1):
            log_probs, value = policy(torch.tensor([0.0, 0.0, tilt, 0.0]))
            print(f"pole at {tilt:+.1f}: push right with {log_probs.exp()[1]:.4f}, value {value.item():.4f}")


if __name__ == '__main__':
    main()
