//! What a user asks of `delta extract`.

use std::path::PathBuf;

use crate::io::ReadOptions;
use crate::jobs::run::TableFormat;
use crate::store::Existing;

/// What is asked.
#[derive(Clone, Debug)]
pub struct ExtractRequest {
    /// Which scans and masks.
    pub scope: Scope,
    /// Which labels of each mask, where a row of a batch does not say it.
    pub label: LabelChoice,
    /// Folder of the result.
    pub out: PathBuf,
    /// Name or file of the protocol.
    pub protocol: Option<String>,
    /// Modality of all images.
    pub modality: Option<String>,
    /// Units of all images.
    pub units: Option<String>,
    /// Whose names the features have.
    pub names: Names,
    /// Form of the table.
    pub layout: Layout,
    /// Whether Parquet is written too.
    pub tables: TableFormat,
    /// How files are read.
    pub reading: ReadOptions,
    /// What happens to an existing result.
    pub existing: Existing,
}

/// Which scans and masks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One image and masks on it.
    One {
        /// The image.
        image: PathBuf,
        /// Label maps, or binary files.
        masks: Vec<PathBuf>,
    },
    /// A table of images and masks.
    Batch(PathBuf),
}

/// Which labels of a mask are regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelChoice {
    /// Each that it has.
    All,
    /// This one.
    One(u32),
}

impl LabelChoice {
    /// The choice that a word means: `all`, or a label above zero. Tables that were through a spreadsheet or pandas
    /// write 1 as 1.0.
    ///
    /// ```
    /// use delta_radiomics::jobs::extract::LabelChoice;
    /// assert_eq!(LabelChoice::from_word("all"), Some(LabelChoice::All));
    /// assert_eq!(LabelChoice::from_word("2"), LabelChoice::from_word(" 2.0"));
    /// assert_eq!(LabelChoice::from_word("0"), None);
    /// assert_eq!(LabelChoice::from_word("1.5"), None);
    /// ```
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim();
        if word == "all" {
            return Some(Self::All);
        }
        let whole = word
            .split_once('.')
            .map_or(word, |(whole, rest)| if rest.bytes().all(|digit| digit == b'0') { whole } else { "" });
        whole.parse().ok().filter(|label| *label > 0).map(Self::One)
    }
}

/// Whose names features have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The standard's tags.
    Ibsi,
    /// PyRadiomics' where the definition is the same, else the standard's.
    Pyradiomics,
}

/// Form of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One row per region and feature.
    Long,
    /// One row per region, one column per feature.
    Wide,
}
