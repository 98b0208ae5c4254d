//! Colours of figures: those that all eyes tell apart (Okabe & Ito 2008), and greys.

use plotters::prelude::RGBColor;

/// Words.
pub const INK: RGBColor = RGBColor(31, 41, 51);
/// Axes and lesser words.
pub const GREY: RGBColor = RGBColor(110, 118, 128);
/// Lines of a grid.
pub const LINE: RGBColor = RGBColor(217, 224, 230);
/// Areas behind data.
pub const SHADE: RGBColor = RGBColor(238, 242, 246);
/// The sheet.
pub const PAPER: RGBColor = RGBColor(255, 255, 255);
/// Blue, dark in a grey print.
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
/// Vermilion, of middle grey.
pub const VERMILION: RGBColor = RGBColor(213, 94, 0);
/// Orange, light in a grey print.
pub const ORANGE: RGBColor = RGBColor(230, 159, 0);
/// Bluish green.
pub const GREEN: RGBColor = RGBColor(0, 158, 115);
/// Reddish purple.
pub const PURPLE: RGBColor = RGBColor(204, 121, 167);
/// Sky blue, light in a grey print.
pub const SKY: RGBColor = RGBColor(86, 180, 233);

/// From nearly white to dark blue by a share of 0 to 1: the same order in grey.
pub fn shade(share: f64) -> RGBColor {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let mix = |from: u8, to: u8| (f64::from(from) + share * (f64::from(to) - f64::from(from))).round() as u8;
    RGBColor(mix(241, 0), mix(245, 91), mix(249, 150))
}
