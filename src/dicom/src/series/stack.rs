//! From headers to series: slices that belong together, in their order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::Series;
use super::geometry::{self, Geometry, Warning, decimals};
use super::header::Head;
use super::kind::PROJECTIONS;
use super::slice::{Place, Slice};
use crate::Fault;
use crate::FaultKind::{Broken, NoVolume};
use crate::grid::dot;

/// Directions that differ by less are one orientation: scanners write six decimals, converters three.
const ORIENTATION: f64 = 1e-3;
/// Pixel spacings that differ by less, in millimetres, are one.
const SPACING: f64 = 1e-4;

/// All series of images, each split into what may be a volume; in an order that files and names do not change.
pub(super) fn series(images: Vec<(Head, Vec<Slice>)>) -> Vec<Series> {
    let mut by_uid: BTreeMap<Arc<str>, (Head, Vec<Slice>)> = BTreeMap::new();
    for (head, slices) in images {
        match by_uid.get_mut(&head.uid) {
            Some((known, all)) => {
                if head_order(&head, known) == Ordering::Less {
                    *known = head;
                }
                all.extend(slices);
            }
            None => {
                by_uid.insert(head.uid.clone(), (head, slices));
            }
        }
    }
    let mut found: Vec<(Head, Vec<Stack>)> =
        by_uid.into_values().map(|(head, slices)| (head, stacks(slices))).collect();
    found.sort_by(|(a, _), (b, _)| a.number.cmp(&b.number).then_with(|| a.uid.cmp(&b.uid)));
    let labels = super::choice::labels(&found.iter().map(|(head, _)| head.number).collect::<Vec<_>>());
    let named = |((head, stacks), label): ((Head, Vec<Stack>), String)| {
        let several = stacks.len() > 1;
        stacks.into_iter().enumerate().map(move |(at, stack)| {
            let label = if several { format!("{label}.{}", at + 1) } else { label.clone() };
            Series::new(label, &head, stack)
        })
    };
    found.into_iter().zip(labels).flat_map(named).collect()
}

/// Headers of one series that contradict each other: the same one is taken, whichever file is read first.
fn head_order(a: &Head, b: &Head) -> Ordering {
    (a.number, a.modality, &a.study, a.dates).cmp(&(b.number, b.modality, &b.study, b.dates))
}

/// Files that hold a slice once more, by the place of the slice.
pub(super) type Twins = BTreeMap<usize, Vec<Arc<Path>>>;

/// Slices that are, or should be, one volume.
pub(super) struct Stack {
    pub(super) slices: Vec<Slice>,
    pub(super) twins: Twins,
    pub(super) geometry: Result<Geometry, Fault>,
    pub(super) warnings: Vec<Warning>,
    /// What sets it apart from others of its series, in words.
    pub(super) part: Option<String>,
}

fn stacks(mut slices: Vec<Slice>) -> Vec<Stack> {
    let order = |a: &Slice, b: &Slice| (&a.sop, a.frame).cmp(&(&b.sop, b.frame));
    slices.sort_by(|a, b| order(a, b).then_with(|| a.path.cmp(&b.path)));
    let (slices, twins) = without_twins(slices);
    let twins = match twins {
        Ok(twins) => twins,
        Err(fault) => return vec![Stack::failed(slices, fault)],
    };
    let without = slices.iter().filter(|slice| slice.place.is_none()).count();
    if without > 0 {
        let fact = geometry::without_place(without, slices.len());
        return vec![Stack::failed(slices, Fault::of(NoVolume, fact))];
    }
    let mut groups: Vec<Vec<Slice>> = Vec::new();
    for slice in slices {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| alike(first, &slice))) {
            Some(group) => group.push(slice),
            None => groups.push(vec![slice]),
        }
    }
    for group in &mut groups {
        sort_along_normal(group);
    }
    let mut stacks = Vec::new();
    for family in families(groups) {
        match <[_; 1]>::try_from(family) {
            Ok([group]) => stacks.extend(split(group)),
            Err(mixed) => stacks.push(mixture(mixed)),
        }
    }
    stacks.sort_by(|a, b| {
        let key = |stack: &Stack| stack.slices.first().map(|s| (s.kind.clone(), s.sop.clone(), s.frame));
        key(a).cmp(&key(b))
    });
    if !twins.is_empty() {
        for stack in &mut stacks {
            stack.take_twins(&twins);
        }
    }
    stacks
}

