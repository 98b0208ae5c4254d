//! Polygons onto the voxels of one slice.
//!
//! A voxel (i, j) is inside where an odd number of edges cross its row beyond it: at a column greater than i. An edge
//! holds the rows from its lower end up to and without its upper end, so that a corner on a row counts once.

/// Marks of crossings on one slice. They take the room of a slice, however many edges a contour has.
pub(super) struct Canvas {
    columns: usize,
    rows: usize,
    marks: Vec<bool>,
}

impl Canvas {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, marks: vec![false; (columns + 1) * rows] }
    }

    /// Whether a polygon leaves the slice, which ends half a voxel beyond the outermost centres.
    pub(super) fn reaches_over(&self, polygon: &[[f64; 2]]) -> bool {
        // Outlines along the border are rounded decimals, on slices that leave the even grid a little.
        const SLACK: f64 = 0.05;
        let outside = |at: f64, size: usize| at < -0.5 - SLACK || at > size as f64 - 0.5 + SLACK;
        polygon.iter().any(|&[x, y]| outside(x, self.columns) || outside(y, self.rows))
    }

    /// Calls with the place of each voxel whose centre is inside, row by row.
    pub(super) fn inside(&mut self, polygon: &[[f64; 2]], mut found: impl FnMut(usize)) {
        let Some(last) = polygon.last() else { return };
        let mut touched = (self.rows, 0);
        let mut from = *last;
        for &to in polygon {
            // From the lower to the upper end, whichever way it is walked: a keyhole's two banks then cross every row at
            // the very same place, and cancel.
            let (a, b) = if from[1] <= to[1] { (from, to) } else { (to, from) };
            from = to;
            let first = a[1].ceil().max(0.0) as usize;
            let end = b[1].ceil().clamp(0.0, self.rows as f64) as usize;
            for row in first..end {
                let x = a[0] + (row as f64 - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
                let before = x.ceil().clamp(0.0, self.columns as f64) as usize;
                let mark = &mut self.marks[row * (self.columns + 1) + before];
                *mark = !*mark;
            }
            if first < end {
                touched = (touched.0.min(first), touched.1.max(end));
            }
        }
        for row in touched.0..touched.1 {
            let marks = &mut self.marks[row * (self.columns + 1)..(row + 1) * (self.columns + 1)];
            // Crossings beyond a voxel and crossings up to it are both odd or both even, as the contour is closed.
            let mut odd = false;
            for (column, mark) in marks.iter().take(self.columns).enumerate() {
                odd ^= mark;
                if odd {
                    found(row * self.columns + column);
                }
            }
            marks.fill(false);
        }
    }

    /// Whether two of the contours share voxels without one holding the other.
    ///
    /// From the largest to the smallest, each voxel knows the smallest contour so far that holds it. A contour that lies
    /// in one or apart from all finds one answer in all its voxels, and only such a one.
    pub(super) fn cross(&mut self, polygons: &[Vec<[f64; 2]>]) -> bool {
        if polygons.len() < 2 {
            return false;
        }
        let mut sizes: Vec<(usize, usize)> = Vec::with_capacity(polygons.len());
        for (place, polygon) in polygons.iter().enumerate() {
            let mut size = 0;
            self.inside(polygon, |_| size += 1);
            sizes.push((size, place));
        }
        sizes.sort_by_key(|&(size, place)| (std::cmp::Reverse(size), place));
        let mut holder = vec![0_u32; self.columns * self.rows];
        for (rank, &(_, place)) in (1_u32..).zip(&sizes) {
            let (mut common, mut mixed) = (None, false);
            self.inside(&polygons[place], |at| {
                mixed |= *common.get_or_insert(holder[at]) != holder[at];
                holder[at] = rank;
            });
            if mixed {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the rule, voxel by voxel and edge by edge.
    fn plainly(polygon: &[[f64; 2]], columns: usize, rows: usize) -> Vec<bool> {
        let crossings = |i: f64, j: f64| {
            let ends = (0..polygon.len()).map(|n| (polygon[n], polygon[(n + 1) % polygon.len()]));
            // From the lower to the upper end, as rounding decides where an edge meets a centre.
            ends.map(|(p, q)| if p[1] <= q[1] { (p, q) } else { (q, p) })
                .filter(|&(p, q)| {
                    p[1] <= j && j < q[1] && p[0] + (j - p[1]) * (q[0] - p[0]) / (q[1] - p[1]) > i
                })
                .count()
        };
        (0..columns * rows)
            .map(|at| crossings((at % columns) as f64, (at / columns) as f64) % 2 == 1)
            .collect()
    }

    fn filled(canvas: &mut Canvas, polygon: &[[f64; 2]]) -> Vec<bool> {
        let mut voxels = vec![false; canvas.columns * canvas.rows];
        canvas.inside(polygon, |at| voxels[at] = true);
        voxels
    }

    #[test]
    fn any_polygon_is_filled_as_the_rule_says() {
        let mut state = 11_u64;
        let mut random = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let mut canvas = Canvas::new(9, 7);
        for round in 0..500 {
            // Every second one on half voxels, where edges meet centres.
            let place = |v: f64, size: f64| {
                let v = v * (size + 6.0) - 3.0;
                if round % 2 == 0 { v } else { (v * 2.0).round() / 2.0 }
            };
            let points = 3 + (random() * 8.0) as usize;
            let polygon: Vec<[f64; 2]> =
                (0..points).map(|_| [place(random(), 9.0), place(random(), 7.0)]).collect();
            assert_eq!(filled(&mut canvas, &polygon), plainly(&polygon, 9, 7), "{polygon:?}");
        }
    }

    #[test]
    fn lower_edges_are_inside_and_upper_edges_are_not() {
        let mut canvas = Canvas::new(5, 5);
        let square = filled(&mut canvas, &[[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]);
        let inside: Vec<usize> = (0..25).filter(|&at| square[at]).collect();
        // Columns 1 and 2: the right edge is not beyond voxels of column 3, the left one is not beyond those of column 1.
        assert_eq!(inside, [6, 7, 11, 12]);
    }

    #[test]
    fn polygons_that_share_voxels_cross_and_nested_ones_do_not() {
        let square =
            |at: f64, size: f64| vec![[at, at], [at + size, at], [at + size, at + size], [at, at + size]];
        let mut canvas = Canvas::new(20, 20);
        assert!(!canvas.cross(&[square(0.5, 10.0)]));
        assert!(!canvas.cross(&[square(1.5, 4.0), square(0.5, 10.0), square(2.5, 2.0), square(11.5, 3.0)]));
        assert!(!canvas.cross(&[square(0.5, 10.0), square(0.5, 10.0)]));
        assert!(canvas.cross(&[square(1.5, 4.0), square(0.5, 10.0), square(8.5, 5.0)]));
        assert!(canvas.cross(&[square(0.5, 6.0), square(4.5, 6.0)]));
    }

    #[test]
    fn coordinates_beyond_measure_are_no_panic() {
        let mut canvas = Canvas::new(4, 4);
        for far in [1e300, f64::MAX, f64::INFINITY, f64::NAN] {
            filled(&mut canvas, &[[-far, -far], [far, far], [far, -far]]);
            canvas.reaches_over(&[[far, far]]);
        }
        filled(&mut canvas, &[]);
        filled(&mut Canvas::new(0, 0), &[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
    }
}
