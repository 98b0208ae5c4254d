//! The flow of patients: boxes with their numbers, from the manifest to what was followed.

use maud::{Markup, html};

use crate::record::{Followed, QaVerdict, VisitState};
use crate::report::cohort::study::Study;
use crate::report::figure::{Data, Figure, Shown, words};
use crate::report::wording::count;

const WIDTH: i32 = 900;
/// Left and width of the boxes that patients pass through, and of those beside them.
const MAIN: (i32, i32) = (1, 400);
const SIDE: (i32, i32) = (480, 418);
const LINE: i32 = 21;
const PAD: i32 = 12;
const GAP: i32 = 26;
/// So many codes or visits are named in a box.
const MOST_NAMED: usize = 5;

/// A box: a heading with its number, and lines below it.
struct Block {
    head: String,
    n: usize,
    lines: Vec<String>,
}

impl Block {
    fn height(&self) -> i32 {
        2 * PAD + LINE * (1 + self.lines.len() as i32)
    }
}

/// A step of the flow, and what leaves it or is to be known beside it.
struct Step {
    main: Block,
    beside: Option<Block>,
}

impl Step {
    fn height(&self) -> i32 {
        self.main.height().max(self.beside.as_ref().map_or(0, Block::height))
    }
}

/// The section.
pub fn flow(study: &Study) -> Markup {
    let steps = steps(study);
    let told: Vec<String> = steps
        .iter()
        .flat_map(|step| std::iter::once(&step.main).chain(&step.beside))
        .map(|block| format!("{}: {}", block.head, block.n))
        .collect();
    let rows = steps
        .iter()
        .flat_map(|step| std::iter::once(&step.main).chain(&step.beside))
        .map(|block| vec![block.head.clone(), block.n.to_string(), block.lines.join("; ")])
        .collect();
    html! {
        section id="flow" {
            h2 { "Flow of patients" }
            (Figure {
                title: format!("From the manifest to what was followed (n = {})", count(study.subjects.len(), "patient")),
                alt: format!("Flow of patients. {}.", told.join(". ")),
                drawings: vec![draw(&steps)],
                caption: html! {
                    "Boxes at the left are patients that go on; those at the right left there, or say what to know at \
                     that step. Look at the right."
                },
                data: Data { head: words(["Step", "n", "In detail"]), rows, file: "qa.csv", shown: Shown::Folded },
            }.render())
        }
    }
}

fn steps(study: &Study) -> Vec<Step> {
    let left_out = Block {
        head: "Refused or failed".into(),
        n: study.failed.len(),
        lines: named(&study.failures_by_code(), "other codes"),
    };
    let taken = study.page.visits.iter().filter(|v| v.state == VisitState::Taken).count();
    let mut manifest = Vec::new();
    if taken > 0 {
        manifest.push(format!("{} that take part", count(taken, "visit")));
    }
    let mut steps = vec![Step {
        main: Block { head: "In the manifest".into(), n: study.subjects.len(), lines: manifest },
        beside: Some(left_out),
    }];
    if study.waiting() > 0 {
        steps.push(Step {
            main: Block { head: "Done so far".into(), n: study.measured.len(), lines: vec![] },
            beside: Some(Block {
                head: "Without a result yet".into(),
                n: study.waiting(),
                lines: vec!["the same command goes on with them".into()],
            }),
        });
    }
    steps.push(Step {
        main: Block { head: "Measured".into(), n: study.measured.len(), lines: measured(study) },
        beside: visits_left_out(study),
    });
    steps.push(Step {
        main: followed(study),
        beside: Some(Block {
            head: "Alignment FAIL".into(),
            n: study.failing.len(),
            lines: vec!["deltas that rest on it are refused".into()],
        }),
    });
    steps.push(lesions(study));
    steps
}

fn measured(study: &Study) -> Vec<String> {
    let only = study.features_only.len();
    vec![
        format!("features only, no follow-up: {only}"),
        format!("with a follow-up: {}", study.measured.len() - only),
    ]
}

fn visits_left_out(study: &Study) -> Option<Block> {
    let missing = study.visits_by_name(VisitState::Missing);
    let n: usize = missing.iter().map(|(_, n)| n).sum();
    let of = |state| study.visits_by_name(state).iter().map(|(_, n)| n).sum::<usize>();
    let (outside, further) = (of(VisitState::OutsideWindows), of(VisitState::NotNearest));
    let mut lines = named(&missing, "other visits");
    if outside > 0 {
        lines.push(format!("outside all windows: {}", count(outside, "visit")));
    }
    if further > 0 {
        lines.push(format!("another is nearer to its day: {}", count(further, "visit")));
    }
    (n + outside + further > 0).then(|| Block { head: "Visits missing".into(), n, lines })
}

