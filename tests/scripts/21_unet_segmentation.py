"""A small U-Net finds the shape in a picture: skip connections, Dice + BCE."""
import argparse
import logging
import os
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from torch import optim
from torch.utils.data import DataLoader, Dataset, random_split


class BasicDataset(Dataset):
    def __init__(self, images_dir, mask_dir):
        self.images_dir, self.mask_dir = Path(images_dir), Path(mask_dir)
        self.ids = sorted(os.path.splitext(file)[0] for file in os.listdir(images_dir) if not file.startswith('.'))
        logging.info(f'Creating dataset with {len(self.ids)} examples')

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, idx):
        name = self.ids[idx]
        img = np.asarray(Image.open(self.images_dir / f'{name}.png')).transpose((2, 0, 1)) / 255.0
        mask = np.asarray(Image.open(self.mask_dir / f'{name}.png')) > 127
        return {
            'image': torch.as_tensor(img.copy()).float().contiguous(),
            'mask': torch.as_tensor(mask.copy()).long().contiguous()
        }


class DoubleConv(nn.Module):
    """(convolution => [BN] => ReLU) * 2"""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True)
        )

    def forward(self, x):
        return self.double_conv(x)


class Up(nn.Module):
    def __init__(self, in_channels, out_channels, bilinear):
        super().__init__()
        self.bilinear = bilinear
        if not bilinear:
            self.up = nn.ConvTranspose2d(in_channels, in_channels // 2, kernel_size=2, stride=2)
            in_channels = in_channels // 2 + out_channels
        else:
            in_channels = in_channels + out_channels
        self.conv = DoubleConv(in_channels, out_channels)

    def forward(self, x1, x2):
        if self.bilinear:
            x1 = F.interpolate(x1, scale_factor=2, mode='bilinear', align_corners=True)
        else:
            x1 = self.up(x1)
        diffY = x2.size()[2] - x1.size()[2]
        diffX = x2.size()[3] - x1.size()[3]
        x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
        return self.conv(torch.cat([x2, x1], dim=1))


class UNet(nn.Module):
    def __init__(self, n_channels, n_classes, width=6):
        super(UNet, self).__init__()
        self.n_classes = n_classes
        self.inc = DoubleConv(n_channels, width)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(width, 2 * width))
        self.down2 = nn.Sequential(nn.AvgPool2d(2), DoubleConv(2 * width, 4 * width))
        self.up1 = Up(4 * width, 2 * width, bilinear=False)
        self.up2 = Up(2 * width, width, bilinear=True)
        self.outc = nn.Conv2d(width, n_classes, kernel_size=1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        return self.outc(self.up2(self.up1(x3, x2), x1))


def dice_coeff(input, target, epsilon=1e-6):
    inter = 2 * (input * target).sum(dim=(-1, -2))
    sets_sum = input.sum(dim=(-1, -2)) + target.sum(dim=(-1, -2))
    sets_sum = torch.where(sets_sum == 0, inter, sets_sum)
    return ((inter + epsilon) / (sets_sum + epsilon)).mean()


@torch.inference_mode()
def evaluate(net, dataloader, device):
    net.eval()
    dice_score, right, pixels = 0, 0, 0
    for batch in dataloader:
        image, mask_true = batch['image'].to(device), batch['mask'].to(device)
        mask_pred = torch.sigmoid(net(image)).squeeze(1)
        dice_score += dice_coeff(mask_pred, mask_true.float())
        right += torch.logical_not(torch.logical_xor(mask_pred > 0.5, mask_true.bool())).sum().item()
        pixels += mask_true.numel()
    net.train()
    return dice_score / max(len(dataloader), 1), right / pixels


def get_args():
    parser = argparse.ArgumentParser(description='Train the UNet on images and target masks')
    parser.add_argument('--data', default='cells', help='folder with images/ and masks/')
    parser.add_argument('--epochs', '-e', metavar='E', type=int, default=4, help='Number of epochs')
    parser.add_argument('--batch-size', '-b', dest='batch_size', metavar='B', type=int, default=4)
    parser.add_argument('--learning-rate', '-l', metavar='LR', type=float, default=3e-3, dest='lr')
    return parser.parse_args()


if __name__ == '__main__':
    args = get_args()
    logging.basicConfig(level=logging.INFO, format='%(levelname)s: %(message)s', stream=sys.stdout)
    torch.manual_seed(0)
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    logging.info(f'Using device {device}')

    dataset = BasicDataset(os.path.join(args.data, 'images'), os.path.join(args.data, 'masks'))
    n_val = int(len(dataset) * 0.25)
    train_set, val_set = random_split(dataset, [len(dataset) - n_val, n_val], torch.Generator().manual_seed(0))
    train_loader = DataLoader(train_set, shuffle=True, batch_size=args.batch_size)
    val_loader = DataLoader(val_set, shuffle=False, drop_last=True, batch_size=args.batch_size)

    model = UNet(n_channels=3, n_classes=1)
    model = model.to(device, memory_format=torch.channels_last)
    logging.info(f'Network:\n\t{sum(p.numel() for p in model.parameters())} parameters\n\t{model.up1}')
    optimizer = optim.RMSprop(model.parameters(), lr=args.lr, weight_decay=1e-8, momentum=0.5, foreach=True)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs)
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([2.0]))
    for epoch in range(1, args.epochs + 1):
        model.train()
        epoch_loss = 0
        for batch in train_loader:
            images, true_masks = batch['image'].to(device), batch['mask'].to(device)
            assert images.shape[1] == 3
            masks_pred = model(images).squeeze(1)
            loss = criterion(masks_pred, true_masks.float())
            loss += 1 - dice_coeff(torch.sigmoid(masks_pred), true_masks.float())
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            epoch_loss += loss.item()
        dice, accuracy = evaluate(model, val_loader, device)
        scheduler.step()
        logging.info(f'Epoch {epoch}: loss {epoch_loss / len(train_loader):.4f}, dice {dice:.4f}, '
                     f'pixels right {accuracy:.4f}, lr {scheduler.get_last_lr()[0]:.5f}')
    state_dict = model.state_dict()
    state_dict['mask_values'] = [0, 255]
    torch.save(state_dict, 'checkpoint_unet.pth')

    model.eval()
    with torch.no_grad():
        output = model(val_set[0]['image'].unsqueeze(0))
        output = F.interpolate(output, (16, 16), mode='nearest')
    print(torch.sigmoid(output)[0, 0, 4:12, 4:12])
