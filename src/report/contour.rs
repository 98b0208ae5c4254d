//! The outline of a region in a plane, as an SVG path (marching squares at one half).

use std::collections::BTreeMap;
use std::fmt::Write;

use super::slices::View;
use crate::geometry::Frame;
use crate::labels::Mask;

/// Where a region is cut by a view: an SVG path in pixels of the view; empty where it is not cut.
pub fn outline<F: Frame>(mask: &Mask<F>, view: &View) -> String {
    let mut field = Field { values: view.sample_mask(mask), width: view.width, height: view.height };
    field.close_border();
    field.path()
}

/// Shares at the pixel centres.
struct Field {
    values: Vec<f32>,
    width: usize,
    height: usize,
}

/// An edge between two neighbouring pixels: twice the offset of the upper left one, plus one where it runs down.
type Edge = usize;

impl Field {
    /// Takes the outermost pixels for outside, so that every outline is closed.
    fn close_border(&mut self) {
        let (w, h) = (self.width, self.height);
        for (n, value) in self.values.iter_mut().enumerate() {
            let (x, y) = (n % w, n / w);
            if x == 0 || y == 0 || x + 1 == w || y + 1 == h {
                *value = 0.0;
            }
        }
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        self.values[x + self.width * y]
    }

    /// Where the share crosses one half on an edge, in pixels whose centres are at one half.
    fn crossing(&self, edge: Edge) -> (f64, f64) {
        let (x, y) = (edge / 2 % self.width, edge / 2 / self.width);
        let runs_down = edge % 2 == 1;
        let a = f64::from(self.at(x, y));
        let b = f64::from(if runs_down { self.at(x, y + 1) } else { self.at(x + 1, y) });
        let share = (0.5 - a) / (b - a);
        let (dx, dy) = if runs_down { (0.0, share) } else { (share, 0.0) };
        (x as f64 + 0.5 + dx, y as f64 + 0.5 + dy)
    }

    /// The pieces of outline in the square between four pixel centres, each from edge to edge.
    fn pieces(&self, x: usize, y: usize) -> Vec<(Edge, Edge)> {
        let here = 2 * (x + self.width * y);
        let (top, left) = (here, here + 1);
        let (bottom, right) = (2 * (x + self.width * (y + 1)), here + 3);
        let corners = [self.at(x, y), self.at(x + 1, y), self.at(x + 1, y + 1), self.at(x, y + 1)];
        let inside = corners.map(|v| v >= 0.5);
        let cut: Vec<Edge> = [top, right, bottom, left]
            .into_iter()
            .enumerate()
            .filter(|(n, _)| inside[*n] != inside[(n + 1) % 4])
            .map(|(_, edge)| edge)
            .collect();
        match cut[..] {
            [a, b] => vec![(a, b)],
            // Two opposite corners inside: joined where the middle is inside too.
            [_, _, _, _] => {
                let middle_inside = corners.iter().sum::<f32>() >= 2.0;
                if inside[0] == middle_inside {
                    vec![(top, right), (bottom, left)]
                } else {
                    vec![(top, left), (right, bottom)]
                }
            }
            _ => vec![],
        }
    }

    fn path(&self) -> String {
        let mut next: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
        for y in 0..self.height.saturating_sub(1) {
            for x in 0..self.width.saturating_sub(1) {
                for (a, b) in self.pieces(x, y) {
                    next.entry(a).or_default().push(b);
                    next.entry(b).or_default().push(a);
                }
            }
        }
        let mut path = String::new();
        while let Some((&start, _)) = next.iter().next() {
            let mut at = start;
            let mut letter = 'M';
            while let Some(neighbours) = next.remove(&at) {
                let (px, py) = self.crossing(at);
                // Writing to a string cannot fail.
                let _ = write!(path, "{letter}{px:.1} {py:.1}");
                letter = 'L';
                match neighbours.into_iter().find(|n| next.contains_key(n)) {
                    Some(to) => at = to,
                    None => break,
                }
            }
            path.push('Z');
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Grid, Own};
    use crate::report::slices::Plane;

    fn disc(centre: [f64; 2], radius: f64) -> Mask {
        let grid = Grid::<Own>::axis_aligned([40, 40, 3], [1.0; 3], [0.0; 3]).unwrap();
        Mask::from_fn(grid.clone(), |o| {
            let v = grid.voxel(o);
            (v[0] as f64 - centre[0]).hypot(v[1] as f64 - centre[1]) <= radius
        })
    }

    fn view(mask: &Mask) -> View {
        View::whole(mask.grid(), Plane::Axial, mask.grid().middle(), 120)
    }

    #[test]
    fn a_disc_has_one_closed_outline_of_its_size() {
        let mask = disc([20.0, 20.0], 10.0);
        let view = view(&mask);
        let path = outline(&mask, &view);
        assert_eq!((path.matches('M').count(), path.matches('Z').count()), (1, 1));
        let xs: Vec<f64> = path
            .trim_end_matches('Z')
            .split(['M', 'L'])
            .filter_map(|p| p.split(' ').next()?.parse().ok())
            .collect();
        let spread = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max)
            - xs.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((spread * view.pixel_mm - 21.0).abs() < 0.7, "{}", spread * view.pixel_mm);
    }

    #[test]
    fn a_region_at_the_border_is_closed_and_one_elsewhere_is_empty() {
        let mask = disc([0.0, 0.0], 6.0);
        let path = outline(&mask, &view(&mask));
        assert!(path.starts_with('M') && path.ends_with('Z'));
        assert_eq!(outline(&Mask::from_offsets(mask.grid().clone(), &[]), &view(&mask)), "");
    }
}
