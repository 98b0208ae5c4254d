//! World-aligned planes through a volume, as pictures.
//!
//! Shown as radiologists are used to: the patient's right on the left, anterior up in axial planes, superior up in
//! coronal and sagittal ones (anterior on the left). Pixels are square in millimetres whatever the voxels are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nalgebra::{Point3, Vector3};

use super::window::Window;
use crate::geometry::{Frame, Grid, World};
use crate::labels::Mask;
use crate::volume::Volume;

/// An anatomical plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Across the body.
    Axial,
    /// Seen from the front.
    Coronal,
    /// Seen from the side.
    Sagittal,
}

impl Plane {
    /// All three, in the order of the figures.
    pub const ALL: [Self; 3] = [Self::Axial, Self::Coronal, Self::Sagittal];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Axial => "axial",
            Self::Coronal => "coronal",
            Self::Sagittal => "sagittal",
        }
    }
    /// Unit vectors (RAS) that run to the right and down on the screen.
    fn directions(self) -> (Vector3<f64>, Vector3<f64>) {
        match self {
            Self::Axial => (-Vector3::x(), -Vector3::y()),
            Self::Coronal => (-Vector3::x(), -Vector3::z()),
            Self::Sagittal => (-Vector3::y(), -Vector3::z()),
        }
    }
    /// Letters at the left, right, top and bottom border.
    pub fn letters(self) -> [&'static str; 4] {
        match self {
            Self::Axial => ["R", "L", "A", "P"],
            Self::Coronal => ["R", "L", "S", "I"],
            Self::Sagittal => ["A", "P", "S", "I"],
        }
    }
}

/// A rectangle of square pixels in a plane.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The plane.
    pub plane: Plane,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Size of a pixel in mm.
    pub pixel_mm: f64,
    first: Point3<f64>,
}

impl View {
    /// A square of `side_mm` around `centre`, at most `most` pixels wide.
    pub fn around<F: Frame>(
        grid: &Grid<F>,
        plane: Plane,
        centre: World<F>,
        side_mm: f64,
        most: usize,
    ) -> Self {
        Self::sized(
            grid,
            plane,
            centre.point(),
            [side_mm / -2.0, side_mm / 2.0],
            [side_mm / -2.0, side_mm / 2.0],
            most,
        )
    }

    /// The whole extent of `grid` in the plane through `centre`, at most `most` pixels wide or high.
    pub fn whole<F: Frame>(grid: &Grid<F>, plane: Plane, centre: World<F>, most: usize) -> Self {
        let (right, down) = plane.directions();
        let half = 0.5 * grid.spacing().into_iter().fold(f64::INFINITY, f64::min);
        let range = |direction: Vector3<f64>| {
            let along = grid.corners().map(|c| (c.point() - centre.point()).dot(&direction));
            let low = along.into_iter().fold(f64::INFINITY, f64::min);
            let high = along.into_iter().fold(f64::NEG_INFINITY, f64::max);
            [low - half, high + half]
        };
        Self::sized(grid, plane, centre.point(), range(right), range(down), most)
    }

    fn sized<F: Frame>(
        grid: &Grid<F>,
        plane: Plane,
        centre: Point3<f64>,
        across: [f64; 2],
        downwards: [f64; 2],
        most: usize,
    ) -> Self {
        let (right, down) = plane.directions();
        let (wide, high) = (across[1] - across[0], downwards[1] - downwards[0]);
        let finest = grid.spacing().into_iter().fold(f64::INFINITY, f64::min);
        // Finer than a third of a voxel shows nothing more and only fills the page.
        let pixel_mm = (wide.max(high) / most as f64).max(finest / 3.0);
        let pixels = |mm: f64| ((mm / pixel_mm).round() as usize).clamp(1, most);
        let first = centre + right * (across[0] + pixel_mm / 2.0) + down * (downwards[0] + pixel_mm / 2.0);
        Self { plane, width: pixels(wide), height: pixels(high), pixel_mm, first }
    }

    /// World position of a pixel's centre.
    pub fn world<F: Frame>(&self, x: f64, y: f64) -> World<F> {
        let (right, down) = self.plane.directions();
        World::from_point(self.first + right * (x * self.pixel_mm) + down * (y * self.pixel_mm))
    }

    /// Values at the pixels, row by row; NaN where there is no data.
    pub fn sample<F: Frame>(&self, image: &Volume<f32, F>) -> Vec<f32> {
        self.pixels(|p| trilinear(image.grid(), p, |v| image.at(v[0], v[1], v[2])))
    }

