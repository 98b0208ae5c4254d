//! Regions whose noise is measured together.

use std::fmt;

use super::words::RoiRole;

/// Regions that share one noise: lesions are pooled, each a row of its own; anything else is pooled by its name alone,
/// because the spread between a liver and a kidney would pass for reliability.
///
/// ```
/// use delta_radiomics::record::{RoiGroup, RoiRole};
/// let words = ["lesion", "organ:left/kidney", "organ"];
/// for word in words {
///     assert_eq!(RoiGroup::from_word(word).unwrap().to_string(), word);
/// }
/// assert_eq!(RoiGroup::of(RoiRole::Lesion, "gtv1").to_string(), "lesion");
/// assert_eq!(RoiGroup::of(RoiRole::Organ, "liver").to_string(), "organ:liver");
/// assert!(RoiGroup::from_word("liver").is_none() && RoiGroup::from_word("organ:").is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoiGroup {
    /// Their role.
    pub role: RoiRole,
    /// Their name, where only regions of one name are pooled.
    pub roi: Option<String>,
}

impl RoiGroup {
    /// The group that a region belongs to.
    pub fn of(role: RoiRole, roi: &str) -> Self {
        Self { role, roi: (role != RoiRole::Lesion).then(|| roi.to_owned()) }
    }
    /// All regions of a role.
    pub fn whole(role: RoiRole) -> Self {
        Self { role, roi: None }
    }
    /// The group that this word names: `lesion`, `organ:liver`.
    pub fn from_word(word: &str) -> Option<Self> {
        let (role, roi) = match word.split_once(':') {
            Some((_, "")) => return None,
            Some((role, roi)) => (role, Some(roi.to_owned())),
            None => (word, None),
        };
        Some(Self { role: RoiRole::from_word(role)?, roi })
    }
}

impl fmt::Display for RoiGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.roi {
            Some(roi) => write!(f, "{}:{roi}", self.role),
            None => write!(f, "{}", self.role),
        }
    }
}
