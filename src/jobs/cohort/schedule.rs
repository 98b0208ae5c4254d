//! Patients side by side: at most so many at once, each in a pool of threads of its own.
//!
//! A job that starts takes its share of the threads that are free: one each where jobs are plenty, several where they
//! are few. Order and shares never touch a result; they are put back in the order of the jobs.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::StudyError;

/// How much may happen at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Jobs, at least one.
    pub in_flight: usize,
    /// Threads of all jobs together, at least one; a job always has one.
    pub threads: usize,
}

/// What the workers share.
struct Desk {
    /// First job that nobody has taken.
    next: usize,
    /// Jobs at work.
    running: usize,
    /// Threads of no job.
    free: usize,
    /// Whether no further job is to start.
    stopped: bool,
    /// Why the threads of a job could not be started.
    trouble: Option<String>,
}

impl Desk {
    /// The next job.
    fn take(&mut self, jobs: usize, limits: Limits) -> Option<Taken> {
        if self.stopped || self.next >= jobs {
            return None;
        }
        let places = limits.in_flight.saturating_sub(self.running).max(1);
        let share = self.free / places.min(jobs - self.next);
        let taken = Taken { job: self.next, share };
        self.next += 1;
        self.running += 1;
        self.free -= share;
        Some(taken)
    }

    /// A job has ended.
    fn give_back(&mut self, taken: Taken) {
        self.running -= 1;
        self.free += taken.share;
    }
}

/// A job that somebody works at.
#[derive(Clone, Copy)]
struct Taken {
    job: usize,
    /// Threads of the common ones that it has; none where more jobs are in flight than there are threads.
    share: usize,
}

