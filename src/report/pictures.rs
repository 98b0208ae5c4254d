//! Pictures that stand beside the page as files of their own.

use super::figures::before_after::before_after;
use super::headline::Deciding;
use super::input::{AlignmentView, RunReport};
use super::sections::alignment::scene;

/// An alignment as a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlignmentPicture {
    /// Name of the follow-up.
    pub followup: String,
    /// Before and after side by side, a PNG.
    pub png: Vec<u8>,
}

/// One picture for each pair that was aligned and whose images are at hand.
pub fn alignment_pictures(report: &RunReport) -> Vec<AlignmentPicture> {
    let deciding = Deciding::new(report);
    let picture = |pair| {
        let pair: &super::PairReport = pair;
        let AlignmentView::Made { images: Some(images), .. } = &pair.alignment else { return None };
        let png = before_after(&scene(report, &deciding, pair, images));
        Some(AlignmentPicture { followup: pair.followup.to_owned(), png })
    };
    report.pairs.iter().filter_map(picture).collect()
}
