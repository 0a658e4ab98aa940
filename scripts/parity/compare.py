"""Compares Whisker's nets with PyTorch's: bits of the library's kernels, 1e-5 of the FFT,
1e-3 of the losses of some steps. Run by scripts/pytorch-parity, which sets PARITY_EXAMPLE.

    compare.py [--steps 50] [--threads 2] [--nets lenet,alexnet,resnet] [--write-fixtures]
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import torch

import nets

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "trainer/tests/parity/pytorch.json"
BATCH, BATCHES, SAMPLES, FIXTURE_STEPS = 4, 5, 5, 6
# As in trainer/tests/parity/trace.rs, which says why.
RATES = {"lenet": 1e-4, "alexnet": 1e-5, "resnet": 1e-4}
# Whether each way of carrying out convolutions must give PyTorch's bits: the pools of
# lenet are sums in another order, and a transform is another sum altogether.
WAYS = [("lenet", "auto", False), ("lenet", "direct", False),
        ("alexnet", "direct", True), ("resnet", "direct", True)]


def batch(net, step):
    pixels = nets.pixels(BATCH, net.side, step).contiguous(memory_format=net.layout)
    return pixels, nets.labels(BATCH)


def trace(name):
    net = nets.filled(name)
    pixels, labels = batch(net, 0)
    logits = net(pixels)
    loss = torch.nn.functional.cross_entropy(logits, labels)
    loss.backward()
    return logits.detach(), loss.item(), {key: p.grad for key, p in net.named_parameters()}


def losses(name, steps):
    net, told = nets.filled(name), []
    adam = torch.optim.Adam(net.parameters(), lr=RATES[name])
    for step in range(steps):
        pixels, labels = batch(net, step % BATCHES)
        adam.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(pixels), labels)
        loss.backward()
        adam.step()
        told.append(loss.item())
    return told


def read_safetensors(path):
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    tensors = json.loads(raw[8:8 + length])
    body = raw[8 + length:]
    return {
        name: np.frombuffer(body[slice(*about["data_offsets"])], np.float32).reshape(about["shape"])
        for name, about in tensors.items() if name != "__metadata__"
    }


def ours(name, kernels, threads, steps):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "trace.safetensors")
        done = subprocess.run(
            [os.environ["PARITY_EXAMPLE"], name, kernels, str(threads), str(steps), str(file)],
            check=True, stdout=subprocess.PIPE, text=True)
        return read_safetensors(file), json.loads(done.stdout)


def sampled(tensor, count):
    flat = tensor.flatten()
    return [flat[place * (flat.numel() - 1) // (count - 1)].item() for place in range(count)]


def write_fixtures():
    fixtures = {}
    for name in nets.NETS:
        logits, loss, gradients = trace(name)
        fixtures[name] = {
            "logits": logits.flatten().tolist(),
            "loss": loss,
            "gradients": {
                key: [gradient.double().norm().item(), sampled(gradient, SAMPLES)]
                for key, gradient in gradients.items()},
            # AlexNet's steps take too long for a test.
            "losses": losses(name, FIXTURE_STEPS) if name != "alexnet" else [],
        }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(golden)}" for name, golden in fixtures.items())
    FIXTURES.write_text(f"{{\n{lines}\n}}\n")
    print(f"wrote {FIXTURES} ({FIXTURES.stat().st_size} bytes)")


def compare(name, kernels, bits, args, theirs):
    (logits, loss, gradients), their_losses = theirs
    tensors, told = ours(name, kernels, args.threads, args.steps)
    pairs = {"logits": logits, **gradients}
    assert set(pairs) == set(tensors), set(pairs) ^ set(tensors)
    equal = sum(np.array_equal(tensors[key], pairs[key].numpy()) for key in pairs)
    off = max(
        float((torch.from_numpy(tensors[key].copy()).double() - pairs[key].double()).norm()
              / pairs[key].double().norm().clamp(min=1e-30))
        for key in pairs)
    apart = max((abs(a - b) for a, b in zip(told["losses"], their_losses)), default=0.0)
    good = (equal == len(pairs) if bits else off < 1e-5) and apart < 1e-3
    print(f"{name:<8} {kernels:<7} {equal:>3} of {len(pairs):<3} equal bits   largest difference "
          f"{off:.1e}   losses of {len(their_losses)} steps apart by {apart:.1e} "
          f"(last {their_losses[-1]:.4f})   {'as it should be' if good else 'WRONG'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nets", default=",".join(nets.NETS))
    parser.add_argument("--write-fixtures", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.write_fixtures:
        return write_fixtures()
    theirs = {name: (trace(name), losses(name, args.steps)) for name in args.nets.split(",")}
    good = [compare(*way, args, theirs[way[0]]) for way in WAYS if way[0] in theirs]
    sys.exit(0 if all(good) else 1)


main()
