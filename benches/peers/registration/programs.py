"""How each program is called: the same two images, no masks, one displacement file out."""
import importlib.metadata, re, shlex, shutil, subprocess, sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = {"greedy": "picsl-greedy", "ants": "antspyx", "convexadam": "convexadam"}


def command(program, arguments, pair, modality, out, threads, delta):
    """The command, and the displacement file that it leaves in the folder `out`."""
    fixed, moving = pair / "fixed.nii.gz", pair / "moving.nii.gz"
    if program == "delta":
        return ([delta, "register", "--fixed", fixed, "--moving", moving, "--out", out / "result", "--threads", threads,
                 "--quiet", "--no-progress", *shlex.split(arguments)],
                out / "result/transforms/fixed_to_moving_displacement.nii.gz")
    field = out / "field.nii.gz"
    return ([sys.executable, HERE / f"run_{program}.py", fixed, moving, field, "--modality", modality,
             "--threads", threads, *shlex.split(arguments)], field)


# `delta register` leaves with 7 where its verdict is FAIL; the result is there all the same.
ACCEPTED = {"delta": (0, 7)}


def version(program, delta):
    """What is installed, or None."""
    if program in PACKAGES:
        try:
            return importlib.metadata.version(PACKAGES[program])
        except importlib.metadata.PackageNotFoundError:
            return None
    path = delta if program == "delta" else shutil.which(program)
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    return re.search(r"\d+(\.\d+)+", said).group()
