//! NIfTI-1 and NIfTI-2, plain or gzip, in and out.
//!
//! Reading believes nothing: the gzip stream is read to its trailer, sizes must multiply up, and memory grows
//! with what the file really holds. Source of the fields: `nifti1.h` and `nifti2.h` of the NIfTI data format
//! working group.

mod affine;
mod fault;
mod field;
mod header;
mod read;
mod stream;
mod write;

pub use affine::{FormUsed, Placement};
pub use fault::{NiftiFault, ValueFault, ValueRule};
pub use field::{read_displacement, write_displacement};
pub use header::{ByteOrder, Header, Scalar, Version};
pub use read::HeaderFacts;
pub use write::{Voxel, write_labels, write_mask, write_volume};

pub(super) use read::{read_grid, read_header, read_image, read_label_values};
pub(super) use stream::peek;
