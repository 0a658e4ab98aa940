"""The nets of trainer/src/nets in PyTorch, with the same names of tensors, and values by a
formula that both sides compute, so that no weights need to be exchanged."""

import numpy as np
import torch
from torch import nn


def mixed(count, name):
    """`count` numbers in [-0.5, 0.5) that belong to a name: the finish of MurmurHash3 over
    positions, begun at the name's FNV-1a hash."""
    start = 0x811C9DC5
    for byte in name.encode():
        start = (start ^ byte) * 0x01000193 % 2**32
    x = (np.arange(count, dtype=np.uint64) + np.uint64(start)) & np.uint64(0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x ^= x >> np.uint64(shift)
        x = x * np.uint64(factor) & np.uint64(0xFFFFFFFF)
    x ^= x >> np.uint64(16)
    return x.astype(np.float64) / 2**32 - 0.5


def value(name, shape):
    """Scales and variances round one, biases and means small, weights within Kaiming's bound."""
    drawn = mixed(int(np.prod(shape)), name)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        drawn = 1 + 0.4 * drawn
    elif len(shape) == 1:
        drawn = 0.2 * drawn
    else:
        drawn = drawn * 2 * np.sqrt(6 / np.prod(shape[1:]))
    return torch.from_numpy(drawn.astype(np.float32).reshape(shape))


def pixels(count, side, step):
    drawn = 2 * mixed(count * 3 * side * side, f"pixels {step}")
    return torch.from_numpy(drawn.astype(np.float32).reshape(count, 3, side, side))


def labels(count):
    return torch.tensor([row % 2 for row in range(count)])


class LeNet(nn.Sequential):
    side, layout = 240, torch.contiguous_format

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 6, 45), nn.ReLU(), nn.AvgPool2d(18, 2),
            nn.Conv2d(6, 9, 20), nn.ReLU(), nn.AvgPool2d(9, 2),
            nn.Flatten(), nn.Linear(9216, 544), nn.ReLU(),
            nn.Linear(544, 68), nn.ReLU(), nn.Linear(68, 2))


class AlexNet(nn.Sequential):
    side, layout = 240, torch.contiguous_format

    def __init__(self, dropout=0.0):
        super().__init__(
            nn.Conv2d(3, 96, 11, 4, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(dropout), nn.Linear(4096, 2))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if inputs != outputs or stride != 1:
            self.downsample = nn.Sequential(
                nn.AvgPool2d(stride, stride, ceil_mode=True, count_include_pad=False),
                nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        inner = self.bn2(self.conv2(torch.relu_(self.bn1(self.conv1(x)))))
        return torch.relu_(inner + shortcut)


class ResNet(nn.Module):
    side, layout = 128, torch.channels_last

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = 32
        for stage, outputs in enumerate((32, 64, 128, 256)):
            block = Block(inputs, outputs, 1 if stage == 0 else 2)
            self.add_module(f"layer{stage + 1}", nn.Sequential(block))
            inputs = outputs
        self.fc = nn.Linear(256, 2)

    def forward(self, x):
        x = self.maxpool(torch.relu_(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


NETS = {"lenet": LeNet, "alexnet": AlexNet, "resnet": ResNet}


def filled(name):
    """The net with values by the formula."""
    net = NETS[name]()
    for key, tensor in net.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(value(key, tuple(tensor.shape)))
    return net
