//! Contours onto a grid.

use std::collections::BTreeMap;

use super::canvas::Canvas;
use super::read::{Contour, Kind, Region};
use super::warning::{Notes, Warning};
use crate::grid::{dot, norm};
use crate::write::hidden;
use crate::{Fault, FaultKind, Grid};

/// How far beyond half of the distance of slices a contour may lie, in millimetres: coordinates are rounded decimals.
const SLACK_MM: f64 = 1e-3;

/// Off its slice by more than this part of the distance of slices, a contour is worth a word.
const NOTABLE: f64 = 0.05;

/// The image that contours are filled on.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its voxels.
    pub grid: &'a Grid,
    /// Of each slice the centre of its first voxel, where that is known better than by the grid: real slices leave it by
    /// hundredths of a millimetre, and points of contours lie on the very rows of voxels.
    pub origins: Option<&'a [[f64; 3]]>,
    /// UID of its frame of reference, where it has one.
    pub frame: Option<&'a str>,
    /// UID of its series, where it is one.
    pub series: Option<&'a str>,
}

/// A region on a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// Which voxels belong to it: column fastest, then row, then slice.
    pub voxels: Vec<bool>,
    /// Contours that were filled.
    pub contours: usize,
    /// What a user should know of it.
    pub warnings: Vec<Warning>,
}

impl Region {
    /// The voxels of an image whose centres lie inside of the region, by the rule of this [module](super).
    ///
    /// # Errors
    /// `Frame`: image and contours are of different frames of reference. `Region`: a contour was drawn across the slices
    /// of this image.
    pub fn fill(&self, image: &Target<'_>) -> Result<Filled, Fault> {
        let grid = image.grid;
        let mut notes = Notes { frame: self.check_frame(image)?, ..Notes::default() };
        let places = Places::of(image);
        let mut slices: BTreeMap<usize, Vec<&Contour>> = BTreeMap::new();
        for contour in &self.contours {
            if contour.announced.is_some_and(|n| usize::try_from(n) != Ok(contour.points.len())) {
                notes.miscounted += 1;
            }
            if contour.kind == Kind::Other || contour.points.len() < 3 {
                notes.open += 1;
                continue;
            }
            if let Some(k) = places.slice_of(contour, &mut notes)? {
                slices.entry(k).or_default().push(contour);
            }
        }
        let mut voxels = vec![false; grid.voxels()];
        let plane = grid.size[0] * grid.size[1];
        let mut canvas = Canvas::new(grid.size[0], grid.size[1]);
        for (&k, contours) in &slices {
            let polygons: Vec<Vec<[f64; 2]>> =
                contours.iter().map(|contour| places.flat(&contour.points, k)).collect();
            let slice = &mut voxels[k * plane..(k + 1) * plane];
            for polygon in &polygons {
                notes.cut += usize::from(canvas.reaches_over(polygon));
                canvas.inside(polygon, |at| slice[at] = !slice[at]);
            }
            if contours.iter().any(|contour| contour.kind == Kind::Closed) && canvas.cross(&polygons) {
                notes.overlap += 1;
            }
        }
        if let (Some((first, _)), Some((last, _))) = (slices.first_key_value(), slices.last_key_value()) {
            notes.gaps = last - first + 1 - slices.len();
        }
        Ok(Filled { voxels, contours: slices.values().map(Vec::len).sum(), warnings: notes.warnings() })
    }

    /// Whether the contours lie in the image's frame of reference, and what is to be said of it.
    ///
    /// # Errors
    /// `Frame`: they do not.
    pub fn check_frame(&self, image: &Target<'_>) -> Result<Option<Warning>, Fault> {
        let (Some(frame), Some(own)) = (image.frame, self.frame.as_deref()) else {
            return Ok(Some(Warning::FrameUnknown));
        };
        // Written under a pseudonym, it has another name.
        if own == frame || self.owner.as_deref().is_some_and(|pseudonym| hidden(pseudonym, frame) == own) {
            return Ok(None);
        }
        if image.series.is_some_and(|series| self.series.iter().any(|listed| listed == series)) {
            return Ok(Some(Warning::FrameRenamed));
        }
        Err(Fault::of(FaultKind::Frame, "image and contours are of different frames of reference"))
    }
}

/// Where the slices of an image are.
struct Places<'a> {
    grid: &'a Grid,
    /// Centres of first voxels.
    origins: Vec<[f64; 3]>,
    /// Their heights along the normal, above the first.
    heights: Vec<f64>,
    /// Distance of slices.
    gap: f64,
}

impl<'a> Places<'a> {
    fn of(image: &Target<'a>) -> Self {
        let grid = image.grid;
        let origins = match image.origins {
            Some(origins) if origins.len() == grid.size[2] => origins.to_vec(),
            _ => (0..grid.size[2]).map(|k| grid.point([0.0, 0.0, k as f64])).collect(),
        };
        let gap = dot(grid.steps[2], grid.normal()).abs();
        let mut places = Self { grid, origins, heights: Vec::new(), gap };
        places.heights = places.origins.iter().map(|origin| places.height(origin)).collect();
        places
    }

