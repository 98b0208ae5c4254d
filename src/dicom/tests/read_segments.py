"""Reads segmentations that were written here with highdicom and with dcmqi, and compares every voxel.

A folder holds NAME.dcm, NAME.u8 (the masks one after the other, i fastest) and NAME.json (grid, labels, and where the images are).
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import highdicom as hd
import numpy as np
import SimpleITK as sitk


def by_highdicom(path, grid, masks):
    """Voxels that differ: each frame is placed by its own position, as highdicom gives it."""
    seg = hd.seg.segread(path)
    instances = [uids[2] for uids in seg.get_source_image_uids()]
    found = np.zeros_like(masks)
    frames = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    images = np.array(grid["positions"])
    for pixels, groups in zip(frames, seg.PerFrameFunctionalGroupsSequence, strict=True):
        position = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        away = np.linalg.norm(images - position, axis=1)
        assert away.min() < 1e-3, away.min()
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        found[number - 1, away.argmin()] |= pixels
    assert instances, "no source image"
    for segment, label in enumerate(grid["labels"], start=1):
        assert seg.get_segment_description(segment).segment_label == label
    differing = int((found != masks).sum())
    try:
        volume = seg.get_volume(combine_segments=False, allow_missing_positions=True)
    except RuntimeError as refused:
        return differing, f"no volume: {refused}"[:60]
    # A volume ends with the last frame that is there, and may run the other way.
    array = np.moveaxis(volume.array, -1, 0)
    ours = [mask.sum() for mask in masks]
    assert [int(a.sum()) for a in array] == [int(n) for n in ours]
    return differing, "volume of equal counts"


def by_dcmqi(path, grid, masks):
    """Voxels that differ, read by dcmqi into NRRD and from there by SimpleITK."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["segimage2itkimage", "--inputDICOM", path, "--outputDirectory", folder, "-t", "nrrd"]
        tool = pathlib.Path(sys.executable).with_name(command[0])
        command[0] = str(tool) if tool.exists() else command[0]
        done = subprocess.run(command, capture_output=True, text=True)
        outputs = sorted(pathlib.Path(folder).glob("*.nrrd"))
        if not outputs:
            said = [line for line in (done.stderr + done.stdout).splitlines() if "error" in line.lower()]
            return None, f"no output: {said[:1]}"
        found = np.zeros_like(masks)
        inverse = np.linalg.inv(np.array(grid["steps"]).T)
        for output in outputs:
            image = sitk.ReadImage(str(output))
            array = sitk.GetArrayFromImage(image)
            inside = np.argwhere(array > 0)
            steps = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
            points = inside[:, ::-1] @ steps.T + image.GetOrigin()
            at = (points - grid["origin"]) @ inverse.T
            assert np.abs(at - at.round()).max(initial=0) < 0.05, output
            x, y, z = at.round().astype(int).T
            found[array[array > 0].astype(int) - 1, z, y, x] = 1
        return int((found != masks).sum()), f"{len(outputs)} files"


def main(folder):
    worst = 0
    paths = sorted(pathlib.Path(folder).glob("*.dcm"))
    assert paths, "nothing to read"
    for path in paths:
        grid = json.loads(path.with_suffix(".json").read_text())
        shape = [-1, *reversed(grid["size"])]
        masks = np.fromfile(path.with_suffix(".u8"), np.uint8).reshape(shape)
        for reader in (by_highdicom, by_dcmqi):
            differing, remark = reader(str(path), grid, masks)
            print(f"{path.stem} {reader.__name__[3:]}: {differing} of {int(masks.sum())} differ; {remark}", flush=True)
            # A volume without shear is all that dcmqi reads.
            sheared = abs(np.dot(np.cross(*grid["steps"][:2]), grid["steps"][2])) < 0.999 * np.prod(
                [np.linalg.norm(step) for step in grid["steps"]]
            )
            assert differing is not None or sheared
            worst = max(worst, differing or 0)
    sys.exit(worst > 0)


if __name__ == "__main__":
    main(sys.argv[1])
