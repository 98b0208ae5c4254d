//! The two lesions: where they lie, what they look like, and what becomes of the one that shrinks.

use nalgebra::{Point3, Vector3};

use super::anatomy::{Anatomy, Tissue};
use super::draw::{Purpose, stream};
use super::shape::{Lump, around, share};
use super::texture::Texture;
use crate::numeric::random::Random;

/// A textured lump in its own frame: millimetres around its centre.
#[derive(Clone, Debug)]
pub struct Lesion {
    /// Its form.
    pub lump: Lump,
    mean_hu: f64,
    texture: Texture,
}

/// Waves in the texture of a lesion.
const WAVES: usize = 48;
/// Wavelengths of a lesion's texture in mm: four voxels and more.
const WAVELENGTHS_MM: [f64; 2] = [12.0, 24.0];

impl Lesion {
    fn new(random: &mut Random, lump: Lump, mean_hu: f64, sd_hu: f64) -> Self {
        Self { lump, mean_hu, texture: Texture::new(random, WAVES, WAVELENGTHS_MM, sd_hu) }
    }

    /// The same lesion at another size and with another spread of its intensities.
    ///
    /// Its pattern stays where it is in millimetres: what is left of a smaller lesion looks as that part did before.
    pub fn altered(&self, size: f64, spread: f64) -> Self {
        Self { lump: self.lump.scaled(size), mean_hu: self.mean_hu, texture: self.texture.scaled(spread) }
    }

    /// The intensity at a point around its centre, over what lies below.
    pub fn over(&self, below: f64, local: Vector3<f64>) -> f64 {
        match share(self.lump.distance(local)) {
            0.0 => below,
            part => below * (1.0 - part) + (self.mean_hu + self.texture.at(Point3::from(local))) * part,
        }
    }
}

/// The lesions of a body at baseline; centres in the body's frame.
#[derive(Clone, Debug)]
pub struct Lesions {
    /// The one that shrinks in a serial pair.
    pub shrinking: Lesion,
    /// Its centre.
    pub shrinking_at: Point3<f64>,
    /// The one that moves without deforming.
    pub stable: Lesion,
    /// Its centre.
    pub stable_at: Point3<f64>,
}

/// A lesion keeps this far from the border of its organ.
const CLEARANCE_MM: f64 = 4.0;

impl Lesions {
    /// Size, place and texture by seed: one lesion in a lung and one in the liver; which of them shrinks, and in
    /// which lung, is drawn too.
    pub fn new(seed: u64, anatomy: &Anatomy) -> Self {
        let mut random = stream(seed, Purpose::Lesions);
        let lung = if random.uniform() < 0.5 { Tissue::LungRight } else { Tissue::LungLeft };
        let organs = if random.uniform() < 0.5 { [lung, Tissue::Liver] } else { [Tissue::Liver, lung] };
        let sizes = [random.between(18.5, 21.0), random.between(16.0, 18.5)];
        let mut lump = |radius| Lump::new(&mut random, radius);
        let lumps = sizes.map(&mut lump);
        let [shrinking_at, stable_at] =
            [0, 1].map(|n| place(&mut random, anatomy, organs[n], lumps[n].reach_mm() + CLEARANCE_MM));
        let [shrinking, stable] = lumps;
        let mean = [random.between(0.0, 30.0), random.between(0.0, 30.0)];
        let sd = [random.between(32.0, 42.0), random.between(40.0, 60.0)];
        Self {
            shrinking: Lesion::new(&mut random, shrinking, mean[0], sd[0]),
            shrinking_at,
            stable: Lesion::new(&mut random, stable, mean[1], sd[1]),
            stable_at,
        }
    }

    /// The shrinking lesion at follow-up: about 45 % of its volume is left, and what is left is patchy, as after
    /// bleeding or calcification: three times the spread of intensities.
    ///
    /// The change is large beside the noise and of one sign with the border's growing share, so that what is
    /// measured on a noisy pair can be compared with what is measured without noise.
    pub fn shrunken(&self, seed: u64) -> Lesion {
        let mut random = stream(seed, Purpose::Change);
        let lump = self.shrinking.lump.scaled(random.between(0.73, 0.80));
        let mean = self.shrinking.mean_hu + random.between(10.0, 40.0);
        let sd = random.between(105.0, 125.0);
        Lesion::new(&mut random, lump, mean, sd)
    }
}

/// A lesion that grows between the visits and its centre in the body's frame: smaller than those of the baseline, in
/// the lung that has none of them.
pub fn new_lesion(seed: u64, anatomy: &Anatomy, lesions: &Lesions) -> (Lesion, Point3<f64>) {
    let mut random = stream(seed, Purpose::NewLesion);
    let taken = [lesions.shrinking_at, lesions.stable_at].map(|p| anatomy.owner(p));
    let lung = if taken.contains(&Some(Tissue::LungLeft)) { Tissue::LungRight } else { Tissue::LungLeft };
    let radius = random.between(11.0, 12.5);
    let lump = Lump::new(&mut random, radius);
    let at = place(&mut random, anatomy, lung, lump.reach_mm() + CLEARANCE_MM);
    (Lesion::new(&mut random, lump, 20.0, 45.0), at)
}

/// A random place whose ball of `reach` lies in one tissue; were there none, the roomiest that was seen.
fn place(random: &mut Random, anatomy: &Anatomy, tissue: Tissue, reach: f64) -> Point3<f64> {
    const SURFACE: usize = 200;
    let mut best = (0, Point3::origin());
    for _ in 0..20_000 {
        let p = Point3::from(
            [(100.0, 0.0), (70.0, 0.0), (80.0, -10.0)]
                .map(|(half, middle)| middle + random.between(-half, half)),
        );
        if anatomy.owner(p) != Some(tissue) {
            continue;
        }
        // Given up as soon as it cannot be roomier than the best.
        let mut held = SURFACE;
        let roomier = around(p, reach, SURFACE).all(|q| {
            held -= usize::from(anatomy.owner(q) != Some(tissue));
            held > best.0
        });
        if roomier {
            best = (held, p);
        }
        if best.0 == SURFACE {
            break;
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_finds_a_place_for_its_lesions() {
        for seed in 0..60 {
            let anatomy = Anatomy::new(seed);
            let lesions = Lesions::new(seed, &anatomy);
            for (lesion, centre) in
                [(&lesions.shrinking, lesions.shrinking_at), (&lesions.stable, lesions.stable_at)]
            {
                let home = anatomy.owner(centre);
                let reach = lesion.lump.reach_mm();
                assert!(around(centre, reach, 300).all(|p| anatomy.owner(p) == home), "seed {seed}");
            }
            let (new, centre) = new_lesion(seed, &anatomy, &lesions);
            let home = anatomy.owner(centre);
            assert!(
                around(centre, new.lump.reach_mm(), 300).all(|p| anatomy.owner(p) == home),
                "seed {seed}"
            );
            let others = [lesions.shrinking_at, lesions.stable_at].map(|p| anatomy.owner(p));
            assert!(!others.contains(&home), "seed {seed}");
        }
    }
}
