"""ANTs (package antspyx): rigid, affine, then SyN with mutual information.

    python run_ants.py FIXED MOVING OUT_DISPLACEMENT
"""
import argparse, os, shutil, tempfile

parser = argparse.ArgumentParser()
for name in ("fixed", "moving", "out"):
    parser.add_argument(name)
parser.add_argument("--modality")
parser.add_argument("--threads", default="1")
a = parser.parse_args()
os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = a.threads
import ants  # It reads the number of threads when it is imported.

fixed, moving = ants.image_read(a.fixed), ants.image_read(a.moving)
with tempfile.TemporaryDirectory() as folder:
    found = ants.registration(fixed, moving, type_of_transform="SyNRA", reg_iterations=(60, 40, 20),
                              outprefix=f"{folder}/syn", random_seed=1)
    field = ants.apply_transforms(fixed, moving, found["fwdtransforms"], compose=f"{folder}/whole")
    shutil.copy(field, a.out)
