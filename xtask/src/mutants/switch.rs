//! What woven sources ask: whether a change is on. Written beside them as a crate of its own.
//!
//! `GATEKEEPER_MUTANT=7` switches number 7 on. With `GATEKEEPER_MUTANT_TRACE=FILE` none is on, and the file gets a line for each test: its
//! name, its milliseconds, and every number that it asked for. Tests then run one at a time, so that what other threads ask for them is
//! theirs.

use std::cell::OnceCell;
use std::io::Write;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

const UNREAD: u32 = u32::MAX;
const TRACING: u32 = u32::MAX - 1;
static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
/// A bit for each number that was asked for since the last test ended.
static ASKED: [AtomicU64; 2048] = [const { AtomicU64::new(0) }; 2048];
static RUNNING: Mutex<bool> = Mutex::new(false);
static ENDED: Condvar = Condvar::new();

/// Whether this change is on.
pub fn on(n: u32) -> bool {
    match ACTIVE.load(Ordering::Relaxed) {
        UNREAD => {
            read();
            on(n)
        }
        TRACING => {
            record(n);
            false
        }
        active => active == n,
    }
}

fn read() {
    let number = std::env::var("GATEKEEPER_MUTANT").ok().and_then(|n| n.parse().ok());
    let tracing = std::env::var_os("GATEKEEPER_MUTANT_TRACE").map_or(0, |_| TRACING);
    ACTIVE.store(number.unwrap_or(tracing), Ordering::Relaxed);
}

thread_local!(static TURN: OnceCell<Option<Turn>> = const { OnceCell::new() });

fn record(n: u32) {
    // A thread that ends has no turn any more: what it asks then is that of the test that it worked for.
    let _ = TURN.try_with(|turn| turn.get_or_init(Turn::take).is_some());
    if let Some(word) = ASKED.get(n as usize / 64) {
        word.fetch_or(1 << (n % 64), Ordering::Relaxed);
    }
}

/// Threads with a name that are no tests'. One of Rego's may never end, and would keep its turn for ever.
const NO_TESTS: [&str; 2] = ["main", "rego"];

/// A test's turn. The threads of tests have names, those that tests set to work have none but these.
struct Turn {
    name: String,
    since: Instant,
}

fn running() -> MutexGuard<'static, bool> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turn {
    fn take() -> Option<Turn> {
        let thread = std::thread::current();
        let name = thread.name().filter(|n| !NO_TESTS.contains(n))?.to_owned();
        let mut taken = running();
        while *taken {
            taken = ENDED.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
        Some(Turn { name, since: Instant::now() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut line = format!("{}\t{}\t", self.name, self.since.elapsed().as_millis());
        for (at, word) in ASKED.iter().enumerate() {
            let bits = word.swap(0, Ordering::Relaxed);
            for bit in (0..64).filter(|bit| bits >> bit & 1 == 1) {
                line.push_str(&format!("{} ", at * 64 + bit));
            }
        }
        line.push('\n');
        let path = std::env::var_os("GATEKEEPER_MUTANT_TRACE").unwrap_or_default();
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        // A test without its line would look as if it reached nothing.
        if file.and_then(|mut f| f.write_all(line.as_bytes())).is_err() {
            std::process::abort();
        }
        *running() = false;
        ENDED.notify_one();
    }
}

/// One of two iterators, where `impl Iterator` stands for one type.
pub enum Either<L, R> {
    /// The changed one.
    Left(L),
    /// As it was.
    Right(R),
}

impl<T, L: Iterator<Item = T>, R: Iterator<Item = T>> Iterator for Either<L, R> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Either::Left(i) => i.next(),
            Either::Right(i) => i.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Either::Left(i) => i.size_hint(),
            Either::Right(i) => i.size_hint(),
        }
    }
}

impl<T, L: DoubleEndedIterator<Item = T>, R: DoubleEndedIterator<Item = T>> DoubleEndedIterator for Either<L, R> {
    fn next_back(&mut self) -> Option<T> {
        match self {
            Either::Left(i) => i.next_back(),
            Either::Right(i) => i.next_back(),
        }
    }
}

impl<T, L: ExactSizeIterator<Item = T>, R: ExactSizeIterator<Item = T>> ExactSizeIterator for Either<L, R> {}

impl<L: Clone, R: Clone> Clone for Either<L, R> {
    fn clone(&self) -> Self {
        match self {
            Either::Left(i) => Either::Left(i.clone()),
            Either::Right(i) => Either::Right(i.clone()),
        }
    }
}
