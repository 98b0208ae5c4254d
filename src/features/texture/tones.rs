//! How far the grey level of a voxel lies from the mean of its neighbours, added up per grey level (IBSI 3.10).
//!
//! Neighbours are one step apart (Chebyshev distance 1) and inside the intensity mask; a voxel without any does not
//! count. Sums over a voxel's box of 3 x 3 x 3 (3 x 3 in the plane) are taken along one axis after the other, whole
//! rows at a time. The lowest bits of a stored number count voxels and the others add up their levels, so that one
//! pass gives both sums, exactly.

use std::ops::Add;

use super::directions::DIRECTIONS;
use crate::features::discretise::Levels;

/// Bits that count the voxels of a box: there are at most 27.
const COUNT_BITS: u32 = 5;
/// Numbers of neighbours, from none to all.
const NEIGHBOURS: usize = 2 * DIRECTIONS.len() + 1;
/// Up to this many levels present, differences are added up as whole numbers per level and number of neighbours.
const TABLE_LEVELS: usize = 1 << 12;

/// A grey level among the voxels that have neighbours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// The level.
    pub level: u32,
    /// Number of voxels with it that have neighbours.
    pub voxels: u64,
    /// Sum over these voxels of the distance between the level and the mean level of their neighbours.
    pub difference: f64,
}

/// The grey levels of voxels with neighbours, ascending.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tones(Vec<Tone>);

impl Tones {
    /// Of the whole region, with all 26 neighbours.
    pub fn in_space(levels: &Levels) -> Self {
        Self::swept(levels, Neighbours::InSpace).into_iter().next().unwrap_or_default()
    }
    /// Per slice with voxels, with the eight neighbours in its plane.
    pub fn by_slice(levels: &Levels) -> Vec<Self> {
        Self::swept(levels, Neighbours::InPlane)
    }
    /// The sum of several.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut all: Vec<Tone> = parts.into_iter().flat_map(|p| p.0.iter().copied()).collect();
        // Stable, so that differences are added up in the order of the parts.
        all.sort_by_key(|tone| tone.level);
        all.dedup_by(|next, kept| {
            let same = next.level == kept.level;
            if same {
                kept.voxels += next.voxels;
                kept.difference += next.difference;
            }
            same
        });
        Self(all)
    }
    /// The levels.
    pub fn tones(&self) -> &[Tone] {
        &self.0
    }
    /// Whether no voxel has a neighbour.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn swept(levels: &Levels, neighbours: Neighbours) -> Vec<Self> {
        let (Some(first), Some(last)) = (levels.present.first(), levels.present.last()) else {
            return Vec::new();
        };
        // The narrower the numbers, the more of them are added at once.
        let largest = NEIGHBOURS as u64 * packed(u64::from(last - first));
        if u16::try_from(largest).is_ok() {
            sweep::<u16>(levels, neighbours)
        } else if u32::try_from(largest).is_ok() {
            sweep::<u32>(levels, neighbours)
        } else {
            sweep::<u64>(levels, neighbours)
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Neighbours {
    InPlane,
    InSpace,
}

/// One voxel and its level above the lowest present.
fn packed(above: u64) -> u64 {
    above << COUNT_BITS | 1
}

/// A number that is wide enough for the sum of a box.
trait Lane: Copy + Default + Add<Output = Self> + Into<u64> {
    fn narrow(wide: u64) -> Self;
}
impl Lane for u16 {
    fn narrow(wide: u64) -> Self {
        wide as Self
    }
}
impl Lane for u32 {
    fn narrow(wide: u64) -> Self {
        wide as Self
    }
}
impl Lane for u64 {
    fn narrow(wide: u64) -> Self {
        wide
    }
}

fn sweep<T: Lane>(levels: &Levels, neighbours: Neighbours) -> Vec<Tones> {
    let plane = levels.strides[2];
    let lowest = levels.present[0];
    let number = |level: &u32| T::narrow(packed(u64::from(level - lowest)));
    let numbers: Vec<T> = std::iter::once(T::default()).chain(levels.present.iter().map(number)).collect();
    let mut boxes = Boxes::new(levels, &numbers);
    let mut sums = vec![T::default(); plane];
    let mut tally = Tally::new(levels.present.len());
    let mut tones = Vec::new();
    for slice in &levels.slices {
        let k = slice[0] as usize / plane;
        match neighbours {
            Neighbours::InPlane => sums.copy_from_slice(boxes.of_plane(k)),
            Neighbours::InSpace => {
                sums.copy_from_slice(boxes.of_plane(k - 1));
                for k in [k, k + 1] {
                    for (sum, part) in sums.iter_mut().zip(boxes.of_plane(k)) {
                        *sum = *sum + *part;
                    }
                }
            }
        }
        for &place in slice {
            let code = levels.codes[place as usize] as usize;
            let own: u64 = numbers[code].into();
            let around: u64 = sums[place as usize - k * plane].into() - own;
            let (sum, count) = (around >> COUNT_BITS, around & ((1 << COUNT_BITS) - 1));
            // The distance from the mean, times the number of neighbours: a whole number.
            tally.add(code - 1, count, ((own >> COUNT_BITS) * count).abs_diff(sum));
        }
        if neighbours == Neighbours::InPlane {
            tones.push(tally.taken(levels));
        }
    }
    if neighbours == Neighbours::InSpace {
        tones.push(tally.taken(levels));
    }
    tones
}

/// Sums over 3 x 3 boxes, plane by plane. The last three planes are kept.
struct Boxes<'a, T> {
    levels: &'a Levels,
    numbers: &'a [T],
    of_voxels: Vec<T>,
    along_rows: Vec<T>,
    kept: [(Option<usize>, Vec<T>); 3],
}

