//! What a voxel costs to register: CPU seconds and peak memory of made pairs of 64^3 to 256^3 voxels.
//!
//! - `cargo bench --bench registration -- FOLDER [--largest]`: writes `7_growth.csv` and `growth.svg` into FOLDER;
//!   `--largest` adds 512^3, which needs some ten times 512 MB.
//! - `cargo bench --bench registration -- one N`: one size, in this process; prints CPU seconds, peak MB, evaluations.
//!
//! Every size has voxels of 1 mm, texture of the same wavelengths, the same motion, and the same number of iterations
//! on three levels, so that the voxels alone differ. One thread. Making and reading of images is not timed.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use delta_radiomics::geometry::{Fixed, Frame, Grid, Moving};
use delta_radiomics::record::Units;
use delta_radiomics::register::settings::{Preset, RegisterSettings, SplineLevel};
use delta_radiomics::register::{Given, register};
use delta_radiomics::volume::Volume;
use plotters::prelude::*;
use rustix::time::{ClockId, clock_gettime};

type Anything<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Edges of the images in voxels.
const EDGES: [usize; 5] = [64, 96, 128, 192, 256];
const LARGEST: usize = 512;

/// Iterations of each level: as many at every size, for no level ends early.
const ITERATIONS: usize = 20;

/// Wave vectors of the texture in radians per mm (wavelengths of 7 to 60 mm) and their amplitudes.
const WAVES: [([f64; 3], f64); 6] = [
    ([0.11, 0.05, 0.07], 30.0),
    ([-0.06, 0.13, 0.09], 25.0),
    ([0.23, -0.17, 0.31], 20.0),
    ([0.37, 0.41, -0.29], 15.0),
    ([-0.53, 0.47, 0.43], 10.0),
    ([0.61, 0.19, 0.59], 10.0),
];

/// What a size cost.
struct Cost {
    edge: usize,
    cpu_s: f64,
    peak_mb: f64,
    evaluations: usize,
}

impl Cost {
    fn voxels(&self) -> f64 {
        (self.edge as f64).powi(3)
    }
    fn nanoseconds_per_voxel(&self) -> f64 {
        1e9 * self.cpu_s / self.voxels()
    }
    fn bytes_per_voxel(&self) -> f64 {
        self.peak_mb * 1024.0 * 1024.0 / self.voxels()
    }
}

