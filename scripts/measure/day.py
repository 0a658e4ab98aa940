#!/usr/bin/env python3
"""A day in fast motion: "A day of kills" in docs/measurements.md.

    scripts/measure/day.py PHOTOS [--portions 12] [--bin target/debug] [--weights FILE.pth] [--seed 1]

PHOTOS has the folders cat and other. Videos are crawled in portions from the imitated PeerTube, a scripted
person who knows the truth confirms sheets over HTTP, `trainer watch` retrains, and the feed is read by
Python's XML parser all the while. Each of the three programs is killed at random and started again.
"""
import argparse, collections, json, os, pathlib, random, shutil, signal, sqlite3, subprocess, sys
import tempfile, threading, time, urllib.error, urllib.parse, urllib.request, uuid
import xml.etree.ElementTree as xml

args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
args.add_argument("photos", type=pathlib.Path)
args.add_argument("--portions", type=int, default=12)
args.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("target/debug"))
args.add_argument("--weights", help="of efficientnet-lite0, as scripts/backbone fetches them")
args.add_argument("--seed", type=int, default=1)
asked = args.parse_args()
rng = random.Random(asked.seed)
home = pathlib.Path(tempfile.mkdtemp(prefix="whisker-day-"))
database = home / "whisker.db"
os.environ |= {"WHISKER_DATABASE": f"sqlite:{database}", "WHISKER_CONTACT": "day@example.org"}
PORT = 7991
URL = f"http://127.0.0.1:{PORT}"
ATOM = "{http://www.w3.org/2005/Atom}"
counts = collections.Counter()


def program(name, *words, **options):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([asked.bin / name, *words], **quiet | options)


def post(path, body):
    """None while the labeler is dead: the page would keep it and send it again."""
    headers = {"Content-Type": "application/json", "Origin": URL}
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), headers)
    try:
        return json.load(urllib.request.urlopen(request, timeout=30))
    except urllib.error.HTTPError as error:
        sys.exit(f"{path}: {error.read().decode()}")
    except OSError:
        return None


def until(answered):
    while (answer := answered()) is None:
        time.sleep(0.05)
    return answer


class Reader(threading.Thread):
    """Reads the feed as often as it can; an answer that is no feed ends the day."""
    def __init__(self):
        super().__init__(daemon=True)
        self.over, self.wrong = False, None

    def run(self):
        while not self.over:
            try:
                text = urllib.request.urlopen(URL + "/feed.atom", timeout=30).read()
            except OSError:
                counts["feed: nobody there"] += 1
                time.sleep(0.05)
                continue
            try:
                feed = xml.fromstring(text)
                for part in [feed, *feed.findall(f"{ATOM}entry")]:
                    assert all(part.find(ATOM + name) is not None for name in ("id", "title", "updated"))
                counts["feed: valid"] += 1
                counts["feed: entries at most"] = max(counts["feed: entries at most"], len(feed.findall(f"{ATOM}entry")))
            except (xml.ParseError, AssertionError) as error:
                self.wrong = f"{error}: {text[:200]}"
                return
            time.sleep(0.05)


site = program("imitation", "--images", asked.photos, stdout=subprocess.PIPE, text=True)
told = json.loads(site.stdout.readline())
peertube = told["peertube"]
if asked.weights:
    subprocess.run([asked.bin / "trainer", "weights", "import", asked.weights, "--quiet"], check=True)
start = {
    "labeler": lambda: program("labeler", "serve", "--listen", f"127.0.0.1:{PORT}"),
    "trainer": lambda: program("trainer", "watch", "--no-progress"),
}
running = {name: begin() for name, begin in start.items()}
reader = Reader()
reader.start()
confirmed = {}


def kill(name):
    running[name].send_signal(signal.SIGKILL)
    running[name].wait()
    counts[f"{name} killed"] += 1
    running[name] = start[name]()


def crawl(portion):
    words = ["run", "--site", f"peertube:{peertube.removeprefix('http://')}", "--base-url", peertube,
             "--pool", "negative", "--random", "100", "--pace", "2"]
    while True:
        crawler = program("crawler", *words)
        try:
            code = crawler.wait(timeout=rng.uniform(0.1, 1) if rng.random() < 0.7 else None)
            assert code == 0, f"portion {portion}: the crawler ended with {code}"
            return
        except subprocess.TimeoutExpired:
            crawler.kill()
            crawler.wait()
            counts["crawler killed"] += 1


def is_cat(cover):
    """The site knows what it shows."""
    find = "select image_url from sighting where cover_id = (select id from cover where sha256 = ?)"
    (image,) = sqlite3.connect(database).execute(find, (bytes.fromhex(cover),)).fetchone()
    ask = f"{told['control']}/_truth?url={urllib.parse.quote(image, safe='')}"
    return json.load(urllib.request.urlopen(ask))["cat"]


def label():
    """One sheet; what is not answered is asked again, as the page would."""
    name = str(uuid.uuid4())
    ask = {"sheet": name, "pool": "negative", "order": "random", "size": 24}
    sheet = until(lambda: post("/api/sheet", ask))["sheet"]
    shown = [tile["sha256"] for tile in sheet["tiles"]]
    flipped = sheet.get("untouched", "keep") == "reject"
    right = {cover: "reject" if is_cat(cover) else "keep" for cover in shown}
    touched = [{"sha256": cover, "decision": said} for cover, said in right.items() if (said == "reject") != flipped]
    if rng.random() < 0.3:
        threading.Timer(rng.uniform(0, 0.02), kill, ["labeler"]).start()
    until(lambda: post("/api/confirm", {"sheet": name, "touched": touched, "visible_ms": 1000}))
    confirmed.update(right)
    counts["sheets"] += 1
    counts["cats"] += sum(said == "reject" for said in right.values())


for portion in range(asked.portions):
    crawl(portion)
    for _ in range(2):
        label()
        if rng.random() < 0.4:
            time.sleep(rng.uniform(0, 1))
            kill("trainer")
time.sleep(15)
reader.over = True
reader.join()
for name in running:
    running[name].send_signal(signal.SIGINT)
    running[name].wait()
site.kill()

rows = sqlite3.connect(database).execute
standing = dict(rows("select lower(hex(c.sha256)), s.decision from standing s join cover c on c.id = s.cover_id"))
lost = [cover for cover, said in confirmed.items() if standing.get(cover) != said]
never = rows("select count(*) from score where model_id not in (select model_id from promotion)").fetchone()[0]
unscored = rows("select count(*) from cover where id not in (select cover_id from score where model_id = "
                "(select model_id from promotion order by id desc limit 1))").fetchone()[0]
print(json.dumps({
    **counts, "covers": rows("select count(*) from cover").fetchone()[0], "covers decided": len(confirmed),
    "decisions lost": len(lost), "scores by a model that was never current": never, "covers unscored": unscored,
    "rounds": rows("select count(*) from round where finished_at is not null").fetchone()[0],
    "integrity": rows("pragma integrity_check").fetchone()[0],
    "feed": reader.wrong or "valid at every read"}, indent=1))
shutil.rmtree(home)
sys.exit(bool(lost or never or reader.wrong))
