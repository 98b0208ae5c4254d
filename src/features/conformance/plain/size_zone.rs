//! Size zones by flood fill into a dense matrix (IBSI 3.8).

use super::zones;
use crate::features::discretise::Levels;
use crate::features::roi::Block;
use crate::record::Aggregation;

/// The values of `szm`.
pub fn values(block: &Block, levels: &Levels, aggregation: Option<Aggregation>) -> Vec<(&'static str, f64)> {
    let tags = [
        "szm_sze",
        "szm_lze",
        "szm_lgze",
        "szm_hgze",
        "szm_szlge",
        "szm_szhge",
        "szm_lzlge",
        "szm_lzhge",
        "szm_glnu",
        "szm_glnu_norm",
        "szm_zsnu",
        "szm_zsnu_norm",
        "szm_z_perc",
        "szm_gl_var",
        "szm_zs_var",
        "szm_zs_entr",
    ];
    zones::values((block, levels), aggregation, tags, |zone| zone.size)
}