fn main() -> ExitCode {
    // Cargo says that it is a bench.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["one", edge] => edge.parse().map_err(Into::into).and_then(one),
        [folder] => growth(Path::new(folder), &EDGES),
        [folder, "--largest"] => growth(Path::new(folder), &[&EDGES[..], &[LARGEST]].concat()),
        _ => {
            eprintln!("usage: FOLDER [--largest] | one N");
            return ExitCode::from(2);
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

fn growth(folder: &Path, edges: &[usize]) -> Anything<()> {
    let mut costs = Vec::new();
    for &edge in edges {
        let cost = in_a_process_of_its_own(edge)?;
        println!(
            "{edge}^3: {:.2} s, {:.0} ns per voxel, {:.0} MB, {} evaluations",
            cost.cpu_s,
            cost.nanoseconds_per_voxel(),
            cost.peak_mb,
            cost.evaluations
        );
        costs.push(cost);
    }
    let mut table = String::from("voxels,CPU_s,CPU_ns_per_voxel,peak_MB,bytes_per_voxel,evaluations\n");
    for cost in &costs {
        writeln!(
            table,
            "{}^3,{:.2},{:.0},{:.0},{:.0},{}",
            cost.edge,
            cost.cpu_s,
            cost.nanoseconds_per_voxel(),
            cost.peak_mb,
            cost.bytes_per_voxel(),
            cost.evaluations
        )?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("7_growth.csv"), table)?;
    draw(&folder.join("growth.svg"), &costs)
}

/// Peak memory belongs to a process, so every size has one.
fn in_a_process_of_its_own(edge: usize) -> Anything<Cost> {
    let out = Command::new(std::env::current_exe()?).args(["one", &edge.to_string()]).output()?;
    if !out.status.success() {
        return Err(format!("{edge}^3: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    let said = String::from_utf8(out.stdout)?;
    let mut numbers = said.split_whitespace();
    let mut next = || numbers.next().ok_or("a number is missing");
    Ok(Cost { edge, cpu_s: next()?.parse()?, peak_mb: next()?.parse()?, evaluations: next()?.parse()? })
}

fn one(edge: usize) -> Anything<()> {
    let fixed: Volume<f32, Fixed> = made(edge, |_| [0.0; 3])?;
    let moving: Volume<f32, Moving> = made(edge, motion)?;
    let settings = settings();
    let given = Given::of(Units::Arbitrary);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let before = cpu_seconds();
    let found = pool.install(|| register(&fixed, &moving, &given, &settings, &|_| ()))?;
    let seconds = cpu_seconds() - before;
    let evaluations: usize = found.levels.iter().map(|level| level.evaluations).sum();
    println!("{seconds} {} {evaluations}", peak_mb()?);
    Ok(())
}

/// Three levels down to the images' own voxels.
fn settings() -> RegisterSettings {
    let level = |voxel_mm: f64| SplineLevel { voxel_mm, lattice_mm: 4.0 * voxel_mm, iterations: ITERATIONS };
    RegisterSettings {
        levels: [4.0, 2.0, 1.0].map(level).to_vec(),
        tolerance: 0.0,
        ..Preset::Generic.settings()
    }
}

/// Where tissue at a point of the moving image came from: up to 3 mm off, changing over 60 mm.
fn motion(p: [f64; 3]) -> [f64; 3] {
    let [x, y, z] = p.map(|c| c * std::f64::consts::TAU / 60.0);
    [3.0 * y.sin() * z.cos(), 3.0 * z.sin() * x.cos(), 3.0 * x.sin() * y.cos()]
}

/// A textured ball on a dark ground, moved.
fn made<F: Frame>(edge: usize, moved: impl Fn([f64; 3]) -> [f64; 3]) -> Anything<Volume<f32, F>> {
    let half = edge as f64 / 2.0;
    let grid = Grid::<F>::axis_aligned([edge; 3], [1.0; 3], [0.5 - half; 3])?;
    let values = (0..grid.len()).map(|offset| {
        let at = grid.voxel(offset).map(|c| c as f64 + 0.5 - half);
        let shift = moved(at);
        let p = [at[0] - shift[0], at[1] - shift[1], at[2] - shift[2]];
        let radius = (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sqrt();
        let inside = 1.0 / (1.0 + (radius - 0.84 * half).exp());
        let wave = |([a, b, c], height): ([f64; 3], f64)| height * (a * p[0] + b * p[1] + c * p[2]).sin();
        (inside * (200.0 + WAVES.map(wave).iter().sum::<f64>())) as f32
    });
    let values = values.collect();
    Ok(Volume::new(grid, values))
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// The largest resident set so far, as Linux counts it.
fn peak_mb() -> Anything<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")).ok_or("no VmHWM in /proc/self/status")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
}

/// Nanoseconds and bytes per voxel against voxels.
fn draw(figure: &Path, costs: &[Cost]) -> Anything<()> {
    let area = SVGBackend::new(figure, (900, 480)).into_drawing_area();
    area.fill(&WHITE)?;
    let panels = area.split_evenly((1, 2));
    let curve = |of: fn(&Cost) -> f64| costs.iter().map(|cost| (cost.voxels(), of(cost))).collect::<Vec<_>>();
    let per_voxel = [
        ("CPU ns per voxel", curve(Cost::nanoseconds_per_voxel)),
        ("peak memory, bytes per voxel", curve(Cost::bytes_per_voxel)),
    ];
    for (n, (panel, (name, points))) in panels.iter().zip(per_voxel).enumerate() {
        let top = 1.3 * points.iter().map(|p| p.1).fold(0.0, f64::max);
        let (first, last) = (points[0].0 / 1.5, points[points.len() - 1].0 * 1.5);
        let mut chart = ChartBuilder::on(panel)
            .margin(16)
            .x_label_area_size(48)
            .y_label_area_size(72)
            .build_cartesian_2d((first..last).log_scale(), 0.0..top)?;
        chart
            .configure_mesh()
            .x_desc("voxels")
            .y_desc(name)
            .x_label_formatter(&|voxels| format!("{voxels:.0e}"))
            .y_label_formatter(&|value| format!("{value:.0}"))
            .axis_desc_style(("sans-serif", 16))
            .label_style(("sans-serif", 14))
            .draw()?;
        let colour = Palette99::pick(n).to_rgba();
        chart.draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(4))?;
    }
    area.present()?;
    Ok(())
}