fn followed(study: &Study) -> Block {
    let n = study.measured.len() - study.features_only.len();
    let of = |verdict| study.alignments(verdict);
    let mut lines = vec![format!(
        "{}: {} PASS, {} REVIEW, {} FAIL",
        count(study.ranked.len(), "alignment"),
        of(QaVerdict::Pass),
        of(QaVerdict::Review),
        of(QaVerdict::Fail)
    )];
    let by_masks = study.rows(Followed::NotRegistered).count();
    if by_masks > 0 {
        lines.push(format!("by drawn masks alone: {}", count(by_masks, "visit pair")));
    }
    Block { head: "Followed up".into(), n, lines }
}

fn lesions(study: &Study) -> Step {
    let lesions = study.lesions();
    let deltas: [usize; 3] = study.page.pairs.iter().fold([0; 3], |sum, pair| {
        let row = &pair.row;
        [sum[0] + row.deltas, sum[1] + row.deltas_judged, sum[2] + row.deltas_changed]
    });
    let [all, judged, changed] = deltas;
    Step {
        main: Block {
            head: "Lesions at baseline".into(),
            n: lesions.baseline,
            lines: vec![
                format!("seen at follow-up: {}", lesions.followup),
                format!("deltas: {all}, judged: {judged}, beyond noise: {changed}"),
            ],
        },
        beside: Some(Block {
            head: "Lesions that come or go".into(),
            n: lesions.new + lesions.absent + lesions.lost,
            lines: vec![format!(
                "{} new at follow-up, {} gone, {} lost (not followed)",
                lesions.new, lesions.absent, lesions.lost
            )],
        }),
    }
}

/// The first of them with their numbers, and how many the others are.
fn named(counted: &[(&str, usize)], others: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        counted.iter().take(MOST_NAMED).map(|(name, n)| format!("{name}: {n}")).collect();
    let rest: usize = counted.iter().skip(MOST_NAMED).map(|(_, n)| n).sum();
    if rest > 0 {
        lines.push(format!("{others}: {rest}"));
    }
    lines
}

fn draw(steps: &[Step]) -> String {
    let height = steps.iter().map(|s| s.height() + GAP).sum::<i32>() - GAP + 2;
    let above = |at: usize| 1 + steps[..at].iter().map(|s| s.height() + GAP).sum::<i32>();
    let drawing = html! {
        svg.flow xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {WIDTH} {height}")) {
            @for (at, step) in steps.iter().enumerate() {
                @let top = above(at);
                (block(&step.main, top, MAIN, "main"))
                @if let Some(beside) = &step.beside {
                    path.way d=(format!("M{} {}H{}", MAIN.0 + MAIN.1, top + 2 * PAD, SIDE.0 - 7)) {}
                    (arrow(SIDE.0, top + 2 * PAD, "M{x} {y}l-8 -4v8z"))
                    (block(beside, top, SIDE, "beside"))
                }
                @if at + 1 < steps.len() {
                    @let (x, end) = (MAIN.0 + 40, top + step.height() + GAP);
                    path.way d=(format!("M{x} {}V{}", top + step.main.height(), end - 7)) {}
                    (arrow(x, end, "M{x} {y}l-4 -8h8z"))
                }
            }
        }
    };
    drawing.into_string()
}

fn arrow(x: i32, y: i32, form: &str) -> Markup {
    html! { path.head d=(form.replace("{x}", &x.to_string()).replace("{y}", &y.to_string())) {} }
}

fn block(block: &Block, top: i32, (left, width): (i32, i32), class: &str) -> Markup {
    html! {
        g.(class) {
            rect x=(left) y=(top) width=(width) height=(block.height()) rx="6" {}
            text.title x=(left + PAD) y=(top + PAD + 15) { (block.head) }
            text.title x=(left + width - PAD) y=(top + PAD + 15) text-anchor="end" { "n = " (block.n) }
            @for (at, line) in block.lines.iter().enumerate() {
                text x=(left + PAD) y=(top + PAD + 15 + LINE * (at as i32 + 1)) { (line) }
            }
        }
    }
}
