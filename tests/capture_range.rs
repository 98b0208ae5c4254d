//! A displaced header costs nothing: the rigid stage finds its way back.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its own data has to fail")]

mod common;
#[path = "../workflow/capture_range/displaced.rs"]
mod displaced;

use delta_radiomics::geometry::{Fixed, Moving};
use delta_radiomics::io::landmarks::read_landmarks;
use delta_radiomics::io::{ReadOptions, read_scan};
use delta_radiomics::numeric::random::Random;
use delta_radiomics::record::Units;
use delta_radiomics::register::settings::Preset;
use delta_radiomics::register::{Given, align_rigidly};
use delta_radiomics::volume::Volume;
use displaced::{CASES, Offset, mean};

/// The first ten of the offsets that `workflow/capture_range.rs` draws a hundred of.
#[test]
fn ten_displaced_headers_lead_to_the_same_rigid_motion() {
    let Some(reference) = common::reference() else { return };
    for case in &CASES {
        let folder = reference.join("registration").join(case.name);
        let options = ReadOptions::default();
        let fixed: Volume<f32, Fixed> =
            read_scan(&folder.join("fixed.nii.gz"), &options).unwrap().volume.in_frame();
        let moving: Volume<f32, Moving> =
            read_scan(&folder.join("moving.nii.gz"), &options).unwrap().volume.in_frame();
        let marks = read_landmarks(&folder.join("landmarks.csv")).unwrap();
        let preset = Preset::from_word(case.preset).unwrap();
        let given = Given::of(if preset == Preset::ThoraxAbdomen { Units::Hu } else { Units::Arbitrary });
        let run = |moving: &_| align_rigidly(&fixed, moving, &given, &preset.settings()).unwrap().rigid;
        let home = run(&moving);
        let mut random = Random::seeded(20);
        for n in 0..10 {
            let offset = Offset::draw(&mut random, moving.grid().middle().point());
            let found = run(&offset.displaced(&moving));
            let away = mean(&marks, |m| offset.taken_off(&found, m).distance(home.apply(m.fixed)));
            assert!(away <= case.limit_mm, "{}, offset {n}: {away:.2} mm", case.name);
        }
    }
}
