//! What feature extraction costs, in CPU seconds of this process: native grid, 3D, averaged over directions.
//!
//! - `cargo bench --bench features`: each family alone on textured balls of 515, 101,943 and 1,987,441 voxels.
//! - `cargo bench --bench features -- IMAGE MASK [--repeats N] [--threads N] [--families a,b] [--levels]`: a scan, in
//!   the form in which other programs are timed beside it. Every label of the mask is a region of its own. Bins: 25 HU
//!   from -1000 where the image has values below -200, else 32 over the region's range; with `--levels` the
//!   intensities are grey levels already. Reading is left out, the first extraction too. Prints one line: CPU and
//!   wall seconds of one pass over all regions, median of the repeats.
//! - `cargo bench --bench features -- growth FIGURE.svg`: time against the number of voxels, as a figure.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use delta_radiomics::features::settings::{
    DEFINITIONS, Dimension, Discretise, Intensity, Interpolation, Normalise, Resegment, ResolvedMeasurement,
    ResolvedSampling, Selection,
};
use delta_radiomics::features::{Measured, measure, registry};
use delta_radiomics::geometry::Grid;
use delta_radiomics::io::{ReadOptions, read_label_map, read_scan};
use delta_radiomics::labels::Mask;
use delta_radiomics::record::{Family, Units};
use delta_radiomics::volume::Volume;
use plotters::prelude::*;
use rustix::time::{ClockId, clock_gettime};

type Anything<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What is asked on the command line.
struct Asked {
    image: String,
    mask: String,
    repeats: usize,
    threads: usize,
    families: Option<Vec<Family>>,
    levels: bool,
}

fn main() -> ExitCode {
    // Cargo says that it is a bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let done = match arguments.as_slice() {
        [] => families(&[5, 29, 78]).map(|_| ()),
        [verb, figure] if verb == "growth" => {
            families(&[6, 10, 16, 25, 40, 62, 78]).and_then(|curves| draw(Path::new(figure), &curves))
        }
        _ => {
            let Some(asked) = asked(&arguments) else {
                eprintln!(
                    "usage: [growth FIGURE.svg | IMAGE MASK [--repeats N] [--threads N] [--families a,b] [--levels]]"
                );
                return ExitCode::from(2);
            };
            extraction(&asked)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn asked(arguments: &[String]) -> Option<Asked> {
    let mut files = Vec::new();
    let mut asked = Asked {
        image: String::new(),
        mask: String::new(),
        repeats: 10,
        threads: 1,
        families: None,
        levels: false,
    };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--repeats" => asked.repeats = rest.next()?.parse().ok()?,
            "--threads" => asked.threads = rest.next()?.parse().ok()?,
            "--families" => {
                asked.families = Some(rest.next()?.split(',').map(Family::from_word).collect::<Option<_>>()?);
            }
            "--levels" => asked.levels = true,
            file => files.push(file.to_owned()),
        }
    }
    [asked.image, asked.mask] = files.try_into().ok()?;
    Some(asked)
}

fn settings(discretise: Discretise, range: Option<[f64; 2]>) -> ResolvedMeasurement {
    ResolvedMeasurement {
        sampling: ResolvedSampling {
            spacing_mm: [None; 3],
            dimension: Dimension::Volume,
            slice_axis: None,
            interpolation: Interpolation::Linear,
            mask_threshold: 0.5,
        },
        intensity: Intensity { units: None, normalise: Normalise::None, round_hu: false },
        resegment: Resegment { range, sigma: None },
        discretise,
        definitions: DEFINITIONS,
    }
}

/// CPU seconds of this process so far.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn extraction(asked: &Asked) -> Anything<()> {
    let options = ReadOptions::default();
    let image = read_scan(Path::new(&asked.image), &options)?.volume;
    let labels = read_label_map(Path::new(&asked.mask), &options)?.volume;
    let present: BTreeSet<u32> = labels.values().iter().copied().filter(|l| *l > 0).collect();
    let masks: Vec<Mask> = present.iter().map(|label| of_label(&labels, *label)).collect();
    let settings = if asked.levels {
        settings(Discretise::of_size(1.0, 1.0), None)
    } else if image.values().iter().any(|v| *v < -200.0) {
        settings(Discretise::of_size(25.0, -1000.0), Some([-1000.0, 3000.0]))
    } else {
        settings(Discretise::of_number(32), None)
    };
    let selection = Selection { families: asked.families.clone(), ..Selection::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(asked.threads).build()?;
    let (mut cpu, mut wall, mut columns) = (Vec::new(), Vec::new(), 0);
    for repeat in 0..=asked.repeats {
        let (cpu_before, wall_before) = (cpu_seconds(), Instant::now());
        let measured = pool.install(|| pass(&image, &masks, &settings, &selection))?;
        if repeat > 0 {
            cpu.push(cpu_seconds() - cpu_before);
            wall.push(wall_before.elapsed().as_secs_f64());
        }
        columns = measured.first().map_or(0, |m| m.values.len());
    }
    println!(
        "delta columns {columns} regions {} threads {} cpu_s {:.5} wall_s {:.5}",
        masks.len(),
        asked.threads,
        median(cpu),
        median(wall)
    );
    Ok(())
}

