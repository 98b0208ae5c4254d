"""elastix and transformix (Debian package elastix): rigid, then a B-spline with bending energy, compared by normalised
correlation on CT and by mutual information elsewhere.

    python run_elastix.py FIXED MOVING OUT_DISPLACEMENT --modality CT|MR|PET|SPECT
"""
import argparse, shutil, subprocess, tempfile
from pathlib import Path


def parameters(modality):
    """Both stages as elastix's parameter files have them."""
    ct = modality == "CT"
    metric = '"AdvancedNormalizedCorrelation"' if ct else '"AdvancedMattesMutualInformation"'
    both = {
        "FixedInternalImagePixelType": '"float"', "MovingInternalImagePixelType": '"float"', "UseDirectionCosines": '"true"',
        "FixedImagePyramid": '"FixedSmoothingImagePyramid"', "MovingImagePyramid": '"MovingSmoothingImagePyramid"',
        "NumberOfResolutions": 4, "Interpolator": '"LinearInterpolator"', "Resampler": '"DefaultResampler"',
        "ResampleInterpolator": '"FinalBSplineInterpolator"', "Optimizer": '"AdaptiveStochasticGradientDescent"',
        "AutomaticParameterEstimation": '"true"', "ImageSampler": '"RandomCoordinate"', "NumberOfSpatialSamples": 3000,
        "NewSamplesEveryIteration": '"true"', "MaximumNumberOfSamplingAttempts": 8, "NumberOfHistogramBins": 32,
        "HowToCombineTransforms": '"Compose"', "DefaultPixelValue": -1000 if ct else 0, "WriteResultImage": '"false"',
        "ResultImageFormat": '"nii.gz"',
    }
    rigid = both | {
        "Registration": '"MultiResolutionRegistration"', "Transform": '"EulerTransform"', "Metric": metric,
        "MaximumNumberOfIterations": 250, "AutomaticScalesEstimation": '"true"',
        "AutomaticTransformInitialization": '"true"', "AutomaticTransformInitializationMethod": '"GeometricalCenter"',
    }
    spline = both | {
        "Registration": '"MultiMetricMultiResolutionRegistration"', "Transform": '"RecursiveBSplineTransform"',
        "Metric": f'{metric} "TransformBendingEnergyPenalty"', "Metric0Weight": 1.0, "Metric1Weight": 1.0 if ct else 20.0,
        "FinalGridSpacingInPhysicalUnits": 20.0 if modality in ("PET", "SPECT") else 12.0,
        "GridSpacingSchedule": "8 4 2 1", "MaximumNumberOfIterations": 300,
    }
    return rigid, spline


def main():
    parser = argparse.ArgumentParser()
    for name in ("fixed", "moving", "out"):
        parser.add_argument(name)
    parser.add_argument("--modality", required=True)
    parser.add_argument("--threads", default="1")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stages = []
        for number, stage in enumerate(parameters(a.modality)):
            file = folder / f"stage{number}.txt"
            file.write_text("".join(f"({key} {value})\n" for key, value in stage.items()))
            stages += ["-p", file]
        call = lambda *c: subprocess.run([*c, "-out", folder, "-threads", a.threads], check=True, stdout=subprocess.DEVNULL)
        call("elastix", "-f", a.fixed, "-m", a.moving, *stages)
        call("transformix", "-def", "all", "-tp", folder / "TransformParameters.1.txt")
        shutil.copy(folder / "deformationField.nii.gz", a.out)


if __name__ == "__main__":
    main()
