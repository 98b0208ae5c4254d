//! The followed contour: the transform refined around a lesion, with the lesion back in the metric.
//!
//! The carried contour holds the tissue that was lesion at baseline. To estimate today's border the map must
//! follow the visible edge as the lesion shrinks or grows.

use crate::geometry::{Fixed, Moving};
use crate::labels::Mask;
use crate::register::RegionsLeftOut;
use crate::register::settings::RegisterSettings;
use crate::transform::Transform;
use crate::volume::Volume;

use super::Refined;
use super::window::Neighbourhood;

/// Refines the carried transform around a lesion; `None` where the lesion is outside the scan, or where no level finds
/// a field without a fold.
pub fn follow(
    fixed: &Volume<f32, Fixed>,
    moving: &Volume<f32, Moving>,
    carried: &Transform,
    lesion: &Mask<Moving>,
    settings: &RegisterSettings,
) -> Option<Refined> {
    let around = Neighbourhood::new(fixed, moving, carried, lesion, settings)?;
    let (mut now, mut previous) = (carried.clone(), carried.clone());
    let mut levels = Vec::new();
    // The lesion is back in the metric.
    let nothing = RegionsLeftOut::default();
    for of in &settings.follow.levels {
        // Where a finer level fails, what the coarser ones found stands.
        let Some((next, log)) = around.level(of, &now, &nothing).and_then(|level| level.improve(&now, None))
        else {
            break;
        };
        previous = std::mem::replace(&mut now, next);
        levels.push(log);
    }
    (!levels.is_empty()).then_some(Refined { transform: now, previous_level: previous, levels })
}