impl Stack {
    fn failed(slices: Vec<Slice>, fault: Fault) -> Self {
        Self { slices, twins: Twins::new(), geometry: Err(fault), warnings: Vec::new(), part: None }
    }

    /// Notes which files hold a slice of its own once more.
    fn take_twins(&mut self, known: &Known) {
        let mut files = BTreeSet::new();
        for (at, slice) in self.slices.iter().enumerate() {
            if let Some(paths) = known.get(&(slice.sop.clone(), slice.frame)) {
                files.extend(paths.iter().cloned());
                self.twins.insert(at, paths.clone());
            }
        }
        if !files.is_empty() {
            self.warnings.insert(0, Warning::Repeated { files: files.len() });
        }
    }

    fn of(slices: Vec<Slice>, part: Option<String>) -> Self {
        let geometry = Geometry::of(&slices);
        let warnings = geometry.as_ref().map(Geometry::warnings).unwrap_or_default();
        Self { slices, twins: Twins::new(), geometry, warnings, part }
    }
}

/// Files by the SOP Instance UID and frame that they hold once more.
type Known = BTreeMap<(Arc<str>, usize), Vec<Arc<Path>>>;

/// Takes out images that are there already. Their headers have to agree; that their pixels do is seen when they are
/// read.
fn without_twins(sorted: Vec<Slice>) -> (Vec<Slice>, Result<Known, Fault>) {
    let mut kept: Vec<Slice> = Vec::with_capacity(sorted.len());
    let (mut twins, mut fault) = (Known::new(), None);
    for slice in sorted {
        match kept.last() {
            Some(last) if (&last.sop, last.frame) == (&slice.sop, slice.frame) => {
                if (last.place, last.size, last.rescale) != (slice.place, slice.size, slice.rescale) {
                    let fact = "two files with one SOP Instance UID are not the same image";
                    fault = Some(Fault::of(Broken, fact).at(&slice.path));
                }
                twins.entry((slice.sop, slice.frame)).or_default().push(slice.path);
            }
            _ => kept.push(slice),
        }
    }
    (kept, fault.map_or(Ok(twins), Err))
}

fn near(a: [f64; 3], b: [f64; 3], tolerance: f64) -> bool {
    (0..3).all(|axis| (a[axis] - b[axis]).abs() <= tolerance)
}

fn same_orientation(a: &Place, b: &Place) -> bool {
    near(a.along_row, b.along_row, ORIENTATION) && near(a.along_column, b.along_column, ORIENTATION)
}

fn alike(a: &Slice, b: &Slice) -> bool {
    let (Some(p), Some(q)) = (a.place, b.place) else { return false };
    a.size == b.size
        && a.frame_of_reference == b.frame_of_reference
        && same_orientation(&p, &q)
        && (0..2).all(|axis| (p.spacing[axis] - q.spacing[axis]).abs() <= SPACING)
}

/// Sorts slices that have places by their position along the normal of the first one.
fn sort_along_normal(slices: &mut [Slice]) {
    let Some(n) = slices.first().and_then(|slice| slice.place).map(|place| geometry::normal(&place)) else {
        return;
    };
    let along = |slice: &Slice| slice.place.map_or(0.0, |place| dot(n, place.position));
    slices.sort_by(|a, b| {
        along(a).total_cmp(&along(b)).then_with(|| (&a.sop, a.frame).cmp(&(&b.sop, b.frame)))
    });
}

fn along_normal(slices: &[Slice]) -> Vec<f64> {
    let places: Vec<Place> = slices.iter().filter_map(|slice| slice.place).collect();
    let Some(n) = places.first().map(geometry::normal) else { return Vec::new() };
    places.iter().map(|place| dot(n, place.position)).collect()
}

