"""delta beside elastix, greedy, ANTs and convexAdam on the same pairs, with the same scorer and without masks.

    python compare.py REFERENCE [--pairs NAMES] [--only PROGRAMS] [--slow] [--threads N] [--cache FOLDER]

REFERENCE is the folder with `registration/` (the pairs), `tools/` (the scorer, the maker of pairs) and `docs/` (rows of
NiftyReg, which is in no registry). Rows go into reports/registration.csv; a row that is not measured again stays as
it is, so `--only delta greedy` keeps the others. Each program runs in a process of its own, and one that fails is a row
that says so. `benches/registration.sh` installs what this needs, calls it, and writes reports/registration.md.
"""
import argparse, csv, datetime, secrets, statistics, tempfile
from pathlib import Path

import pairs, programs, score
from measure import measured

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "reports/registration.csv"


def key(row):
    return row["pair"], row["program"], row["setting"]


def kept():
    """Rows measured before."""
    if not TABLE.exists():
        return {}
    with open(TABLE, newline="") as file:
        return {key(row): row for row in csv.DictReader(file)}


def write(rows, order):
    """Rows in the order of the plan: pairs, programs, settings. What the plan has no more is left out."""
    TABLE.parent.mkdir(exist_ok=True)
    with open(TABLE, "w", newline="") as file:
        writer = csv.DictWriter(file, score.COLUMNS, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows[k] for k in order if k in rows)


def asked(pair):
    """Every (program, setting, arguments) of a pair."""
    yield "delta", "preset", f"--preset {pair.preset}"
    for program, settings in pair.settings.items():
        for setting, arguments in settings.items():
            yield program, setting, arguments


def quoted(reference):
    """NiftyReg's rows of the reference folder: the most exact of each pair, and the most exact without a fold."""
    with open(reference / "docs/registration_baselines.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["peer"] == "niftyreg"]
    error = lambda row: float(row["tre_mean"]) if row["tre_mean"] else -float(row["dice_mean"])
    found = {}
    for name in {row["pair"] for row in rows}:
        of = sorted((row for row in rows if row["pair"] == name), key=error)
        unfolded = [row for row in of if float(row["folded_fraction"]) == 0.0]
        for setting, row in [("best", of[0])] + [("unfolded", u) for u in unfolded[:1] if u is not of[0]]:
            found[name, "niftyreg", setting] = {
                "pair": name, "group": "reference", "program": "niftyreg", "setting": setting, "arguments": row["setting"],
                "version": "1.5.70", "source": "quoted", "threads": row["threads"], "rounds": "1",
                "tre_before_mm": row["tre_before_mean"], "dice_before": row["dice_before"], "dice": row["dice_mean"],
                "hd95_mm": row["hd95_mean_mm"], "folded_fraction": row["folded_fraction"], "jacobian_min": row["jacobian_min"],
                "cpu_s": row["cpu_s"], "wall_s": row["wall_s"], "peak_mb": row["peak_mb"],
            } | {f"tre_{part}_mm": row[f"tre_{part}"] for part in ("mean", "median", "p95", "max")}
    return found


def every_round(pair, program, setting):
    """Whether a row is measured in each round: ours, and greedy with its first setting."""
    return program == "delta" or program == "greedy" and setting == next(iter(pair.settings["greedy"]))


def compare(pair, folder, todo, options, common):
    """The rows of a pair. Programs take turns in each round; what a program finds is scored once."""
    modality, before = pairs.modality(folder), score.before(options.reference, folder)
    costs, rows = {}, {}
    for turn in range(pair.rounds):
        for program, setting, arguments in todo:
            name = (program, setting)
            if turn > 0 and (not every_round(pair, program, setting) or rows[name]["source"] != "measured"):
                continue
            with tempfile.TemporaryDirectory(dir=options.cache) as out:
                call, field = programs.command(program, arguments, folder, modality, Path(out), options.threads, options.delta)
                cost, why = measured(call, programs.ACCEPTED.get(program, (0,)))
                costs.setdefault(name, []).append(cost)
                if turn == 0:
                    row = rows[name] = common | before | {
                        "pair": pair.name, "group": pair.group, "program": program, "setting": setting, "arguments": arguments,
                        "version": programs.version(program, options.delta) or "", "source": "measured"}
                    if why or not field.exists():
                        row["source"] = f"failed: {why or 'no field'}"
                    else:
                        row |= score.after(options.reference, folder, field)
                        if program == "delta":
                            row |= score.ours(Path(out) / "result", folder)
            print(f"  {program} {setting}: {row_text(rows[name])}, {cost.cpu_s:.1f} s", flush=True)
    for name, row in rows.items():
        row["rounds"] = len(costs[name])
        for part, digits in (("cpu_s", 2), ("wall_s", 2), ("peak_mb", 0)):
            row[part] = f"{statistics.median(getattr(cost, part) for cost in costs[name]):.{digits}f}"
    return rows.values()


def row_text(row):
    if row["source"] != "measured":
        return row["source"]
    return " ".join(f"{word} {row[c]}" for word, c in (("TRE", "tre_mean_mm"), ("Dice", "dice")) if row.get(c))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--pairs", nargs="+", help="names or parts of names; default: all")
    parser.add_argument("--only", nargs="+", choices=["delta", *pairs.OTHERS], help="programs; default: all")
    parser.add_argument("--slow", action="store_true", help="also the rows that take minutes and change little")
    parser.add_argument("--threads", type=int, default=1, help="of each program (default 1)")
    parser.add_argument("--cache", type=Path, default=ROOT / "target/peers", help="made pairs and results while they are scored")
    parser.add_argument("--delta", type=Path, default=ROOT / "target/release/delta", help="the built program")
    options = parser.parse_args()
    options.reference, options.cache = options.reference.resolve(), options.cache.resolve()
    options.cache.mkdir(parents=True, exist_ok=True)

    plan, quotes = pairs.plan(), quoted(options.reference)
    rows = kept() | quotes
    order = [(p.name, program, setting) for p in plan for program, setting, _ in asked(p)] + sorted(quotes)
    # Ours and greedy are compared where both come from one run, which the letters tell from another of that day.
    common = {"run": f"{datetime.date.today().isoformat()} {secrets.token_hex(2)}", "threads": options.threads}
    for pair in plan:
        if options.pairs and not any(part in pair.name for part in options.pairs):
            continue
        todo = [(program, setting, arguments) for program, setting, arguments in asked(pair)
                if (not options.only or program in options.only) and (options.slow or f"{program} {setting}" not in pair.slow)]
        print(pair.name, flush=True)
        for row in compare(pair, pairs.folder(pair, options.reference, options.cache), todo, options, common):
            rows[key(row)] = {column: str(row.get(column, "")) for column in score.COLUMNS}
        write(rows, order)


if __name__ == "__main__":
    main()
