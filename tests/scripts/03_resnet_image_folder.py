"""A small ResNet on an image folder: residual blocks, one-cycle learning rate, the best checkpoint kept."""
import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
from PIL import Image
from torch.utils.data import DataLoader, Dataset


class ShapesDataset(Dataset):
    def __init__(self, root):
        self.paths = sorted(Path(root).glob("*/*.png"))
        self.classes = sorted({path.parent.name for path in self.paths})

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, i):
        pixels = np.asarray(Image.open(self.paths[i]).resize((16, 16)), dtype=np.float32) / 127.5 - 1
        return torch.tensor(pixels.transpose(2, 0, 1)), self.classes.index(self.paths[i].parent.name)


def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super(BasicBlock, self).__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        out += identity
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes):
        super(ResNet, self).__init__()
        self.inplanes = 8
        self.conv1 = nn.Conv2d(3, 8, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 8, layers[0])
        self.layer2 = self._make_layer(block, 16, layers[1], stride=2)
        self.layer3 = self._make_layer(block, 32, layers[2], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(32 * block.expansion, num_classes)

        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def _make_layer(self, block, planes, blocks, stride=1):
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                nn.Conv2d(self.inplanes, planes * block.expansion, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes * block.expansion),
            )
        layers = [block(self.inplanes, planes, stride, downsample)]
        self.inplanes = planes * block.expansion
        for _ in range(1, blocks):
            layers.append(block(self.inplanes, planes))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer3(self.layer2(self.layer1(x)))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)


class AverageMeter(object):
    def __init__(self, name, fmt=':f'):
        self.name, self.fmt = name, fmt
        self.sum = self.count = 0

    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n

    def __str__(self):
        fmtstr = '{name} {val' + self.fmt + '} ({avg' + self.fmt + '})'
        return fmtstr.format(name=self.name, val=self.val, avg=self.sum / self.count)


def accuracy(output, target, topk=(1,)):
    with torch.no_grad():
        batch_size = target.size(0)
        _, pred = output.topk(max(topk), 1, True, True)
        pred = pred.t()
        correct = pred.eq(target.view(1, -1).expand_as(pred))
        return [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / batch_size) for k in topk]


def run_epoch(loader, model, criterion, device, optimizer=None, scheduler=None):
    losses, top1, top2 = AverageMeter('Loss', ':.4f'), AverageMeter('Acc@1', ':6.2f'), AverageMeter('Acc@2', ':6.2f')
    model.train(optimizer is not None)
    with torch.set_grad_enabled(optimizer is not None):
        for images, target in loader:
            images, target = images.to(device, non_blocking=True), target.to(device, non_blocking=True)
            output = model(images)
            loss = criterion(output, target)
            acc1, acc2 = accuracy(output, target, topk=(1, 2))
            losses.update(loss.item(), images.size(0))
            top1.update(acc1[0].item(), images.size(0))
            top2.update(acc2[0].item(), images.size(0))
            if optimizer is not None:
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                optimizer.step()
                scheduler.step()
    print('   ', losses, top1, top2, sep='\t')
    return top1.sum / top1.count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('data', nargs='?', default='shapes')
    parser.add_argument('--epochs', default=3, type=int)
    parser.add_argument('--lr', default=0.02, type=float)
    parser.add_argument('--save-dir', default='checkpoints')
    args = parser.parse_args()
    torch.manual_seed(7)
    device = torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')

    train_loader = DataLoader(ShapesDataset(f'{args.data}/train'), batch_size=16, shuffle=True, drop_last=True)
    val_loader = DataLoader(ShapesDataset(f'{args.data}/val'), batch_size=20)
    model = ResNet(BasicBlock, [1, 1, 1], num_classes=4).to(device)
    print(model)
    print('parameters:', sum(p.numel() for p in model.parameters() if p.requires_grad))

    criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.SGD(model.parameters(), args.lr, momentum=0.9, weight_decay=1e-4, nesterov=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=args.lr, epochs=args.epochs,
                                                    steps_per_epoch=len(train_loader))
    folder = Path(args.save_dir)
    folder.mkdir(exist_ok=True)
    best_acc1 = 0
    for epoch in range(args.epochs):
        print('Epoch', epoch, 'lr', '%.6f' % optimizer.param_groups[0]['lr'])
        run_epoch(train_loader, model, criterion, device, optimizer, scheduler)
        acc1 = run_epoch(val_loader, model, criterion, device)
        torch.save({'epoch': epoch + 1, 'state_dict': model.state_dict(), 'best_acc1': max(acc1, best_acc1),
                    'optimizer': optimizer.state_dict()}, folder / 'checkpoint.pth.tar')
        if acc1 >= best_acc1:
            best_acc1 = acc1
            shutil.copyfile(folder / 'checkpoint.pth.tar', folder / 'model_best.pth.tar')

    checkpoint = torch.load(folder / 'model_best.pth.tar', map_location=device)
    model.load_state_dict(checkpoint['state_dict'])
    optimizer.load_state_dict(checkpoint['optimizer'])
    print("=> loaded checkpoint (epoch {}, accuracy {:.2f})".format(checkpoint['epoch'], checkpoint['best_acc1']))
    run_epoch(val_loader, model, criterion, device)
    print(model.bn1.running_mean, model.bn1.num_batches_tracked)


if __name__ == '__main__':
    main()
