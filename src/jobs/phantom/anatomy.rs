//! The body without its lesions: a trunk as a CT would show it, each tissue a continuous function of the point.
//!
//! The body's own frame is RAS in millimetres, its origin in the middle of the trunk. Tissues are painted one over
//! the other with soft borders; the last painter whose surface holds a point owns it, so organs never overlap.

use nalgebra::{Point3, Vector3};

use super::draw::{Purpose, stream};
use super::shape::{column, ellipsoid, share};
use super::texture::Texture;

/// What the trunk is made of, in the order of painting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tissue {
    /// Under the skin.
    Fat,
    /// Muscle, mediastinum, bowel.
    Soft,
    /// Slanting rings of bone in the chest wall.
    Rib,
    /// The patient's right lung.
    LungRight,
    /// The patient's left lung.
    LungLeft,
    /// Between the lungs, on the diaphragm.
    Heart,
    /// Under the right half of the diaphragm.
    Liver,
    /// Under the left half.
    Spleen,
    /// In front of the spine, filled with contrast.
    Aorta,
    /// Vertebrae and discs.
    Spine,
}

impl Tissue {
    /// All of them, in the order of painting.
    pub const ALL: [Self; 10] = [
        Self::Fat,
        Self::Soft,
        Self::Rib,
        Self::LungRight,
        Self::LungLeft,
        Self::Heart,
        Self::Liver,
        Self::Spleen,
        Self::Aorta,
        Self::Spine,
    ];

    /// Mean and standard deviation in HU, and the wavelengths of its texture in mm.
    fn look(self) -> (f64, f64, [f64; 2]) {
        match self {
            Self::Fat => (-100.0, 14.0, [16.0, 60.0]),
            Self::Soft => (40.0, 20.0, [14.0, 60.0]),
            Self::Rib => (330.0, 40.0, [14.0, 30.0]),
            Self::LungRight | Self::LungLeft => (-830.0, 40.0, [14.0, 60.0]),
            Self::Heart => (125.0, 18.0, [14.0, 50.0]),
            Self::Liver => (110.0, 18.0, [14.0, 60.0]),
            Self::Spleen => (120.0, 14.0, [14.0, 40.0]),
            Self::Aorta => (190.0, 10.0, [14.0, 40.0]),
            Self::Spine => (210.0, 40.0, [14.0, 40.0]),
        }
    }
}

/// Air around the body.
const AIR_HU: f64 = -1000.0;
/// Waves in the texture of a tissue.
const WAVES: usize = 24;

/// A trunk of one seed.
#[derive(Clone, Debug)]
pub struct Anatomy {
    build: Vector3<f64>,
    textures: Vec<Texture>,
    vessels: [Texture; 2],
}

impl Anatomy {
    /// The trunk of a seed: its build within 4 % of the usual, textures of its own.
    pub fn new(seed: u64) -> Self {
        let mut random = stream(seed, Purpose::Anatomy);
        let build = Vector3::from_fn(|_, _| random.between(0.96, 1.04));
        let textures = Tissue::ALL
            .iter()
            .map(|tissue| {
                let (_, sd, wavelengths) = tissue.look();
                Texture::new(&mut random, WAVES, wavelengths, sd)
            })
            .collect();
        let mut vessel = || Texture::new(&mut random, WAVES, [45.0, 80.0], 1.0);
        let vessels = [vessel(), vessel()];
        Self { build, textures, vessels }
    }

    /// Intensity in HU at a point.
    pub fn intensity(&self, p: Point3<f64>) -> f64 {
        let usual = self.usual(p);
        Tissue::ALL.iter().zip(&self.textures).fold(AIR_HU, |below, (&tissue, texture)| {
            match share(distance(tissue, usual)) {
                0.0 => below,
                part => {
                    let own = tissue.look().0 + texture.at(p) + self.relief(tissue, p);
                    below * (1.0 - part) + own * part
                }
            }
        })
    }

    /// Structure within a tissue: vessels in the lungs, vertebrae and discs.
    fn relief(&self, tissue: Tissue, p: Point3<f64>) -> f64 {
        match tissue {
            // Two random fields vanish together along curves: tubes of 2 to 4 mm radius that wind through the lung.
            Tissue::LungRight | Tissue::LungLeft => {
                let [a, b] = [self.vessels[0].at(p), self.vessels[1].at(p)];
                600.0 * libm::exp(-(a * a + b * b) / (2.0 * 0.3 * 0.3))
            }
            Tissue::Spine => 80.0 * libm::cos(std::f64::consts::TAU * p.z / 32.0),
            _ => 0.0,
        }
    }

