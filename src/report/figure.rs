//! A figure with alternative text, a caption that tells the eye where to look, and the numbers behind it.

use maud::{Markup, PreEscaped, html};

/// With more rows than this, paper gets the file's name instead of the numbers behind a figure.
const MOST_PRINTED: usize = 60;

/// A figure and all that belongs to it.
pub struct Figure {
    /// Its heading.
    pub title: String,
    /// What the drawing shows, for those who do not see it.
    pub alt: String,
    /// The drawing, in parts between which a page may break.
    pub drawings: Vec<String>,
    /// Where to look.
    pub caption: Markup,
    /// Head and rows of the numbers behind it.
    pub data: Data,
}

/// A table of text; the first column heads its row, the others are numbers.
pub struct Data {
    /// Columns.
    pub head: Vec<String>,
    /// Lines.
    pub rows: Vec<Vec<String>>,
    /// The file that holds these numbers too.
    pub file: &'static str,
    /// How they are shown at first.
    pub shown: Shown,
}

/// Whether numbers are shown at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Once somebody asks for them; on paper, at once.
    Folded,
    /// Once somebody asks for them; paper names the file.
    OnScreen,
    /// At once, as a table of its own.
    Open,
}

impl Figure {
    /// As HTML: the drawing is one picture.
    pub fn render(&self) -> Markup {
        self.around(&html! {
            div.plot.sheet role="img" aria-label=(self.alt) {
                @for drawing in &self.drawings {
                    div.part aria-hidden="true" { (PreEscaped(drawing)) }
                }
            }
        })
    }

    /// As HTML: the drawing has links in it, which keys and screen readers reach.
    pub fn render_linked(&self) -> Markup {
        self.around(&html! {
            div.plot.sheet role="group" aria-label=(self.alt) {
                @for drawing in &self.drawings { div.part { (PreEscaped(drawing)) } }
            }
        })
    }

    fn around(&self, drawing: &Markup) -> Markup {
        html! {
            figure {
                p.title { (self.title) }
                (drawing)
                figcaption { (self.caption) }
                (self.data.details(&self.title))
            }
        }
    }
}

impl Data {
    /// The table, folded or open.
    pub fn details(&self, of: &str) -> Markup {
        let is_long = self.rows.len() > MOST_PRINTED;
        let on_screen = is_long || self.shown == Shown::OnScreen;
        let class = if on_screen { "numbers screen-only" } else { "numbers" };
        html! {
            details.(class) open[self.shown == Shown::Open] {
                summary { "The numbers behind it" }
                div.scroll.tall tabindex="0" role="region" aria-label=(format!("Numbers: {of}")) {
                    (self.table())
                }
            }
            @if on_screen {
                p.print-only.note {
                    @if is_long { "The numbers behind this figure are too many for paper: see " (self.file) "." }
                    @else { "The numbers behind this figure stand in " (self.file) "." }
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            table.plain {
                thead { tr {
                    @for (at, word) in self.head.iter().enumerate() {
                        @if at == 0 { th scope="col" { (word) } } @else { th.n scope="col" { (word) } }
                    }
                } }
                tbody { @for row in &self.rows { tr {
                    @for (at, word) in row.iter().enumerate() {
                        @if at == 0 { td { (word) } } @else { td.n { (word) } }
                    }
                } } }
            }
        }
    }
}

/// Words as owned strings.
pub fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}
