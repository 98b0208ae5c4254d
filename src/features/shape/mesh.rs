//! Volume and area of the surface around a region: marching cubes on a two-valued volume at level one half.
//!
//! Eight voxel centres are the corners of a cell; where an edge of the cell leaves the region the surface
//! crosses it in its middle. So the surface inside a cell is one of 256 shapes, and volume and area of the whole
//! are sums of shapes: it is enough to count them, and where they are (in whole numbers: exact, and the same in
//! any order).
//!
//! Where a face of a cell has its region's voxels on one diagonal, the surface could join or part them. The
//! shapes are those of Lewiner et al. (2003, Efficient implementation of marching cubes' cases with topological
//! guarantees, J. Graphics Tools 8) for two-valued data: voxels of the region are joined. Of shapes that are
//! rotations or mirror images of each other, one is written down.
//!
//! ```
//! use delta_radiomics::features::shape::{mesh::surface_of, rows::Rows};
//! // One voxel of 1 x 2 x 3 mm is an octahedron: a sixth of the box between its six tips.
//! let surface = surface_of(&Rows::of(&[true], [1, 1, 1]), [1.0, 2.0, 3.0]);
//! assert!((surface.volume_mm3 - 1.0).abs() < 1e-15);
//! let face = ((0.5 * 1.0f64).powi(2) + (0.5 * 1.5f64).powi(2) + (1.0 * 1.5f64).powi(2)).sqrt() / 2.0;
//! assert!((surface.area_mm2 - 8.0 * face).abs() < 1e-14);
//! ```

use std::sync::LazyLock;

use super::rows::Rows;

/// What a mesh encloses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surface {
    /// Volume in mm3.
    pub volume_mm3: f64,
    /// Area in mm2.
    pub area_mm2: f64,
}

/// A point of a cell in half edges: 0 and 2 are corners, 1 is the middle.
type Point = [u8; 3];
type Triangle = [Point; 3];

/// Corners inside the region (bit x + 2y + 4z) and the triangles of that shape, counterclockwise from outside so
/// that normals point out of the region. Each point is written as its three digits.
const SHAPES: [(u8, &str); 20] = [
    (0b0000_0001, "001 100 010"),
    (0b0000_0011, "001 201 210, 001 210 010"),
    (0b0000_0110, "010 100 021, 021 100 201, 021 201 210, 021 210 120"),
    (0b0000_0111, "001 201 021, 021 201 210, 021 210 120"),
    (0b0000_1111, "001 201 221, 001 221 021"),
    (
        0b0001_0110,
        "001 010 021, 001 012 102, 001 021 012, 001 102 201, 001 201 100, \
         010 100 210, 010 120 021, 010 210 120, 100 201 210",
    ),
    (0b0001_0111, "012 102 021, 021 102 201, 021 201 120, 120 201 210"),
    (0b0001_1000, "001 012 102, 120 210 221"),
    (0b0001_1001, "010 012 120, 012 102 221, 012 221 120, 100 210 102, 102 210 221"),
    (0b0001_1011, "010 012 120, 012 102 201, 012 201 120, 120 201 221"),
    (0b0001_1110, "001 010 100, 012 102 021, 021 102 201, 021 201 221"),
    (0b0001_1111, "012 102 021, 021 102 201, 021 201 221"),
    (0b0011_1100, "001 010 210, 001 210 201, 012 212 221, 012 221 021"),
    (
        0b0011_1101,
        "012 100 021, 012 111 201, 012 201 100, 012 212 111, 021 100 210, \
         021 111 221, 021 210 111, 111 210 201, 111 212 221",
    ),
    (0b0011_1111, "012 212 021, 021 212 221"),
    (0b0110_1001, "001 102 012, 010 021 120, 100 210 201, 122 212 221"),
    (0b0110_1011, "001 102 012, 010 021 120, 122 212 221"),
    (0b0110_1111, "001 102 012, 122 212 221"),
    (0b0111_1110, "001 010 100, 122 212 221"),
    (0b0111_1111, "122 212 221"),
];

/// The six orders of three axes; the first three are rotations.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [1, 0, 2], [2, 1, 0]];

/// The triangles of all 256 shapes.
static TRIANGLES: LazyLock<Vec<Vec<Triangle>>> = LazyLock::new(|| {
    let mut all = vec![Vec::new(); 256];
    for (corners, text) in SHAPES {
        let shape: Vec<Triangle> = text.split(',').map(parse).collect();
        for symmetry in 0..48 {
            let turned = turn_corners(corners, symmetry);
            if all[turned as usize].is_empty() {
                all[turned as usize] = shape.iter().map(|t| turn_triangle(*t, symmetry)).collect();
            }
        }
    }
    all
});

