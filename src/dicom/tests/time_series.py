"""Times of reading series, beside SimpleITK, in turns: python3 time_series.py READ_SERIES [FOLDER ...]

READ_SERIES is the built example of this name. Without a folder a CT of 200 slices of 512 x 512 voxels is made, not
compressed. Needs SimpleITK, pydicom and numpy. The files are read once before, so that all of them are in memory.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile

ROUNDS = 7

THEIRS = """
import json, sys, time, resource
import SimpleITK as sitk
start = time.perf_counter()
reader = sitk.ImageSeriesReader()
reader.SetFileNames(reader.GetGDCMSeriesFileNames(sys.argv[1]))
image = reader.Execute()
took = time.perf_counter() - start
statistics = sitk.StatisticsImageFilter()
statistics.Execute(image)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": took, "mean": statistics.GetMean(), "peak_kb": peak}))
"""


def make(folder, slices=200, size=512):
    import numpy as np
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    random = np.random.default_rng(1)
    series, study, frame = generate_uid(), generate_uid(), generate_uid()
    for k in range(slices):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = CTImageStorage, generate_uid()
        one.Modality, one.PatientName, one.PatientID = "CT", "made", "made"
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.SeriesNumber, one.InstanceNumber = 1, k + 1
        one.ImagePositionPatient, one.ImageOrientationPatient = [-180, -180, 1.25 * k], [1, 0, 0, 0, 1, 0]
        one.PixelSpacing, one.SliceThickness = [0.7, 0.7], 1.25
        one.Rows = one.Columns = size
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 1
        one.RescaleIntercept, one.RescaleSlope = -1024, 1
        one.PixelData = random.integers(0, 3000, (size, size), dtype=np.int16).tobytes()
        one.save_as(os.path.join(folder, f"{k:04}.dcm"), enforce_file_format=True)


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(ours, folder):
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as file:
            file.read()
    us, them = [], []
    for _ in range(ROUNDS):
        us.append(run([ours, folder]))
        them.append(run([sys.executable, "-c", THEIRS, folder]))
    median = lambda all: statistics.median(one["seconds"] for one in all)
    one = us[0]
    volume = one["voxels"] * 4 / 1024
    print(f"{one['voxels']} voxels, mean {one['mean']:.6f} and {them[0]['mean']:.6f}, load {os.getloadavg()[0]:.1f}")
    print(f"  ours   {median(us):.3f} s (least {min(o['seconds'] for o in us):.3f}), peak {max(o['peak_kb'] for o in us) / 1024:.0f} MB,"
          f" of that {volume / 1024:.0f} the volume in single precision")
    print(f"  theirs {median(them):.3f} s (least {min(o['seconds'] for o in them):.3f}), peak {max(o['peak_kb'] for o in them) / 1024:.0f} MB")
    print(f"  ratio  {median(us) / median(them):.2f}")


if __name__ == "__main__":
    ours, folders = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as made:
        if not folders:
            make(made)
            folders = [made]
        for folder in folders:
            compare(ours, folder)