/// All regions, one after the other: regions in parallel are for the program.
fn pass(
    image: &Volume<f32>,
    masks: &[Mask],
    settings: &ResolvedMeasurement,
    selection: &Selection,
) -> Anything<Vec<Measured>> {
    let measured = masks.iter().map(|mask| measure(image, Units::Arbitrary, mask, settings, selection));
    Ok(measured.collect::<Result<_, _>>()?)
}

fn of_label(labels: &Volume<u32>, label: u32) -> Mask {
    Mask::from_fn(labels.grid().clone(), |o| labels.values()[o] == label)
}

/// A textured ball of 32 grey levels.
fn ball(radius: usize) -> Anything<(Volume<f32>, Mask)> {
    let n = 2 * radius + 5;
    let grid = Grid::axis_aligned([n; 3], [1.0; 3], [0.0; 3])?;
    let mut state = 1u64;
    let mut values: Vec<f64> = (0..grid.len())
        .map(|_| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        })
        .collect();
    for stride in [1, n, n * n] {
        let before = values.clone();
        for (o, v) in values.iter_mut().enumerate() {
            let (below, above) = (o.saturating_sub(stride), (o + stride).min(before.len() - 1));
            *v = (before[below] + before[o] + before[above]) / 3.0;
        }
    }
    let (low, high) = values.iter().fold((1.0, 0.0), |(l, h): (f64, f64), v| (l.min(*v), h.max(*v)));
    let level = |v: &f64| ((v - low) / (high - low) * 32.0).floor().min(31.0) + 1.0;
    let image = Volume::new(grid.clone(), values.iter().map(|v| level(v) as f32).collect());
    let middle = (n / 2) as f64;
    let mask = Mask::from_fn(grid.clone(), |o| {
        let d2: f64 = grid.voxel(o).iter().map(|c| (*c as f64 - middle) * (*c as f64 - middle)).sum();
        d2 <= (radius * radius) as f64
    });
    Ok((image, mask))
}

/// A name, and milliseconds by voxels.
type Curve = (String, Vec<(f64, f64)>);

/// Milliseconds of each family alone on balls of these radii.
fn families(radii: &[usize]) -> Anything<Vec<Curve>> {
    let settings = settings(Discretise::of_size(1.0, 1.0), None);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut curves: Vec<Curve> = registry::FAMILIES.iter().map(|f| (f.to_string(), Vec::new())).collect();
    for radius in radii {
        let (image, mask) = ball(*radius)?;
        let voxels = mask.count() as f64;
        print!("{voxels} voxels, CPU ms:");
        for (family, (name, curve)) in registry::FAMILIES.iter().zip(&mut curves) {
            let selection = Selection { families: Some(vec![*family]), ..Selection::default() };
            let mut seconds = Vec::new();
            while seconds.len() < 3 || (seconds.len() < 15 && seconds.iter().sum::<f64>() < 0.2) {
                let before = cpu_seconds();
                pool.install(|| measure(&image, Units::Arbitrary, &mask, &settings, &selection))?;
                seconds.push(cpu_seconds() - before);
            }
            let milliseconds = 1000.0 * median(seconds);
            print!(" {name} {milliseconds:.3}");
            curve.push((voxels, milliseconds));
        }
        println!();
    }
    Ok(curves)
}

/// Draws curves on logarithmic axes, above a line of constant cost per voxel.
fn draw(figure: &Path, curves: &[Curve]) -> Anything<()> {
    let area = SVGBackend::new(figure, (900, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(64)
        .build_cartesian_2d((500.0..4e6).log_scale(), (0.01..1e4).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("voxels of the region")
        .y_desc("CPU milliseconds, region cut out anew each time")
        .axis_desc_style(("sans-serif", 16))
        .label_style(("sans-serif", 14))
        .draw()?;
    let linear = [(1e3, 0.05), (2e6, 100.0)];
    chart.draw_series(LineSeries::new(linear, BLACK.mix(0.3).stroke_width(6)))?;
    for (n, (name, curve)) in curves.iter().enumerate() {
        let colour = Palette99::pick(n).to_rgba();
        chart
            .draw_series(LineSeries::new(curve.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .label_font(("sans-serif", 14))
        .draw()?;
    area.present()?;
    Ok(())
}