fn parse(triangle: &str) -> Triangle {
    let mut digits = triangle.bytes().filter(u8::is_ascii_digit).map(|d| d - b'0');
    // The table above writes nine digits per triangle; a test looks at all of them.
    std::array::from_fn(|_| std::array::from_fn(|_| digits.next().unwrap_or(0)))
}

/// One of the 48 ways to lay a cube onto itself.
fn turn(point: Point, symmetry: usize) -> Point {
    let (order, flips) = (ORDERS[symmetry / 8], symmetry % 8);
    std::array::from_fn(|a| if flips >> a & 1 == 1 { 2 - point[order[a]] } else { point[order[a]] })
}

fn turn_corners(corners: u8, symmetry: usize) -> u8 {
    (0..8).filter(|c| corners >> c & 1 == 1).fold(0, |turned, c| {
        let [x, y, z] = turn([(c & 1) * 2, (c >> 1 & 1) * 2, (c >> 2 & 1) * 2], symmetry);
        turned | 1 << (x / 2 + y + 2 * z)
    })
}

fn turn_triangle(triangle: Triangle, symmetry: usize) -> Triangle {
    let [a, b, c] = triangle.map(|p| turn(p, symmetry));
    let mirrors = (symmetry / 8 >= 3) != ((symmetry % 8).count_ones() % 2 == 1);
    if mirrors { [a, c, b] } else { [a, b, c] }
}

/// How often each shape occurs, and the sum of the cells where it does.
struct Tally {
    count: [u64; 256],
    place: [[u64; 3]; 256],
}

/// Volume and area of the surface around a region.
///
/// Zero where the region is empty. Beyond the box there is no region.
pub fn surface_of(rows: &Rows, spacing_mm: [f64; 3]) -> Surface {
    let tally = tally(rows);
    let (mut volume, mut area) = (0.0, 0.0);
    for (shape, triangles) in TRIANGLES.iter().enumerate() {
        let count = tally.count[shape] as f64;
        if tally.count[shape] == 0 {
            continue;
        }
        let place: [f64; 3] = std::array::from_fn(|a| tally.place[shape][a] as f64 * spacing_mm[a]);
        for triangle in triangles {
            let [a, b, c] = triangle.map(|p| -> [f64; 3] {
                std::array::from_fn(|axis| f64::from(p[axis]) / 2.0 * spacing_mm[axis])
            });
            let normal = cross(minus(b, a), minus(c, a));
            area += count * dot(normal, normal).sqrt() / 2.0;
            // Signed tetrahedra between the triangle and the origin, summed over all cells of this shape.
            volume += (count * dot(a, normal) + dot(place, normal)) / 6.0;
        }
    }
    Surface { volume_mm3: volume, area_mm2: area }
}

fn tally(rows: &Rows) -> Tally {
    let mut tally = Tally { count: [0; 256], place: [[0; 3]; 256] };
    let [_, ny, nz] = rows.dims();
    let empty = vec![0; rows.per_row()];
    // The row of voxels one before `j` and `k`, so that cells reach one voxel beyond the box on every side.
    let row = |j: usize, k: usize| {
        if j == 0 || k == 0 || j > ny || k > nz { &empty[..] } else { rows.row(j - 1, k - 1) }
    };
    for k in 0..=nz {
        for j in 0..=ny {
            let four = [row(j, k), row(j + 1, k), row(j, k + 1), row(j + 1, k + 1)];
            // The last voxel of the words before: bit 63 of a word is the left corner of the next word's first cell.
            let mut carry = [0; 4];
            for n in 0..rows.per_row() {
                let right = four.map(|r| r[n]);
                let left: [u64; 4] = std::array::from_fn(|r| right[r] << 1 | carry[r]);
                carry = right.map(|w| w >> 63);
                let some = (0..4).fold(0, |set, r| set | left[r] | right[r]);
                let all = (0..4).fold(u64::MAX, |set, r| set & left[r] & right[r]);
                // Cells that the surface crosses.
                let mut crossed = some & !all;
                while crossed != 0 {
                    let bit = crossed.trailing_zeros();
                    crossed &= crossed - 1;
                    let shape = (0..4).fold(0, |shape, r| {
                        shape | (left[r] >> bit & 1) << (2 * r) | (right[r] >> bit & 1) << (2 * r + 1)
                    }) as usize;
                    tally.count[shape] += 1;
                    for (sum, place) in tally.place[shape].iter_mut().zip([64 * n + bit as usize, j, k]) {
                        *sum += place as u64;
                    }
                }
            }
        }
    }
    tally
}

fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|n| a[n] - b[n])
}
fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn random_region(seed: u64, n: usize) -> Vec<bool> {
        let mut state = seed;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                state >> 40 & 3 != 0
            })
            .collect()
    }

    #[test]
    fn every_shape_has_triangles_whose_points_lie_on_edges_that_leave_the_region() {
        for (shape, triangles) in TRIANGLES.iter().enumerate() {
            assert_eq!(triangles.is_empty(), shape == 0 || shape == 255, "{shape:08b}");
            for point in triangles.iter().flatten() {
                let middle: u8 = point.iter().map(|d| d % 2).sum();
                if middle == 3 {
                    continue; // the one vertex that Lewiner's tables put into a cell's centre
                }
                assert_eq!(middle, 1, "{shape:08b} {point:?}");
                let corner = |along: u8| -> usize {
                    let bit = |d: u8| usize::from(if d == 1 { along } else { d / 2 });
                    shape >> (bit(point[0]) + 2 * bit(point[1]) + 4 * bit(point[2])) & 1
                };
                assert_ne!(corner(0), corner(1), "{shape:08b} {point:?}");
            }
        }
    }

    #[test]
    fn the_surface_is_closed_whatever_the_region() {
        let dims = [7, 6, 5];
        for seed in 0..20 {
            let region = random_region(seed, dims.iter().product());
            let at = |v: [i64; 3]| {
                (0..3).all(|a| v[a] >= 0 && v[a] < dims[a] as i64)
                    && region[(v[0] + 7 * (v[1] + 6 * v[2])) as usize]
            };
            // Each side of a triangle must be met once in each sense.
            let mut sides: BTreeMap<[[i64; 3]; 2], i64> = BTreeMap::new();
            for (x, y, z) in (-1..7).flat_map(|x| (-1..6).flat_map(move |y| (-1..5).map(move |z| (x, y, z))))
            {
                let shape = (0..8)
                    .filter(|c| at([x + (c & 1), y + (c >> 1 & 1), z + (c >> 2)]))
                    .fold(0, |s, c| s | 1usize << c);
                for t in &TRIANGLES[shape] {
                    let p = t
                        .map(|p| -> [i64; 3] { std::array::from_fn(|a| 2 * [x, y, z][a] + i64::from(p[a])) });
                    for n in 0..3 {
                        let (a, b) = (p[n], p[(n + 1) % 3]);
                        let (key, sense) = if a < b { ([a, b], 1) } else { ([b, a], -1) };
                        *sides.entry(key).or_insert(0) += sense;
                    }
                }
            }
            assert!(sides.values().all(|n| *n == 0), "seed {seed}");
        }
    }

    #[test]
    fn a_digital_ball_nears_the_volume_and_area_bounds_of_a_ball() {
        let (n, r) = (65usize, 28.0);
        let region: Vec<bool> = (0..n * n * n)
            .map(|o| {
                let d = [o % n, o / n % n, o / (n * n)].map(|c| c as f64 - 32.0);
                dot(d, d) <= r * r
            })
            .collect();
        let surface = surface_of(&Rows::of(&region, [n; 3]), [0.5; 3]);
        let volume = 4.0 / 3.0 * std::f64::consts::PI * (r * 0.5).powi(3);
        assert!((surface.volume_mm3 / volume - 1.0).abs() < 0.005);
        // A two-valued mesh has terraces: its area is some 9 % above that of the ball.
        let area = 4.0 * std::f64::consts::PI * (r * 0.5).powi(2);
        assert!((1.05..1.12).contains(&(surface.area_mm2 / area)));
    }

    #[test]
    fn turned_and_mirrored_regions_have_the_same_surface() {
        let region = random_region(3, 7 * 6 * 5);
        let spacing = [1.0, 1.7, 2.9];
        let expected = surface_of(&Rows::of(&region, [7, 6, 5]), spacing);
        for symmetry in 0..48 {
            let (order, flips) = (ORDERS[symmetry / 8], symmetry % 8);
            let dims = order.map(|a| [7, 6, 5][a]);
            let turned: Vec<bool> = (0..region.len())
                .map(|o| {
                    let at = [o % dims[0], o / dims[0] % dims[1], o / (dims[0] * dims[1])];
                    let mut from = [0; 3];
                    for a in 0..3 {
                        from[order[a]] = if flips >> a & 1 == 1 { dims[a] - 1 - at[a] } else { at[a] };
                    }
                    region[from[0] + 7 * (from[1] + 6 * from[2])]
                })
                .collect();
            let surface = surface_of(&Rows::of(&turned, dims), order.map(|a| spacing[a]));
            assert!((surface.volume_mm3 / expected.volume_mm3 - 1.0).abs() < 1e-13, "{symmetry}");
            assert!((surface.area_mm2 / expected.area_mm2 - 1.0).abs() < 1e-13, "{symmetry}");
        }
    }
}
