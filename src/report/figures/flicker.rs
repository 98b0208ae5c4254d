//! Follow-up and aligned baseline in the same place in turn; side by side in print, under reduced motion, or when
//! the reader holds it still.

use maud::{Markup, html};

use super::figure;
use super::overlay::{PLANES, Scene};
use super::tile::marks;
use crate::report::slices::{Pixels, Plane, data_uri, grey};

/// The figure. `place` makes the switch's name unique on the page.
pub fn flicker(scene: &Scene, place: usize) -> Markup {
    let [baseline, followup] = scene.names;
    let switch = format!("still-{place}");
    let body = html! {
        input.still type="checkbox" id=(switch);
        label.still-label for=(switch) { "Hold still and show side by side" }
        div.pair.flickers { @for plane in PLANES { (frames(scene, plane)) } }
    };
    let caption = html! {
        (followup) " and the aligned " (baseline) " in turn. What jumps is not aligned; what changes its brightness \
         or size in place is a change of the patient. In print both stand side by side."
    };
    figure("Flicker", &body, &caption)
}

fn frames(scene: &Scene, plane: Plane) -> Markup {
    let view = scene.view(plane, 300);
    let [baseline, followup] = scene.names;
    let frames = [
        (followup, grey(&view.sample(scene.images.fixed), &scene.fixed), "the follow-up scan"),
        (baseline, grey(&view.sample(scene.images.after), &scene.moving), "the baseline scan, aligned"),
    ];
    html! {
        div.flicker style={"--ratio:" (view.width) "/" (view.height)} {
            @for (name, bytes, what) in &frames {
                div.frame {
                    div.slice style={"aspect-ratio:" (view.width) "/" (view.height)} {
                        img src=(data_uri(view.width, view.height, Pixels::Grey, bytes))
                            width=(view.width) height=(view.height)
                            alt={(plane.word()) " slice of " (name) ", " (what)};
                        (marks(&view, &[]))
                    }
                    p.tile-label { (name) " \u{b7} " (plane.word()) }
                }
            }
        }
    }
}
