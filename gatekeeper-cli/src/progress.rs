//! How far a long read is, for whoever waits at a terminal. Nothing is shown elsewhere, and nothing of it stays.

use gatekeeper_core::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Who waits less sees nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);

/// A bar that is there until it is dropped.
pub struct Bar {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// On standard error, where that is a terminal that can show one.
    pub fn on_stderr(progress: Arc<Progress>) -> Option<Bar> {
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        (io::stderr().is_terminal() && !dumb).then(|| Bar::on(ProgressDrawTarget::stderr(), progress, PATIENCE))?
    }

    fn on(target: ProgressDrawTarget, progress: Arc<Progress>, patience: Duration) -> Option<Bar> {
        let (stop, stopped) = channel::<()>();
        let watch = move || {
            if stopped.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(Some(progress.of()), target);
            let style = ProgressStyle::with_template("reading {bar:24} {pos} of {len} files, {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            loop {
                bar.set_length(progress.of());
                bar.set_position(progress.read());
                bar.tick();
                if stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    bar.finish_and_clear();
                    return;
                }
            }
        };
        // Where no thread can be had, there is no bar.
        let thread = thread::Builder::new().name("progress".to_owned()).spawn(watch).ok()?;
        Some(Bar { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It was cleared, or it never was there.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::{InMemoryTerm, TermLike};

    #[test]
    fn a_short_read_shows_nothing_and_a_long_one_leaves_nothing() {
        let term = InMemoryTerm::new(5, 80);
        let target = || ProgressDrawTarget::term_like(Box::new(term.clone()));
        drop(Bar::on(target(), Arc::default(), Duration::from_secs(60)));
        assert_eq!(term.contents_formatted(), b"");
        let bar = Bar::on(target(), Arc::default(), Duration::from_millis(1));
        for _ in 0..600 {
            if term.contents().contains("reading") {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        assert!(term.contents().contains("0 of 0 files"), "{}", term.contents());
        term.flush().unwrap();
        drop(bar);
        assert_eq!(term.contents(), "");
    }
}
