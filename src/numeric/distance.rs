//! Exact Euclidean distances on a grid (Felzenszwalb and Huttenlocher 2012: lower envelopes of parabolas, one
//! axis after the other).

/// What a distance is measured to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The centres of the set's voxels.
    Centres,
    /// The nearest point of the set's voxels, each a box as large as the spacing: half a voxel nearer than the
    /// centre along an axis. Zero at the set's own centres.
    Boxes,
}

/// Squared distance in mm^2 from each voxel's centre to the nearest member of `set`; infinite where it is empty.
///
/// Values are stored with the first index fastest; `spacing` is in mm.
///
/// ```
/// use delta_radiomics::numeric::distance::{Target, squared};
/// let set = [false, false, true, false];
/// assert_eq!(squared(&set, [4, 1, 1], [2.0, 1.0, 1.0], Target::Centres), [16.0, 4.0, 0.0, 4.0]);
/// assert_eq!(squared(&set, [4, 1, 1], [2.0, 1.0, 1.0], Target::Boxes), [9.0, 1.0, 0.0, 1.0]);
/// ```
pub fn squared(set: &[bool], dims: [usize; 3], spacing: [f64; 3], target: Target) -> Vec<f64> {
    let mut values: Vec<f64> = set.iter().map(|&s| if s { 0.0 } else { f64::INFINITY }).collect();
    let longest = dims.into_iter().max().unwrap_or(0);
    let mut envelope = Envelope::with_capacity(longest + 1);
    let (mut line, mut sites) = (vec![0.0; longest], vec![0.0; longest + 1]);
    let stride = [1, dims[0], dims[0] * dims[1]];
    for axis in 0..3 {
        let n = dims[axis];
        let (line, sites) = (&mut line[..n], &mut sites[..=n]);
        for start in (0..values.len()).filter(|o| (o / stride[axis]).is_multiple_of(n)) {
            for (i, v) in line.iter_mut().enumerate() {
                *v = values[start + i * stride[axis]];
            }
            if line.iter().all(|&v| v == f64::INFINITY) {
                continue;
            }
            match target {
                Target::Centres => envelope.build(line, 0.0, spacing[axis]),
                Target::Boxes => {
                    // Faces lie between the voxels and belong to the nearer of two; face i is at i - 1/2.
                    sites[0] = line[0];
                    sites[n] = line[n - 1];
                    for i in 1..n {
                        sites[i] = line[i - 1].min(line[i]);
                    }
                    envelope.build(sites, -0.5, spacing[axis]);
                }
            }
            envelope.read(line, |i, v| values[start + i * stride[axis]] = v);
        }
    }
    values
}

/// The lower envelope of parabolas `height + (spacing (x - place))^2`.
struct Envelope {
    place: Vec<f64>,
    height: Vec<f64>,
    /// From where each parabola is the lowest.
    from: Vec<f64>,
    spacing: f64,
}

impl Envelope {
    fn with_capacity(n: usize) -> Self {
        Self {
            place: Vec::with_capacity(n),
            height: Vec::with_capacity(n),
            from: Vec::with_capacity(n),
            spacing: 1.0,
        }
    }

    /// From parabolas at `first`, `first + 1`, ...; infinite heights are none.
    fn build(&mut self, heights: &[f64], first: f64, spacing: f64) {
        self.place.clear();
        self.height.clear();
        self.from.clear();
        self.spacing = spacing;
        let square = spacing * spacing;
        for (i, &h) in heights.iter().enumerate().filter(|(_, h)| h.is_finite()) {
            let x = first + i as f64;
            let mut from = f64::NEG_INFINITY;
            while let (Some(&p), Some(&low)) = (self.place.last(), self.height.last()) {
                // Where the two parabolas meet.
                from = ((h - low) / square + x * x - p * p) / (2.0 * (x - p));
                if from > self.from[self.from.len() - 1] {
                    break;
                }
                self.place.pop();
                self.height.pop();
                self.from.pop();
                from = f64::NEG_INFINITY;
            }
            self.place.push(x);
            self.height.push(h);
            self.from.push(from);
        }
    }

    /// Gives `write` the lower one of the envelope and the line's own value at each sample.
    fn read(&self, line: &[f64], mut write: impl FnMut(usize, f64)) {
        let mut at = 0;
        for (i, &own) in line.iter().enumerate() {
            let x = i as f64;
            while at + 1 < self.from.len() && self.from[at + 1] <= x {
                at += 1;
            }
            let step = self.spacing * (x - self.place[at]);
            write(i, own.min(self.height[at] + step * step));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::Random;

    /// The definition, pair by pair.
    fn slow(set: &[bool], dims: [usize; 3], spacing: [f64; 3], target: Target) -> Vec<f64> {
        let voxel = |o: usize| [o % dims[0], o / dims[0] % dims[1], o / (dims[0] * dims[1])];
        let distance = |a: [usize; 3], b: [usize; 3]| -> f64 {
            (0..3)
                .map(|i| {
                    let steps = (a[i] as f64 - b[i] as f64).abs();
                    let steps = if target == Target::Boxes { (steps - 0.5).max(0.0) } else { steps };
                    (steps * spacing[i]).powi(2)
                })
                .sum()
        };
        (0..set.len())
            .map(|o| {
                let members = (0..set.len()).filter(|&m| set[m]);
                members.map(|m| distance(voxel(o), voxel(m))).fold(f64::INFINITY, f64::min)
            })
            .collect()
    }

    #[test]
    fn envelopes_give_the_distances_of_the_definition() {
        let mut random = Random::seeded(5);
        for (dims, share) in [([9, 7, 5], 0.02), ([6, 8, 9], 0.3), ([1, 11, 4], 0.05), ([5, 1, 1], 0.4)] {
            for target in [Target::Centres, Target::Boxes] {
                let n = dims.iter().product();
                let mut set: Vec<bool> = (0..n).map(|_| random.uniform() < share).collect();
                set[n / 2] = true;
                let spacing = [0.7, 1.3, 4.5];
                let fast = squared(&set, dims, spacing, target);
                for (a, b) in fast.iter().zip(slow(&set, dims, spacing, target)) {
                    assert!((a - b).abs() < 1e-9, "{dims:?} {target:?}: {a} against {b}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_infinitely_far() {
        let far = squared(&[false; 8], [2, 2, 2], [1.0; 3], Target::Centres);
        assert!(far.iter().all(|d| *d == f64::INFINITY));
    }
}
