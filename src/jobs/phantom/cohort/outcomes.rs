//! What became of a patient: response and survival, as a statistician gets them.
//!
//! The hazard is known: a Weibull distribution from the day on which response is judged, slower in those who respond
//! in either way and a little faster with age. Sex and group change nothing.

use super::super::draw::{Purpose, stream};
use super::roles::Response;

/// The day on which response is judged; all live until then.
pub const JUDGED_DAY: f64 = 182.0;
/// Median survival from that day without response, at the usual age.
const MEDIAN_DAYS: f64 = 300.0;
/// Above 1: the hazard rises with time.
const WEIBULL_SHAPE: f64 = 1.3;
/// Hazard of those who respond, in parts of that of the others.
pub const HAZARD_RATIO_RESPONSE: f64 = 0.3;
/// Hazard ratio of ten more years.
const HAZARD_RATIO_DECADE: f64 = 1.2;
/// Usual age.
const AGE_YEARS: f64 = 63.0;

/// The outcome of one patient.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// 1 for a response of either kind, else 0.
    pub response: f64,
    /// Last day on which the patient is known to be alive, or the day of death.
    pub time_days: f64,
    /// 1 for death, 0 where the study ended before.
    pub event: f64,
    /// Whole years.
    pub age: f64,
    /// `f` or `m`.
    pub sex: &'static str,
    /// Arm of treatment.
    pub group: &'static str,
    /// Days that the patient lives, seen or not.
    pub survival_days: f64,
}

impl Outcome {
    /// The outcome of a patient of this seed.
    pub fn new(patient_seed: u64, response: Response) -> Self {
        let mut random = stream(patient_seed, Purpose::Outcome);
        let age = random.between(45.0, 81.0).floor();
        let sex = ["f", "m"][random.below(2)];
        let group = ["standard", "intensified"][random.below(2)];
        // From the judgement on: -ln(1 - u) has the unit exponential distribution.
        let unit = -libm::log(1.0 - random.uniform());
        let seen_until = JUDGED_DAY + random.between(360.0, 1080.0).round();
        let responds = response != Response::None;
        let slower = if responds { HAZARD_RATIO_RESPONSE } else { 1.0 };
        let hazard = slower * libm::pow(HAZARD_RATIO_DECADE, (age - AGE_YEARS) / 10.0);
        let lives = MEDIAN_DAYS * libm::pow(unit / (std::f64::consts::LN_2 * hazard), 1.0 / WEIBULL_SHAPE);
        let survival_days = JUDGED_DAY + lives.ceil();
        Self {
            response: f64::from(u8::from(responds)),
            time_days: survival_days.min(seen_until),
            event: f64::from(u8::from(survival_days <= seen_until)),
            age,
            sex,
            group,
            survival_days,
        }
    }
}
