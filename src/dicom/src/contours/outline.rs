//! Outlines of a mask's slice along the edges of its voxels, holes joined by keyholes.
//!
//! Corners of voxels are named by the voxel to their lower right: corner (0, 0) is half a column and half a row before
//! the centre of voxel (0, 0). Voxels that touch at a corner only are apart. Every outline of a region's part is one
//! closed line: a hole is reached and left by the same straight way between voxels (a keyhole, PS3.3 C.8.8.6.3), so that
//! readers who unite contours and readers who combine them by exclusive or find the same voxels.

use std::collections::BTreeMap;

/// A corner of voxels: column, row.
pub(crate) type Corner = [usize; 2];

/// A step along an edge, with the region to its right (rows grow downwards).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Right,
    Down,
    Left,
    Up,
}

impl Step {
    const ALL: [Self; 4] = [Self::Right, Self::Down, Self::Left, Self::Up];

    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// The mark of a step that was walked, beside its bit.
    fn walked(self) -> u8 {
        self.bit() << 4
    }

    /// Turns to try, in order: around the same voxel first, which keeps voxels that touch at a corner apart.
    fn next(self) -> [Self; 3] {
        let turned = |by: usize| Self::ALL[(self as usize + by) % 4];
        [turned(1), self, turned(3)]
    }

    fn from(self, [x, y]: Corner) -> Corner {
        match self {
            Self::Right => [x + 1, y],
            Self::Down => [x, y + 1],
            Self::Left => [x - 1, y],
            Self::Up => [x, y - 1],
        }
    }
}

/// The outlines of a slice of a mask, column fastest: one closed line for each part, in the order of the parts' first
/// voxels. Only corners where the line turns are given; the last is joined to the first.
pub(crate) fn outlines(mask: &[bool], columns: usize) -> Vec<Vec<Corner>> {
    let loops = Loops::trace(mask, columns);
    let keys = loops.keyholes();
    (0..loops.lines.len())
        .filter(|&line| loops.outer[line])
        .map(|line| corners(&walk(&loops, &keys, line)))
        .collect()
}

/// Of each corner, the steps that leave it along an edge of the mask.
fn steps(mask: &[bool], columns: usize) -> Vec<u8> {
    let (width, rows) = (columns + 1, mask.len() / columns.max(1));
    let mut steps = vec![0_u8; width * (rows + 1)];
    let is_set = |x: usize, y: usize| mask[y * columns + x];
    for y in 0..rows {
        for x in (0..columns).filter(|&x| is_set(x, y)) {
            let mut edge = |wanted: bool, [x, y]: Corner, step: Step| {
                if wanted {
                    steps[y * width + x] |= step.bit();
                }
            };
            edge(y == 0 || !is_set(x, y - 1), [x, y], Step::Right);
            edge(x + 1 == columns || !is_set(x + 1, y), [x + 1, y], Step::Down);
            edge(y + 1 == rows || !is_set(x, y + 1), [x + 1, y + 1], Step::Left);
            edge(x == 0 || !is_set(x - 1, y), [x, y + 1], Step::Up);
        }
    }
    steps
}

/// A closed line from a corner on, and what it surrounds in voxels: less than nothing where that is a hole.
fn follow(steps: &mut [u8], width: usize, start: Corner, first: Step) -> (Vec<Corner>, i64) {
    let (mut at, mut step) = (start, first);
    let (mut line, mut area) = (Vec::new(), 0_i64);
    loop {
        steps[at[1] * width + at[0]] |= step.walked();
        line.push(at);
        match step {
            Step::Right => area -= at[1] as i64,
            Step::Left => area += at[1] as i64,
            Step::Down | Step::Up => {}
        }
        at = step.from(at);
        let here = steps[at[1] * width + at[0]];
        // Every corner that is entered is left again, and where two lines touch, each keeps to its own voxel.
        step = step.next().into_iter().find(|turn| here & turn.bit() != 0).unwrap_or(first);
        if here & step.walked() != 0 {
            return (line, area);
        }
    }
}

