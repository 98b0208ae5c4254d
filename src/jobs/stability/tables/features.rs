//! `features.csv`: every value of every repeat, and of every perturbed copy.

use delta_table::{Table, TableError};

use crate::jobs::stability::repeated::Repeated;
use crate::record::FeatureRow;
use crate::record::table::add_feature_columns;

/// The table, in order of subject, kind, repeat, region, contour and feature; perturbed copies of one value together.
pub fn features(rows: &[Repeated]) -> Result<Table, TableError> {
    let mut sorted: Vec<&Repeated> = rows.iter().collect();
    sorted.sort_by(|a, b| {
        let of = |r: &Repeated| r.perturbation;
        let (x, y) = (&a.feature, &b.feature);
        (&x.subject, a.kind, &a.repeat, &x.roi, x.mask_source, &x.key, of(a)).cmp(&(
            &y.subject,
            b.kind,
            &b.repeat,
            &y.roi,
            y.mask_source,
            &y.key,
            of(b),
        ))
    });
    let mut table = Table::new();
    table
        .text("repeat", sorted.iter().map(|r| Some(&r.repeat)))
        .text("repeat_kind", sorted.iter().map(|r| Some(r.kind.word())))
        .text("perturbation", sorted.iter().map(|r| r.perturbation.map(|p| p.to_string())));
    let features: Vec<&FeatureRow> = sorted.iter().map(|r| &r.feature).collect();
    add_feature_columns(&mut table, &features)?;
    Ok(table)
}
