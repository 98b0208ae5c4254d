//! A sheet to draw on: lines, areas, words and marks at pixels, as one SVG.

use std::cell::RefCell;
use std::fmt::Write as _;

use plotters::prelude::RGBColor;

use super::colours::PAPER;

/// A place in pixels from the upper left.
pub type Place = (i32, i32);

/// A mark's shape: marks differ also where colours do not, as in a grey print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A filled circle.
    Circle,
    /// A filled diamond.
    Diamond,
    /// A diagonal cross.
    Cross,
    /// An empty circle.
    Ring,
    /// A filled square.
    Square,
    /// An empty triangle.
    Triangle,
}

/// Where words stand relative to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// They begin there.
    Start,
    /// They are centred there.
    Middle,
    /// They end there.
    End,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Without gaps.
    Solid,
    /// Short strokes.
    Broken,
    /// Points.
    Dotted,
}

/// The sheet. Drawing into a string cannot fail, and so nothing here gives an error.
pub struct Canvas {
    text: RefCell<String>,
}

/// Draws a sheet of this width and height.
pub fn svg(width: i32, height: i32, paint: impl FnOnce(&Canvas)) -> String {
    let (width, height) = (width.max(1), height.max(1));
    let canvas = Canvas { text: RefCell::new(String::new()) };
    canvas.put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n"
    ));
    paint(&canvas);
    canvas.put(format_args!("</svg>\n"));
    canvas.text.into_inner()
}

impl Canvas {
    fn put(&self, element: std::fmt::Arguments) {
        let _ = self.text.borrow_mut().write_fmt(element); // writing to a string cannot fail
    }

    /// A line through these places.
    pub fn line(&self, places: &[Place], colour: RGBColor, width: u32) {
        self.stroke(places, colour, width, Stroke::Solid);
    }

    /// A line through these places, with or without gaps.
    pub fn stroke(&self, places: &[Place], colour: RGBColor, width: u32, stroke: Stroke) {
        let dashes = match stroke {
            Stroke::Solid => String::new(),
            Stroke::Broken => format!(" stroke-dasharray=\"{} {}\"", 4 + width, 3 + width),
            Stroke::Dotted => format!(" stroke-dasharray=\"{width} {}\"", 2 + width),
        };
        self.put(format_args!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\"{dashes}/>\n",
            points(places),
            hex(colour)
        ));
    }

    /// A broken line between two places.
    pub fn broken(&self, from: Place, to: Place, colour: RGBColor, width: u32) {
        self.stroke(&[from, to], colour, width, Stroke::Broken);
    }

    /// A filled rectangle between two corners.
    pub fn rectangle(&self, from: Place, to: Place, colour: RGBColor) {
        let (x, y, width, height) = corners(from, to);
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
            hex(colour)
        ));
    }

    /// The border of a rectangle between two corners.
    pub fn border(&self, from: Place, to: Place, colour: RGBColor) {
        let (x, y, width, height) = corners(from, to);
        self.put(format_args!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"none\" stroke=\"{}\"/>\n",
            hex(colour)
        ));
    }

    /// A filled area that lets what is below it shine through.
    pub fn area(&self, places: &[Place], colour: RGBColor, opacity_percent: u32) {
        self.put(format_args!(
            "<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"{opacity_percent}%\"/>\n",
            points(places),
            hex(colour)
        ));
    }

    /// Words, centred on the height of their place.
    pub fn words(&self, words: &str, at: Place, size: i32, colour: RGBColor, anchor: Anchor) {
        self.text(words, at, size, colour, anchor, "");
    }

    /// Words in bold.
    pub fn bold(&self, words: &str, at: Place, size: i32, colour: RGBColor, anchor: Anchor) {
        self.text(words, at, size, colour, anchor, " font-weight=\"700\"");
    }

    fn text(&self, words: &str, (x, y): Place, size: i32, colour: RGBColor, anchor: Anchor, more: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        // A third of the size from the middle of capitals to the line on which they stand.
        let base = y + (f64::from(size) * 0.35).round() as i32;
        self.put(format_args!(
            "<text x=\"{x}\" y=\"{base}\" font-family=\"sans-serif\" font-size=\"{size}\" fill=\"{}\" \
             text-anchor=\"{anchor}\"{more}>{}</text>\n",
            hex(colour),
            escaped(words)
        ));
    }

    /// A mark.
    pub fn mark(&self, mark: Mark, (x, y): Place, radius: i32, colour: RGBColor) {
        let fill = hex(colour);
        let r = radius + 1;
        match mark {
            Mark::Circle => {
                self.put(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{fill}\"/>\n"));
            }
            Mark::Diamond => self.area(&[(x - r, y), (x, y - r), (x + r, y), (x, y + r)], colour, 100),
            Mark::Square => self.rectangle((x - radius, y - radius), (x + radius, y + radius), colour),
            Mark::Triangle => self.put(format_args!(
                "<polygon points=\"{}\" fill=\"{}\" stroke=\"{fill}\" stroke-width=\"2\"/>\n",
                points(&[(x - radius, y + radius), (x, y - radius), (x + radius, y + radius)]),
                hex(PAPER)
            )),
            Mark::Cross => {
                for arm in [
                    [(x - radius, y - radius), (x + radius, y + radius)],
                    [(x - radius, y + radius), (x + radius, y - radius)],
                ] {
                    self.line(&arm, colour, 2);
                }
            }
            Mark::Ring => self.put(format_args!(
                "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{}\" stroke=\"{fill}\" stroke-width=\"2\"/>\n",
                hex(PAPER)
            )),
        }
    }
}

