//! Test only: random regions.

use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::features::settings::Discretise;

/// A random region with holes, of whole intensities from 0; `spread` decides how many there can be.
pub fn region(seed: u64, dims: [usize; 3], spread: u64) -> Block {
    let mut state = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    let n = dims.iter().product();
    let counted: Vec<bool> = (0..n).map(|_| next() % 4 != 0).collect();
    let intensities = (0..n).map(|_| (next() % spread) as f32).collect();
    Block { dims, spacing_mm: [1.0; 3], region: counted.clone(), counted, intensities }
}

/// Its grey levels: intensity `n` is level `n + 1`.
pub fn levels(block: &Block) -> Levels {
    Levels::new(block, &Discretise::of_size(1.0, 0.0)).unwrap()
}
