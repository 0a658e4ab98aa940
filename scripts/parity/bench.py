"""Ours against eager PyTorch, and against onnxruntime for the pretrained net: alternating,
medians of medians, ratio. Run by scripts/bench-pytorch, which sets TRAINER.

    bench.py [--rounds 3] [--steps 10] [--threads 2] [--nets lenet,alexnet,...]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

BATCH, WARM_UP = 10, 2
# How many times faster than the peer ours must be, by issue 4.
BARS = {("lenet", "train step"): 20, ("lenet", "score"): 10, ("alexnet", "train step"): 1.25,
        ("resnet", "train step"): 1.0, ("efficientnet-lite0", "score"): 1.0}
# A direct step of lenet takes seconds: fewer of them say as much.
FEWER = {"lenet": 3}
# Layouts in which PyTorch is tried; the faster one is the peer.
LAYOUTS = {"lenet": ["contiguous"], "alexnet": ["contiguous", "channels_last"],
           "resnet": ["contiguous", "channels_last"], "efficientnet-lite0": ["contiguous", "channels_last"]}


def median_ms(work, steps):
    times = []
    for _ in range(steps + WARM_UP):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1e3)
    return statistics.median(times[WARM_UP:])


def peer(name, layout, steps, threads):
    """In a process of its own: what PyTorch, or onnxruntime, takes."""
    import torch

    import nets

    torch.set_num_threads(threads)
    if layout == "onnxruntime":
        return {"score": onnxruntime_ms(steps, threads)}
    memory = getattr(torch, f"{layout}_format" if layout == "contiguous" else layout)
    if name == "efficientnet-lite0":
        import lite0
        net, side = lite0.Lite0(), lite0.SIDE
    else:
        net = nets.NETS[name](**({"dropout": 0.5} if name == "alexnet" else {}))
        side = net.side
    net = net.to(memory_format=memory)
    pixels = torch.rand(BATCH, 3, side, side).contiguous(memory_format=memory)
    told = {}
    if name != "efficientnet-lite0":
        labels = nets.labels(BATCH)
        adam = torch.optim.Adam(net.parameters(), lr=1e-5)

        def step():
            adam.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(pixels), labels)
            loss.backward()
            adam.step()
            return loss.item()

        told["train step"] = median_ms(step, steps)
    net.eval()
    with torch.inference_mode():
        told["score"] = median_ms(lambda: net(pixels), steps) / BATCH
    return told


def onnxruntime_ms(steps, threads):
    import numpy as np
    import onnxruntime

    import lite0

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(
        lite0.onnx_model(BATCH), options, providers=["CPUExecutionProvider"])
    pixels = np.random.rand(BATCH, 3, lite0.SIDE, lite0.SIDE).astype(np.float32)
    return median_ms(lambda: session.run(None, {"pixels": pixels}), steps) / BATCH


def ours(name, steps, threads):
    told = json.loads(call(
        os.environ["TRAINER"], "bench", "--net", name, "--batch-size", str(BATCH),
        "--steps", str(steps), "--threads", str(threads), "--json"))
    pairs = {"train step": told["train_step_ms"], "score": told["score_ms_per_cover"]}
    return {what: ms for what, ms in pairs.items() if ms is not None}


def call(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]


def children_cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(name, args):
    """Medians by (who, what), and CPU seconds of each whole process."""
    layouts = LAYOUTS[name] + (["onnxruntime"] if name == "efficientnet-lite0" else [])
    times, cpu = {}, {}
    for _ in range(args.rounds):
        for who in ["whisker", *layouts]:
            before = children_cpu()
            steps = FEWER.get(name, args.steps) if who != "whisker" else args.steps
            told = ours(name, steps, args.threads) if who == "whisker" else json.loads(call(
                sys.executable, __file__, "--peer", name, who,
                "--steps", str(steps), "--threads", str(args.threads)))
            cpu.setdefault(who, []).append((children_cpu() - before) / (steps + WARM_UP))
            for what, ms in told.items():
                times.setdefault((who, what), []).append(ms)
    return ({key: (statistics.median(ms), min(ms), max(ms)) for key, ms in times.items()},
            {who: statistics.median(seconds) for who, seconds in cpu.items()})


def row(name, what, times, cpu):
    who = min((key for key in times if key[0] != "whisker" and key[1] == what),
              key=lambda key: times[key][0])
    (mine, least, most), (theirs, their_least, their_most) = times["whisker", what], times[who]
    ratio, bar = theirs / mine, BARS.get((name, what))
    verdict = "" if bar is None else ("met" if ratio >= bar else "**missed**")
    peer = who[0] if who[0] == "onnxruntime" else f"PyTorch {who[0].replace('_', ' ')}"
    return (f"| {name} | {what} | {mine:.2f} ({least:.2f}–{most:.2f}) | {peer} | "
            f"{theirs:.2f} ({their_least:.2f}–{their_most:.2f}) | {ratio:.2f} | {bar or ''} | {verdict} | "
            f"{cpu['whisker']:.2f} / {cpu[who[0]]:.2f} |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--nets", default=",".join(LAYOUTS))
    parser.add_argument("--peer", nargs=2, metavar=("NET", "LAYOUT"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peer:
        print(json.dumps(peer(*args.peer, args.steps, args.threads)))
        return
    print(f"batch {BATCH}, {args.threads} threads, {args.rounds} rounds of {args.steps} steps; "
          "milliseconds a step or a scored cover: median (least–most of the rounds)\n")
    print("| net | what | Whisker ms | peer | peer ms | ratio | bar | | CPU s a step, ours / peer's |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in args.nets.split(","):
        times, cpu = measure(name, args)
        for what in ("train step", "score"):
            if ("whisker", what) in times:
                print(row(name, what, times, cpu), flush=True)
        for (who, what), (ms, _, _) in sorted(times.items()):
            print(f"{name} {what} {who}: {ms:.2f} ms", file=sys.stderr)


main()
