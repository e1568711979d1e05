//! Work with an end: in a thread of its own, for so long, and with so much memory.
//!
//! The language's own timer looks at the clock between steps. A single step may last for ever (two values compared whose parts are shared many times over) or build a text of gigabytes, so somebody
//! else has to watch. A thread cannot be stopped from outside: it is left behind, and its timer ends it where it ever comes to its next step.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often the watch looks.
const WATCH: Duration = Duration::from_millis(2);
/// How much longer than its own timer the work may take to end by itself.
const GRACE: Duration = Duration::from_millis(500);
/// How deep values may be nested: comparing and freeing them goes down as deep.
const STACK: usize = 64 << 20;

/// The memory of this program, where the system tells it.
fn used() -> Option<usize> {
    memory_stats::memory_stats().map(|m| m.physical_mem)
}

/// Does some work; what it comes to, or why it came to nothing.
pub(super) fn within<T: Send + 'static>(
    longest: Duration,
    most: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let (before, began) = (used(), Instant::now());
    let (send, receive) = channel();
    let thread = std::thread::Builder::new().name("rego".to_owned()).stack_size(STACK);
    // Nobody waits for it any more where the sending fails.
    let thread = thread.spawn(move || drop(send.send(work()))).map_err(|e| e.to_string())?;
    loop {
        match receive.recv_timeout(WATCH) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Disconnected) => {
                let _ = thread.join();
                return Err("its evaluation broke off".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if began.elapsed() > longest + GRACE {
            return Err(format!("its evaluation did not end within {} s", longest.as_secs_f32()));
        }
        let more = used().zip(before).map_or(0, |(now, before)| now.saturating_sub(before));
        if more > most {
            return Err(format!("its evaluation takes more than {} MiB of memory", most >> 20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_or_is_left() {
        // What ends has time to, on a slow machine as well.
        let of = |most, work: fn() -> usize| within(Duration::from_secs(20), most, work);
        assert_eq!(of(1 << 30, || 3), Ok(3));
        let long = within(Duration::from_millis(50), 1 << 30, || {
            std::thread::sleep(Duration::from_secs(3));
            3
        });
        assert_eq!(long.unwrap_err(), "its evaluation did not end within 0.05 s");
        assert_eq!(of(1 << 30, || panic!("as it is meant to")).unwrap_err(), "its evaluation broke off");
        let big = of(64 << 20, || {
            let all = vec![1_u8; 256 << 20];
            std::thread::sleep(Duration::from_secs(1));
            all.len()
        });
        assert_eq!(big.unwrap_err(), "its evaluation takes more than 64 MiB of memory");
    }
}
