//! A straight axis: values to pixels, and ticks at round numbers.

/// Values between two ends, on pixels between two ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    values: (f64, f64),
    pixels: (i32, i32),
}

impl Axis {
    /// The axis; values that do not differ get some room.
    pub fn new(values: (f64, f64), pixels: (i32, i32)) -> Self {
        let (low, high) = values;
        let values =
            if high > low { values } else { (low - 0.5 * scale_of(low), high + 0.5 * scale_of(high)) };
        Self { values, pixels }
    }

    /// The pixel of a value; beyond the ends, the end.
    pub fn at(&self, value: f64) -> i32 {
        let (low, high) = self.values;
        let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
        let (first, last) = (f64::from(self.pixels.0), f64::from(self.pixels.1));
        (first + share * (last - first)).round() as i32
    }

    /// Whether a value lies between the ends.
    pub fn holds(&self, value: f64) -> bool {
        (self.values.0..=self.values.1).contains(&value)
    }

    /// The pixels of the ends.
    pub fn pixels(&self) -> (i32, i32) {
        self.pixels
    }

    /// Round numbers within the ends, some `about` of them.
    pub fn ticks(&self, about: usize) -> Vec<f64> {
        let (low, high) = self.values;
        let rough = (high - low) / about.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|m| m * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).map(|n| n as f64 * step).collect()
    }
}

/// A magnitude to leave room by, also around zero.
fn scale_of(value: f64) -> f64 {
    if value == 0.0 { 1.0 } else { value.abs() }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn ticks_are_round_and_within_the_ends() {
        let ticks = Axis::new((-0.33, 1.0), (0, 100)).ticks(6);
        let rounded: Vec<i32> = ticks.iter().map(|t| (t * 10.0).round() as i32).collect();
        assert_eq!(rounded, [0, 5, 10], "{ticks:?}");
    }

    #[test]
    fn values_that_do_not_differ_have_a_place() {
        for value in [0.0, 3.0, -2e9] {
            assert_eq!(Axis::new((value, value), (0, 100)).at(value), 50);
        }
    }
}