    fn height(&self, point: &[f64; 3]) -> f64 {
        let from = std::array::from_fn(|axis| point[axis] - self.grid.origin[axis]);
        dot(from, self.grid.normal())
    }

    /// The slice of a contour; none where it lies beyond all.
    fn slice_of(&self, contour: &Contour, notes: &mut Notes) -> Result<Option<usize>, Fault> {
        let gap = self.gap;
        let mean =
            contour.points.iter().map(|point| self.height(point)).sum::<f64>() / contour.points.len() as f64;
        let distances = || self.heights.iter().map(|height| (height - mean).abs());
        let off = distances().fold(f64::INFINITY, f64::min);
        // Half-way counts as lower even where the coordinates' last decimal says a little more.
        let nearest = distances().position(|distance| distance <= off + SLACK_MM.min(gap / 4.0));
        let Some(k) = nearest.filter(|_| off <= gap / 2.0 + SLACK_MM) else {
            notes.beyond += 1;
            return Ok(None);
        };
        let uneven = contour.points.iter().map(|point| (self.height(point) - mean).abs()).fold(0.0, f64::max);
        if uneven > gap / 2.0 + SLACK_MM {
            let fact = format!(
                "a contour was drawn across the slices of this image: it spans {uneven:.2} mm to either side of its \
                 middle, and slices are {gap:.2} mm apart"
            );
            return Err(Fault::of(FaultKind::Region, fact));
        }
        if off > NOTABLE * gap {
            notes.between = (notes.between.0 + 1, notes.between.1.max(off));
        }
        if uneven > NOTABLE * gap {
            notes.uneven = (notes.uneven.0 + 1, notes.uneven.1.max(uneven));
        }
        Ok(Some(k))
    }

    /// Points as columns and rows of a slice, along its normal. Along the step between slices they would move sideways
    /// where the gantry was tilted.
    fn flat(&self, points: &[[f64; 3]], k: usize) -> Vec<[f64; 2]> {
        let [i, j, _] = self.grid.steps;
        let (column, row) = (norm(i), norm(j));
        let (i, j) = (i.map(|v| v / column), j.map(|v| v / row));
        let place = |point: &[f64; 3]| {
            let from = std::array::from_fn(|axis| point[axis] - self.origins[k][axis]);
            [dot(from, i) / column, dot(from, j) / row]
        };
        points.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: Grid = Grid {
        size: [10, 8, 4],
        origin: [-5.0, 10.0, 100.0],
        steps: [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]],
    };

    const HERE: Target<'_> = Target { grid: &GRID, origins: None, frame: Some("1.2"), series: Some("1.3") };

    fn region(contours: Vec<Contour>) -> Region {
        Region {
            made: crate::write::Made::Given,
            interpreted: crate::contours::Interpreted::Other,
            number: 1,
            name: None,
            tracking: None,
            frame: Some("1.2".into()),
            series: Vec::new(),
            contours,
            owner: None,
        }
    }

    /// A rectangle around voxels from (2, 2) to (5, 4) at a place between slices.
    fn rectangle(k: f64) -> Contour {
        let corners = [[1.5, 1.5], [5.5, 1.5], [5.5, 4.5], [1.5, 4.5]];
        let points = corners.map(|[i, j]| GRID.point([i, j, k])).to_vec();
        Contour { kind: Kind::Closed, points, announced: None }
    }

    fn slices(filled: &Filled) -> [usize; 4] {
        std::array::from_fn(|k| filled.voxels[k * 80..(k + 1) * 80].iter().filter(|&&set| set).count())
    }

    #[test]
    fn a_contour_goes_to_the_nearest_slice_and_half_way_to_the_lower_one() {
        for (k, counts) in
            [(1.0, [0, 12, 0, 0]), (1.4, [0, 12, 0, 0]), (1.5, [0, 12, 0, 0]), (1.6, [0, 0, 12, 0])]
        {
            let filled = region(vec![rectangle(k)]).fill(&HERE).unwrap();
            assert_eq!(slices(&filled), counts, "{k}");
            let between =
                filled.warnings.iter().any(|w| matches!(w, Warning::BetweenSlices { contours: 1, .. }));
            assert_eq!(between, k != 1.0);
        }
        let ends = region([-0.6, -0.5, 3.5, 3.6].map(rectangle).to_vec()).fill(&HERE).unwrap();
        assert_eq!((slices(&ends), ends.contours), ([12, 0, 0, 12], 2));
        assert!(ends.warnings.contains(&Warning::Beyond { contours: 2 }));
        assert!(ends.warnings.contains(&Warning::Gaps { slices: 2 }));
    }

