//! stub
use crate::geometry::*; use crate::labels::Mask; use crate::transform::Transform; use crate::volume::Volume;
pub struct Carried { pub mask: Mask<Fixed>, pub outside_fraction: f64 }
pub fn carry(_: &Mask<Moving>, _: &Transform, _: &Grid<Fixed>) -> Carried { todo!() }
pub fn warp(_: &Volume<f32, Moving>, _: &Transform, _: &Grid<Fixed>) -> Volume<f32, Fixed> { todo!() }
pub fn jacobian_map(_: &Transform, _: &Grid<Fixed>) -> Volume<f32, Fixed> { todo!() }
pub fn displacement(_: &Transform, _: &Grid<Fixed>) -> Volume<[f32; 3], Fixed> { todo!() }
pub fn label_map(_: &Grid, _: &[(u32, &Mask)]) -> Option<Volume<u32>> { todo!() }
pub struct Agreement { pub dice: f64, pub hd95_mm: f64, pub mean_surface_distance_mm: f64 }
pub fn agreement(_: &Mask, _: &Mask) -> Option<Agreement> { todo!() }
pub fn volume_ratio(_: &Mask<Moving>, _: &Transform) -> Option<f64> { todo!() }
pub fn border_uncertainty_mm(_: &Mask<Fixed>, _: &[&Transform]) -> Option<f64> { todo!() }
pub fn mean_displacement_mm(_: &Mask<Fixed>, _: &Transform, _: &Transform) -> Option<f64> { todo!() }
pub fn move_border(_: &Mask, _: f64) -> Mask { todo!() }