    /// Share of a region at the pixels, row by row: 1 inside, 0 outside, linear between voxel centres.
    pub fn sample_mask<F: Frame>(&self, mask: &Mask<F>) -> Vec<f32> {
        self.pixels(|p| trilinear(mask.grid(), p, |v| f32::from(u8::from(mask.contains(v)))))
            .into_iter()
            .map(|share| if share.is_nan() { 0.0 } else { share })
            .collect()
    }

    fn pixels<F: Frame>(&self, value: impl Fn(World<F>) -> f32) -> Vec<f32> {
        let places = (0..self.height).flat_map(|y| (0..self.width).map(move |x| (x, y)));
        places.map(|(x, y)| value(self.world(x as f64, y as f64))).collect()
    }

    /// Length of a scale bar in mm: 1, 2 or 5 times a power of ten, about a quarter of the width.
    pub fn scale_bar_mm(&self) -> f64 {
        let quarter = self.width as f64 * self.pixel_mm / 4.0;
        let power = 10f64.powf(quarter.log10().floor());
        let step = [5.0, 2.0].into_iter().find(|s| s * power <= quarter).unwrap_or(1.0);
        step * power
    }
}

/// Trilinear value at a world point; NaN outside the grid or beside a voxel without data.
fn trilinear<F: Frame>(grid: &Grid<F>, place: World<F>, value: impl Fn([usize; 3]) -> f32) -> f32 {
    let index = grid.index_of(place).point();
    let dims = grid.dims();
    let (mut low, mut part) = ([0; 3], [0.0; 3]);
    for a in 0..3 {
        let last = dims[a] as f64 - 1.0;
        if index[a] < -0.5 || index[a] > last + 0.5 {
            return f32::NAN;
        }
        let inside = index[a].clamp(0.0, last);
        low[a] = (inside.floor() as usize).min(dims[a] - 1);
        part[a] = inside - low[a] as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8usize {
        let mut weight = 1.0;
        let mut voxel = low;
        for a in 0..3 {
            let far = corner >> a & 1 == 1;
            weight *= if far { part[a] } else { 1.0 - part[a] };
            voxel[a] += usize::from(far);
        }
        // A weight below a millionth is the rounding of a voxel centre.
        if weight > 1e-6 {
            sum += weight * f64::from(value(voxel));
        }
    }
    sum as f32
}

/// The voxel of a region nearest to its centre of mass: a plane through it always cuts the region.
pub fn heart<F: Frame>(mask: &Mask<F>) -> Option<World<F>> {
    let n = mask.count() as f64;
    let mut sum = [0.0; 3];
    for voxel in mask.voxels() {
        for a in 0..3 {
            sum[a] += voxel[a] as f64;
        }
    }
    let gap = |v: &[usize; 3]| (0..3).map(|a| (v[a] as f64 - sum[a] / n).powi(2)).sum::<f64>();
    let nearest = mask.voxels().min_by(|a, b| gap(a).total_cmp(&gap(b)))?;
    Some(mask.grid().centre_of(nearest))
}

/// Largest extent of a region along the world axes in mm.
pub fn extent_mm<F: Frame>(mask: &Mask<F>) -> f64 {
    let (_, size) = mask.bounds();
    if size.contains(&0) {
        return 0.0;
    }
    let grid = mask.grid();
    let linear = grid.linear();
    (0..3)
        .map(|world| (0..3).map(|a| linear[(world, a)].abs() * size[a] as f64).sum::<f64>())
        .fold(0.0, f64::max)
}

/// Brightness levels that a picture keeps: what the eye tells apart, at half the bytes of 256.
const LEVELS: f64 = 63.0;

/// A brightness from 0 to 1 as a byte.
pub fn shade(brightness: f64) -> u8 {
    ((brightness * LEVELS).round() / LEVELS * 255.0).round() as u8
}

/// Grey pixels of sampled values; no data is black.
pub fn grey(values: &[f32], window: &Window) -> Vec<u8> {
    values.iter().map(|v| window.brightness(*v).map_or(0, shade)).collect()
}

/// How many bytes make a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// One.
    Grey,
    /// Three.
    Rgb,
    /// One: the place of a colour in a palette of three bytes each.
    Indexed(&'static [u8]),
}

/// A PNG as a `data:` address.
pub fn data_uri(width: usize, height: usize, pixels: Pixels, bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png(width, height, pixels, bytes)))
}