impl<'a, T: Lane> Boxes<'a, T> {
    fn new(levels: &'a Levels, numbers: &'a [T]) -> Self {
        let empty = || vec![T::default(); levels.strides[2]];
        Self {
            levels,
            numbers,
            of_voxels: empty(),
            along_rows: empty(),
            kept: std::array::from_fn(|_| (None, empty())),
        }
    }
    fn of_plane(&mut self, k: usize) -> &[T] {
        let (number, sums) = &mut self.kept[k % 3];
        if *number != Some(k) {
            *number = Some(k);
            let (row, plane) = (self.levels.strides[1], self.levels.strides[2]);
            let codes = &self.levels.codes[k * plane..(k + 1) * plane];
            for (voxel, &code) in self.of_voxels.iter_mut().zip(codes) {
                *voxel = self.numbers[code as usize];
            }
            // What wraps around the end of a row falls onto the border, where no voxel asks for it.
            add_three(&mut self.along_rows, &self.of_voxels, 1);
            add_three(sums, &self.along_rows, row);
        }
        sums
    }
}

/// Adds to every number the two that are `step` before and after it; the ends stay zero.
fn add_three<T: Lane>(sums: &mut [T], numbers: &[T], step: usize) {
    let n = numbers.len();
    let (before, here, after) = (&numbers[..n - 2 * step], &numbers[step..n - step], &numbers[2 * step..]);
    for (((sum, a), b), c) in sums[step..n - step].iter_mut().zip(before).zip(here).zip(after) {
        *sum = *a + *b + *c;
    }
}

/// What is added up per level.
enum Tally {
    /// Per level and number of neighbours: voxels, and distances times that number.
    Exact(Vec<(u64, u64)>),
    /// Per level, where there are very many: voxels, and distances.
    Lean(Vec<(u64, f64)>),
}

