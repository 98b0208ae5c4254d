"""The reference folder's scorer, the same for every program, and what our own report says of the result."""
import gzip, json, struct, subprocess, sys

# The columns of registration.csv, in order.
COLUMNS = ["pair", "group", "program", "setting", "arguments", "version", "source", "run", "threads", "rounds",
           "tre_before_mm", "tre_mean_mm", "tre_median_mm", "tre_p95_mm", "tre_max_mm", "tre_by_region_mm",
           "dice_before", "dice", "hd95_mm", "folded_fraction", "jacobian_min",
           "own_jacobian_min", "own_folded_fraction", "inverse_mean_mm", "inverse_max_mm", "inverse_mean_voxel",
           "verdict", "reasons", "cpu_s", "wall_s", "peak_mb"]


def scored(reference, pair, *how):
    """In a process of its own, for the scorer is large."""
    words = [sys.executable, reference / "tools/eval_registration.py", pair, "--json", *how]
    return json.loads(subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True).stdout)


def number(value, digits=3):
    return "" if value is None else f"{value:.{digits}f}"


def before(reference, pair):
    """Columns of the pair as it is."""
    found = scored(reference, pair, "--identity", "--no-hd")
    return {"tre_before_mm": number(found.get("tre_before_mm", {}).get("mean")), "dice_before": number(found.get("dice_mean"), 4)}


def after(reference, pair, field):
    """Columns of a displacement file."""
    found = scored(reference, pair, "--displacement", field)
    row = {"folded_fraction": number(found["jacobian"]["folded_fraction"], 7), "jacobian_min": number(found["jacobian"]["min"]),
           "dice": number(found.get("dice_mean"), 4), "hd95_mm": number(found.get("hd95_mean_mm"))}
    for part in ("mean", "median", "p95", "max"):
        row[f"tre_{part}_mm"] = number(found.get("tre_mm", {}).get(part))
    regions = found.get("tre_by_region_mm", {})
    row["tre_by_region_mm"] = "; ".join(f"{name} {number(region['mean'])}" for name, region in regions.items())
    return row


def ours(folder, pair):
    """Columns of `qa.json`: the analytic Jacobian at twice the lattice's density, the inverse, the verdict."""
    qa = json.loads((folder / "qa.json").read_text())
    inverse = qa["inverse_residual_mm"]
    return {"own_jacobian_min": number(qa["jacobian"]["min"]), "own_folded_fraction": number(qa["jacobian"]["folded_fraction"], 7),
            "inverse_mean_mm": number(inverse["mean"], 4), "inverse_max_mm": number(inverse["max"]),
            "inverse_mean_voxel": number(inverse["mean"] / least_spacing(pair / "fixed.nii.gz"), 4),
            "verdict": qa["verdict"], "reasons": "; ".join(reason["code"] for reason in qa["reasons"])}


def least_spacing(image):
    """Of a NIfTI file, in mm; `pixdim` of its header."""
    with gzip.open(image) as file:
        header = file.read(348)
    order = "<" if struct.unpack("<i", header[:4])[0] == 348 else ">"
    return min(struct.unpack(order + "3f", header[80:92]))
