#!/usr/bin/env python3
"""How good the nets get on labeled photos: every figure under "The ceiling" in docs/measurements.md.

    scripts/measure/ceiling.py PHOTOS even --net resnet          1,200 cats against 1,200 others, at most 40 of them dogs
    scripts/measure/ceiling.py PHOTOS all --net efficientnet-lite0
    scripts/measure/ceiling.py PHOTOS without:breeds             trained without a family, then shown that family

PHOTOS holds the pictures and covers.csv (file, label, family). Further words go to `trainer kfold`.
Databases are kept below --work, so that the same command goes on where it was stopped.
"""
import argparse, csv, json, math, os, pathlib, random, sqlite3, struct, subprocess, sys

DOGS = {"homes", "breeds"}  # the families whose others are dogs
FALSE_ALARMS = 0.01

args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
args.add_argument("photos", type=pathlib.Path)
args.add_argument("mix", help="even, all, or without:FAMILY")
args.add_argument("--net", default="efficientnet-lite0")
args.add_argument("--work", type=pathlib.Path, default=pathlib.Path("data/ceiling"))
args.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("target/debug"))
asked, more = args.parse_known_args()

photos = list(csv.DictReader((asked.photos / "covers.csv").open()))
for photo in photos:
    photo["path"] = str((asked.photos / photo["file"]).resolve())
    photo["cat"] = photo["label"] == "cat"
family = asked.mix.removeprefix("without:") if asked.mix.startswith("without:") else None
if asked.mix == "even":
    rng = random.Random(1)
    dogs = [p for p in photos if not p["cat"] and p["family"] in DOGS]
    rest = [p for p in photos if not p["cat"] and p["family"] not in DOGS]
    chosen = [p for p in photos if p["cat"]] + rng.sample(dogs, 40) + rng.sample(rest, 1160)
elif asked.mix == "all" or family:
    chosen = [p for p in photos if p["family"] != family]
else:
    sys.exit("the mix is even, all, or without:FAMILY")

work = asked.work / asked.mix.replace(":", "-")
work.mkdir(parents=True, exist_ok=True)
database = work / "whisker.db"
os.environ["WHISKER_DATABASE"] = f"sqlite:{database}"


def run(program, *words, **options):
    done = subprocess.run([asked.bin / program, *words], check=True, stdout=subprocess.PIPE, text=True, **options)
    return done.stdout


def bring():
    """Covers and decisions; what is there already costs nothing."""
    with (work / "decisions.csv").open("w") as decisions:
        decisions.write("file,decision,pool\n")
        for pool in ("negative", "positive"):
            of_pool = [p["path"] for p in chosen if p["cat"] == (pool == "positive")]
            (work / f"{pool}.txt").write_text("".join(f"{path}\n" for path in of_pool))
            run("crawler", "import", work / f"{pool}.txt", "--pool", pool, "--quiet")
            decisions.writelines(f"{path},keep,{pool}\n" for path in of_pool)
    run("labeler", "import", work / "decisions.csv", "--quiet")
    weights = work / "models" / "efficientnet-lite0.safetensors"
    if asked.net == "efficientnet-lite0" and not weights.exists():
        fetched = subprocess.run(["scripts/backbone"], check=True, stdout=subprocess.PIPE, text=True)
        run("trainer", "weights", "import", fetched.stdout.split()[-1], "--quiet")


def card(model):
    """The metadata of a weights file: a safetensors header is its length and JSON."""
    with (work / "models" / f"{model}.safetensors").open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        return json.loads(json.loads(file.read(length))["__metadata__"]["whisker"])


def wilson(hits, n, z=1.959964):
    share = hits / n
    centre, spread = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return tuple(round(100 * (centre + sign * spread) / (1 + z * z / n), 1) for sign in (-1, 1))


def told(name, probabilities, threshold):
    hits = sum(probability > threshold for probability in probabilities)
    n = len(probabilities)
    low, high = wilson(hits, n)
    print(f"{name}: {hits} of {n} = {100 * hits / n:.1f} % ({low} to {high})")


bring()
result = json.loads(run("trainer", "kfold", "--net", asked.net, "--json", *more))
judged = result["out_of_fold"]
print(f"{asked.mix}, {asked.net}: accuracy {100 * judged['accuracy']:.2f} % "
      f"({100 * judged['interval'][0]:.1f} to {100 * judged['interval'][1]:.1f}), "
      f"majority {100 * judged['majority']:.1f} %, ROC-AUC {judged['roc_auc']:.4f}, "
      f"{len(result['folds'])} folds, epochs {[fold['epochs'] for fold in result['folds']]}, "
      f"{result['seconds']:.0f} s")
if family:
    run("trainer", "fit", "--net", asked.net, "--from-run", str(result["run"]), "--quiet", *more)
    shown = [p for p in photos if p["family"] == family]
    answer = json.loads(run("trainer", "score", "--json", *[p["path"] for p in shown]))
    calibration = card(answer["model"])["calibration"]
    rows = sqlite3.connect(database).execute(
        "select p.logit from prediction p join run_cover r using (run_id, cover_id) "
        "where run_id = ? and r.label = 0 order by p.logit", (result["run"],)).fetchall()
    margin = rows[int(len(rows) * (1 - FALSE_ALARMS))][0]
    threshold = 1 / (1 + math.exp(-(calibration["slope"] * margin + calibration["offset"])))
    print(f"threshold {threshold:.4f}: {100 * FALSE_ALARMS:.0f} % false alarms on the {len(rows)} others of the training folds")
    for cat, name in ((True, f"cats of {family} found"), (False, f"dogs of {family} taken for cats")):
        told(name, [s["probability"] for p, s in zip(shown, answer["scores"]) if p["cat"] == cat], threshold)
