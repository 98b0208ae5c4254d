//! What is asked of an alignment.

use serde::{Deserialize, Serialize};

/// The `[qa]` section of a protocol: thresholds of the verdict. `*_pass` is what PASS asks, `*_fail` where FAIL
/// begins; REVIEW lies between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QaThresholds {
    /// Least share of the follow-up's body inside the baseline's field of view. 0.6: below it most programs' metrics
    /// compare less than half of what they were tuned on.
    pub overlap_pass: f64,
    /// Below this share nearly nothing is compared. 0.3: the same share below which a rigid start is rejected.
    pub overlap_fail: f64,
    /// Least gain of correlation by the registration. Slightly below zero, for a pair that lay well before has
    /// nothing to gain but interpolation noise to lose.
    pub gain_pass: f64,
    /// A registration that lowers the correlation by this much is broken.
    pub gain_fail: f64,
    /// How far above the best of the chance alignments the result must be, in standard deviations of chance on
    /// Fisher's z scale. 3: one in a thousand. Inside the range of chance is FAIL.
    pub chance_sd_pass: f64,
    /// Largest share of places that fit better 4 to 12 mm away for PASS. 5 %: seven good pairs had 0 to 3 %, a liver at
    /// 16 mm of breathing, with vessels on the wrong branch, 8 %; that liver off by 7 to 16 mm 40 to 94 %, other results off
    /// by 10 mm 48 to 96 %.
    pub misplaced_pass: f64,
    /// The share where FAIL begins. 40 %: the same pairs before registration (off by 5 to 16 mm) had 44 to 97 %; after
    /// a rigid stage alone most had less.
    pub misplaced_fail: f64,
    /// Largest share of folded samples (determinant zero or less) for less than FAIL. 0.1 %: a few folds at a sliding
    /// border are looked at, more are no map of tissue. Any fold is at least REVIEW.
    pub folded_fail: f64,
    /// Range of the first and 99th percentile of the Jacobian determinant inside the body for PASS. 0.33 and 2.5: good
    /// pairs reached 0.35 and 2.0 (a liver at 16 mm of breathing). The barrier against folding begins at 0.3, and what a
    /// spline bends into something else it holds there: 0.25 to 0.30 in most pairs of two patients, and where slices are
    /// another patient's.
    pub jacobian_pass: [f64; 2],
    /// The range beyond which it is FAIL. 0.1 and 10: deep breathing of a liver reached 0.10 and 3.2.
    pub jacobian_fail: [f64; 2],
    /// Largest mean residual of the inverse in voxels for PASS: well below what anybody sees.
    pub inverse_pass_voxels: f64,
    /// The mean residual in voxels where FAIL begins: contours go back to another voxel.
    pub inverse_fail_voxels: f64,
    /// Largest median and 95th percentile in mm, over the body or a lesion, by which points that are carried to the
    /// baseline and back may miss where they began, and the way by a third visit the direct one, for PASS. 1.5 and 5:
    /// seven pairs that were registered well had 0.1 to 1.2 and 0.4 to 3.9 in the body, a liver with some vessels on the
    /// wrong branch 1.0 and 7.8, two brains of different people 3.0 and 12.5.
    pub round_trip_pass_mm: [f64; 2],
    /// Median and 95th percentile in mm of the displacement after the rigid stage for PASS: organs of a breathing
    /// abdomen stay below.
    pub displacement_pass_mm: [f64; 2],
    /// The 95th percentile in mm where FAIL begins: no organ moves this far in a body that was aligned.
    pub displacement_fail_mm: f64,
    /// Range of the singular values of the affine map that fits the result best, for PASS. Adults do not grow: a body
    /// that seems 10 % larger was stored with a wrong spacing, or is another body.
    pub scale_pass: [f64; 2],
    /// Least share of the places that move as one rigid body, to 3 mm, for PASS. 35 %: seven good pairs had 44 to 99 %, a
    /// liver at 16 mm of breathing 26 %, which is worth a look; ten pairs of two patients 0 to 17 %, mirrored, turned and
    /// rescaled scans 0 to 34 %.
    pub one_body_pass: f64,
    /// Two rigid starts that end at least this far apart (mm, degrees) with scores within `start_gap` are a tossed
    /// coin.
    pub start_apart: [f64; 2],
    /// Relative gap of scores below which two starts count as equally good. 2 %: about what the noise of two scans
    /// changes.
    pub start_gap: f64,
    /// Landmarks that are needed before they speak. 10: the median of fewer is one person's slip.
    pub landmarks_least: usize,
    /// Median landmark error in mm above which nothing is PASS: more than a usual slice.
    pub landmarks_never_pass_mm: f64,
    /// Median landmark error in mm below which a FAIL that rests on similarity alone becomes a REVIEW.
    pub landmarks_lift_mm: f64,
}

impl Default for QaThresholds {
    fn default() -> Self {
        Self {
            overlap_pass: 0.6,
            overlap_fail: 0.3,
            gain_pass: -0.005,
            gain_fail: -0.02,
            chance_sd_pass: 3.0,
            misplaced_pass: 0.05,
            misplaced_fail: 0.4,
            folded_fail: 0.001,
            jacobian_pass: [0.33, 2.5],
            jacobian_fail: [0.1, 10.0],
            inverse_pass_voxels: 0.1,
            inverse_fail_voxels: 1.0,
            round_trip_pass_mm: [1.5, 5.0],
            displacement_pass_mm: [25.0, 40.0],
            displacement_fail_mm: 60.0,
            scale_pass: [0.9, 1.1],
            one_body_pass: 0.35,
            start_apart: [10.0, 10.0],
            start_gap: 0.02,
            landmarks_least: 10,
            landmarks_never_pass_mm: 5.0,
            landmarks_lift_mm: 3.0,
        }
    }
}