/// Closed lines along all edges of a slice.
struct Loops {
    /// Corners, each one step from the one before; the last is one step from the first.
    lines: Vec<Vec<Corner>>,
    /// Whether a line surrounds a part, else a hole.
    outer: Vec<bool>,
}

impl Loops {
    fn trace(mask: &[bool], columns: usize) -> Self {
        let width = columns + 1;
        let mut steps = steps(mask, columns);
        let (mut lines, mut outer) = (Vec::new(), Vec::new());
        for start in 0..steps.len() {
            let open = |steps: &[u8], step: &Step| {
                steps[start] & step.bit() != 0 && steps[start] & step.walked() == 0
            };
            while let Some(first) = Step::ALL.into_iter().find(|step| open(&steps, step)) {
                let (line, area) = follow(&mut steps, width, [start % width, start / width], first);
                lines.push(line);
                outer.push(area > 0);
            }
        }
        Self { lines, outer }
    }

    /// For each line, where along it holes are reached: step of the line, hole, step of the hole.
    ///
    /// A hole is left at its leftmost corner, straight to the left until another line is met. That line is of the same
    /// part: its outer one, or a hole that begins further left, so that every hole is reached from outside.
    fn keyholes(&self) -> Vec<Vec<(usize, usize, usize)>> {
        let mut keys = vec![Vec::new(); self.lines.len()];
        if self.outer.iter().all(|&outer| outer) {
            return keys;
        }
        // By row, then column. A corner that two lines share is met by no way from the right, which has voxels of the
        // region on both sides.
        let mut places: BTreeMap<[usize; 2], (usize, usize)> = BTreeMap::new();
        for (line, corners) in self.lines.iter().enumerate() {
            for (step, &[x, y]) in corners.iter().enumerate() {
                places.insert([y, x], (line, step));
            }
        }
        for hole in (0..self.lines.len()).filter(|&line| !self.outer[line]) {
            let corners = &self.lines[hole];
            let Some((step, &[x, y])) = corners.iter().enumerate().min_by_key(|&(_, corner)| *corner) else {
                continue;
            };
            if let Some((_, &(line, met))) = places.range([y, 0]..[y, x]).next_back() {
                keys[line].push((met, hole, step));
            }
        }
        for line in &mut keys {
            line.sort_unstable();
        }
        keys
    }
}

/// A corner on the way around a part, and whether it is an end of a keyhole.
type Stop = (Corner, bool);

/// A part's outer line, with a turn around each of its holes where it is reached.
fn walk(loops: &Loops, keys: &[Vec<(usize, usize, usize)>], outer: usize) -> Vec<Stop> {
    /// A line that is being walked: which, from which step, and how many steps are done.
    struct Turn {
        line: usize,
        start: usize,
        done: usize,
    }
    let mut way = Vec::new();
    let mut turns = vec![Turn { line: outer, start: 0, done: 0 }];
    // Each hole once, however often the walk comes by the corner where it is reached.
    let mut used: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    while let Some(turn) = turns.last_mut() {
        let line = &loops.lines[turn.line];
        if turn.done > line.len() {
            turns.pop();
            continue;
        }
        let step = (turn.start + turn.done) % line.len();
        let here = &keys[turn.line];
        let first = here.partition_point(|&(met, _, _)| met < step);
        let used = used.entry((turn.line, step)).or_insert(0);
        let next = here.get(first + *used).filter(|&&(met, _, _)| met == step);
        let at_hole = turn.line != outer && (turn.done == 0 || turn.done == line.len());
        way.push((line[step], at_hole || *used > 0 || next.is_some()));
        if let Some(&(_, hole, start)) = next {
            *used += 1;
            turns.push(Turn { line: hole, start, done: 0 });
        } else {
            turn.done += 1;
        }
    }
    way
}