    #[test]
    fn contours_of_one_slice_are_combined_by_exclusive_or() {
        let mut inner = rectangle(1.0);
        inner.points =
            [[2.5, 2.5], [4.5, 2.5], [4.5, 3.5], [2.5, 3.5]].map(|[i, j]| GRID.point([i, j, 1.0])).to_vec();
        let ring = region(vec![rectangle(1.0), inner.clone()]).fill(&HERE).unwrap();
        assert_eq!((slices(&ring), &ring.warnings[..]), ([0, 10, 0, 0], &[][..]));
        for point in &mut inner.points {
            point[0] += 2.0;
        }
        let crossed = region(vec![rectangle(1.0), inner.clone()]).fill(&HERE).unwrap();
        assert_eq!(slices(&crossed), [0, 12, 0, 0]);
        assert_eq!(crossed.warnings, [Warning::Overlap { slices: 1 }]);
        // Where exclusive or is asked for, there is nothing to warn of.
        let mut asked = [rectangle(1.0), inner];
        for contour in &mut asked {
            contour.kind = Kind::Exclusive;
        }
        assert!(region(asked.to_vec()).fill(&HERE).unwrap().warnings.is_empty());
    }

    #[test]
    fn what_encloses_nothing_is_counted_and_left_out() {
        let mut open = rectangle(1.0);
        open.kind = Kind::Other;
        let mut two = rectangle(1.0);
        two.points.truncate(2);
        two.announced = Some(4);
        let filled = region(vec![open, two]).fill(&HERE).unwrap();
        assert_eq!(slices(&filled), [0; 4]);
        assert_eq!(filled.warnings, [Warning::Open { contours: 2 }, Warning::Miscounted { contours: 1 }]);
    }

    #[test]
    fn contours_across_the_slices_are_refused_and_uneven_ones_flattened() {
        let mut across = rectangle(1.0);
        across.points[0][2] -= 9.0;
        across.points[1][2] += 9.0;
        assert_eq!(region(vec![across]).fill(&HERE).unwrap_err().kind, FaultKind::Region);
        let mut uneven = rectangle(1.0);
        uneven.points[0][2] -= 0.5;
        uneven.points[1][2] += 0.5;
        let filled = region(vec![uneven]).fill(&HERE).unwrap();
        assert_eq!(slices(&filled), [0, 12, 0, 0]);
        assert!(matches!(filled.warnings[..], [Warning::Uneven { contours: 1, .. }]));
    }

    #[test]
    fn another_frame_of_reference_is_refused_unless_it_is_another_name() {
        let mut other = region(vec![rectangle(1.0)]);
        other.frame = Some("1.9".into());
        assert_eq!(other.fill(&HERE).unwrap_err().kind, FaultKind::Frame);
        other.series = vec!["1.3".into()];
        assert_eq!(other.fill(&HERE).unwrap().warnings, [Warning::FrameRenamed]);
        other.series.clear();
        other.frame = Some(hidden("P1", "1.2"));
        assert_eq!(other.fill(&HERE).unwrap_err().kind, FaultKind::Frame);
        other.owner = Some("P1".into());
        assert!(other.fill(&HERE).unwrap().warnings.is_empty());
        other.frame = None;
        assert_eq!(other.fill(&HERE).unwrap().warnings, [Warning::FrameUnknown]);
    }

    #[test]
    fn contours_follow_slices_that_leave_the_grid() {
        let mut origins: Vec<[f64; 3]> = (0..4).map(|k| GRID.point([0.0, 0.0, f64::from(k)])).collect();
        origins[1] = [origins[1][0] + 1.0, origins[1][1], origins[1][2] + 0.4];
        let image = Target { origins: Some(&origins), ..HERE };
        let filled = region(vec![rectangle(1.0), rectangle(1.55)]).fill(&image).unwrap();
        assert_eq!(slices(&filled), [0, 0, 0, 0], "one contour twice on slice 1, which reaches up to there");
        let filled = region(vec![rectangle(1.0)]).fill(&image).unwrap();
        assert_eq!(filled.voxels.iter().position(|&set| set), Some(80 + 2 * 10 + 1));
    }

    #[test]
    fn a_tilted_gantry_moves_no_contour_sideways() {
        let grid = Grid { steps: [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 1.0, 3.0]], ..GRID };
        let image = Target { grid: &grid, ..HERE };
        let mut contour = rectangle(1.0);
        // On the plane of slice 1, and 0.6 mm above it.
        for (above, warned) in [(0.0, 0), (0.6, 1)] {
            contour.points = [[1.5, 1.5], [5.5, 1.5], [5.5, 4.5], [1.5, 4.5]]
                .map(|[i, j]| grid.point([i, j, 1.0]))
                .to_vec();
            for point in &mut contour.points {
                point[2] += above;
            }
            let filled = region(vec![contour.clone()]).fill(&image).unwrap();
            let first = filled.voxels.iter().position(|&set| set).unwrap();
            assert_eq!((slices(&filled), first), ([0, 12, 0, 0], 80 + 2 * 10 + 2));
            assert_eq!(filled.warnings.len(), warned);
        }
    }
}
