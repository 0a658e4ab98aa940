#!/usr/bin/env python3
"""How small a cat is still found: figures under "A closer look" in docs/measurements.md.

    scripts/measure/small-covers.py DATABASE PHOTOS MAKER... [--out FOLDER]

DATABASE holds PHOTOS (cat/, other/ and covers.csv: file,label,family), all decided, and its newest
run is a finished k-fold of the pretrained net. MAKER is a command that makes covers in which an
animal takes a part of the width: called as MAKER SOURCE OUT --seed N, it fills folders OUT/25 (a
cat takes a quarter of the width), OUT/decoy-25 (a dog does) and OUT/none (scenes alone).

For each fold covers are made of that fold's photos alone, animals and scenes, and scored by the
model that has seen none of them. Pasted animals are a stand-in for small ones in real scenes.
Prints, a folder a line: how many there are, the share called cat at one half, its 95 % interval
(Wilson). Standard library only.
"""
import argparse, collections, csv, json, math, os, sqlite3, subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("WHISKER_BIN_DIR", ROOT / "target/debug"))


def wilson(hits, of, z=1.96):
    share, extra = hits / of, z * z / of
    middle = (share + extra / 2) / (1 + extra)
    reach = z * math.sqrt(share * (1 - share) / of + extra / of / 4) / (1 + extra)
    return middle - reach, middle + reach


def sources(database, photos, out):
    """Each fold's photos in a folder of their own."""
    rows = {Path(row["file"]).name: row for row in csv.DictReader(open(photos / "covers.csv"))}
    wire = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    run, = wire.execute("select max(id) from run where net = 'efficientnet-lite0'").fetchone()
    folds = collections.defaultdict(list)
    for fold, key in wire.execute("""select r.fold, v.key from run_cover r join sighting g on g.cover_id = r.cover_id
            join video v on v.id = g.video_id where r.run_id = ?""", (run,)):
        folds[fold].append(rows[Path(key).name])
    for fold, photos_of in sorted(folds.items()):
        folder = out / f"photos-{fold}"
        for label in ("cat", "other"):
            (folder / label).mkdir(parents=True, exist_ok=True)
        with open(folder / "covers.csv", "w", newline="") as table:
            writer = csv.DictWriter(table, photos_of[0].keys())
            writer.writeheader()
            writer.writerows(photos_of)
        for row in photos_of:
            link = folder / row["file"]
            link.is_symlink() or link.symlink_to((photos / row["file"]).resolve())
        yield fold, folder, database.parent / f"models/run-{run}/fold-{fold + 1}.safetensors"


def main():
    flags = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    flags.add_argument("database", type=Path)
    flags.add_argument("photos", type=Path)
    flags.add_argument("maker", nargs="+")
    flags.add_argument("--out", type=Path, default=Path("small-covers"))
    typed = flags.parse_args()
    typed.out.mkdir(parents=True, exist_ok=True)
    called, seen = collections.Counter(), collections.Counter()
    for fold, photos, model in sources(typed.database.resolve(), typed.photos, typed.out):
        made = typed.out / f"made-{fold}"
        if not made.exists():
            subprocess.run([*typed.maker, photos, made, "--seed", str(40 + fold)], check=True)
        told = subprocess.run([BIN / "trainer", "score", "--model", model, made, "--json", "--no-progress",
                               "--database", f"sqlite:{typed.database}"], check=True, capture_output=True, text=True)
        for score in json.loads(told.stdout)["scores"]:
            folder = Path(score["input"]).parent.name
            seen[folder] += 1
            called[folder] += score["probability"] >= 0.5
    for folder in sorted(seen):
        low, high = wilson(called[folder], seen[folder])
        print(f"{folder:10} {seen[folder]:5}  {100 * called[folder] / seen[folder]:5.1f} %"
              f"  ({100 * low:.1f} to {100 * high:.1f})")


main()
