//! `delta transform image`: the moving scan on the fixed grid. To look at, never to measure.

use super::write::{check_nifti, write_nifti};
use super::{Done, Given, TransformError};
use crate::geometry::Moving;
use crate::io::{nifti, read_scan};
use crate::jobs::Failure;
use crate::propagate;

/// How the image is read between its voxels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Between {
    /// Trilinear.
    Linear,
    /// By the interpolating cubic B-spline.
    Cubic,
}

/// Pulls the moving scan onto the fixed grid; where it has no data stands `fill`, else NaN.
pub fn image(given: &Given, between: Between, fill: Option<f32>) -> Result<Done, Failure> {
    check_nifti(&given.out, given.existing)?;
    let file = given.read()?;
    let Some(path) = &given.moving else {
        return Err(TransformError::no_moving_grid(&given.transform, "pull it").into());
    };
    let onto = given.fixed(&file, "pull an image onto it")?;
    let moving = read_scan(path, &given.reading)?.volume.in_frame::<Moving>();
    let mut pulled = match between {
        Between::Linear => propagate::warped(&moving, &file.chain, &onto),
        Between::Cubic => propagate::warped_cubic(&moving, &file.chain, &onto),
    };
    let empty = pulled.values().iter().filter(|v| v.is_nan()).count();
    if let Some(fill) = fill {
        pulled.values_mut().iter_mut().filter(|v| v.is_nan()).for_each(|v| *v = fill);
    }
    write_nifti(&given.out, given.existing, |path| nifti::write_volume(path, &pulled))?;
    let share = empty as f64 / pulled.values().len() as f64;
    let by = fill.map_or_else(|| "NaN".to_owned(), |fill| fill.to_string());
    let summary = format!(
        "Pulled:     the moving scan onto the fixed grid; {:.1} % of it has no data ({by})\n\
         Result:     {} (to look at: interpolation changes texture, so measure each scan on its own image)",
        100.0 * share,
        given.out.display()
    );
    let json = serde_json::json!({ "out": given.out, "without_data": share });
    Ok(Done { summary, json, out: given.out.clone(), is_partial: false })
}
