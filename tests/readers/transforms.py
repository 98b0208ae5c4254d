"""Do SimpleITK and transformix take points where `delta transform points` takes them?

    python tests/readers/transforms.py check FOLDER   # our files through their readers
    python tests/readers/transforms.py make FOLDER [POINTS]   # their files, with where they take points

Needs `pip install SimpleITK itk-elastix`. `check` reads, per case, `CASE.csv` (what delta made of the points) beside
`CASE.tfm`, `CASE.txt` or `CASE.nii.gz`, and ends with exit code 1 where any point is off by more than 1e-3 mm. `make`
writes transforms of their own for a plain, a flipped and an oblique fixed image: by SimpleITK as text and as a
displacement field, and by a registration of elastix (rigid, then B-spline).
"""
import csv
import os
import sys
import tempfile

import itk
import numpy as np
import SimpleITK as sitk

TOLERANCE_MM = 1e-3
LPS = np.array([-1.0, -1.0, 1.0])
COLUMNS = [f"{scan}_{axis}" for scan in ("fixed", "moving") for axis in "xyz"]


def read_points(path):
    """Fixed and moving points of a table of ours, in LPS."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    values = np.array([[float(row[c]) for c in COLUMNS] for row in rows])
    return values[:, :3] * LPS, values[:, 3:] * LPS


def write_points(path, fixed, moving):
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", *COLUMNS, "frame"])
        for n, (p, q) in enumerate(zip(fixed, moving)):
            table.writerow([n + 1, *(repr(float(v)) for v in (*p, *q)), "lps"])


def by_simpleitk(path, points):
    transform = sitk.ReadTransform(path)
    return np.array([transform.TransformPoint(p) for p in points.tolist()])


def by_field(path, points):
    field = sitk.ReadImage(path, sitk.sitkVectorFloat64)
    transform = sitk.DisplacementFieldTransform(field)
    return np.array([transform.TransformPoint(p) for p in points.tolist()])


def by_transformix(path, points):
    with tempfile.TemporaryDirectory() as folder:
        table = os.path.join(folder, "points.txt")
        with open(table, "w") as file:
            file.write(f"point\n{len(points)}\n")
            file.writelines(" ".join(repr(float(v)) for v in p) + "\n" for p in points)
        run = itk.TransformixFilter.New(itk.image_from_array(np.zeros((2, 2, 2), np.float32)))
        run.SetTransformParameterFileName(path)
        run.SetFixedPointSetFileName(table)
        run.SetOutputDirectory(folder)
        run.SetLogToConsole(False)
        run.UpdateLargestPossibleRegion()
        with open(os.path.join(folder, "outputpoints.txt")) as file:
            ends = [line.split("OutputPoint = [")[1].split("]")[0] for line in file]
    return np.array([[float(v) for v in end.split()] for end in ends])


READERS = {".tfm": ("SimpleITK", by_simpleitk), ".txt": ("transformix", by_transformix), ".nii.gz": ("SimpleITK", by_field)}


def check(folder):
    worst = 0.0
    for table in sorted(name for name in os.listdir(folder) if name.endswith(".csv")):
        fixed, moving = read_points(os.path.join(folder, table))
        case = table.removesuffix(".csv")
        ending = next(e for e in READERS if case.endswith(e))
        program, read = READERS[ending]
        off = np.linalg.norm(read(os.path.join(folder, case), fixed) - moving, axis=1).max()
        print(f"{case}: {len(fixed)} points, {program} at most {off:.2e} mm off")
        worst = max(worst, off)
    return 0 if worst <= TOLERANCE_MM else 1


def directions():
    turn = sitk.Euler3DTransform()
    turn.SetRotation(0.3, -0.2, 1.1)
    oblique = np.array(turn.GetMatrix()).reshape(3, 3)
    return {
        "plain": np.eye(3),
        "flipped": np.diag([-1.0, 1.0, -1.0]),
        "oblique": oblique @ np.diag([-1.0, 1.0, 1.0]),
    }


def blobs(rng, direction, shift):
    """A smooth image of 20 x 22 x 16 voxels with an own direction, its content moved by `shift` mm."""
    size, spacing = np.array([20, 22, 16]), np.array([2.0, 2.0, 3.0])
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in size), indexing="ij"), -1)
    world = (grid * spacing) @ direction.T + np.array([15.0, -40.0, 7.0])
    middle = direction @ ((size - 1) / 2 * spacing) + np.array([15.0, -40.0, 7.0])
    values = np.zeros(size)
    for _ in range(12):
        centre = middle + direction @ rng.uniform(-14, 14, 3) + shift
        values += rng.uniform(50, 150) * np.exp(-((world - centre) ** 2).sum(-1) / 2 / 5.0**2)
    image = sitk.GetImageFromArray(values.transpose(2, 1, 0).astype(np.float32))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin([15.0, -40.0, 7.0])
    image.SetDirection(direction.ravel().tolist())
    return image


def as_itk(image, folder, name):
    path = os.path.join(folder, name + ".mha")
    sitk.WriteImage(image, path)
    return itk.imread(path, itk.F)


def inside(rng, image, n, margin=0.0):
    size = np.array(image.GetSize())
    index = rng.uniform(-margin, size - 1 + margin, (n, 3))
    return np.array([image.TransformContinuousIndexToPhysicalPoint(i) for i in index.tolist()])


def make(folder, n):
    os.makedirs(folder, exist_ok=True)
    for seed, (name, direction) in enumerate(directions().items()):
        rng = np.random.default_rng(seed)
        fixed = blobs(np.random.default_rng(seed), direction, np.zeros(3))
        moving = blobs(np.random.default_rng(seed), direction, np.array([2.0, -1.5, 1.0]))
        points = inside(rng, fixed, n)

        bend = sitk.BSplineTransformInitializer(fixed, [3, 3, 2], 3)
        bend.SetParameters(rng.normal(0, 2, len(bend.GetParameters())).round(3).tolist())
        turn = sitk.Euler3DTransform(fixed.TransformIndexToPhysicalPoint([10, 11, 8]), 0.1, -0.05, 0.2, (3, -2, 1))
        both = sitk.CompositeTransform([turn, bend])
        both.FlattenTransform()
        sitk.WriteTransform(both, os.path.join(folder, f"{name}.tfm"))
        # Some points lie outside of the lattice, where ITK leaves them to the rigid motion.
        around = inside(rng, fixed, n, 3.0)
        write_points(os.path.join(folder, f"{name}.tfm.csv"), around, by_simpleitk(os.path.join(folder, f"{name}.tfm"), around))

        coarse = sitk.Image([6, 5, 4], sitk.sitkFloat32)
        coarse.SetSpacing([7.0, 9.0, 12.0])
        coarse.SetOrigin(fixed.GetOrigin())
        coarse.SetDirection(fixed.GetDirection())
        field = sitk.TransformToDisplacementField(both, sitk.sitkVectorFloat32, coarse.GetSize(), coarse.GetOrigin(), coarse.GetSpacing(), coarse.GetDirection())
        path = os.path.join(folder, f"{name}.nii.gz")
        sitk.WriteImage(field, path)
        write_points(f"{path}.csv", points, by_field(path, points))

        with tempfile.TemporaryDirectory() as out:
            settings = itk.ParameterObject.New()
            rigid = settings.GetDefaultParameterMap("rigid", 2)
            spline = settings.GetDefaultParameterMap("bspline", 2, 20.0)
            for values in (rigid, spline):
                values["MaximumNumberOfIterations"] = ["60"]
                values["WriteResultImage"] = ["false"]
                values["AutomaticTransformInitialization"] = ["false"]
                settings.AddParameterMap(values)
            run = itk.ElastixRegistrationMethod.New(as_itk(fixed, out, "fixed"), as_itk(moving, out, "moving"))
            run.SetParameterObject(settings)
            run.SetOutputDirectory(out)
            run.SetLogToConsole(False)
            run.UpdateLargestPossibleRegion()
            for step in (0, 1):
                with open(os.path.join(out, f"TransformParameters.{step}.txt")) as file:
                    text = file.read().replace(out + "/", "").replace("TransformParameters.0.txt", f"{name}.0.txt")
                with open(os.path.join(folder, f"{name}.{'0.' if step == 0 else ''}txt"), "w") as file:
                    file.write(text)
        path = os.path.join(folder, f"{name}.txt")
        write_points(f"{path}.csv", points, by_transformix(path, points))
    return 0


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    sys.exit(check(folder) if what == "check" else make(folder, int(rest[0]) if rest else 1000))
