//! Sums over columns in lanes of a fixed number: the same result on every processor, whatever width its instructions
//! have. Nothing here multiplies and adds in one step, which would round otherwise.

use multiversion::multiversion;

const LANES: usize = 8;

/// Sum of products. Both slices have the same length.
///
/// ```
/// use delta_radiomics::numeric::lanes::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    total(lanes) + rest(a_rest, b_rest)
}

/// Sums of products of `a` with each of `others`, four at a time: `a` is read once for them. Each is what [`dot`] gives.
pub fn dots(a: &[f64], others: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(others.len() + 1);
    let (fours, last) = others.as_chunks::<4>();
    for four in fours {
        sums.extend(dot_four(a, four.each_ref().map(Vec::as_slice)));
    }
    sums.extend(last.iter().map(|b| dot(a, b)));
    sums
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn dot_four(a: &[f64], others: [&[f64]; 4]) -> [f64; 4] {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let [b, c, d, e] = others.map(|other| other.as_chunks::<LANES>());
    let mut lanes = [[0.0; LANES]; 4];
    for ((x, (y, z)), (v, w)) in a_blocks.iter().zip(b.0.iter().zip(c.0)).zip(d.0.iter().zip(e.0)) {
        for lane in 0..LANES {
            lanes[0][lane] += x[lane] * y[lane];
            lanes[1][lane] += x[lane] * z[lane];
            lanes[2][lane] += x[lane] * v[lane];
            lanes[3][lane] += x[lane] * w[lane];
        }
    }
    let rests = [b.1, c.1, d.1, e.1];
    std::array::from_fn(|k| total(lanes[k]) + rest(a_rest, rests[k]))
}

#[inline(always)]
fn total(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

#[inline(always)]
fn rest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `y += a x`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub fn add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[cfg(test)]
mod tests {
    use super::{dot, dots};

    #[test]
    fn sums_of_many_are_those_of_one() {
        let column = |k: usize| (0..37).map(|i| ((i * 7 + k * 13) % 11) as f64 - 4.9).collect::<Vec<f64>>();
        let others: Vec<Vec<f64>> = (1..11).map(column).collect();
        let found = dots(&column(0), &others);
        assert!(others.iter().zip(&found).all(|(b, sum)| dot(&column(0), b) == *sum));
        let plain: f64 = column(0).iter().zip(&others[0]).map(|(a, b)| a * b).sum();
        assert!((plain - found[0]).abs() < 1e-10);
    }
}
