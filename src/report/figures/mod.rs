//! One file per figure. Each gives a `<figure>` with alternative text, a caption that tells the eye where to look,
//! and the data behind it where there are numbers.

pub mod before_after;
pub mod checkerboard;
pub mod contours;
pub mod delta_dots;
pub mod flicker;
pub mod jacobian;
pub mod overlay;
mod tile;

use maud::{Markup, html};

/// A figure: title, body, caption.
fn figure(title: &str, body: &Markup, caption: &Markup) -> Markup {
    html! {
        figure {
            p.title { (title) }
            (body)
            figcaption { (caption) }
        }
    }
}
