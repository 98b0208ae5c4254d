//! Mean squares of a complete table of subjects and repeats.

/// Mean squares of n subjects with k repeats each (McGraw & Wong 1996, table 3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanSquares {
    /// Number of subjects.
    pub n: usize,
    /// Number of repeats.
    pub k: usize,
    /// The grand mean.
    pub mean: f64,
    /// Between subjects, n - 1 degrees of freedom.
    pub subjects: f64,
    /// Between repeats, k - 1 degrees of freedom.
    pub repeats: f64,
    /// What neither explains, (n - 1)(k - 1) degrees of freedom.
    pub residual: f64,
    /// Within subjects, n (k - 1) degrees of freedom.
    pub within: f64,
}

impl MeanSquares {
    /// Of values with the repeats of a subject side by side. `None` for fewer than two subjects or repeats, and for a
    /// table with a hole.
    ///
    /// All sums are about the grand mean, so that a large offset costs no digits.
    ///
    /// ```
    /// use delta_radiomics::stats::mean_squares::MeanSquares;
    /// // Subjects' means 1.5, 3.5; repeats' means 2, 3; the grand mean 2.5; nothing is left.
    /// let m = MeanSquares::of(&[1.0, 2.0, 3.0, 4.0], 2).unwrap();
    /// assert_eq!((m.subjects, m.repeats, m.residual, m.within), (4.0, 1.0, 0.0, 0.5));
    /// ```
    pub fn of(values: &[f64], k: usize) -> Option<Self> {
        if k < 2 || values.len() < 2 * k || !values.len().is_multiple_of(k) {
            return None;
        }
        let n = values.len() / k;
        let (subjects, repeats) = (n as f64, k as f64);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        // The mean itself is rounded; what is left of it is taken off a second time.
        let slip = values.iter().map(|v| v - mean).sum::<f64>() / values.len() as f64;
        let centred: Vec<f64> = values.iter().map(|v| v - mean - slip).collect();
        let rows: Vec<f64> = centred.chunks_exact(k).map(|row| row.iter().sum::<f64>() / repeats).collect();
        let columns: Vec<f64> =
            (0..k).map(|j| centred.iter().skip(j).step_by(k).sum::<f64>() / subjects).collect();
        let squares = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let (mut within, mut residual) = (0.0, 0.0);
        for (row, mean) in centred.chunks_exact(k).zip(&rows) {
            for (v, column) in row.iter().zip(&columns) {
                within += (v - mean) * (v - mean);
                residual += (v - mean - column) * (v - mean - column);
            }
        }
        Some(Self {
            n,
            k,
            mean: mean + slip,
            subjects: repeats * squares(&rows) / (subjects - 1.0),
            repeats: subjects * squares(&columns) / (repeats - 1.0),
            residual: residual / ((subjects - 1.0) * (repeats - 1.0)),
            within: within / (subjects * (repeats - 1.0)),
        })
    }
}
