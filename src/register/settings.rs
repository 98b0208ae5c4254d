//! Settings of the registration: presets per body region, and what a protocol may change.

use serde::{Deserialize, Serialize};

use super::metric::MetricKind;
use super::prepare::Clip;
use super::regulariser::Stiffness;

/// A set of settings that was measured on one kind of body region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Head.
    Brain,
    /// CT of the trunk.
    ThoraxAbdomen,
    /// MR of the breathing abdomen.
    BreathingMr,
    /// Emission tomography.
    Pet,
    /// Anything else.
    Generic,
}

impl Preset {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Brain, Self::ThoraxAbdomen, Self::BreathingMr, Self::Pet, Self::Generic];

    /// Its name in protocols and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Brain => "brain",
            Self::ThoraxAbdomen => "thorax_abdomen",
            Self::BreathingMr => "breathing_mr",
            Self::Pet => "pet",
            Self::Generic => "generic",
        }
    }

    /// The preset of this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.word() == word)
    }
}

/// One level of the spline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplineLevel {
    /// Voxel size of the images in mm (no finer than they are).
    pub voxel_mm: f64,
    /// Distance between controls in mm.
    pub lattice_mm: f64,
    /// Most iterations.
    pub iterations: usize,
}

/// The last, local levels that let a lesion's contour follow its visible border, or hold the lesion rigid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowSettings {
    /// Its levels, coarse to fine. A lattice coarser than the last one of the whole is taken as fine as that.
    pub levels: Vec<SplineLevel>,
    /// How far around the carried lesion it may bend, in mm.
    pub margin_mm: f64,
    /// Weight of the bending energy in mm2.
    pub lambda_mm2: f64,
}

/// All settings of a registration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSettings {
    /// The preset that they come from.
    pub preset: Preset,
    /// What is compared.
    pub metric: MetricKind,
    /// How intensities are clipped first.
    pub clip: Clip,
    /// Half-width of local windows in voxels of the level.
    pub radius: usize,
    /// Local variance that counts as noise; the body has unit variance.
    pub noise: f32,
    /// Weight of the bending energy of smooth motion in mm2.
    pub lambda_mm2: f64,
    /// Bending energy in mm^-2 at which that weight has fallen to a half: see [`Stiffness`]; 0 for a constant
    /// weight.
    pub roughness_per_mm2: f64,
    /// Weight of the total variation of the motion.
    pub variation: f64,
    /// Weight of the barrier against folding.
    pub barrier: f64,
    /// Voxel sizes of the rigid stage in mm, coarse to fine.
    pub rigid_voxel_mm: Vec<f64>,
    /// How far a discrete search looks each way for a second start of the spline, in mm; 0: it begins at the rigid motion.
    pub search_mm: f64,
    /// Levels of the spline, coarse to fine.
    pub levels: Vec<SplineLevel>,
    /// A level ends where the cost falls by less than this share per iteration.
    pub tolerance: f64,
    /// The baseline lesion is dilated by this much, and as far as a level blurs it, before it is left out, in mm.
    pub lesion_margin_mm: f64,
    /// The local level of the followed contour.
    pub follow: FollowSettings,
}

impl RegisterSettings {
    /// What the bending energy costs.
    pub fn stiffness(&self) -> Stiffness {
        let Self { lambda_mm2, roughness_per_mm2, .. } = *self;
        if roughness_per_mm2 > 0.0 {
            Stiffness::Yielding { lambda_mm2, roughness_per_mm2 }
        } else {
            Stiffness::Constant { lambda_mm2 }
        }
    }

    /// The same for scans of two modalities: self-similarity or, where it is asked for, mutual information is compared,
    /// and Hounsfield bounds, which hold for one of the two at most, give way to percentiles.
    #[must_use]
    pub fn for_other_contrast(&self) -> Self {
        let metric = if self.metric.spans_contrasts() { self.metric } else { MetricKind::Mind };
        Self { metric, clip: Clip::Percentiles, ..self.clone() }
    }
}

/// Bending energy of patients' motion in mm^-2: breathing livers have 1e-3 to 4e-3, smooth motion 1e-4 to 6e-4. At 2e-4
/// PET bends to its noise (1.5 mm).
const ROUGHNESS_OF_PATIENTS: f64 = 1e-3;

fn levels(of: &[(f64, f64, usize)]) -> Vec<SplineLevel> {
    let level = |&(voxel_mm, lattice_mm, iterations)| SplineLevel { voxel_mm, lattice_mm, iterations };
    of.iter().map(level).collect()
}

