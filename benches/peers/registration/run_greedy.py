"""greedy (package picsl-greedy): a rigid or affine stage or none, then its diffeomorphic one.

    python run_greedy.py FIXED MOVING OUT_DISPLACEMENT [--start rigid|affine|identity] [--metric M] [--n N] [--s S]
"""
import argparse, tempfile
from picsl_greedy import Greedy3D

FREEDOMS = {"rigid": 6, "affine": 12}


def linear(greedy, fixed, moving, freedoms, threads, matrix):
    """The linear stage; a 4 x 4 matrix from fixed to moving, RAS mm."""
    greedy.execute(f"-V 0 -threads {threads} -a -dof {freedoms} -i {fixed} {moving} -m NCC 4x4x4 "
                   f"-ia-image-centers -n 80x40x0 -o {matrix}")


def main():
    parser = argparse.ArgumentParser()
    for name in ("fixed", "moving", "out"):
        parser.add_argument(name)
    parser.add_argument("--modality")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", choices=[*FREEDOMS, "identity"], default="rigid")
    parser.add_argument("--metric", default="NCC 3x3x3")
    parser.add_argument("--n", default="100x60x30")
    parser.add_argument("--s", default="2.0vox 0.7vox")
    a = parser.parse_args()
    greedy, begin = Greedy3D(), ""
    with tempfile.TemporaryDirectory() as folder:
        if a.start in FREEDOMS:
            begin = f"{folder}/linear.mat"
            linear(greedy, a.fixed, a.moving, FREEDOMS[a.start], a.threads, begin)
        greedy.execute(f"-V 0 -threads {a.threads} -i {a.fixed} {a.moving} {'-it ' + begin if begin else ''} "
                       f"-m {a.metric} -n {a.n} -s {a.s} -o {folder}/warp.nii.gz")
        greedy.execute(f"-V 0 -threads {a.threads} -rf {a.fixed} -rc {a.out} -r {folder}/warp.nii.gz {begin}")


if __name__ == "__main__":
    main()