/// Puts together groups that are one stack with odd slices in it: the same orientation, and places between or right
/// beside each other.
fn families(groups: Vec<Vec<Slice>>) -> Vec<Vec<Vec<Slice>>> {
    let mut families: Vec<(Vec<Extent>, Vec<Vec<Slice>>)> = Vec::new();
    for group in groups {
        let Some(extent) = Extent::of(&group) else { continue };
        match families.iter_mut().find(|(extents, _)| extents.iter().any(|other| other.touches(&extent))) {
            Some((extents, family)) => {
                extents.push(extent);
                family.push(group);
            }
            None => families.push((vec![extent], vec![group])),
        }
    }
    families.into_iter().map(|(_, family)| family).collect()
}

/// Where a group of slices begins and ends along its normal.
struct Extent {
    frame_of_reference: Option<Arc<str>>,
    place: Place,
    low: f64,
    high: f64,
    /// How far apart its slices are.
    gap: f64,
}

impl Extent {
    /// Of slices in order along their normal; none where there are none.
    fn of(group: &[Slice]) -> Option<Self> {
        let along = along_normal(group);
        let (low, high) = (*along.first()?, *along.last()?);
        let gap = if along.len() > 1 { (high - low) / (along.len() - 1) as f64 } else { 0.0 };
        let first = group.first()?;
        Some(Self {
            frame_of_reference: first.frame_of_reference.clone(),
            place: first.place?,
            low,
            high,
            gap,
        })
    }

    /// Whether another group lies between its slices or not farther beside it than slices of either are apart.
    fn touches(&self, other: &Self) -> bool {
        let reach = 1.5 * self.gap.max(other.gap);
        same_orientation(&self.place, &other.place)
            && self.frame_of_reference == other.frame_of_reference
            && self.low - reach <= other.high
            && other.low - reach <= self.high
    }
}

/// A stack whose slices are not all of one size and spacing: no volume.
fn mixture(groups: Vec<Vec<Slice>>) -> Stack {
    let fewest = groups.iter().min_by_key(|group| group.len());
    let most = groups.iter().max_by_key(|group| group.len());
    let kind = |group: Option<&Vec<Slice>>| {
        let slice = group?.first()?;
        let [columns, rows] = slice.size;
        let [between_rows, between_columns] = slice.place?.spacing;
        Some(format!(
            "{columns} x {rows} pixels of {} x {} mm",
            decimals(between_columns),
            decimals(between_rows)
        ))
    };
    let fact = match (kind(most), kind(fewest), fewest.and_then(|group| along_normal(group).first().copied()))
    {
        (Some(usual), Some(odd), Some(at)) => format!(
            "its slices are of {} kinds: most have {usual}, but the one at {} mm along the normal has {odd}",
            groups.len(),
            decimals(at)
        ),
        _ => "its slices are of several kinds".to_owned(),
    };
    let mut slices: Vec<Slice> = groups.into_iter().flatten().collect();
    sort_along_normal(&mut slices);
    Stack::failed(slices, Fault::of(NoVolume, fact))
}

/// Splits slices of which several lie at one place into volumes, by the first fact that leaves none at one place.
fn split(slices: Vec<Slice>) -> Vec<Stack> {
    if !geometry::at_one_place(&along_normal(&slices)) {
        return vec![Stack::of(slices, None)];
    }
    for projection in PROJECTIONS {
        let mut parts: BTreeMap<_, Vec<&Slice>> = BTreeMap::new();
        for slice in &slices {
            parts.entry(projection(&slice.kind)).or_default().push(slice);
        }
        let separate = |part: &Vec<&Slice>| {
            let own: Vec<Slice> = part.iter().copied().cloned().collect();
            own.len() > 1 && !geometry::at_one_place(&along_normal(&own))
        };
        if parts.len() > 1 && parts.values().all(separate) {
            let total = parts.len();
            let stack = |(at, (kind, part)): (usize, (super::kind::Kind, Vec<&Slice>))| {
                let words = kind.words();
                let words =
                    if words.is_empty() { format!("part {} of {total}", at + 1) } else { words.join(", ") };
                Stack::of(part.into_iter().cloned().collect(), Some(words))
            };
            return parts.into_iter().enumerate().map(stack).collect();
        }
    }
    vec![Stack::of(slices, None)]
}