impl Preset {
    /// Its settings. Most values come from a prototype on pairs with known truth and on breathing patients with
    /// landmarks; noise, barrier and the weight of the followed level were looked at again with this code.
    pub fn settings(self) -> RegisterSettings {
        // What the kinds of region share; each preset below names what differs, and why.
        let common = RegisterSettings {
            preset: self,
            // Local correlation does not mind contrast, bias fields and dose that differ between visits.
            metric: MetricKind::Lncc,
            clip: Clip::Percentiles,
            // Two voxels did as well as three or four and cost less.
            radius: 2,
            // The setting that matters most (prototype, eps in the variances alone): 0.01 mutes soft tissue (PET 0.83
            // against 0.76 mm), 0.0001 is no better.
            noise: 0.001,
            // A weight that yields where motion is rough anyway, so that one value does for rigid, slowly bending and
            // breathing bodies (CT chest 0.52 mm, liver 0.96, brain 0.10).
            lambda_mm2: 45.0,
            roughness_per_mm2: ROUGHNESS_OF_PATIENTS,
            // Bending energy alone: on smooth motion variation only costs (CT liver 0.91 becomes 1.3 at 0.3).
            variation: 0.0,
            // A safeguard, not the regulariser: most pairs never come near it. At 0.05 a SPECT pair reached a Jacobian of
            // 0.000; at 5 none goes below 0.18, and errors at landmarks change by less than 0.1 mm.
            barrier: 5.0,
            // 8 mm captures 40 mm and 30 degrees; 4 mm settles what is left.
            rigid_voxel_mm: vec![8.0, 4.0],
            // What a first level of 8 mm voxels does not capture is rare.
            search_mm: 0.0,
            // Lattices four voxels apart; below 8 mm nothing was gained.
            levels: levels(&[(8.0, 32.0, 60), (4.0, 16.0, 60), (2.0, 8.0, 40)]),
            tolerance: 2e-5,
            // Reactive rim and partial volume around a lesion change with it.
            lesion_margin_mm: 5.0,
            follow: FollowSettings {
                levels: levels(&[(4.0, 8.0, 60), (2.0, 4.0, 60)]),
                // Room for the tissue around a lesion to give way as it shrinks or grows.
                margin_mm: 20.0,
                // Softer than anatomy: a border moves by several mm within a few. At 1 thick slices (6.5 mm) fold
                // between their centres.
                lambda_mm2: 3.0,
            },
        };
        match self {
            // Fine structure: the finest level at 1.2 mm halves the error of 2.4 mm. Lattices four voxels apart to
            // the end, for folds of the cortex. The weight that yields serves one brain at two visits (0.10 mm) and
            // two people's (Dice 0.66) alike; a constant 30 reaches 0.59, and a constant 0.5 bends one brain to
            // 0.14 mm. At 100 two brains stay stiff (0.58): lambda times roughness must stay below some 0.06, what
            // likeness can gain.
            Self::Brain => RegisterSettings {
                levels: levels(&[(4.0, 16.0, 80), (2.0, 8.0, 80), (1.0, 4.0, 60)]),
                ..common
            },
            Self::ThoraxAbdomen => {
                // Lung to soft tissue; bone and metal beyond would take the contrast of the rest.
                // Lesions that shrink by a third: 3 leaves the followed contour too large by a fifth, 0.3 gains
                // nothing over 1.
                let follow = FollowSettings { lambda_mm2: 1.0, ..common.follow.clone() };
                RegisterSettings { clip: Clip::Hounsfield([-1000.0, 500.0]), follow, ..common }
            }
            // Organs slide: variation lets an edge of motion stand where bending energy would smear it, and the barrier
            // keeps it from folding. A liver at 16 mm of breathing is found to 2.35 mm either way, where bending energy
            // alone leaves 3.0 and, with the scans exchanged, 4.0; 0.3 and 0.5 find it to 2.4 to 2.5. Bending energy is
            // left to keep the lattice from ripples.
            Self::BreathingMr => RegisterSettings {
                lambda_mm2: 0.3,
                variation: 0.4,
                // Deep breaths move a liver by 20 to 30 mm, past several of its vessels. A lattice of 20 mm holds what the
                // search finds: begun at 40 mm, one of the two directions ends 29 mm off at a vessel (mean 3.1).
                search_mm: 32.0,
                levels: levels(&[(4.0, 20.0, 60), (2.0, 10.0, 60), (1.6, 5.0, 40)]),
                ..common
            },
            // Voxels of 3 to 4 mm carry nothing finer, and noise bends: 0.57 mm against 0.62 at 45.
            // The followed contour needs no finer lattice than that: 4 mm between controls, one per voxel, followed
            // no border better and took as long as all levels before.
            Self::Pet => RegisterSettings {
                follow: FollowSettings {
                    levels: levels(&[(4.0, 8.0, 60), (3.0, 8.0, 60)]),
                    ..common.follow.clone()
                },
                lambda_mm2: 60.0,
                levels: levels(&[(8.0, 32.0, 60), (4.0, 16.0, 60), (3.0, 8.0, 40)]),
                ..common
            },
            Self::Generic => common,
        }
    }
}