/// A PNG.
pub fn png(width: usize, height: usize, pixels: Pixels, bytes: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    // Writing to memory fails only where the number of bytes is not that of the pixels: a defect that an empty
    // picture shows and the tests find.
    if encode(&mut file, width, height, pixels, bytes).is_err() {
        file.clear();
    }
    file
}

fn encode(
    file: &mut Vec<u8>,
    width: usize,
    height: usize,
    pixels: Pixels,
    bytes: &[u8],
) -> Result<(), png::EncodingError> {
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(match pixels {
        Pixels::Grey => png::ColorType::Grayscale,
        Pixels::Rgb => png::ColorType::Rgb,
        Pixels::Indexed(_) => png::ColorType::Indexed,
    });
    if let Pixels::Indexed(palette) = pixels {
        encoder.set_palette(palette);
    }
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Own;
    use nalgebra::Matrix4;

    /// Values that say where they are: 100 right + 10 anterior + superior, in mm.
    fn ruler(grid: &Grid<Own>) -> Volume<f32> {
        let values = (0..grid.len())
            .map(|o| {
                let p = grid.centre_of(grid.voxel(o)).point();
                (100.0 * p.x + 10.0 * p.y + p.z) as f32
            })
            .collect();
        Volume::new(grid.clone(), values)
    }

    #[test]
    fn patient_right_is_left_and_anterior_is_up_whatever_the_storage_order() {
        let mut flipped = Matrix4::zeros();
        flipped[(2, 0)] = -2.0;
        flipped[(0, 1)] = 1.0;
        flipped[(1, 2)] = -1.0;
        flipped[(3, 3)] = 1.0;
        let plain = Grid::<Own>::axis_aligned([9, 9, 9], [1.0, 1.0, 2.0], [-4.0, -4.0, -8.0]).unwrap();
        for grid in [plain, Grid::new([9, 9, 9], flipped).unwrap()] {
            let image = ruler(&grid);
            for plane in Plane::ALL {
                let view = View::around(&grid, plane, grid.middle(), 4.0, 4);
                let v = view.sample(&image);
                let (right, up) = (v[0] - v[3], v[0] - v[4 * 3]);
                let per_mm = |mm: f32| mm * 3.0 * view.pixel_mm as f32;
                let expected = match plane {
                    Plane::Axial => (per_mm(100.0), per_mm(10.0)),
                    Plane::Coronal => (per_mm(100.0), per_mm(1.0)),
                    Plane::Sagittal => (per_mm(10.0), per_mm(1.0)),
                };
                assert!((right - expected.0).abs() < 1e-2 && (up - expected.1).abs() < 1e-2, "{plane:?}");
            }
        }
    }

    #[test]
    fn thick_slices_keep_their_height_in_millimetres() {
        let grid = Grid::<Own>::axis_aligned([40, 40, 10], [1.0, 1.0, 6.5], [0.0; 3]).unwrap();
        let view = View::whole(&grid, Plane::Coronal, grid.middle(), 200);
        let height_mm = view.height as f64 * view.pixel_mm;
        assert!((height_mm - (9.0 * 6.5 + 1.0)).abs() < view.pixel_mm, "{height_mm}");
    }

    #[test]
    fn outside_the_scan_there_is_no_data() {
        let grid = Grid::<Own>::axis_aligned([4, 4, 4], [1.0; 3], [0.0; 3]).unwrap();
        let view = View::around(&grid, Plane::Axial, grid.middle(), 40.0, 40);
        let values = view.sample(&ruler(&grid));
        assert!(values[0].is_nan() && values.iter().any(|v| v.is_finite()));
    }

    #[test]
    fn a_plane_through_the_heart_cuts_a_hollow_region() {
        let grid = Grid::<Own>::axis_aligned([9, 9, 9], [1.0; 3], [0.0; 3]).unwrap();
        let shell = Mask::from_fn(grid.clone(), |o| grid.voxel(o).iter().any(|&v| v == 0 || v == 8));
        let p = heart(&shell).unwrap();
        let i = grid.index_of(p).point();
        assert!(shell.contains([i.x.round() as usize, i.y.round() as usize, i.z.round() as usize]));
    }

    #[test]
    fn scale_bars_have_round_lengths() {
        let grid = Grid::<Own>::axis_aligned([64, 64, 64], [1.0; 3], [0.0; 3]).unwrap();
        for (side, bar) in [(60.0, 10.0), (100.0, 20.0), (300.0, 50.0), (420.0, 100.0)] {
            assert_eq!(View::around(&grid, Plane::Axial, grid.middle(), side, 300).scale_bar_mm(), bar);
        }
    }
}
