#!/usr/bin/env python3
"""CPU time of a cover: Whisker's crawler, img2dataset 1.47, and the image work alone.

    cargo build --workspace --bins && cargo build -p cover --example throughput
    scripts/measure/crawl.py FOLDER [--runs 5] [--covers 2000]

FOLDER gets img2dataset in a venv of its own and the same drawn JPEGs of 1280x720 for all. A
server on loopback serves them; its time is not counted. Runs alternate; medians are told, of
user + system time of the whole process tree. Never run by ./test.
"""

import argparse
import ctypes
import http.server
import json
import multiprocessing
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

# Children that go on: the server.
KEPT = set()
ROOT = pathlib.Path(__file__).resolve().parents[2]
PEER = "img2dataset==1.47.0"

DRAW = '''
import sys, os, numpy as np, cv2
out, n, w, h = sys.argv[1], int(sys.argv[2]), 1280, 720
os.makedirs(out, exist_ok=True); cv2.setNumThreads(1)
for i in range(n):
    r = np.random.default_rng(1000 + i); img = np.zeros((h, w, 3), np.float32)
    for k, amp in ((4, 70), (12, 40), (48, 22), (160, 12), (720, 6)):
        g = r.normal(0, 1, (max(2, k * h // w), k, 3)).astype(np.float32)
        img += amp * cv2.resize(g, (w, h), interpolation=cv2.INTER_CUBIC)
    img = np.clip(img + r.uniform(70, 180, 3).astype(np.float32), 0, 255).astype(np.uint8)
    for _ in range(12):
        c = tuple(int(x) for x in r.integers(0, 256, 3)); p = (int(r.integers(0, w)), int(r.integers(0, h)))
        cv2.circle(img, p, int(r.integers(15, 140)), c, -1 if r.random() < .6 else 5, cv2.LINE_AA)
    cv2.putText(img, f"cover {i:04d}", (60, 640), cv2.FONT_HERSHEY_DUPLEX, 4, (255, 255, 255), 12, cv2.LINE_AA)
    cv2.imwrite(f"{out}/{i:05d}.jpg", img, [cv2.IMWRITE_JPEG_QUALITY, 88])
'''


class Covers(http.server.BaseHTTPRequestHandler):
    """Files out of memory, over connections that stay open."""

    protocol_version = "HTTP/1.1"
    files: dict = {}

    def do_GET(self):
        body = self.files.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("content-type", "image/jpeg")
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


def serve(folder, port):
    Covers.files = {f"/{f.name}": f.read_bytes() for f in folder.iterdir()}
    server = http.server.ThreadingHTTPServer
    server.request_queue_size = 256
    server = server(("127.0.0.1", 0), Covers)
    port.put(server.server_address[1])
    server.serve_forever()


def measured(command, folder, extra=None):
    """Seconds of processor and wall, megabytes of the largest process, and stdout."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env = dict(os.environ, NO_PROXY="*", WANDB_MODE="disabled", NO_ALBUMENTATIONS_UPDATE="1", **(extra or {}))
    with open(folder / "stdout", "w+") as out, open(folder / "stderr", "w") as err:
        began = time.monotonic()
        child = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if child.returncode != 0:
            sys.exit(f"{command[0]} ended with {child.returncode}: see {folder}/stderr")
        cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
        for usage in orphans():
            cpu, memory = cpu + usage.ru_utime + usage.ru_stime, max(memory, usage.ru_maxrss)
        return cpu, wall, memory / 1e3, out.read()


def orphans():
    """What workers used that nobody waited for: they have become ours, see main."""
    for pid in children() - KEPT:
        _, _, usage = os.wait4(pid, 0)
        yield usage


def children():
    me = os.getpid()
    return {int(pid) for pid in pathlib.Path(f"/proc/{me}/task/{me}/children").read_text().split()}


def ours(urls, base, folder):
    command = [ROOT / "target/debug/crawler", "import", urls, "--pool", "negative", "--json", "--no-progress",
               "--base-url", base, "--pace", "1", "--database", f"sqlite:{folder}/whisker.db"]
    cpu, wall, memory, out = measured(command, folder)
    covers = json.loads(out)["new_covers"]
    return cpu, wall, memory, covers


def peer(urls, folder, venv):
    command = [venv / "bin/img2dataset", f"--url_list={urls}", f"--output_folder={folder}/out", "--image_size=240",
               "--resize_mode=border", "--processes_count=2", "--thread_count=16", "--number_sample_per_shard=250",
               "--output_format=files", "--encode_quality=90", "--extract_exif=False", "--enable_wandb=False",
               "--compute_hash=sha256"]
    cpu, wall, memory, _ = measured(command, folder)
    covers = sum(json.loads(f.read_text())["successes"] for f in (folder / "out").glob("*_stats.json"))
    return cpu, wall, memory, covers


def bare(covers):
    command = [ROOT / "target/debug/examples/throughput", covers]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("processor")]
    return float(line.split()[1])


def prepared(folder, count):
    venv, covers = folder / "venv", folder / "covers"
    if not (venv / "bin/img2dataset").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", PEER], check=True)
    if not covers.exists() or len(list(covers.iterdir())) < count:
        subprocess.run([venv / "bin/python", "-c", DRAW, covers, str(count)], check=True)
    return venv, covers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--covers", type=int, default=2000)
    args = parser.parse_args()
    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    venv, covers = prepared(folder, args.covers)
    port = multiprocessing.Queue()
    multiprocessing.Process(target=serve, args=(covers, port), daemon=True).start()
    KEPT.update(children())
    # Processes whose parent ends become children of this one, so that their time is counted.
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    base = f"http://127.0.0.1:{port.get()}"
    names = sorted(file.name for file in covers.iterdir())[: args.covers]
    lists = {}
    for name, count in (("all", args.covers), ("four", 4)):
        lists[name] = folder / f"{name}.txt"
        lists[name].write_text("".join(f"{base}/{file}\n" for file in names[:count]))
    runs = {"ours": [], "ours, four": [], "img2dataset": [], "img2dataset, four": [], "bare": []}
    for _ in range(args.runs):
        for name, size in (("ours", "all"), ("ours, four", "four")):
            runs[name].append(ours(lists[size], base, folder / "ours"))
        for name, size in (("img2dataset", "all"), ("img2dataset, four", "four")):
            runs[name].append(peer(lists[size], folder / "peer", venv))
        runs["bare"].append(bare(covers))
    report(runs, args.covers)


def report(runs, count):
    def middle(name, n):
        return statistics.median(run[n] for run in runs[name])

    cost = {}
    for name in ("ours", "img2dataset"):
        done = middle(name, 3)
        cost[name] = (middle(name, 0) - middle(f"{name}, four", 0)) * 1e3 / (done - 4)
        print(f"{name:12} {cost[name]:6.2f} ms of processor a cover ({done:.0f} of {count}; start-up "
              f"{middle(f'{name}, four', 0):.2f} s taken off), {middle(name, 1):.1f} s, largest process {middle(name, 2):.0f} MB")
    alone = statistics.median(runs["bare"])
    print(f"{'bare':12} {alone:6.2f} ms of processor a cover (decode, resize, encode, hashes)")
    print(f"img2dataset / ours {cost['img2dataset'] / cost['ours']:.2f}, ours / bare {cost['ours'] / alone:.2f}")


if __name__ == "__main__":
    main()
