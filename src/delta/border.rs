//! What an uncertain border makes of a delta.

use std::collections::BTreeMap;

use crate::record::{DeltaRow, FeatureKey, FeatureRow, MaskSource};

/// Sets `border_low` and `border_high`: the range of the absolute delta when the follow-up contour of ours is moved
/// by the uncertainty of its border. `moved` holds the follow-up's rows measured in the moved contours (shrunk,
/// grown), under the name and source of the contour that was moved.
pub fn set_border_range(deltas: &mut [DeltaRow], moved: &[FeatureRow]) {
    let mut values: BTreeMap<(&str, MaskSource, &FeatureKey), Vec<f64>> = BTreeMap::new();
    for row in moved {
        if let Some(value) = row.outcome.value() {
            values.entry((&row.roi, row.mask_source, &row.key)).or_default().push(value);
        }
    }
    for delta in deltas {
        let (Some(source), Some(baseline), Some(absolute)) =
            (delta.mask_source_followup, delta.baseline, delta.absolute.value())
        else {
            continue;
        };
        let Some(values) = values.get(&(delta.roi.as_str(), source, &delta.key)) else { continue };
        let changes = values.iter().map(|value| value - baseline);
        delta.border_low = Some(changes.clone().fold(absolute, f64::min));
        delta.border_high = Some(changes.fold(absolute, f64::max));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{delta_row, feature_row};
    use super::*;
    use crate::record::RoiRole;

    #[test]
    fn the_range_holds_the_delta_itself() {
        let lesion = RoiRole::Lesion;
        let moved =
            [1.5, 1.8].map(|v| feature_row("t1", "lesion", lesion, MaskSource::Followed, "stat_var", v));
        let mut deltas = [
            delta_row("lesion", lesion, MaskSource::Followed, "stat_var"),
            delta_row("lesion", lesion, MaskSource::Drawn, "stat_var"),
        ];
        set_border_range(&mut deltas, &moved);
        assert_eq!((deltas[0].border_low, deltas[0].border_high), (Some(0.5), Some(1.0)));
        assert_eq!((deltas[1].border_low, deltas[1].border_high), (None, None), "another contour was moved");
    }
}