fn corners(from: Place, to: Place) -> (i32, i32, i32, i32) {
    (from.0.min(to.0), from.1.min(to.1), (to.0 - from.0).abs(), (to.1 - from.1).abs())
}

fn points(places: &[Place]) -> String {
    let all: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    all.join(" ")
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn escaped(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// About how wide words are: letters of a sans-serif face are a little over half as wide as high.
pub fn width_of(words: &str, size: i32) -> i32 {
    (words.chars().count() as f64 * 0.56 * f64::from(size)).ceil() as i32
}

/// The words, cut to `most` letters.
pub fn shorten(words: &str, most: usize) -> String {
    if words.chars().count() <= most {
        return words.to_owned();
    }
    let kept: String = words.chars().take(most.saturating_sub(1)).collect();
    format!("{}\u{2026}", kept.trim_end())
}

/// A name, cut to what fits into so many pixels also in a wide face: in its middle, for the ends tell names apart.
pub fn fitted(name: &str, pixels: i32, size: i32) -> String {
    let most = (f64::from(pixels) / (0.62 * f64::from(size))) as usize;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= most {
        return name.to_owned();
    }
    let tail = most / 2;
    let head = most.saturating_sub(tail + 1);
    let kept = letters.iter().take(head).chain(&['\u{2026}']);
    kept.chain(letters.iter().skip(letters.len() - tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_text_and_a_sheet_has_a_size() {
        let drawn = svg(0, 10, |canvas| canvas.words("<b>\"&", (1, 2), 12, PAPER, Anchor::Start));
        assert!(drawn.contains("viewBox=\"0 0 1 10\""), "{drawn}");
        assert!(drawn.contains("&lt;b&gt;&quot;&amp;"), "{drawn}");
    }

    #[test]
    fn long_words_end_in_an_ellipsis() {
        assert_eq!(shorten("entropy", 4), "ent\u{2026}");
        assert_eq!(shorten("entropy", 7), "entropy");
    }

    #[test]
    fn names_keep_both_ends() {
        assert_eq!(fitted("wavelet_glcm_entropy_2", 62, 10), "wave\u{2026}opy_2");
        assert_eq!(fitted("entropy", 62, 10), "entropy");
        assert_eq!(fitted("entropy", 0, 10), "\u{2026}");
    }
}