impl Tally {
    fn new(levels: usize) -> Self {
        if levels <= TABLE_LEVELS {
            Self::Exact(vec![(0, 0); levels * NEIGHBOURS])
        } else {
            Self::Lean(vec![(0, 0.0); levels])
        }
    }
    fn add(&mut self, place: usize, count: u64, difference: u64) {
        match self {
            Self::Exact(cells) => {
                let cell = &mut cells[place * NEIGHBOURS + count as usize];
                cell.0 += 1;
                cell.1 += difference;
            }
            Self::Lean(_) if count == 0 => {}
            Self::Lean(cells) => {
                cells[place].0 += 1;
                cells[place].1 += difference as f64 / count as f64;
            }
        }
    }
    /// The levels of voxels with neighbours; the tally starts anew.
    fn taken(&mut self, levels: &Levels) -> Tones {
        let sums: Vec<(u64, f64)> = match self {
            Self::Exact(cells) => {
                let sum = |cells: &[(u64, u64)]| {
                    let with_neighbours = cells.iter().enumerate().skip(1);
                    with_neighbours.fold((0, 0.0), |sum, (count, cell)| {
                        (sum.0 + cell.0, sum.1 + cell.1 as f64 / count as f64)
                    })
                };
                let sums = cells.chunks_exact(NEIGHBOURS).map(sum).collect();
                cells.fill((0, 0));
                sums
            }
            Self::Lean(cells) => {
                let sums = cells.clone();
                cells.fill((0, 0.0));
                sums
            }
        };
        let tone = |(&level, (voxels, difference)): (&u32, (u64, f64))| Tone { level, voxels, difference };
        Tones(levels.present.iter().zip(sums).map(tone).filter(|t| t.voxels > 0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::conformance::random::{levels, region};

    /// Looks at every neighbour of every voxel of these slices.
    fn plain(levels: &Levels, slices: &[Vec<u32>], directions: &[[i64; 3]]) -> Vec<(u32, u64, f64)> {
        let mut sums = vec![(0, 0.0); levels.present.len()];
        let level = |code: u32| f64::from(levels.present[code as usize - 1]);
        for &place in slices.iter().flatten() {
            let step = |d: &[i64; 3]| levels.step(*d);
            let places = directions.iter().flat_map(|d| [step(d), -step(d)]).map(|s| i64::from(place) + s);
            let codes = places.map(|p| levels.codes[p as usize]).filter(|c| *c > 0);
            let around: Vec<f64> = codes.map(level).collect();
            if !around.is_empty() {
                let code = levels.codes[place as usize];
                let mean = around.iter().sum::<f64>() / around.len() as f64;
                sums[code as usize - 1].0 += 1;
                sums[code as usize - 1].1 += (level(code) - mean).abs();
            }
        }
        let rows = levels.present.iter().zip(sums).filter(|row| row.1.0 > 0);
        rows.map(|(level, sum)| (*level, sum.0, sum.1)).collect()
    }

    fn assert_same(tones: &Tones, plain: &[(u32, u64, f64)]) {
        assert_eq!(tones.tones().len(), plain.len());
        for (tone, (level, voxels, difference)) in tones.tones().iter().zip(plain) {
            assert_eq!((tone.level, tone.voxels), (*level, *voxels));
            assert!((tone.difference - difference).abs() <= 1e-9 * difference.max(1.0), "{tone:?}");
        }
    }

    #[test]
    fn tones_are_those_of_a_look_at_every_neighbour() {
        // Numbers of 16, 32 and 64 bits; the last has more levels than the table.
        for (seed, dims, spread) in [(1, [7, 5, 4], 6), (2, [6, 9, 3], 300), (3, [20, 20, 20], 6_000_000)] {
            let levels = levels(&region(seed, dims, spread));
            assert_same(&Tones::in_space(&levels), &plain(&levels, &levels.slices, &DIRECTIONS));
            let by_slice = Tones::by_slice(&levels);
            assert_eq!(by_slice.len(), levels.slices.len());
            let plane = &DIRECTIONS[..super::super::directions::IN_PLANE];
            for (tones, slice) in by_slice.iter().zip(&levels.slices) {
                assert_same(tones, &plain(&levels, std::slice::from_ref(slice), plane));
            }
            assert_same(&Tones::merged(&by_slice), &plain(&levels, &levels.slices, plane));
        }
    }

    #[test]
    fn the_width_of_the_numbers_changes_nothing() {
        let levels = levels(&region(4, [9, 8, 7], 76));
        assert_eq!(levels.present.last().map(|l| l - levels.present[0]), Some(75));
        let narrow = sweep::<u16>(&levels, Neighbours::InSpace);
        assert_eq!(narrow, sweep::<u32>(&levels, Neighbours::InSpace));
        assert_eq!(narrow, sweep::<u64>(&levels, Neighbours::InSpace));
    }
}
