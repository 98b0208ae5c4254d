//! From the values of two visits to a delta, on one scale per feature.

use super::request::ScaleAsked;
use crate::features::pyradiomics::TWINS;
use crate::features::registry::{self, RatioScale};

/// The scale of one feature's deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Follow-up minus baseline.
    Absolute,
    /// That, divided by the baseline.
    Relative,
    /// Natural logarithm of follow-up over baseline.
    LogRatio,
}

impl Scale {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Relative => "relative",
            Self::LogRatio => "log_ratio",
        }
    }

    /// The delta of two values; NaN where there is none.
    pub fn of(self, baseline: f64, followup: f64) -> f64 {
        match self {
            Self::Absolute => followup - baseline,
            Self::Relative if baseline > 0.0 && followup >= 0.0 => (followup - baseline) / baseline,
            Self::LogRatio if baseline > 0.0 && followup > 0.0 => libm::log(followup / baseline),
            Self::Relative | Self::LogRatio => f64::NAN,
        }
    }
}

/// The name of a delta's column. Where the scale is decided feature by feature it stands in the name, so that a model
/// that was fitted to it is never applied to another.
pub fn delta_name(feature: &str, asked: ScaleAsked, scale: Scale) -> String {
    match asked {
        ScaleAsked::Auto => format!("{feature}:{}", scale.word()),
        ScaleAsked::Absolute | ScaleAsked::Relative | ScaleAsked::LogRatio => feature.to_owned(),
    }
}

/// What was asked of all features alike; none where it is decided feature by feature.
pub fn asked_of_all(asked: ScaleAsked) -> Option<Scale> {
    match asked {
        ScaleAsked::Auto => None,
        ScaleAsked::Absolute => Some(Scale::Absolute),
        ScaleAsked::Relative => Some(Scale::Relative),
        ScaleAsked::LogRatio => Some(Scale::LogRatio),
    }
}

/// The scales on which a model wants a feature, for a model whose names say it.
pub fn scale_of_name(name: &str) -> Option<(&str, Scale)> {
    let (feature, word) = name.rsplit_once(':')?;
    let scales = [Scale::Absolute, Scale::Relative, Scale::LogRatio];
    scales.into_iter().find(|scale| scale.word() == word).map(|scale| (feature, scale))
}

/// The scale of a feature of a ready table by its name and all its values at both visits: the log ratio where all are
/// above zero and ratios mean something, else the absolute change.
///
/// A table does not say what intensities mean, so a feature whose ratios mean something only where intensities have a
/// true zero (a mean) keeps its absolute change. A name that nobody knows goes by its values.
pub fn scale_in_table(feature: &str, values: impl Iterator<Item = f64>) -> Scale {
    let is_ratio = match ratio_of(feature) {
        Some(RatioScale::Always) | None => true,
        Some(RatioScale::WithTrueZero | RatioScale::Never) => false,
    };
    let mut known = values.filter(|value| !value.is_nan()).peekable();
    let some = known.peek().is_some();
    if is_ratio && some && known.all(|value| value > 0.0) { Scale::LogRatio } else { Scale::Absolute }
}

/// Where ratios of a feature mean something, by its tag or its name at PyRadiomics (`wavelet-LLH_glcm_Contrast`).
fn ratio_of(feature: &str) -> Option<RatioScale> {
    let twin = feature.split_once('_').and_then(|(_, name)| TWINS.iter().find(|twin| twin.name == name));
    if let Some(twin) = twin {
        return registry::find(twin.tag).map(|info| info.ratio);
    }
    // Our own columns have the aggregation behind the tag.
    let mut tag = feature;
    loop {
        if let Some(info) = registry::find(tag) {
            return Some(info.ratio);
        }
        tag = tag.rsplit_once('_')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_follows_what_the_feature_is_and_its_values() {
        let positive = || [1.0, 2.0, f64::NAN].into_iter();
        let of = |name: &str| scale_in_table(name, positive());
        assert_eq!(of("original_shape_MeshVolume"), Scale::LogRatio);
        assert_eq!(of("original_firstorder_Mean"), Scale::Absolute, "HU have no true zero");
        assert_eq!(of("wavelet-LLH_firstorder_Skewness"), Scale::Absolute);
        assert_eq!(of("morph_volume"), Scale::LogRatio);
        assert_eq!(of("cm_corr_3D_avg"), Scale::Absolute);
        assert_eq!(of("ki67"), Scale::LogRatio);
        assert_eq!(scale_in_table("ki67", [1.0, -1.0].into_iter()), Scale::Absolute);
        assert_eq!(scale_in_table("ki67", [f64::NAN].into_iter()), Scale::Absolute);
    }

    #[test]
    fn names_say_the_scale_where_it_was_decided_by_feature() {
        let name = delta_name("stat_skew", ScaleAsked::Auto, Scale::Absolute);
        assert_eq!(scale_of_name(&name), Some(("stat_skew", Scale::Absolute)));
        assert_eq!(delta_name("stat_skew", ScaleAsked::Absolute, Scale::Absolute), "stat_skew");
        assert_eq!(scale_of_name("stat_skew"), None);
    }

    #[test]
    fn deltas_outside_their_domain_are_none() {
        assert_eq!(Scale::LogRatio.of(1.0, 2.0), libm::log(2.0));
        assert_eq!(Scale::Relative.of(2.0, 3.0), 0.5);
        for (scale, pair) in
            [(Scale::LogRatio, (0.0, 1.0)), (Scale::LogRatio, (1.0, 0.0)), (Scale::Relative, (-1.0, 1.0))]
        {
            assert!(scale.of(pair.0, pair.1).is_nan());
        }
    }
}
