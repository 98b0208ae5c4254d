//! Distance zones by flood fill and by looks at all voxels outside, into a dense matrix (IBSI 3.9).

use super::zones;
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// The values of `dzm`.
pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let tags = [
        "dzm_sde",
        "dzm_lde",
        "dzm_lgze",
        "dzm_hgze",
        "dzm_sdlge",
        "dzm_sdhge",
        "dzm_ldlge",
        "dzm_ldhge",
        "dzm_glnu",
        "dzm_glnu_norm",
        "dzm_zdnu",
        "dzm_zdnu_norm",
        "dzm_z_perc",
        "dzm_gl_var",
        "dzm_zd_var",
        "dzm_zd_entr",
    ];
    zones::values((block, levels), aggregation, tags, |zone| zone.distance)
}
