"""The pairs of plan.toml as folders: those of the reference folder, and those that are made from it."""
import csv, shutil, subprocess, sys, tomllib
from dataclasses import dataclass, field
from pathlib import Path

# Programs in the order of the tables; the first is ours.
OTHERS = ("greedy", "elastix", "ants", "convexadam")


@dataclass
class Pair:
    name: str
    preset: str
    rounds: int = 1
    about: str = ""
    slow: list = field(default_factory=list)
    made: dict | None = None
    swapped: str | None = None
    # Per program, per name of a setting: its arguments.
    settings: dict = field(default_factory=dict)

    @property
    def group(self):
        return "made" if self.made else "swapped" if self.swapped else "reference"


def plan():
    with open(Path(__file__).with_name("plan.toml"), "rb") as file:
        rows = tomllib.load(file)["pair"]
    return [Pair(settings={program: row.pop(program) for program in OTHERS if program in row}, **row) for row in rows]


def folder(pair, reference, cache):
    """The folder of a pair; made in the cache where it is not there."""
    if pair.group == "reference":
        return reference / "registration" / pair.name
    done = cache / "pairs" / pair.name
    if not (done / "landmarks.csv").exists():
        shutil.rmtree(done, ignore_errors=True)
        make(pair, reference, done) if pair.made else swap(reference / "registration" / pair.swapped, done)
    return done


def make(pair, reference, out):
    """A pair of known truth by the reference folder's script."""
    asked = pair.made
    command = [sys.executable, reference / "tools/make_known_truth.py", "--source", reference / asked["source"],
               "--out", out, "--kind", asked["kind"], "--seed", asked["seed"], "--spacing", *asked["spacing"]]
    if "labels" in asked:
        command += ["--labels", reference / asked["labels"]]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    modality = {"thorax": "CT", "liver": "CT", "brain": "MR", "pet": "PET"}[asked["kind"]]
    (out / "pair.toml").write_text(f'modality = "{modality}"\n')


def swap(source, out):
    """Fixed and moving exchanged, landmarks too."""
    out.mkdir(parents=True)
    for a, b in (("fixed", "moving"), ("moving", "fixed")):
        shutil.copy(source / f"{a}.nii.gz", out / f"{b}.nii.gz")
    shutil.copy(source / "pair.toml", out)
    with open(source / "landmarks.csv", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    other = {f"{a}_{k}": f"{b}_{k}" for a, b in (("fixed", "moving"), ("moving", "fixed")) for k in "xyz"}
    with open(out / "landmarks.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({c: row[other.get(c, c)] for c in columns} for row in rows)


def modality(of):
    with open(of / "pair.toml", "rb") as file:
        return tomllib.load(file)["modality"]
