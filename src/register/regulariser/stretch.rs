//! Where a field is too gentle to fold: a bound that is cheap to know for all samples of an interval at once.

/// Where the largest stretches of `u` around an interval along the lattice's axes have no larger sum of squares than this,
/// no sample in it has a Jacobian below [`BARRIER_START`](super::barrier::BARRIER_START): the least singular value of
/// `I + du/dx` is at least `1 - |du/dx|`, and the determinant at least its cube, `(1 - sqrt(0.108))^3 = 0.302`.
const GENTLE: f64 = 0.108;

/// Intervals of a row of controls in which `u` hardly stretches.
pub struct Stretch {
    per_x_mm: f64,
    /// Of each control, the squares of the derivatives of `u` along each axis, summed over its components.
    squares: [Vec<f64>; 3],
    gentle: Vec<bool>,
}

impl Stretch {
    /// For rows of so many controls.
    pub fn new(controls: usize, spacing_x_mm: f64) -> Self {
        let squares = std::array::from_fn(|_| vec![0.0; controls]);
        Self { per_x_mm: 1.0 / spacing_x_mm, squares, gentle: vec![false; controls - 3] }
    }

    /// From the rows of each component: its values, and its derivatives along y and z. Along x, the derivative between
    /// two controls is at most the largest difference of neighbours.
    pub fn measure(&mut self, rows: &[[Vec<f64>; 3]]) {
        for squares in &mut self.squares {
            squares.fill(0.0);
        }
        let [along_x, along_y, along_z] = &mut self.squares;
        for [value, slope_y, slope_z] in rows {
            for (sum, pair) in along_x.iter_mut().zip(value.windows(2)) {
                let slope = (pair[1] - pair[0]) * self.per_x_mm;
                *sum += slope * slope;
            }
            for (along, slopes) in [(&mut *along_y, slope_y), (&mut *along_z, slope_z)] {
                along.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += slope * slope);
            }
        }
        let [x, y, z] = &self.squares;
        let intervals = x.windows(3).zip(y.windows(4)).zip(z.windows(4));
        for (gentle, ((x, y), z)) in self.gentle.iter_mut().zip(intervals) {
            *gentle = largest(x) + largest(y) + largest(z) <= GENTLE;
        }
    }

    /// Whether no sample of the interval that begins with control `base` can lie below
    /// [`BARRIER_START`](super::barrier::BARRIER_START).
    pub fn is_gentle(&self, base: usize) -> bool {
        self.gentle[base]
    }
}

/// Of some squares.
fn largest(squares: &[f64]) -> f64 {
    squares.iter().fold(0.0, |most, &square| if square > most { square } else { most })
}
