//! Nuclides of tracers.

/// A nuclide.
pub(crate) struct Nuclide {
    /// Its name, as it is also written for a code.
    pub(crate) name: &'static str,
    /// Its codes: SNOMED RT, SNOMED CT (PS3.16 CID 4020).
    codes: [&'static str; 2],
    /// In seconds; none where no source was at hand.
    pub(crate) half_life: Option<f64>,
}

/// Half-lives of carbon to fluorine as in the European Pharmacopoeia (5.7), of the others as the National Nuclear Data
/// Center has them, which is that table's source.
const NUCLIDES: [Nuclide; 8] = [
    Nuclide { name: "11C", codes: ["C-105A1", "40565003"], half_life: Some(1223.1) },
    Nuclide { name: "13N", codes: ["C-107A1", "21576001"], half_life: Some(597.9) },
    Nuclide { name: "15O", codes: ["C-B1038", "129504001"], half_life: Some(122.24) },
    Nuclide { name: "18F", codes: ["C-111A1", "77004003"], half_life: Some(6586.2) },
    Nuclide { name: "64Cu", codes: ["C-127A2", "3932008"], half_life: Some(45_723.6) },
    Nuclide { name: "68Ga", codes: ["C-131A3", "35337001"], half_life: Some(4062.6) },
    Nuclide { name: "82Rb", codes: ["C-159A2", "79197006"], half_life: None },
    Nuclide { name: "89Zr", codes: ["C-168A4", "63360001"], half_life: Some(282_276.0) },
];

/// The nuclide of a code.
pub(crate) fn of_code(code: &str) -> Option<&'static Nuclide> {
    NUCLIDES.iter().find(|nuclide| nuclide.codes.contains(&code))
}

/// The nuclide of a code, or of its name where a code should stand.
pub(crate) fn of_code_or_name(code: &str) -> Option<&'static Nuclide> {
    of_code(code).or_else(|| NUCLIDES.iter().find(|nuclide| nuclide.name == code))
}
