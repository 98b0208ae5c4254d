"""reports/registration.md from reports/registration.csv and the sections in reports/registration/.

    python report.py

A section is `N_name.md` there; its line `{table}` becomes the table of `N_name.csv` beside it, `{table other.csv}` that
of another file of the folder. Sections come in the order of their names.
"""
import csv, os, re
from pathlib import Path

import pairs

ROOT = Path(__file__).resolve().parents[3]
REPORTS = ROOT / "reports"
NAMES = {"delta": "**delta**", "greedy": "greedy", "elastix": "elastix", "ants": "ANTs", "convexadam": "convexAdam",
         "niftyreg": "NiftyReg"}
# The error that is asked for, in mm, or the Dice where there are no landmarks.
TARGETS = {"kt_ct_thorax_lidc0314": 0.55, "kt_ct_liver_crlm1004": 1.05, "kt_mr_brain_oasis": 0.12, "kt_pet_sts001": 0.65,
           "real_mr_liver_eth23": 1.10, "real_mr_liver_eth18": 2.4, "inter_mr_brain_oasis": 0.70}


def allowed(pair):
    """Share of greedy's CPU seconds; on PET greedy itself needs two seconds."""
    return 2 / 3 if "_pet_" in pair.name else 1 / 3


def table(heads, rows, words=1):
    """A Markdown table; the first columns hold words, the others numbers."""
    lines = [heads, ["---"] * words + ["---:"] * (len(heads) - words), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def value(row, column):
    return float(row[column]) if row.get(column) else None


def failed(row):
    return row["source"].startswith("failed")


def digits(text, count):
    return f"{float(text):.{count}f}" if text else ""


def percent(text):
    return "" if not text else "0" if float(text) == 0.0 else f"{100 * float(text):.2g} %"


def error(row):
    """What rows of a pair are sorted by: error at landmarks, else what the Dice lacks; failures last."""
    if failed(row):
        return float("inf")
    tre = value(row, "tre_mean_mm")
    return tre if tre is not None else -value(row, "dice")


def of(rows, pair):
    return [row for row in rows if row["pair"] == pair]


def by_region(row):
    """Names and mean errors of the regions that its landmarks lie in."""
    return dict(part.rsplit(" ", 1) for part in row["tre_by_region_mm"].split("; ") if part)


def accuracy(row):
    """Mean and p95 in mm, or the Dice."""
    if row["tre_mean_mm"]:
        return f"{digits(row['tre_mean_mm'], 2)} / {digits(row['tre_p95_mm'], 2)}"
    return f"Dice {digits(row['dice'], 3)}"


def ours(rows):
    return next((row for row in rows if row["program"] == "delta" and not failed(row)), None)


def marked(row):
    return NAMES[row["program"]] + (" (quoted)" if row["source"] == "quoted" else "")


def overview(rows, plan):
    """One line per pair: ours, what was asked where something was, the best of the others."""
    lines, asked = [], any(pair.name in TARGETS for pair in plan)
    for pair in plan:
        here = of(rows, pair.name)
        mine = ours(here)
        if mine is None:
            continue
        others = sorted((row for row in here if row["program"] != "delta" and not failed(row)), key=error)
        whole = [row for row in others if float(row["folded_fraction"]) == 0.0]
        best = lambda row: f"{accuracy(row)} {marked(row)}"
        folds = lambda row: "" if row in whole else f", folded {percent(row['folded_fraction'])}"
        lines.append([pair.name, pair.preset, digits(mine["tre_before_mm"], 2) or f"Dice {digits(mine['dice_before'], 3)}",
                      f"**{accuracy(mine)}**", *([TARGETS.get(pair.name, "")] if asked else []),
                      best(others[0]) + folds(others[0]) if others else "",
                      best(whole[0]) if whole else "", percent(mine["folded_fraction"]), mine["verdict"]])
    heads = ["pair", "preset", "before", "delta, mean / p95", *(["asked"] if asked else []), "best other",
             "best other without a fold", "folded", "verdict"]
    return table(heads, lines, len(heads))


def detail(rows):
    """Every row of a pair, least error first."""
    regions = sorted({region for row in rows for region in by_region(row)})
    has = lambda column: any(row[column] for row in rows)
    heads, lines = ["program", "setting"], []
    landmarks, labels = has("tre_mean_mm"), has("dice")
    heads += ["TRE mean", "median", "p95", "max", *[region.replace("_", " ") for region in regions]] if landmarks else []
    heads += ["Dice", "HD95"] if labels else []
    heads += ["folded", "least Jacobian", "CPU s", "wall s", "MB"]
    for row in sorted(rows, key=error):
        cells = [marked(row), f"{row['setting']}: `{row['arguments']}`" if row["arguments"] else row["setting"]]
        if failed(row):
            lines.append([*cells, row["source"]] + [""] * (len(heads) - 3))
            continue
        if landmarks:
            cells += [row[f"tre_{part}_mm"] for part in ("mean", "median", "p95", "max")]
            cells += [by_region(row).get(region, "") for region in regions]
        if labels:
            cells += [digits(row["dice"], 3), digits(row["hd95_mm"], 2)]
        cells += [percent(row["folded_fraction"]), row["jacobian_min"], digits(row["cpu_s"], 1), digits(row["wall_s"], 1), row["peak_mb"]]
        lines.append(cells)
    return table(heads, lines, 2)


def trust(rows, plan):
    """What our own report says: the analytic Jacobian, the inverse, the verdict."""
    lines = []
    for pair in plan:
        row = ours(of(rows, pair.name))
        if row:
            lines.append([pair.name, f"{row['verdict']}{': ' + row['reasons'] if row['reasons'] else ''}", percent(row["own_folded_fraction"]),
                          row["own_jacobian_min"], row["inverse_mean_mm"], row["inverse_mean_voxel"], row["inverse_max_mm"]])
    return table(["pair", "verdict", "folded", "least Jacobian", "inverse residual, mean mm", "mean voxels", "max mm"], lines, 2)


def speed(rows, plan):
    """Ours and greedy of one run, side by side."""
    lines = []
    for pair in plan:
        here = of(rows, pair.name)
        mine = ours(here)
        for other in (row for row in here if mine and row["program"] == "greedy" and not failed(row) and row["run"] == mine["run"]):
            share, most = value(mine, "cpu_s") / value(other, "cpu_s"), allowed(pair)
            lines.append([pair.name, other["setting"], other["rounds"], digits(mine["cpu_s"], 2), digits(other["cpu_s"], 2), f"{share:.2f}",
                          f"{most:.2f}", "yes" if share <= most else "no", mine["peak_mb"], other["peak_mb"]])
    return table(["pair", "greedy's setting", "rounds", "delta, CPU s", "greedy, CPU s", "ratio", "asked at most", "holds", "delta, MB", "greedy, MB"], lines, 2)


def exact_peer(rows, plan):
    """NiftyReg's seconds are quoted, so this is rough."""
    lines = []
    for pair in plan:
        here = of(rows, pair.name)
        mine, peer = ours(here), next((r for r in here if r["program"] == "niftyreg"), None)
        if mine and peer:
            lines.append([pair.name, digits(mine["cpu_s"], 1), digits(peer["cpu_s"], 1), f"1/{value(peer, 'cpu_s') / value(mine, 'cpu_s'):.0f}"])
    return table(["pair", "delta, CPU s", "NiftyReg (quoted), CPU s", "ratio"], lines)


def of_csv(file):
    """A CSV as it is; columns without words to the right."""
    if not file.exists():
        return "Not measured yet."
    with open(file, newline="") as opened:
        heads, *lines = list(csv.reader(opened))
    is_number = lambda cell: not cell or re.fullmatch(r"[-+<>~]?[\d.,]+(e[-+]?\d+)?( ?%)?", cell)
    words = max((n + 1 for n in range(len(heads)) if not all(is_number(line[n]) for line in lines)), default=1)
    return table([head.replace("_", " ") for head in heads], lines, max(1, words))


def sections():
    """Text and tables of the other files."""
    parts = []
    for file in sorted((REPORTS / "registration").glob("*.md")):
        place = lambda found, file=file: of_csv(file.parent / found[1] if found[1] else file.with_suffix(".csv"))
        parts.append(re.sub(r"^\{table(?: (\S+))?\}$", place, file.read_text().strip(), flags=re.M))
    return parts


def processor():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{len(os.sched_getaffinity(0))} cores of an {names[0] if names else 'unnamed processor'}"


def main():
    with open(REPORTS / "registration.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    plan = pairs.plan()
    groups = {group: [pair for pair in plan if pair.group == group] for group in ("reference", "made", "swapped")}
    untouched = groups["made"] + groups["swapped"]
    versions = {NAMES[row["program"]].strip("*"): row["version"] for row in rows if row["version"]}
    runs = sorted({row["run"].split()[0] for row in rows if row["run"]})
    threads = sorted({row["threads"] for row in rows if row["source"] == "measured"})
    parts = [f"""# Registration beside other programs

{processor()}; {' and '.join(threads)} thread{'' if threads == ['1'] else 's'} each; measured {' and '.join(runs)}; {', '.join(f'{name} {version}' for name, version in versions.items())}. Every program gets the same two images and nothing else: no lesion mask, no body mask. The same script scores every displacement file: TRE is the distance in mm at landmarks that no program saw, Dice and HD95 (mm) are those of labels pulled to the fixed grid, folded is the share of voxels whose Jacobian determinant is not positive (central differences on the file's grid). CPU seconds (user and system), wall and peak memory are those of the whole process with all that it starts, reading and writing included. The images are not part of this project.

`best` is the setting with which the other program did best on that very pair, picked at the landmarks that score it; `default` is what one would begin with. Ours is one preset per kind of body region. Rows marked `quoted` come with the reference data and were not measured beside the others: NiftyReg is in no package registry.

## In short
{overview(rows, groups['reference'])}

TRE in mm, mean and p95; Dice where a pair has labels and no landmarks. On the pairs of glioblastoma and SPECT the labels are drawn lesions that change, so their Dice is no measure of accuracy.""",
             f"""## What our own report says of these results
Analytic Jacobian on a grid of twice the lattice's density; the inverse at 2,000 points of the body, there and back. Verdicts without landmarks.

{trust(rows, plan)}""",
             f"""## Speed and memory beside greedy
One run, the programs taking turns; medians where there are several rounds. Asked: a third of greedy's CPU seconds, two thirds on PET, where greedy needs two seconds.

{speed(rows, plan)}

Beside the most exact other program:

{exact_peer(rows, groups['reference'])}""",
             "## Pair by pair\n" + "\n\n".join(f"### {pair.name}\n{detail(of(rows, pair.name))}" for pair in groups["reference"] if of(rows, pair.name))]
    if any(of(rows, pair.name) for pair in untouched):
        about = "\n".join(f"- `{pair.name}`: {pair.about}." for pair in untouched)
        parts.append(f"""## Pairs that were not used for tuning
Made by the reference folder's script with other seeds, from other patients' images where there are any; and the two breathing livers with fixed and moving exchanged. The same presets; greedy with the setting that was best on the pair of the same kind.

{about}

{overview(rows, untouched)}

""" + "\n\n".join(f"### {pair.name}\n{detail(of(rows, pair.name))}" for pair in untouched if of(rows, pair.name)))
    parts += sections()
    parts.append("""## How it was measured
```sh
apt-get install elastix
sh benches/registration.sh REFERENCE                       # everything but the slow rows
sh benches/registration.sh REFERENCE --only delta greedy   # other rows stay as they are
sh benches/registration.sh REFERENCE --pairs pet eth       # some pairs
```
REFERENCE is the folder with the pairs, the scorer and the baselines. Versions of the packages are in `benches/peers/registration/requirements.txt`, pairs and settings in `plan.toml` beside it. All rows with all digits: [registration.csv](registration.csv).
""")
    (REPORTS / "registration.md").write_text("\n\n".join(parts))


if __name__ == "__main__":
    main()
