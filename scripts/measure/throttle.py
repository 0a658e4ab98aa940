#!/usr/bin/env python3
"""How exactly hosts are paced, from the site's own log.

    cargo build --workspace --bins && scripts/measure/throttle.py

Imitated sites on loopback are crawled at several paces; every gap between two requests to a
throttle group is taken from the site's log. Then one host answers 429 with a Retry-After, and one
has a robots.txt. Never run by ./test.
"""

import json
import pathlib
import statistics
import subprocess
import tempfile
import urllib.request

BIN = pathlib.Path(__file__).resolve().parents[2] / "target/debug"
# Gaps are stretched by a chance of 0 to 50 %.
STRETCH = 1.25


def get(url):
    return json.load(urllib.request.urlopen(url))


def behave(urls, *rules):
    body = json.dumps(list(rules)).encode()
    urllib.request.urlopen(urllib.request.Request(urls["control"] + "/_behave", body)).read()


class Site:
    """Imitations of their own for each measurement, and an empty database."""

    def __enter__(self):
        self.process = subprocess.Popen([BIN / "imitation", "--limit", "100000"], stdout=subprocess.PIPE, text=True)
        self.urls = json.loads(self.process.stdout.readline())
        self.home = tempfile.TemporaryDirectory()
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.home.cleanup()

    def crawl(self, site, *flags):
        bases = {"bilibili": ("www", "i0", "i1"), "peertube": ("peertube",)}[site]
        name = site if site == "bilibili" else "peertube:" + self.urls["peertube"].removeprefix("http://")
        command = [BIN / "crawler", "run", "--site", name, "--pool", "negative", "--json", "--no-progress",
                   "--database", f"sqlite:{self.home.name}/whisker.db", *flags]
        for base in bases:
            command += ["--base-url", self.urls[base]]
        return subprocess.run(command, capture_output=True, text=True)

    def log(self, *hosts):
        return [entry for entry in get(self.urls["control"] + "/_log") if entry["host"] in hosts]


def gaps(log):
    return [after["at_ms"] - before["at_ms"] for before, after in zip(log, log[1:])]


def paces():
    print("group               pace ms  requests  wanted/s  got/s  least gap  gaps below the pace")
    for pace, covers in ((50, 200), (200, 80), (1000, 25)):
        for site, hosts in (("peertube", ("peertube",)), ("bilibili", ("www",)), ("bilibili", ("i0", "i1"))):
            with Site() as played:
                played.crawl(site, "--random", str(covers), "--pace", str(pace))
                found = gaps(played.log(*hosts))
                wanted, got = 1000 / (pace * STRETCH), 1000 / statistics.mean(found)
                below = sum(gap < pace for gap in found)
                print(f"{'+'.join(hosts):19} {pace:7} {len(found) + 1:9} {wanted:9.2f} {got:6.2f} {min(found):10} {below:20}")


def deadlines():
    with Site() as played:
        throttled = {"do": "status", "status": 429, "retry_after": {"seconds": 5}}
        script = [{"do": "normal"}] * 3 + [throttled]
        behave(played.urls, {"path": "/lazy-static/*", "script": script})
        played.crawl("peertube", "--random", "20", "--pace", "50")
        log = played.log("peertube")
        at = [entry["status"] for entry in log].index(429)
        inside = sum(log[at]["at_ms"] < entry["at_ms"] < log[at]["at_ms"] + 5000 for entry in log)
        print(f"inside Retry-After of 5 s: {inside} requests; the next came after {log[at + 1]['at_ms'] - log[at]['at_ms']} ms")


def robots():
    with Site() as played:
        rules = {"do": "body", "content_type": "text/plain", "body": "User-agent: *\nDisallow: /lazy-static/\n"}
        behave(played.urls, {"path": "/robots.txt", "script": [rules], "forever": True})
        output = played.crawl("peertube", "--random", "20", "--pace", "20")
        against = sum(entry["path"].startswith("/lazy-static/") for entry in played.log("peertube"))
        print(f"against robots.txt: {against} requests (exit {output.returncode})")


if __name__ == "__main__":
    paces()
    deadlines()
    robots()