/// Works through the jobs in their order, at most `limits.in_flight` at once, and gives what `finish` made of each,
/// by its place; none for jobs that were never started.
///
/// `work` runs inside a pool of the job's threads. `finish` hears what it gave, or what its panic said, and says
/// whether further jobs may start: after a `Break` those at work are waited for, and no other begins.
pub fn run_queue<J, T, R>(
    jobs: &[J],
    limits: Limits,
    work: impl Fn(&J) -> T + Sync,
    finish: impl Fn(usize, &J, Result<T, String>) -> ControlFlow<R, R> + Sync,
) -> Result<Vec<Option<R>>, StudyError>
where
    J: Sync,
    T: Send,
    R: Send,
{
    let limits = Limits { in_flight: limits.in_flight.max(1), threads: limits.threads.max(1) };
    let desk = Mutex::new(Desk { next: 0, running: 0, free: limits.threads, stopped: false, trouble: None });
    let results: Mutex<Vec<Option<R>>> = Mutex::new(jobs.iter().map(|_| None).collect());
    let worker = || {
        loop {
            // Alone on its line, so that the lock is free while the job is at work.
            let taken = held(&desk).take(jobs.len(), limits);
            let Some(taken) = taken else { return };
            let job = taken.job;
            let pool = rayon::ThreadPoolBuilder::new().num_threads(taken.share.max(1)).build();
            let ended = match pool {
                Ok(pool) => {
                    let done = catch_unwind(AssertUnwindSafe(|| pool.install(|| work(&jobs[job]))));
                    Some(finish(job, &jobs[job], done.map_err(|payload| said(payload.as_ref()))))
                }
                Err(error) => {
                    held(&desk).trouble.get_or_insert(error.to_string());
                    None
                }
            };
            let mut desk = held(&desk);
            desk.give_back(taken);
            desk.stopped |= ended.as_ref().is_none_or(ControlFlow::is_break);
            drop(desk);
            if let Some(ControlFlow::Continue(result) | ControlFlow::Break(result)) = ended {
                held(&results)[job] = Some(result);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..limits.in_flight.min(jobs.len()) {
            scope.spawn(worker);
        }
    });
    match desk.into_inner().unwrap_or_else(PoisonError::into_inner).trouble {
        Some(trouble) => Err(StudyError::Threads(trouble)),
        None => Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

/// What stands behind a lock. What is kept there is whole after every statement, whoever panicked.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// What was seen at work: the most jobs, and the most threads, at any moment.
    #[derive(Default)]
    struct Watch {
        jobs: AtomicUsize,
        threads: AtomicUsize,
        most_jobs: AtomicUsize,
        most_threads: AtomicUsize,
    }

    impl Watch {
        fn work(&self) {
            let own = rayon::current_num_threads();
            let jobs = self.jobs.fetch_add(1, Ordering::SeqCst) + 1;
            let threads = self.threads.fetch_add(own, Ordering::SeqCst) + own;
            self.most_jobs.fetch_max(jobs, Ordering::SeqCst);
            self.most_threads.fetch_max(threads, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(3));
            self.jobs.fetch_sub(1, Ordering::SeqCst);
            self.threads.fetch_sub(own, Ordering::SeqCst);
        }
    }

    fn watched(jobs: usize, in_flight: usize, threads: usize) -> (usize, usize) {
        let watch = Watch::default();
        let places: Vec<usize> = (0..jobs).collect();
        let results = run_queue(
            &places,
            Limits { in_flight, threads },
            |job| {
                watch.work();
                10 * job
            },
            |_, _, done| ControlFlow::Continue(done.unwrap()),
        )
        .unwrap();
        assert_eq!(results, (0..jobs).map(|job| Some(10 * job)).collect::<Vec<_>>());
        (watch.most_jobs.into_inner(), watch.most_threads.into_inner())
    }

    #[test]
    fn never_more_jobs_or_threads_than_allowed() {
        for (jobs, in_flight, threads) in [(12, 3, 3), (12, 2, 5), (2, 8, 8), (9, 1, 4), (7, 4, 6), (0, 2, 2)]
        {
            let (most_jobs, most_threads) = watched(jobs, in_flight, threads);
            assert!(most_jobs <= in_flight, "{most_jobs} of {in_flight}");
            assert!(most_threads <= threads, "{most_threads} of {threads}");
        }
        // More in flight than threads: one each.
        let (most_jobs, most_threads) = watched(12, 4, 2);
        assert!(most_jobs <= 4 && most_threads <= 4);
    }

    #[test]
    fn few_jobs_share_all_threads() {
        let seen = |jobs: usize, in_flight, threads| {
            let places: Vec<usize> = (0..jobs).collect();
            let limits = Limits { in_flight, threads };
            let inside = |_: &usize| rayon::current_num_threads();
            let seen = run_queue(&places, limits, inside, |_, _, n| ControlFlow::Continue(n.unwrap()));
            seen.unwrap().into_iter().flatten().max()
        };
        assert_eq!(seen(1, 8, 8), Some(8));
        assert_eq!(seen(20, 1, 6), Some(6));
    }

    #[test]
    fn a_share_is_what_is_free_among_those_that_still_start() {
        let limits = Limits { in_flight: 2, threads: 5 };
        let mut desk = Desk { next: 0, running: 0, free: 5, stopped: false, trouble: None };
        let first = desk.take(9, limits).unwrap();
        let second = desk.take(9, limits).unwrap();
        assert_eq!((first.share, second.share), (2, 3));
        desk.give_back(first);
        assert_eq!(desk.take(9, limits).unwrap().share, 2);
    }

    #[test]
    fn a_panic_is_one_jobs_own() {
        let jobs = [1, 2, 3];
        let limits = Limits { in_flight: 2, threads: 2 };
        let work = |job: &i32| {
            assert!(*job != 2, "two is too much");
            *job
        };
        let results = run_queue(&jobs, limits, work, |_, _, done| ControlFlow::Continue(done)).unwrap();
        assert_eq!(results[0], Some(Ok(1)));
        assert_eq!(results[1], Some(Err("two is too much".to_owned())));
        assert_eq!(results[2], Some(Ok(3)));
    }

    #[test]
    fn a_grave_error_stops_the_queue() {
        let jobs: Vec<usize> = (0..50).collect();
        let finish = |_: usize, job: &usize, _: Result<(), String>| {
            if *job == 4 { ControlFlow::Break(*job) } else { ControlFlow::Continue(*job) }
        };
        let limits = Limits { in_flight: 1, threads: 1 };
        let results = run_queue(&jobs, limits, |_| (), finish).unwrap();
        assert_eq!(results.iter().flatten().count(), 5);
        assert_eq!(results[4], Some(4));
    }
}
