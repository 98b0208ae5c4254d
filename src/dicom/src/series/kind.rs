//! What sets volumes apart that lie at the same place: echoes, time points, magnitude and phase.

use std::fmt;

use dicom_dictionary_std::tags;

use super::slice::{Groups, Rescale};
use crate::file::Item;
use crate::time::Moment;

/// Facts of a slice by which volumes at one place are told apart. Lengths of time are in microseconds, so that they
/// compare as integers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) component: Option<Component>,
    pub(crate) echo_us: Option<i64>,
    pub(crate) temporal: Option<i64>,
    pub(crate) trigger_us: Option<i64>,
    /// Thousandths of s/mm2.
    pub(crate) b_value: Option<i64>,
    pub(crate) acquisition: Option<i64>,
    pub(crate) stack: Option<String>,
    pub(crate) acquired: Option<Moment>,
    /// Slope and intercept, as bits.
    pub(crate) scale: Option<[u64; 2]>,
    /// A survey that other series are planned on.
    pub(crate) localizer: bool,
}

/// What a value of an MR image is (PS3.3 C.8.13.3.1.1 and the third value of Image Type in C.8.3.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// Magnitude.
    Magnitude,
    /// Phase.
    Phase,
    /// Real part.
    Real,
    /// Imaginary part.
    Imaginary,
    /// Field map.
    FieldMap,
    /// A mixture.
    Mixed,
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magnitude => "magnitude",
            Self::Phase => "phase",
            Self::Real => "real part",
            Self::Imaginary => "imaginary part",
            Self::FieldMap => "field map",
            Self::Mixed => "mixed",
        })
    }
}

fn thousandths(value: Option<f64>) -> Option<i64> {
    value.map(|v| (v * 1000.0).round() as i64)
}

impl Kind {
    /// Of a frame.
    pub(crate) fn of(groups: Groups<'_>, acquired: Option<Moment>, rescale: Rescale) -> Self {
        let Groups { root, .. } = groups;
        let frame = |sequence, tag| groups.of(sequence, tag);
        let types = [
            frame(tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, tags::FRAME_TYPE).texts(tags::FRAME_TYPE),
            root.texts(tags::IMAGE_TYPE),
        ]
        .concat();
        let complex = frame(tags::MR_IMAGE_FRAME_TYPE_SEQUENCE, tags::COMPLEX_IMAGE_COMPONENT)
            .text(tags::COMPLEX_IMAGE_COMPONENT);
        let echo = frame(tags::MR_ECHO_SEQUENCE, tags::EFFECTIVE_ECHO_TIME)
            .number(tags::EFFECTIVE_ECHO_TIME)
            .or_else(|| groups.aside(tags::ECHO_TIME).number(tags::ECHO_TIME));
        let content = |tag| frame(tags::FRAME_CONTENT_SEQUENCE, tag);
        Self {
            component: component(&types, complex.as_deref()),
            echo_us: thousandths(echo),
            temporal: content(tags::TEMPORAL_POSITION_INDEX)
                .integer(tags::TEMPORAL_POSITION_INDEX)
                .or_else(|| root.integer(tags::TEMPORAL_POSITION_IDENTIFIER)),
            trigger_us: thousandths(root.number(tags::TRIGGER_TIME)),
            b_value: thousandths(
                frame(tags::MR_DIFFUSION_SEQUENCE, tags::DIFFUSION_B_VALUE).number(tags::DIFFUSION_B_VALUE),
            ),
            acquisition: content(tags::FRAME_ACQUISITION_NUMBER)
                .integer(tags::FRAME_ACQUISITION_NUMBER)
                .or_else(|| root.integer(tags::ACQUISITION_NUMBER)),
            stack: content(tags::STACK_ID).text(tags::STACK_ID),
            acquired: frame_acquired(content(tags::FRAME_ACQUISITION_DATE_TIME)).or(acquired),
            scale: Some([rescale.slope.to_bits(), rescale.intercept.to_bits()]),
            localizer: types.iter().any(|word| word == "LOCALIZER"),
        }
    }
}

/// Leaves of a kind only what volumes at one place may be told apart by.
pub(crate) type Projection = fn(&Kind) -> Kind;

/// By what volumes at one place are told apart, the plainest first; at last by everything.
pub(crate) const PROJECTIONS: [Projection; 10] = [
    |k| Kind { component: k.component, ..Kind::default() },
    |k| Kind { echo_us: k.echo_us, ..Kind::default() },
    |k| Kind { b_value: k.b_value, ..Kind::default() },
    |k| Kind { temporal: k.temporal, ..Kind::default() },
    |k| Kind { trigger_us: k.trigger_us, ..Kind::default() },
    |k| Kind { acquisition: k.acquisition, ..Kind::default() },
    |k| Kind { stack: k.stack.clone(), ..Kind::default() },
    |k| Kind { acquired: k.acquired, ..Kind::default() },
    |k| Kind { scale: k.scale, ..Kind::default() },
    Kind::clone,
];

impl Kind {
    /// The facts that may be shown: numbers and words of this room.
    pub(crate) fn words(&self) -> Vec<String> {
        let thousandth = |value: i64| value as f64 / 1000.0;
        let mut words = Vec::new();
        words.extend(self.component.map(|component| component.to_string()));
        words.extend(self.echo_us.map(|v| format!("echo time {} ms", thousandth(v))));
        words.extend(self.b_value.map(|v| format!("b-value {} s/mm2", thousandth(v))));
        words.extend(self.temporal.map(|v| format!("time point {v}")));
        words.extend(self.trigger_us.map(|v| format!("trigger time {} ms", thousandth(v))));
        words.extend(self.acquisition.map(|v| format!("acquisition {v}")));
        words
    }
}

fn frame_acquired(content: Item<'_>) -> Option<Moment> {
    Moment::with_zone(&content.text(tags::FRAME_ACQUISITION_DATE_TIME)?).map(|(moment, _)| moment)
}

fn component(types: &[String], complex: Option<&str>) -> Option<Component> {
    let of_word = |word: &str| match word {
        "M" | "M_FFE" | "M_SE" | "M_IR" | "MAGNITUDE" => Some(Component::Magnitude),
        "P" | "PHASE" | "PHASE MAP" | "PHASE_MAP" => Some(Component::Phase),
        "R" | "REAL" => Some(Component::Real),
        "I" | "IMAGINARY" => Some(Component::Imaginary),
        "B0" | "FIELD_MAP" | "B0 MAP" | "B0_MAP" => Some(Component::FieldMap),
        "MIXED" => Some(Component::Mixed),
        _ => None,
    };
    // A field map names itself in the type and calls itself magnitude or mixed in the component.
    types.iter().skip(2).find_map(|word| of_word(word)).or_else(|| complex.and_then(of_word))
}
