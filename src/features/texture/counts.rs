//! Counts of pairs of grey levels and of runs, kept as they are sparse, and how the six aggregations are put together
//! from those of single slices and directions (IBSI 3.6, 3.7).

use super::directions::{DIRECTIONS, IN_PLANE};
use crate::record::Aggregation;

/// One cell of a matrix of counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Row: the place of a grey level in [`Levels::present`](crate::features::discretise::Levels::present).
    pub row: u32,
    /// Column: the place of another grey level, or a length.
    pub column: u32,
    /// How often this occurs; at least once.
    pub count: u64,
}

impl Cell {
    fn place(&self) -> (u32, u32) {
        (self.row, self.column)
    }
}

/// The cells of a matrix that are not zero, ascending by row and column. Memory follows what occurs, however many
/// rows and columns the matrix could have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<Cell>);

impl Counts {
    /// From cells that ascend by row and column, none twice.
    pub(super) fn from_ascending(cells: Vec<Cell>) -> Self {
        debug_assert!(cells.is_sorted_by(|a, b| a.place() < b.place()));
        Self(cells)
    }
    /// How often each row and column occurs. Sorts what it is given.
    pub(super) fn of_occurrences(occurrences: &mut [(u32, u32)]) -> Self {
        occurrences.sort_unstable();
        let run = |run: &[(u32, u32)]| Cell { row: run[0].0, column: run[0].1, count: run.len() as u64 };
        Self(occurrences.chunk_by(|a, b| a == b).map(run).collect())
    }
    /// The cells.
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The sum of several matrices: neighbours are added until one is left, so that each cell is moved but a few
    /// times.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut sums: Vec<Self> = Vec::new();
        while let Some(first) = parts.next() {
            sums.push(parts.next().map_or_else(|| first.clone(), |second| first.plus(second)));
        }
        while sums.len() > 1 {
            sums =
                sums.chunks(2).map(|pair| pair[0].plus(pair.get(1).unwrap_or(&Self(Vec::new())))).collect();
        }
        sums.pop().unwrap_or_default()
    }
    fn plus(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.as_slice(), other.0.as_slice());
        let mut sum = Vec::with_capacity(a.len().max(b.len()));
        while let ([first, rest_of_a @ ..], [second, rest_of_b @ ..]) = (a, b) {
            let order = first.place().cmp(&second.place());
            let count = match order {
                std::cmp::Ordering::Less => first.count,
                std::cmp::Ordering::Equal => first.count + second.count,
                std::cmp::Ordering::Greater => second.count,
            };
            if order.is_le() {
                a = rest_of_a;
            }
            if order.is_ge() {
                b = rest_of_b;
            }
            let (row, column) = if order.is_le() { first.place() } else { second.place() };
            sum.push(Cell { row, column, count });
        }
        sum.extend_from_slice(a);
        sum.extend_from_slice(b);
        Self(sum)
    }
}

/// What a set of aggregations needs to be counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    /// Each slice for itself.
    pub(super) slices: bool,
    /// How many of [`DIRECTIONS`].
    pub(super) directions: usize,
}

impl Needs {
    /// Of these aggregations.
    pub(super) fn of(wanted: &[Aggregation]) -> Self {
        let slices = wanted.iter().any(|a| matches!(a, Aggregation::TwoDAvg | Aggregation::TwoDComb));
        let in_space = wanted.iter().any(|a| matches!(a, Aggregation::ThreeDAvg | Aggregation::ThreeDComb));
        Self { slices, directions: if in_space { DIRECTIONS.len() } else { IN_PLANE } }
    }
}

/// What was counted along each direction. All six aggregations are sums of these.
#[derive(Clone, Debug)]
pub struct ByDirection {
    /// Per slice with voxels, the four directions in its plane; empty where no aggregation asks for slices.
    pub(super) slices: Vec<[Counts; IN_PLANE]>,
    /// Per direction, over the whole region.
    pub(super) directions: Vec<Counts>,
}

impl ByDirection {
    /// The matrices whose features are averaged in an aggregation. Those without a count are left out.
    pub fn matrices(&self, aggregation: Aggregation) -> Vec<Counts> {
        let plane = &self.directions[..IN_PLANE];
        let mut matrices: Vec<Counts> = match aggregation {
            Aggregation::TwoDAvg => self.slices.iter().flatten().cloned().collect(),
            Aggregation::TwoDComb => self.slices.iter().map(Counts::merged).collect(),
            Aggregation::TwoHalfDAvg => plane.to_vec(),
            Aggregation::TwoHalfDComb => vec![Counts::merged(plane)],
            Aggregation::ThreeDAvg => self.directions.clone(),
            Aggregation::ThreeDComb => vec![Counts::merged(&self.directions)],
            Aggregation::TwoD | Aggregation::TwoHalfD | Aggregation::ThreeD => Vec::new(),
        };
        matrices.retain(|m| !m.is_empty());
        matrices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_has_each_cell_once_in_order() {
        let counts = |cells: &[(u32, u32)]| Counts::of_occurrences(&mut cells.to_vec());
        let parts = [
            counts(&[(2, 1), (0, 3), (2, 1)]),
            counts(&[]),
            counts(&[(0, 3), (0, 1)]),
            counts(&[(5, 0)]),
            counts(&[(2, 1)]),
        ];
        let all = [(2, 1), (0, 3), (2, 1), (0, 3), (0, 1), (5, 0), (2, 1)];
        assert_eq!(Counts::merged(&parts), counts(&all));
        assert_eq!(Counts::merged(&parts[..1]), parts[0]);
        assert_eq!(Counts::merged([]), Counts::default());
    }
}
