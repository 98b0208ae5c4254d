"""convexAdam (package convexadam, torch on the processor) with MIND-SSC, after greedy's linear stage or none.

    python run_convexadam.py FIXED MOVING OUT_DISPLACEMENT [--start rigid|affine|identity] [--iso MM] [--grid N]
        [--reach N] [--weight W] [--iterations N]

It knows voxels only. So the moving image is first pulled through the linear map L onto the fixed grid, or onto an
isotropic one with the same field of view; its result u, in voxels, makes the whole map T(x) = L(x + u(x)).
"""
import argparse, os, tempfile

parser = argparse.ArgumentParser()
for name in ("fixed", "moving", "out"):
    parser.add_argument(name)
parser.add_argument("--modality")
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--start", choices=["rigid", "affine", "identity"], default="rigid")
parser.add_argument("--iso", type=float, help="isotropic voxels in mm")
parser.add_argument("--grid", type=int, default=6, help="spacing of the discrete stage in voxels")
parser.add_argument("--reach", type=int, default=4, help="half-width of the search in cells of that grid")
parser.add_argument("--weight", type=float, default=1.25, help="of the regulariser")
parser.add_argument("--iterations", type=int, default=80)
a = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(a.threads)

import numpy as np
import SimpleITK as sitk
import torch
from convexAdam.convex_adam_MIND import convex_adam_pt

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def linear_map():
    """4 x 4, LPS mm, fixed to moving."""
    if a.start == "identity":
        return np.eye(4)
    from picsl_greedy import Greedy3D
    from run_greedy import FREEDOMS, linear
    with tempfile.TemporaryDirectory() as folder:
        linear(Greedy3D(), a.fixed, a.moving, FREEDOMS[a.start], a.threads, f"{folder}/linear.mat")
        return RAS_TO_LPS @ np.loadtxt(f"{folder}/linear.mat") @ RAS_TO_LPS


def isotropic(image, spacing):
    """An empty grid of cubic voxels whose outer faces begin where the image's do."""
    size = [max(1, round(n * s / spacing)) for n, s in zip(image.GetSize(), image.GetSpacing())]
    grid = sitk.Image(size, sitk.sitkFloat32)
    grid.SetSpacing([spacing] * 3)
    grid.SetDirection(image.GetDirection())
    grid.SetOrigin(image.TransformContinuousIndexToPhysicalPoint([-0.5 + 0.5 * spacing / s for s in image.GetSpacing()]))
    return grid


def pulled(image, grid, transform):
    """Linear; outside lies the image's least value."""
    least = float(sitk.GetArrayViewFromImage(image).min())
    on_grid = sitk.Resample(image, grid, transform, sitk.sitkLinear, least)
    return np.ascontiguousarray(sitk.GetArrayFromImage(on_grid).transpose(2, 1, 0))


torch.set_num_threads(a.threads)
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(a.threads)
fixed, moving = (sitk.ReadImage(file, sitk.sitkFloat32) for file in (a.fixed, a.moving))
matrix = linear_map()
affine = sitk.AffineTransform(3)
affine.SetMatrix(matrix[:3, :3].ravel())
affine.SetTranslation(matrix[:3, 3])
grid = isotropic(fixed, a.iso) if a.iso else fixed

u = convex_adam_pt(pulled(fixed, grid, sitk.Transform()), pulled(moving, grid, affine), grid_sp=a.grid, disp_hw=a.reach,
                   lambda_weight=a.weight, selected_niter=a.iterations, dtype=torch.float32, device=torch.device("cpu"))

to_world = np.array(grid.GetDirection()).reshape(3, 3) @ np.diag(grid.GetSpacing())
index = np.stack(np.meshgrid(*map(np.arange, grid.GetSize()), indexing="ij"), -1).astype(float)
x = index @ to_world.T + np.array(grid.GetOrigin())
field = (x + u @ to_world.T) @ matrix[:3, :3].T + matrix[:3, 3] - x
image = sitk.GetImageFromArray(np.ascontiguousarray(field.transpose(2, 1, 0, 3).astype(np.float32)), isVector=True)
image.CopyInformation(grid)
sitk.WriteImage(image, a.out)
