//! What a person does after a run: look at contours of ours, judge the changes, bring the next visit.

use std::fmt::Write as _;

use super::page::Page;
use super::request::{Acceptance, Alignment, PerturbRequest, RunContext, VisitRequest};
use crate::delta::contour::{LesionContour, deciding};
use crate::io::shown_path;
use crate::record::{DeltaRow, Reason};
use crate::report::{Confirm, Next, ToConfirm};

/// What a gate is for.
const JUDGE: &str = "judge the changes by the noise of repeated scans";

impl Page<'_> {
    /// The ways on where contours of ours wait for a person.
    pub fn confirm(&self) -> Option<Confirm> {
        let deciding = deciding(&self.findings.deltas, self.request.lesion_contour);
        let waiting: Vec<&DeltaRow> = deciding.into_iter().filter(|row| waits(row)).collect();
        match self.request.context {
            RunContext::Alone => self.confirm_by_command(waiting.first()?),
            RunContext::Cohort => {
                let visits: Vec<ToConfirm> = (0..self.scans.followups().len())
                    .filter_map(|n| self.confirm_in_study(n, &waiting))
                    .collect();
                (!visits.is_empty()).then_some(Confirm::InStudy(visits))
            }
        }
    }

    fn confirm_by_command(&self, waiting: &DeltaRow) -> Option<Confirm> {
        let place = self.scans.followups().iter().position(|v| v.name == waiting.followup_visit)?;
        let mask_path = self.plan.out.join(self.to_edit.get(place)?.as_ref()?).display().to_string();
        let (from, mask) = (self.out(""), quoted(&mask_path));
        let edited = (self.scans.followups().len() == 1).then(|| {
            let (command, band, out) = (self.command(), self.perturbation(), self.out("_edited"));
            format!("{command}{band} --from {from} --followup-mask {mask} --out {out}")
        });
        Some(Confirm::ByCommand {
            accept_command: format!(
                "{}{}{} --from {from} --accept-contours --out {}",
                self.command(),
                self.perturbation(),
                self.followup_masks(),
                self.out("_accepted")
            ),
            mask_path,
            edited_command: edited,
        })
    }

    /// What accepts the waiting contours of follow-up `n` in its `visit.toml`; those accepted before stay accepted.
    fn confirm_in_study(&self, n: usize, waiting: &[&DeltaRow]) -> Option<ToConfirm> {
        let visit = self.scans.followups().get(n)?;
        let mask_path = self.to_edit.get(n)?.clone()?;
        let waits = |name: &str| waiting.iter().any(|r| r.followup_visit == visit.name && r.roi == name);
        // Regions that the protocol makes are accepted with what they are made from.
        let given = self.scans.baseline().structures.iter().map(|s| s.name.as_str()).filter(|n| waits(n));
        let mut names: Vec<&str> = visit.accept_contours.iter().map(String::as_str).collect();
        let before = names.len();
        for name in given {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (names.len() > before).then(|| ToConfirm {
            visit: visit.name.clone(),
            accept_line: format!("accept_contours = {}", toml::Value::from(names)),
            mask_path,
        })
    }

    /// What to do where nothing waits: judge the deltas, else check the files.
    pub fn next(&self) -> Next {
        let in_cohort = self.request.context == RunContext::Cohort;
        if self.scans.followups().is_empty() {
            return Next {
                purpose: "see what changes later",
                command: if in_cohort {
                    "give the next visit a row in the manifest, and run the same delta cohort run again"
                        .into()
                } else {
                    format!("{} --followup FOLLOWUP", self.command())
                },
            };
        }
        if self.plan.gate.is_some() {
            return Next {
                purpose: "check later that no file of this result was changed",
                command: format!("delta verify {}", self.out("")),
            };
        }
        if in_cohort {
            return Next {
                purpose: JUDGE,
                command: "run the same delta cohort run again, with --gate gate.json".into(),
            };
        }
        let alignment = match self.request.alignment {
            Alignment::Skipped => "--no-register".to_owned(),
            Alignment::Register | Alignment::From(_) => format!("--from {}", self.out("")),
        };
        let accepted = match self.request.acceptance {
            Acceptance::All => " --accept-contours",
            Acceptance::AsDeclared => "",
        };
        Next {
            purpose: JUDGE,
            command: format!(
                "{}{} {alignment}{accepted} --gate gate.json --out {}",
                self.command(),
                self.followup_masks(),
                self.out("_judged")
            ),
        }
    }

    /// The folder of the result with an ending, as a word of a command.
    fn out(&self, ending: &str) -> String {
        quoted(&format!("{}{ending}", self.plan.out.display()))
    }

    /// What was asked of the run's own band, as options.
    fn perturbation(&self) -> String {
        let PerturbRequest { copies, chain, seed } = &self.request.perturb;
        let said = [
            copies.map(|copies| format!(" --perturb {copies}")),
            chain.as_ref().map(|chain| format!(" --chain {}", quoted(chain))),
            seed.map(|seed| format!(" --seed {seed}")),
        ];
        said.into_iter().flatten().collect()
    }

    /// The masks of the follow-ups as they were given, as options.
    fn followup_masks(&self) -> String {
        let masks = self.request.visits[1..].iter().filter_map(|v| v.source.mask.as_ref());
        masks.fold(String::new(), |options, mask| {
            options + " --followup-mask " + &quoted(&mask.to_string_lossy())
        })
    }

    /// The command as it was given, as far as the next one repeats it.
    fn command(&self) -> String {
        let request = self.request;
        let path = |visit: &VisitRequest| shown_path(&visit.source.path);
        let mut command = format!("delta run --baseline {}", quoted(&path(&request.visits[0])));
        let mut add = |option: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = write!(command, " {option} {}", quoted(value));
        };
        for followup in &request.visits[1..] {
            add("--followup", &path(followup));
        }
        if let Some(mask) = &request.visits[0].source.mask {
            add("--baseline-mask", &mask.to_string_lossy());
        }
        let said = [
            ("--protocol", request.protocol.clone()),
            ("--preset", request.preset.clone()),
            ("--gate", request.gate.as_ref().map(|g| g.to_string_lossy().into_owned())),
            ("--rc-bound", request.rc_bound.map(|bound| bound.word().to_owned())),
            ("--lesion", request.lesion.clone()),
            (
                "--lesion-contour",
                (request.lesion_contour == LesionContour::Carried).then(|| "carried".to_owned()),
            ),
            ("--dicom-out", request.dicom_out.as_ref().map(|out| out.forms.word().to_owned())),
            ("--pseudonym", request.dicom_out.as_ref().and_then(|out| out.pseudonym.clone())),
            ("--subject", request.subject.clone()),
            ("--modality", request.modality.clone()),
            ("--units", request.units.clone()),
        ];
        let reading = request.reading.described();
        let reading = reading.into_iter().map(|(option, value)| (option.replace('_', "-"), value));
        let said = said.into_iter().map(|(option, value)| (option.trim_start_matches('-').to_owned(), value));
        for (option, value) in said.chain(reading) {
            if let Some(value) = value {
                add(&format!("--{option}"), &value);
            }
        }
        for series in request.visits.iter().filter_map(|visit| visit.source.series.as_deref()) {
            add("--series", series);
        }
        command
    }

    /// The command or the lines that go on from here.
    pub fn way_on(&self) -> String {
        match self.confirm() {
            Some(Confirm::ByCommand { accept_command, .. }) => accept_command,
            Some(Confirm::InStudy(visits)) => {
                let line = |v: ToConfirm| format!("{}: {}", v.visit, v.accept_line);
                visits.into_iter().map(line).collect::<Vec<_>>().join("; ")
            }
            None => self.next().command,
        }
    }
}

/// Whether a row rests on a contour that waits for a person.
fn waits(row: &DeltaRow) -> bool {
    row.reason == Some(Reason::UnconfirmedContour)
}

/// A word of a command line as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_command_can_be_pasted_whatever_the_names() {
        assert_eq!(quoted("patients/P001/t0"), "patients/P001/t0");
        assert_eq!(quoted("my scans/it's"), "'my scans/it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
