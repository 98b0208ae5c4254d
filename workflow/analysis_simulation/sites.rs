//! A planted site effect: scanners that differ, at sites whose patients may respond differently.

use delta_radiomics::analyze::{Cohort, Target};
use delta_radiomics::numeric::random::Random;

const SITES: [&str; 3] = ["A", "B", "C"];
/// Share of responders, and of others, at each site: apart where nothing is planted, so that sites tell the response.
const RESPONDERS: [f64; 3] = [0.2, 0.3, 0.5];
const OTHERS: [f64; 3] = [0.5, 0.3, 0.2];
/// Standard deviation, over sites, of a feature's shift, and of the logarithm of its scale.
const SHIFT: f64 = 1.0;
const SCALE: f64 = 0.3;

/// Spreads a cohort over sites, whose patients respond differently or (`alike`) not: each has a shift and a scale of its own for each feature, but not for the volume.
pub fn spread(mut cohort: Cohort, alike: bool, seed: u64) -> Cohort {
    let Target::Response(labels) = &cohort.target else { return cohort };
    let mut random = Random::seeded(!seed);
    let of: Vec<usize> = labels
        .iter()
        .map(|responds| draw(if *responds || alike { RESPONDERS } else { OTHERS }, &mut random))
        .collect();
    for column in cohort.blocks.iter_mut().skip(1).flat_map(|block| &mut block.columns) {
        let effects = SITES.map(|_| (SHIFT * random.normal(), libm::exp(SCALE * random.normal())));
        for (value, site) in column.values.iter_mut().zip(&of) {
            let (shift, scale) = effects[*site];
            *value = *value * scale + shift;
        }
    }
    cohort.sites = Some(of.into_iter().map(|site| SITES[site].to_owned()).collect());
    cohort
}

fn draw(shares: [f64; 3], random: &mut Random) -> usize {
    let at = random.uniform();
    if at < shares[0] { 0 } else { usize::from(at >= shares[0] + shares[1]) + 1 }
}
