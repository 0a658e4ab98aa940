#!/usr/bin/env python3
"""The flywheel on real photos: every figure under "The flywheel" in docs/measurements.md.

    scripts/measure/flywheel.py PHOTOS [--seeds 10] [--looks 400] [--out FOLDER]

PHOTOS holds cat/, other/ and covers.csv (file,label,family). For each seed half of the photos
never enter a database: they are the judge. The other half's others, with 3 % cats hidden among
them, are imported as covers met at random: a quarter before each of the first four sheets. A
scripted person takes sheets of 20 from the queue, likely ones first as the labeler orders them
(or at random, for comparison), and says the truth of each by labeler import, while trainer watch
works. Nothing else is told to Whisker: no positive pool, no decision before the first sheet.

After each round: average precision of the current model on the judge's half, and the share of
the hidden cats that was met. One "look" is one cover on a sheet; clicks are fewer: those that
are not kept, and one to confirm each sheet.

Features are computed once for all seeds, and copied into each seed's database: they do not
depend on it. Standard library only.
"""
import argparse, csv, json, math, operator, os, random, sqlite3, struct, subprocess, sys, time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("WHISKER_BIN_DIR", ROOT / "target/debug"))
SHEET, PORTIONS, HIDDEN = 20, 4, 0.03


def run(folder, program, *args):
    done = subprocess.run([BIN / program, *map(str, args), "--database", f"sqlite:{folder}/whisker.db",
                           "--no-progress", "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program} {args}: {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def database(folder, write=False):
    uri = f"file:{folder}/whisker.db" + ("" if write else "?mode=ro")
    return sqlite3.connect(uri, uri=True, timeout=30, isolation_level=None)


def everything(photos, backbone, out):
    """A database of all photos with features and the scores of a start without labels."""
    folder = out / "all"
    (folder / "models/backbone").mkdir(parents=True, exist_ok=True)
    (folder / "models/backbone/efficientnet-lite0.safetensors").write_bytes(backbone.read_bytes())
    if not (folder / "whisker.db").exists():
        run(folder, "crawler", "import", photos / "cat", photos / "other", "--pool", "negative")
        run(folder, "trainer", "start")
    rows = database(folder).execute("""
        select v.key, c.sha256, f.vectors, s.logit, f.backbone, f.pixels from video v join sighting g on g.video_id = v.id
        join cover c on c.id = g.cover_id join feature f on f.cover_id = c.id
        join score s on s.cover_id = c.id""").fetchall()
    known = {}
    for key, sha, vectors, logit, backbone, pixels in rows:
        known[Path(key).name] = (sha, vectors, logit, backbone, pixels)
    return known


def average_precision(rows):
    rows = sorted(rows, reverse=True)
    met, total = 0, 0.0
    for place, (_, cat) in enumerate(rows, 1):
        if cat:
            met += 1
            total += met / place
    return total / max(met, 1)


def tensors(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    head = json.loads(data[8:8 + size])
    def of(name):
        a, b = head[name]["data_offsets"]
        return struct.unpack(f"<{(b - a) // 4}f", data[8 + size + a:8 + size + b])
    return head, of


def views(stored):
    """Vectors as store::views writes them: a header of six bytes, then a scale and bytes with signs each."""
    width, = struct.unpack_from("<H", stored, 4)
    for start in range(6, len(stored), 4 + width):
        scale, *values = struct.unpack_from(f"<f{width}b", stored, start)
        yield [scale * value for value in values]


def judged(folder, judge, known):
    """Average precision of the current model on photos that the database has never seen."""
    name = database(folder).execute("select m.name from promotion p join model m on m.id = p.model_id"
                                    " order by p.id desc limit 1").fetchone()[0]
    head, of = tensors(folder / f"models/{name}.safetensors")
    if "classes.weight" in head:
        return average_precision([(known[file][2], cat) for file, cat in judge])
    weight = of("probe.weight")
    rows = [(max(sum(map(operator.mul, weight, view)) for view in views(known[file][1])), cat) for file, cat in judge]
    return average_precision(rows)


LIKELY = """select c.sha256 from score s join waiting w on w.cover_id = s.cover_id and w.topic_id = 1
    join cover c on c.id = s.cover_id where s.model_id =
    (select model_id from promotion where topic_id = 1 order by id desc limit 1)
    order by s.probability desc, s.cover_id limit ?"""
RANDOM = """select c.sha256 from waiting w join cover c on c.id = w.cover_id
    where w.topic_id = 1 order by c.sha256 limit ?"""


class Watch:
    def __init__(self, folder):
        self.folder, self.err = folder, open(folder / "watch.err", "w+")
        self.process = subprocess.Popen(
            [BIN / "trainer", "watch", "--no-progress", "--database", f"sqlite:{folder}/whisker.db"],
            stdout=subprocess.DEVNULL, stderr=self.err)

    def said(self):
        return (self.folder / "watch.err").read_text()

    def wait(self, what, timeout=120):
        end = time.time() + timeout
        while not what():
            if time.time() > end or self.process.poll() is not None:
                sys.exit(f"{self.folder}: waited in vain\n{self.said()}")
            time.sleep(0.05)

    def end(self):
        self.process.terminate()
        self.process.wait()


def lend(folder, known, of_sha):
    """Features of covers that were just imported."""
    wire = database(folder, write=True)
    rows = wire.execute("select id, sha256 from cover where id not in (select cover_id from feature)").fetchall()
    wire.execute("begin immediate")
    wire.executemany("insert or ignore into feature (cover_id, backbone, pixels, vectors) values (?, ?, ?, ?)",
                     [(cover, of_sha[sha][3], of_sha[sha][4], of_sha[sha][1]) for cover, sha in rows])
    wire.execute("commit")
    wire.close()


def one(seed, order, known, truth, out, looks):
    draw = random.Random(seed)
    files = sorted(known)
    by = {label: draw.sample([f for f in files if truth[f] == label], k=sum(truth[f] == label for f in files))
          for label in (True, False)}
    half = {label: (by[label][:len(by[label]) // 2], by[label][len(by[label]) // 2:]) for label in by}
    judge = [(f, label) for label in by for f in half[label][0]]
    hidden = half[True][1][:round(HIDDEN * len(half[False][1]) / (1 - HIDDEN))]
    stream = hidden + half[False][1]
    draw.shuffle(stream)
    folder = out / f"{order}-{seed}"
    (folder / "models/backbone").mkdir(parents=True, exist_ok=True)
    source = out / "all/models/backbone/efficientnet-lite0.safetensors"
    (folder / "models/backbone/efficientnet-lite0.safetensors").write_bytes(source.read_bytes())
    of_sha = {known[f][0]: known[f] for f in known}
    cat_of = {known[f][0]: truth[f] for f in known}
    portions = [stream[i::PORTIONS] for i in range(PORTIONS)]
    rows, looked, clicks, met, watch, queue = [], 0, 0, 0, None, LIKELY if order == "whisker" else RANDOM
    seconds = []
    while looked < looks:
        if portions:
            listed = folder / "portion.txt"
            listed.write_text("".join(f"{PHOTOS / ('cat' if truth[f] else 'other') / f}\n" for f in portions.pop()))
            run(folder, "crawler", "import", listed, "--pool", "negative")
            lend(folder, known, of_sha)
            watch = watch or Watch(folder)
            def all_scored():
                count = database(folder).execute("""select (select count(*) from pool) - (select count(*) from score
                    where model_id = (select model_id from promotion order by id desc limit 1))""").fetchone()[0]
                return count == 0
            if order == "whisker":
                watch.wait(all_scored)
        if not rows:
            watch.wait(lambda: database(folder).execute("select count(*) from promotion").fetchone()[0])
            rows.append((0, 0, judged(folder, judge, known), 0.0))
        sheet = [sha for sha, in database(folder).execute(queue, (SHEET,))]
        if not sheet:
            break
        list_of = folder / "sheet.csv"
        list_of.write_text("sha256,decision\n" + "".join(
            f"{sha.hex()},{'reject' if cat_of[sha] else 'keep'}\n" for sha in sheet))
        notes = watch.said().count("not yet") + watch.said().count("covers scored by")
        run(folder, "labeler", "import", list_of)
        began = time.time()
        watch.wait(lambda: watch.said().count("not yet") + watch.said().count("covers scored by") > notes)
        seconds.append(time.time() - began)
        looked += len(sheet)
        cats = sum(cat_of[sha] for sha in sheet)
        met, clicks = met + cats, clicks + cats + 1
        rows.append((looked, clicks, judged(folder, judge, known), met / len(hidden)))
    watch.end()
    print(f"{order} seed {seed}: {len(hidden)} hidden in {len(stream)}; "
          + "; ".join(f"{l}: AP {ap:.3f}, met {m:.2f}" for l, _, ap, m in rows[::3])
          + f"; {sum(seconds) / len(seconds):.2f} s a round", flush=True)
    return {"seed": seed, "order": order, "hidden": len(hidden), "stream": len(stream), "rows": rows,
            "seconds": seconds}


def mean_sd(values):
    mean = sum(values) / len(values)
    return mean, math.sqrt(sum((v - mean) ** 2 for v in values) / max(len(values) - 1, 1))


def svg(series, path):
    """Two panels, grey means for random order, amber for Whisker, bands of one deviation."""
    width, height, left, top, gap = 880, 300, 52, 36, 76
    panel = (width - left - gap - 16) // 2
    low_of = {2: 0.8, 3: 0.0}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           'font-family="system-ui, sans-serif" font-size="12" fill="#333">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>']
    titles = {2: "average precision on photos never seen", 3: "share of the hidden cats that was met"}
    for at, column in enumerate((2, 3)):
        x0, low = left + at * (panel + gap), low_of[column]
        last = max(row[0] for rows in series.values() for row in rows)
        x = lambda look: x0 + look / last * panel
        y = lambda value: top + (1 - (max(value, low) - low) / (1 - low)) * (height - top - 44)
        out.append(f'<text x="{x0}" y="18" font-weight="600">{titles[column]}</text>')
        for part in range(5):
            value = low + (1 - low) * part / 4
            out.append(f'<line x1="{x0}" x2="{x0 + panel}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>'
                       f'<text x="{x0 - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.2f}</text>')
        for look in range(0, int(last) + 1, 100):
            out.append(f'<text x="{x(look):.1f}" y="{height - 26}" text-anchor="middle">{look}</text>')
        out.append(f'<text x="{x0 + panel / 2}" y="{height - 8}" text-anchor="middle">covers looked at</text>')
        for name, colour, dash in (("random", "#777", "5 4"), ("whisker", "#b45309", "")):
            rows = series[name]
            mean = [(row[0], *row[column]) for row in rows]
            band = [f"{x(l):.1f},{y(min(m + s, 1)):.1f}" for l, m, s in mean]
            band += [f"{x(l):.1f},{y(m - s):.1f}" for l, m, s in reversed(mean)]
            line = " ".join(f"{x(l):.1f},{y(m):.1f}" for l, m, _ in mean)
            out.append(f'<polygon points="{" ".join(band)}" fill="{colour}" opacity="0.15"/>'
                       f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
            l, m, _ = mean[len(mean) * (2 if name == "whisker" else 3) // 4]
            out.append(f'<text x="{x(l):.1f}" y="{y(m) + (18 if at == 0 else -8):.1f}" fill="{colour}">'
                       f'{"Whisker" if name == "whisker" else "random order"}</text>')
    path.write_text("\n".join(out + ["</svg>", ""]))


def main():
    global PHOTOS
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("photos", type=Path)
    flags.add_argument("--seeds", type=int, default=10)
    flags.add_argument("--looks", type=int, default=400)
    flags.add_argument("--out", type=Path, default=Path("/tmp/flywheel"))
    flags.add_argument("--backbone", type=Path, default=ROOT / "data/models/backbone/efficientnet-lite0.safetensors")
    typed = flags.parse_args()
    PHOTOS = typed.photos.resolve()
    truth = {Path(row["file"]).name: row["label"] == "cat" for row in csv.DictReader(open(PHOTOS / "covers.csv"))}
    known = {f: v for f, v in everything(PHOTOS, typed.backbone, typed.out).items() if f in truth}
    print(f"{len(known)} photos")
    results = [one(seed, order, known, truth, typed.out, typed.looks)
               for seed in range(1, typed.seeds + 1) for order in ("whisker", "random")]
    (typed.out / "results.json").write_text(json.dumps(results))
    series = {}
    for order in ("whisker", "random"):
        runs = [result["rows"] for result in results if result["order"] == order]
        series[order] = [(at[0][0], mean_sd([r[1] for r in at]), mean_sd([r[2] for r in at]), mean_sd([r[3] for r in at]))
                         for at in zip(*runs)]
        print(f"\n{order}: looks | clicks | average precision | hidden cats met (mean ± sd of {len(runs)} seeds)")
        for looks, clicks, ap, met in series[order]:
            print(f"{looks:4} | {clicks[0]:5.1f} | {ap[0]:.4f} ± {ap[1]:.4f} | {met[0]:.3f} ± {met[1]:.3f}")
    rounds = sorted(s for result in results for s in result["seconds"])
    print(f"\nseconds from import to scored: p50 {rounds[len(rounds) // 2]:.2f}, p95 {rounds[int(len(rounds) * 0.95)]:.2f}")
    svg(series, typed.out / "flywheel.svg")


if __name__ == "__main__":
    main()
