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
    if a.len() < WIDE { tile([a], [b])[0][0] } else { wide_dot(a, b) }
}

/// Sums of products of each of `of` (outer) with each of `by` (inner), four by four: of each that is read, four sums are
/// made. Each is what [`dot`] gives. All slices have the same length.
///
/// ```
/// use delta_radiomics::numeric::lanes::products;
/// assert_eq!(products(&[&[1.0, 2.0]], &[vec![3.0, 4.0], vec![5.0, 6.0]]), [[11.0, 17.0]]);
/// ```
pub fn products(of: &[&[f64]], by: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (fours, rest) = of.as_chunks::<4>();
    let mut table = Vec::with_capacity(of.len());
    for four in fours {
        let mut sums = [(); 4].map(|()| Vec::with_capacity(by.len() + 1));
        let (blocks, last) = by.as_chunks::<4>();
        for block in blocks {
            let found = wide_tile(*four, block.each_ref().map(Vec::as_slice));
            sums.iter_mut().zip(found).for_each(|(sums, found)| sums.extend(found));
        }
        for one in last {
            let found = wide_row([one], *four);
            sums.iter_mut().zip(found[0]).for_each(|(sums, found)| sums.push(found));
        }
        table.extend(sums);
    }
    table.extend(rest.iter().map(|one| {
        let mut sums = Vec::with_capacity(by.len() + 1);
        let (blocks, last) = by.as_chunks::<4>();
        for block in blocks {
            sums.extend(wide_row([one], block.each_ref().map(Vec::as_slice))[0]);
        }
        sums.extend(last.iter().map(|other| dot(one, other)));
        sums
    }));
    table
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
    tile([a], [b])[0][0]
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn wide_row(of: [&[f64]; 1], by: [&[f64]; 4]) -> [[f64; 4]; 1] {
    tile(of, by)
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn wide_tile(of: [&[f64]; 4], by: [&[f64]; 4]) -> [[f64; 4]; 4] {
    tile(of, by)
}

/// Sums of products of each with each.
#[inline(always)]
fn tile<const M: usize, const N: usize>(of: [&[f64]; M], by: [&[f64]; N]) -> [[f64; N]; M] {
    let (of, by) =
        (of.map(|values| values.as_chunks::<LANES>()), by.map(|values| values.as_chunks::<LANES>()));
    // Seen by the compiler as one length, so that no block is checked again.
    let length = of[0].0.len();
    let (x, y) = (of.map(|(blocks, _)| &blocks[..length]), by.map(|(blocks, _)| &blocks[..length]));
    let mut lanes = [[[0.0; LANES]; N]; M];
    for at in 0..length {
        for i in 0..M {
            for j in 0..N {
                for lane in 0..LANES {
                    lanes[i][j][lane] += x[i][at][lane] * y[j][at][lane];
                }
            }
        }
    }
    // Plain loops that can be unrolled, and a sum over lanes that the loop cannot be fitted to: else the compiler
    // shuffles lanes in every round, at four times the cost.
    let lanes = std::hint::black_box(lanes);
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            total(lanes[i][j]) + of[i].1.iter().zip(by[j].1).map(|(x, y)| x * y).sum::<f64>()
        })
    })
}

#[inline(always)]
fn total(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

#[cfg(test)]
mod tests {
    use super::{WIDE, dot, products, squares_around, sum};

    #[test]
    fn sums_of_many_are_those_of_one() {
        for rows in [5, 37, WIDE + 5] {
            let column =
                |k: usize| (0..rows).map(|i| ((i * 7 + k * 13) % 11) as f64 - 4.9).collect::<Vec<f64>>();
            let columns: Vec<Vec<f64>> = (0..11).map(column).collect();
            let slices: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            for (x, found) in columns.iter().zip(products(&slices, &columns)) {
                let one: Vec<f64> = columns.iter().map(|y| dot(x, y)).collect();
                assert_eq!(found, one);
                let plain: f64 = x.iter().zip(&columns[3]).map(|(x, y)| x * y).sum();
                assert!((plain - one[3]).abs() < 1e-10);
            }
            let values = &columns[1];
            assert!((sum(values) - values.iter().sum::<f64>()).abs() < 1e-10);
            let squares: f64 = values.iter().map(|value| (value - 0.5) * (value - 0.5)).sum();
            assert!((squares_around(values, 0.5) - squares).abs() < 1e-9);
        }
    }
}
