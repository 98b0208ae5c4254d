//! Sums over columns in lanes of a fixed number: the same result on every processor, whatever width its instructions
//! have. Nothing here multiplies and adds in one step, which would round otherwise.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions of its caller"
)]

use multiversion::multiversion;

const LANES: usize = 8;
/// Length from which wider instructions are worth the call.
const WIDE: usize = 200;

/// Sum of products. Both slices have the same length.
///
/// ```
/// use delta_radiomics::numeric::lanes::dot;
/// assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
/// ```
#[inline]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < WIDE { dot_of([a], b)[0] } else { wide_dot(a, b) }
}

/// Sums of products of `a` with each of `others`, some at a time: `a` is read once for them. Each is what [`dot`] gives.
pub fn dots(a: &[f64], others: &[Vec<f64>]) -> Vec<f64> {
    let mut sums = Vec::with_capacity(others.len() + 1);
    let mut rest = others;
    if a.len() < WIDE {
        while let Some(([b, c], after)) = rest.split_first_chunk() {
            sums.extend(dot_of([b, c], a));
            rest = after;
        }
    } else {
        while let Some(([b, c, d, e], after)) = rest.split_first_chunk() {
            sums.extend(wide_dot_of_four([b, c, d, e], a));
            rest = after;
        }
    }
    sums.extend(rest.iter().map(|b| dot(a, b)));
    sums
}

/// The sum; not a number where one of the values is none.
pub fn sum(values: &[f64]) -> f64 {
    over(values, |value| value)
}

/// The sum of squares of the differences from `centre`.
pub fn squares_around(values: &[f64], centre: f64) -> f64 {
    over(values, |value| (value - centre) * (value - centre))
}

#[inline(always)]
fn over(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane += of(*value);
        }
    }
    total(lanes) + rest.iter().map(|value| of(*value)).sum::<f64>()
}

/// `y += a x`.
#[inline]
pub fn add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn wide_dot(a: &[f64], b: &[f64]) -> f64 {
    dot_of([a], b)[0]
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn wide_dot_of_four(others: [&[f64]; 4], a: &[f64]) -> [f64; 4] {
    dot_of(others, a)
}

/// Sums of products of each with `by`.
#[inline(always)]
fn dot_of<const N: usize>(of: [&[f64]; N], by: &[f64]) -> [f64; N] {
    let blocks = of.map(|values| values.as_chunks::<LANES>());
    let (by_blocks, by_rest) = by.as_chunks::<LANES>();
    let mut lanes = [[0.0; LANES]; N];
    // Seen by the compiler as one length, so that no block is checked again.
    let values = blocks.map(|(values, _)| &values[..by_blocks.len()]);
    for (at, y) in by_blocks.iter().enumerate() {
        for k in 0..N {
            for lane in 0..LANES {
                lanes[k][lane] += values[k][at][lane] * y[lane];
            }
        }
    }
    std::array::from_fn(|k| {
        total(lanes[k]) + blocks[k].1.iter().zip(by_rest).map(|(x, y)| x * y).sum::<f64>()
    })
}

#[inline(always)]
fn total(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

#[cfg(test)]
mod tests {
    use super::{WIDE, dot, dot_of, dots};

    #[test]
    fn sums_of_many_are_those_of_one() {
        for rows in [37, WIDE + 5] {
            let column =
                |k: usize| (0..rows).map(|i| ((i * 7 + k * 13) % 11) as f64 - 4.9).collect::<Vec<f64>>();
            let others: Vec<Vec<f64>> = (1..12).map(column).collect();
            let found = dots(&column(0), &others);
            assert!(others.iter().zip(&found).all(|(b, sum)| dot(&column(0), b) == *sum));
            assert!(others.iter().zip(&found).all(|(b, sum)| dot_of([b], &column(0)) == [*sum]));
            assert!((super::sum(&others[1]) - others[1].iter().sum::<f64>()).abs() < 1e-10);
            let squares: f64 = others[1].iter().map(|value| (value - 0.5) * (value - 0.5)).sum();
            assert!((super::squares_around(&others[1], 0.5) - squares).abs() < 1e-9);
            let plain: f64 = column(0).iter().zip(&others[0]).map(|(a, b)| a * b).sum();
            assert!((plain - found[0]).abs() < 1e-10);
        }
    }
}
