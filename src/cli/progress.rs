//! A progress bar on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::jobs::Progress;

/// A bar on standard error; silent where that is no terminal.
#[derive(Debug)]
pub struct Bar(ProgressBar);

impl Bar {
    /// Silence.
    pub fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }

    /// A bar.
    pub fn shown() -> Self {
        let bar = ProgressBar::new(1000);
        if let Ok(style) = ProgressStyle::with_template("{elapsed:>4} {bar:30} {msg}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(250));
        Self(bar)
    }
}

impl Progress for Bar {
    fn stage(&self, name: &str, done: f64) {
        self.0.set_message(name.to_owned());
        self.0.set_position((done * 1000.0) as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
