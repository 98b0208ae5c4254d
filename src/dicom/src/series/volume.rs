//! The voxels of a series.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::{Rescale, Series, Slice};
use crate::file::{File, Stream};
use crate::pixels::{self, Layout};
use crate::{Fault, FaultKind, Grid};

/// A volume, i fastest, then j, then k.
#[derive(Debug)]
pub struct Volume {
    /// Where its voxels are.
    pub grid: Grid,
    /// Values.
    pub values: Vec<f32>,
    /// Voxels that hold no image, where there are any.
    pub padding: Option<Padding>,
}

/// Voxels that hold no image: their stored value is the one of padding. A bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Padding {
    slices: Vec<Vec<u64>>,
    voxels: usize,
}

impl Padding {
    /// Whether a voxel, counted as values are, holds no image.
    pub fn is(&self, voxel: usize) -> bool {
        let (slice, at) = (voxel / self.voxels, voxel % self.voxels);
        let word = self.slices.get(slice).and_then(|words| words.get(at / 64));
        word.is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// How many voxels hold none.
    pub fn count(&self) -> usize {
        self.slices.iter().flatten().map(|word| word.count_ones() as usize).sum()
    }
}

impl Series {
    /// Values: stored values rescaled slice by slice.
    ///
    /// # Errors
    /// Those of [`Series::grid`]; `Unreadable`, `Broken`, `Syntax` of a file.
    pub fn volume(&self) -> Result<Volume, Fault> {
        self.volume_times(&[])
    }

    /// Values times a factor for each slice (1 where there is none), with one rounding at the end.
    ///
    /// # Errors
    /// As [`Series::volume`].
    pub fn volume_times(&self, factors: &[f64]) -> Result<Volume, Fault> {
        let grid = self.grid()?.clone();
        let in_slice = grid.size[0] * grid.size[1];
        let (values, masks) = self.decode(0.0_f32, |k, slice, stored, values| {
            let Rescale { slope, intercept } = slice.rescale;
            let factor = factors.get(k).copied().unwrap_or(1.0);
            for (value, stored) in values.iter_mut().zip(stored) {
                *value = ((f64::from(*stored) * slope + intercept) * factor) as f32;
            }
            slice.padding.map_or_else(Vec::new, |range| mask(stored, range))
        })?;
        let any = masks.iter().any(|words| !words.is_empty());
        Ok(Volume { grid, values, padding: any.then_some(Padding { slices: masks, voxels: in_slice }) })
    }

    /// Stored values, before any rescaling.
    ///
    /// # Errors
    /// As [`Series::volume`].
    pub fn stored(&self) -> Result<Vec<i32>, Fault> {
        let (stored, _) = self.decode(0_i32, |_, _, stored, values| values.copy_from_slice(stored))?;
        Ok(stored)
    }

    /// Decodes all slices, several at a time, and puts each into its part of the volume.
    fn decode<T: Copy + Send, R: Default + Send>(
        &self,
        zero: T,
        put: impl Fn(usize, &Slice, &[i32], &mut [T]) -> R + Sync,
    ) -> Result<(Vec<T>, Vec<R>), Fault> {
        let grid = self.grid()?;
        let size = [grid.size[0], grid.size[1]];
        let in_slice = size[0].checked_mul(size[1]).ok_or_else(too_large)?;
        // The first slice is decoded ahead: a file that only claims to be large fails before the volume is allocated.
        if let Some(first) = self.slices().first() {
            Source::open(first)?.decode(first, size)?;
        }
        let voxels = in_slice.checked_mul(grid.size[2]).ok_or_else(too_large)?;
        let mut values = vec![zero; voxels];
        let mut files: BTreeMap<&Path, Vec<Job<'_, T>>> = BTreeMap::new();
        for ((k, slice), values) in self.slices().iter().enumerate().zip(values.chunks_mut(in_slice)) {
            files.entry(&slice.path).or_default().push(Job { k, slice, values });
        }
        let done: Vec<Result<Vec<(usize, R)>, Fault>> = files
            .into_par_iter()
            .map(|(_, jobs)| {
                let Some(first) = jobs.first() else { return Ok(Vec::new()) };
                let source = Source::open(first.slice)?;
                let one = |job: Job<'_, T>| {
                    let stored = source.decode(job.slice, size)?;
                    self.compare_twins(job.k, &stored, size)?;
                    Ok((job.k, put(job.k, job.slice, &stored, job.values)))
                };
                jobs.into_par_iter().map(one).collect::<Vec<_>>().into_iter().collect()
            })
            .collect();
        let mut results: Vec<R> = (0..grid.size[2]).map(|_| R::default()).collect();
        // The first fault in the order of paths, whichever thread met one first.
        for file in done {
            for (k, result) in file? {
                results[k] = result;
            }
        }
        Ok((values, results))
    }

