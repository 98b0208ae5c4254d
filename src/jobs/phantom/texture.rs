//! Band-limited texture: a smooth random function of the point, not of the voxel.

use std::f64::consts::TAU;

use nalgebra::{Point3, Vector3};

use crate::numeric::random::Random;

/// A sum of plane waves, `t(p) = sum_i height cos(k_i . p + phase_i)`, of random direction, phase and wavelength.
///
/// Over space it has mean 0 and the asked standard deviation (each wave adds `height^2 / 2` to the variance), and
/// nothing finer than the shortest wavelength, so that a grid with four voxels to a wave reads it well.
#[derive(Clone, Debug)]
pub struct Texture {
    height: f64,
    waves: Vec<(Vector3<f64>, f64)>,
}

impl Texture {
    /// `count` waves whose lengths spread evenly on a logarithmic scale over `wavelengths_mm`.
    pub fn new(random: &mut Random, count: usize, wavelengths_mm: [f64; 2], sd: f64) -> Self {
        let [low, high] = wavelengths_mm.map(libm::log);
        let waves = (0..count)
            .map(|_| {
                let length = libm::exp(random.between(low, high));
                (Vector3::from(random.direction()) * (TAU / length), random.between(0.0, TAU))
            })
            .collect();
        Self { height: sd * (2.0 / count as f64).sqrt(), waves }
    }

    /// The same pattern with another spread.
    pub fn scaled(&self, factor: f64) -> Self {
        Self { height: self.height * factor, ..self.clone() }
    }

    /// Its value at a point.
    pub fn at(&self, p: Point3<f64>) -> f64 {
        self.height * self.waves.iter().map(|(k, phase)| libm::cos(k.dot(&p.coords) + phase)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_texture_has_the_asked_spread_and_no_sudden_steps() {
        let mut random = Random::seeded(3);
        let texture = Texture::new(&mut random, 48, [12.0, 24.0], 30.0);
        let points: Vec<Point3<f64>> = (0..20_000)
            .map(|_| Point3::from(Vector3::from_fn(|_, _| random.between(-200.0, 200.0))))
            .collect();
        let values: Vec<f64> = points.iter().map(|&p| texture.at(p)).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!(mean.abs() < 1.5, "{mean}");
        assert!((variance.sqrt() - 30.0).abs() < 1.5, "{}", variance.sqrt());
        // The slope of a wave is at most height times wave number.
        let step = points.iter().map(|&p| (texture.at(p + Vector3::x() * 0.01) - texture.at(p)).abs());
        let bound = 30.0 * (2.0_f64 / 48.0).sqrt() * 48.0 * (TAU / 12.0) * 0.01;
        assert!(step.fold(0.0, f64::max) < bound);
    }
}
