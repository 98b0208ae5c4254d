"""Reads structure sets that were written here with plastimatch and with rt-utils, and compares every voxel.

A folder holds NAME.dcm, NAME.u8 (the masks one after the other, i fastest) and NAME.json (size, region names, folder of
the series, and for each region whether rt-utils is asked, which counts the border and reads square series only).
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import SimpleITK as sitk


def copied(series, folder):
    """The images of a series, decoded where gdcmconv is there, as plastimatch reads no compressed ones everywhere."""
    target = pathlib.Path(folder) / "series"
    target.mkdir()
    for path in pathlib.Path(series).iterdir():
        if b"RTSTRUCT" not in path.read_bytes()[:4096]:
            shutil.copy(path, target / path.name)
            if shutil.which("gdcmconv"):
                subprocess.run(["gdcmconv", "-w", target / path.name, target / path.name], capture_output=True)
    return target


def plain(name):
    """A name without what a file's name may lack."""
    return re.sub(r"[^A-Za-z0-9]", "", name)


def by_plastimatch(path, case, masks, series, folder):
    """Of each region the voxels that differ."""
    command = ["plastimatch", "convert", "--input", path, "--referenced-ct", series]
    command += ["--output-prefix", f"{folder}/out", "--prefix-format", "nrrd"]
    subprocess.run(command, capture_output=True, check=True)
    found = {plain(file.stem): file for file in pathlib.Path(folder, "out").glob("*.nrrd")}
    differing = []
    for name, mask in zip(case["names"], masks, strict=True):
        file = found.get(plain(name))
        read = sitk.GetArrayFromImage(sitk.ReadImage(str(file))) > 0 if file else np.zeros(mask.shape, bool)
        differing.append(int((read != mask).sum()) if read.shape == mask.shape else -1)
    return differing


def by_rt_utils(path, case, masks, series):
    """Of each region that is asked for, Dice."""
    import rt_utils

    reader = rt_utils.RTStructBuilder.create_from(dicom_series_path=str(series), rt_struct_path=str(path))
    dice = {}
    for name, asked, mask in zip(case["names"], case["asked"], masks, strict=True):
        if asked:
            read = reader.get_roi_mask_by_name(name).transpose(2, 0, 1)
            dice[name] = 2 * (read & mask).sum() / (read.sum() + mask.sum())
    return dice


def main(folder):
    worst, least = 0, 1.0
    for path in sorted(pathlib.Path(folder).glob("*.dcm")):
        case = json.loads(path.with_suffix(".json").read_text())
        shape = [-1, *reversed(case["size"])]
        masks = np.fromfile(path.with_suffix(".u8"), np.uint8).reshape(shape) > 0
        with tempfile.TemporaryDirectory() as scratch:
            series = copied(case["series"], scratch)
            differing = by_plastimatch(path, case, masks, series, scratch)
            print(f"{path.stem} plastimatch: {dict(zip(case['names'], differing))} differ", flush=True)
            worst = max(worst, *map(abs, differing))
            if any(case["asked"]):
                dice = by_rt_utils(path, case, masks, series)
                print(f"{path.stem} rt-utils: Dice { {k: round(float(v), 4) for k, v in dice.items()} }", flush=True)
                least = min(least, *dice.values())
    sys.exit(1 if worst > 0 or least < 0.95 else 0)


if __name__ == "__main__":
    main(sys.argv[1])
