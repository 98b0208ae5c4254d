//! Which perturbations are drawn, named by letters.

use std::fmt;
use std::str::FromStr;

use super::PerturbError;

/// One kind of perturbation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// N: Gaussian noise as strong as the image's own.
    Noise,
    /// T: the sampling grid is shifted by a part of a voxel.
    Translation,
    /// R: the sampling grid is turned about the axis across slices.
    Rotation,
    /// V: the region grows or shrinks.
    Volume,
}

impl Link {
    /// All, in the order in which they act.
    pub const ALL: [Self; 4] = [Self::Noise, Self::Translation, Self::Rotation, Self::Volume];
    /// Its letter.
    pub const fn letter(self) -> char {
        match self {
            Self::Noise => 'N',
            Self::Translation => 'T',
            Self::Rotation => 'R',
            Self::Volume => 'V',
        }
    }
}

/// A set of perturbations that are drawn together, such as `NTRV`.
///
/// They always act in the same order, whatever the order of the letters: noise on the image, one sampling on the
/// shifted and turned grid, then the region's volume.
///
/// ```
/// use delta_radiomics::stability::perturb::Chain;
/// let chain: Chain = "VTN".parse().unwrap();
/// assert_eq!(chain.to_string(), "NTV");
/// assert!("NTC".parse::<Chain>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    links: [bool; 4],
}

impl Chain {
    /// Noise, translation, rotation and volume.
    pub const ALL: Self = Self { links: [true; 4] };
    /// Whether it holds a kind.
    pub fn has(&self, link: Link) -> bool {
        self.links[link as usize]
    }
    /// Whether image and grid stay as they are, so that only the region changes.
    pub fn is_mask_only(&self) -> bool {
        !(self.has(Link::Noise) || self.has(Link::Translation) || self.has(Link::Rotation))
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::ALL
    }
}

impl FromStr for Chain {
    type Err = PerturbError;
    fn from_str(text: &str) -> Result<Self, PerturbError> {
        let mut chain = Self { links: [false; 4] };
        for letter in text.trim().chars() {
            let upper = letter.to_ascii_uppercase();
            let Some(link) = Link::ALL.into_iter().find(|link| link.letter() == upper) else {
                let chain = text.to_owned();
                return Err(match upper {
                    'C' => PerturbError::Contour(chain),
                    _ => PerturbError::Letter { letter, chain },
                });
            };
            if std::mem::replace(&mut chain.links[link as usize], true) {
                return Err(PerturbError::Twice { letter, chain: text.to_owned() });
            }
        }
        if chain.links == [false; 4] { Err(PerturbError::Empty) } else { Ok(chain) }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        Link::ALL
            .into_iter()
            .filter(|link| self.has(*link))
            .try_for_each(|link| write!(f, "{}", link.letter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::Diagnose;

    #[test]
    fn letters_in_any_order_name_a_chain_and_others_are_refused_with_a_hint() {
        assert_eq!("ntrv".parse::<Chain>().unwrap(), Chain::ALL);
        assert_eq!("RV".parse::<Chain>().unwrap(), "VR".parse::<Chain>().unwrap());
        assert!("V".parse::<Chain>().unwrap().is_mask_only());
        assert!(!"VT".parse::<Chain>().unwrap().is_mask_only());
        let refused = |text: &str| text.parse::<Chain>().unwrap_err();
        assert_eq!(refused(" "), PerturbError::Empty);
        assert_eq!(refused("NN"), PerturbError::Twice { letter: 'N', chain: "NN".into() });
        assert_eq!(refused("NX"), PerturbError::Letter { letter: 'X', chain: "NX".into() });
        let contour = refused("NTCV");
        assert!(contour.hint().contains("supervoxels"), "{}", contour.hint());
        assert_eq!(contour.code(), "E-PERTURB-CONTOUR");
    }
}