    /// The tissue that owns a point; `None` in the air.
    pub fn owner(&self, p: Point3<f64>) -> Option<Tissue> {
        let usual = self.usual(p);
        Tissue::ALL.into_iter().rev().find(|&tissue| distance(tissue, usual) < 0.0)
    }

    /// Distance in mm to the skin, negative inside.
    pub fn depth(&self, p: Point3<f64>) -> f64 {
        distance(Tissue::Fat, self.usual(p))
    }

    /// The point at its place in a trunk of usual build.
    fn usual(&self, p: Point3<f64>) -> Vector3<f64> {
        p.coords.component_div(&self.build)
    }
}

/// Height of the diaphragm: two domes, the right one higher over the liver.
fn diaphragm(p: Vector3<f64>) -> f64 {
    let dome = |x: f64, height: f64| {
        let (dx, dy) = ((p.x - x) / 45.0, p.y / 60.0);
        height * libm::exp(-(dx * dx + dy * dy) / 2.0)
    };
    -48.0 + dome(48.0, 36.0) + dome(-52.0, 26.0)
}

/// Distance in mm to the surface of a tissue in a trunk of usual build.
fn distance(tissue: Tissue, p: Vector3<f64>) -> f64 {
    let body = |x: f64, y: f64, z: f64, rx: f64, ry: f64, rz: f64| {
        ellipsoid(p - Vector3::new(x, y, z), Vector3::new(rx, ry, rz))
    };
    let above_diaphragm = p.z - diaphragm(p);
    match tissue {
        Tissue::Fat => column(p, 124.0, 92.0),
        Tissue::Soft => column(p, 111.0, 79.0),
        Tissue::Rib => {
            let wall = column(p, 105.0, 73.0).abs() - 3.5;
            // One rib every 28 mm; they fall towards the front.
            let height = p.z + 0.35 * p.y;
            let along = height - 28.0 * (height / 28.0).round();
            wall.max(along.abs() - 4.5).max(-55.0 - p.z)
        }
        Tissue::LungRight => body(51.0, -2.0, 0.0, 43.0, 54.0, 92.0).max(-above_diaphragm),
        Tissue::LungLeft => body(-53.0, -4.0, 0.0, 41.0, 53.0, 90.0).max(-above_diaphragm),
        Tissue::Heart => body(-14.0, 24.0, -8.0, 42.0, 34.0, 44.0).max(-above_diaphragm),
        Tissue::Liver => body(36.0, 4.0, -55.0, 66.0, 60.0, 45.0).max(above_diaphragm + 5.0),
        Tissue::Spleen => body(-70.0, -18.0, -62.0, 26.0, 36.0, 30.0).max(above_diaphragm + 5.0),
        Tissue::Aorta => column(p - Vector3::new(-16.0, -34.0, 0.0), 10.0, 10.0),
        Tissue::Spine => column(p - Vector3::new(0.0, -56.0, 0.0), 17.0, 15.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tissues_look_as_they_should() {
        let anatomy = Anatomy::new(1);
        let places = [
            (Tissue::Liver, Point3::new(60.0, 5.0, -60.0)),
            (Tissue::LungRight, Point3::new(55.0, 0.0, 40.0)),
            (Tissue::LungLeft, Point3::new(-60.0, 0.0, 40.0)),
            (Tissue::Heart, Point3::new(-14.0, 24.0, -5.0)),
            (Tissue::Spine, Point3::new(0.0, -56.0, 0.0)),
            (Tissue::Fat, Point3::new(0.0, 86.0, 0.0)),
        ];
        for (tissue, p) in places {
            assert_eq!(anatomy.owner(p), Some(tissue), "at {p}");
        }
        assert_eq!(anatomy.owner(Point3::new(140.0, 0.0, 0.0)), None);
        assert_eq!(anatomy.intensity(Point3::new(140.0, 0.0, 0.0)), AIR_HU);
    }

    #[test]
    fn intensity_is_continuous() {
        let anatomy = Anatomy::new(4);
        // The steepest border is from lung to bone, some 1200 HU across 3 mm at a slope of at most 1.875.
        let steepest = 2000.0 / 3.0 * 1.875;
        for n in 0..60_000 {
            let t = f64::from(n) * 0.005;
            let at = |t: f64| anatomy.intensity(Point3::new(t - 150.0, 0.4 * t - 60.0, 50.0 - 0.35 * t));
            let step = (at(t + 1e-4) - at(t)).abs();
            assert!(step < steepest * 1.2 * 1e-4, "{step} at {t}");
        }
    }
}