/// Corners where a closed way turns, and both ends of both banks of keyholes.
fn corners(way: &[Stop]) -> Vec<Corner> {
    let mut kept: Vec<Stop> = Vec::new();
    for &stop in way {
        if let [.., before, last] = kept[..]
            && passed(before, last, stop)
        {
            kept.pop();
        }
        kept.push(stop);
    }
    // The way ends where it begins.
    kept.pop();
    if let [first, second, .., last] = kept[..]
        && passed(last, first, second)
    {
        kept.remove(0);
    }
    kept.into_iter().map(|(corner, _)| corner).collect()
}

/// Whether the way from a over b to c goes straight on at b, and no keyhole ends there.
fn passed((a, _): Stop, (b, key): Stop, (c, _): Stop) -> bool {
    let direction = |from: Corner, to: Corner| [to[0].cmp(&from[0]), to[1].cmp(&from[1])];
    !key && direction(a, b) == direction(b, c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Voxels inside of outlines: a voxel is inside where the lines left of its centre are odd in number.
    fn filled(lines: &[Vec<Corner>], columns: usize, rows: usize) -> Vec<usize> {
        let mut times = vec![0; columns * rows];
        for line in lines {
            let mut toggled = vec![false; columns * rows];
            for (place, &[x, y]) in line.iter().enumerate() {
                let [to_x, to_y] = line[(place + 1) % line.len()];
                assert!(x == to_x || y == to_y, "edges run along voxels");
                for row in if x == to_x { y.min(to_y)..y.max(to_y) } else { 0..0 } {
                    for column in x..columns {
                        toggled[row * columns + column] ^= true;
                    }
                }
            }
            for (count, inside) in times.iter_mut().zip(toggled) {
                *count += usize::from(inside);
            }
        }
        times
    }

    fn picture(rows: &[&str]) -> (Vec<bool>, usize) {
        (rows.iter().flat_map(|row| row.chars().map(|c| c == '#')).collect(), rows[0].len())
    }

    /// Outlines give the mask back whether contours are united, counted or combined by exclusive or.
    fn holds(mask: &[bool], columns: usize) -> Vec<Vec<Corner>> {
        let lines = outlines(mask, columns);
        let times = filled(&lines, columns, mask.len() / columns);
        assert!(times.iter().zip(mask).all(|(&count, &set)| count == usize::from(set)), "{mask:?} {lines:?}");
        lines
    }

    #[test]
    fn a_voxel_is_a_square() {
        let (mask, columns) = picture(&["...", ".#.", "..."]);
        assert_eq!(holds(&mask, columns), [vec![[1, 1], [2, 1], [2, 2], [1, 2]]]);
    }

    #[test]
    fn a_ring_is_one_line_with_a_keyhole() {
        let (mask, columns) = picture(&["####", "#..#", "####"]);
        let lines = holds(&mask, columns);
        assert_eq!(lines.len(), 1);
        assert_eq!(
            lines[0].iter().filter(|&&corner| corner == [1, 1]).count(),
            2,
            "in and out by the same way"
        );
    }

    #[test]
    fn parts_that_touch_at_a_corner_are_apart_and_an_island_in_a_hole_is_a_part() {
        let (mask, columns) = picture(&["##..", "##..", "..##", "..##"]);
        assert_eq!(holds(&mask, columns).len(), 2);
        let (mask, columns) = picture(&["#####", "#...#", "#.#.#", "#...#", "#####"]);
        assert_eq!(holds(&mask, columns).len(), 2);
    }

    #[test]
    fn holes_in_a_row_are_reached_one_after_the_other() {
        let (mask, columns) = picture(&["#######", "#.#.#.#", "##.#.##", "#.#.#.#", "#######"]);
        holds(&mask, columns);
        let (mask, columns) = picture(&["##.####", "#.#.#.#", "##.#.##", "#.#.#.#", "#######"]);
        holds(&mask, columns);
    }

    #[test]
    fn any_mask_comes_back() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 33
        };
        for _ in 0..400 {
            let (columns, rows, share) =
                (1 + random() as usize % 13, 1 + random() as usize % 13, random() % 10);
            let mask: Vec<bool> = (0..columns * rows).map(|_| random() % 10 <= share).collect();
            holds(&mask, columns);
        }
    }
}