    /// Files that hold a slice once more have to hold the same values.
    fn compare_twins(&self, k: usize, stored: &[i32], size: [usize; 2]) -> Result<(), Fault> {
        for path in self.twins.get(&k).into_iter().flatten() {
            let twin = Slice { path: path.clone(), ..self.slices[k].clone() };
            if Source::open(&twin)?.decode(&twin, size)? != stored {
                return Err(Fault::of(
                    FaultKind::Broken,
                    "two files with one SOP Instance UID hold different values",
                )
                .at(path));
            }
        }
        Ok(())
    }
}

/// A slice to be decoded, and where to.
struct Job<'a, T> {
    k: usize,
    slice: &'a Slice,
    values: &'a mut [T],
}

/// A file that slices are decoded from.
enum Source {
    /// In memory.
    Whole(File, Layout),
    /// Frames stay where they are until they are asked for.
    Frames(Stream, Layout),
}

impl Source {
    /// The file of a slice.
    fn open(slice: &Slice) -> Result<Self, Fault> {
        let at = |fault: Fault| fault.at(&slice.path);
        if slice.of_many
            && let Some(stream) = Stream::open(&slice.path)?
        {
            let layout = pixels::layout(&stream.header).map_err(at)?;
            if pixels::can_stream(&stream, &layout) {
                return Ok(Self::Frames(stream, layout));
            }
        }
        let file = File::open(&slice.path)?;
        let layout = pixels::layout(&file).map_err(at)?;
        Ok(Self::Whole(file, layout))
    }

    /// The stored values of a slice.
    fn decode(&self, slice: &Slice, [columns, rows]: [usize; 2]) -> Result<Vec<i32>, Fault> {
        let at = |fault: Fault| fault.at(&slice.path);
        let (Self::Whole(_, layout) | Self::Frames(_, layout)) = self;
        if (layout.columns, layout.rows) != (columns, rows) {
            return Err(at(Fault::of(FaultKind::Broken, "the file changed while it was read")));
        }
        let stored = match self {
            Self::Whole(file, layout) => pixels::frame(file, layout, slice.frame),
            Self::Frames(stream, layout) => pixels::streamed(stream, layout, slice.frame),
        };
        let stored = stored.map_err(at)?;
        if stored.len() == columns * rows {
            Ok(stored)
        } else {
            Err(at(Fault::of(
                FaultKind::Broken,
                "a slice holds fewer or more values than rows and columns say",
            )))
        }
    }
}

fn mask(stored: &[i32], (low, high): (i64, i64)) -> Vec<u64> {
    let is = |value: &i32| (low..=high).contains(&i64::from(*value));
    if !stored.iter().any(is) {
        return Vec::new();
    }
    let word = |chunk: &[i32]| {
        chunk.iter().enumerate().fold(0_u64, |word, (bit, value)| word | u64::from(is(value)) << bit)
    };
    stored.chunks(64).map(word).collect()
}

fn too_large() -> Fault {
    Fault::of(FaultKind::Broken, "more voxels than a computer can count")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_a_bit_per_voxel() {
        let stored: Vec<i32> = (0..130).map(|v| if v % 65 == 3 { -2000 } else { v }).collect();
        let padding = Padding { slices: vec![Vec::new(), mask(&stored, (-2000, -2000))], voxels: 130 };
        assert_eq!(padding.count(), 2);
        assert!(padding.is(133) && padding.is(198) && !padding.is(3) && !padding.is(134) && !padding.is(999));
        assert!(mask(&stored, (500, 600)).is_empty());
    }
}