/// The `[register]` section of a protocol: a preset and what is changed in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSection {
    /// The preset.
    pub preset: Preset,
    /// See [`RegisterSettings::metric`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metric: Option<MetricKind>,
    /// See [`RegisterSettings::clip`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clip: Option<Clip>,
    /// See [`RegisterSettings::radius`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub radius: Option<usize>,
    /// See [`RegisterSettings::noise`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise: Option<f32>,
    /// See [`RegisterSettings::lambda_mm2`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lambda_mm2: Option<f64>,
    /// See [`RegisterSettings::roughness_per_mm2`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub roughness_per_mm2: Option<f64>,
    /// See [`RegisterSettings::variation`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variation: Option<f64>,
    /// See [`RegisterSettings::barrier`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub barrier: Option<f64>,
    /// See [`RegisterSettings::rigid_voxel_mm`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rigid_voxel_mm: Option<Vec<f64>>,
    /// See [`RegisterSettings::tolerance`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tolerance: Option<f64>,
    /// See [`RegisterSettings::lesion_margin_mm`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lesion_margin_mm: Option<f64>,
    /// See [`RegisterSettings::search_mm`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub search_mm: Option<f64>,
    /// See [`RegisterSettings::levels`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub levels: Option<Vec<SplineLevel>>,
    /// See [`RegisterSettings::follow`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follow: Option<FollowSettings>,
}

impl RegisterSection {
    /// A preset as it is.
    pub fn of(preset: Preset) -> Self {
        Self {
            preset,
            metric: None,
            clip: None,
            radius: None,
            noise: None,
            lambda_mm2: None,
            roughness_per_mm2: None,
            variation: None,
            search_mm: None,
            barrier: None,
            rigid_voxel_mm: None,
            tolerance: None,
            lesion_margin_mm: None,
            levels: None,
            follow: None,
        }
    }

    /// The preset's settings with the changes of the section.
    pub fn resolve(&self) -> RegisterSettings {
        let base = self.preset.settings();
        RegisterSettings {
            preset: self.preset,
            metric: self.metric.unwrap_or(base.metric),
            clip: self.clip.unwrap_or(base.clip),
            radius: self.radius.unwrap_or(base.radius),
            noise: self.noise.unwrap_or(base.noise),
            lambda_mm2: self.lambda_mm2.unwrap_or(base.lambda_mm2),
            roughness_per_mm2: self.roughness_per_mm2.unwrap_or(base.roughness_per_mm2),
            variation: self.variation.unwrap_or(base.variation),
            search_mm: self.search_mm.unwrap_or(base.search_mm),
            barrier: self.barrier.unwrap_or(base.barrier),
            rigid_voxel_mm: self.rigid_voxel_mm.clone().unwrap_or(base.rigid_voxel_mm),
            levels: self.levels.clone().unwrap_or(base.levels),
            tolerance: self.tolerance.unwrap_or(base.tolerance),
            lesion_margin_mm: self.lesion_margin_mm.unwrap_or(base.lesion_margin_mm),
            follow: self.follow.clone().unwrap_or(base.follow),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_survives_its_file_and_refines_from_coarse_to_fine() {
        for &preset in Preset::ALL {
            let settings = preset.settings();
            let text = toml::to_string(&settings).unwrap();
            assert_eq!(toml::from_str::<RegisterSettings>(&text).unwrap(), settings);
            assert_eq!(RegisterSection::of(preset).resolve(), settings);
            for levels in [&settings.levels, &settings.follow.levels] {
                for pair in levels.windows(2) {
                    assert!(pair[0].voxel_mm > pair[1].voxel_mm);
                    let ratio = pair[0].lattice_mm / pair[1].lattice_mm;
                    assert!(ratio == 1.0 || ratio == 2.0, "{preset:?}: refinement is exact by halving alone");
                }
            }
        }
    }

    #[test]
    fn a_section_changes_what_it_names_and_refuses_what_it_does_not_know() {
        let section: RegisterSection = toml::from_str("preset = \"pet\"\nlambda_mm2 = 12.5").unwrap();
        let expected = RegisterSettings { lambda_mm2: 12.5, ..Preset::Pet.settings() };
        assert_eq!(section.resolve(), expected);
        assert!(toml::from_str::<RegisterSection>("preset = \"pet\"\nlamda = 1").is_err());
    }
}
