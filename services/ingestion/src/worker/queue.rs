//! The queue of one committer: interactive writes before bulk, gathered into groups for one transaction each.

use bellwether_domain::Result;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Duration, Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Priority;
use crate::log::{Reply, Request, Work};

/// Requests that may wait before callers are held back.
const INTERACTIVE_DEPTH: usize = 1_024;
/// Bulk requests are large: few may wait.
const BULK_DEPTH: usize = 8;
/// So many interactive groups in a row, then bulk has its turn.
const MAX_STREAK: usize = 8;

/// A request and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) done: oneshot::Sender<Result<Reply>>,
}

impl Job {
    /// The request; it stays where it may be needed again.
    pub(super) fn request(&mut self, keep: bool) -> Request {
        if keep {
            return self.request.clone();
        }
        let nothing = Request {
            name: None,
            settings_seq: 0,
            work: Work::Upsert {
                records: Vec::new(),
                all_or_nothing: false,
                expected: None,
            },
        };
        std::mem::replace(&mut self.request, nothing)
    }

    /// Settings change how records are checked, so they have a transaction of their own.
    fn stands_alone(&self) -> bool {
        matches!(self.request.work, Work::Settings { .. })
    }
}

/// Where requests are put. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    interactive: mpsc::Sender<Job>,
    bulk: mpsc::Sender<Job>,
}

impl Sender {
    /// Puts a job into the queue, waiting for room; gives it back when the committer has stopped.
    pub(super) async fn send(&self, job: Job, priority: Priority) -> std::result::Result<(), Job> {
        let queue = match priority {
            Priority::Interactive => &self.interactive,
            Priority::Bulk => &self.bulk,
        };
        queue.send(job).await.map_err(|refused| refused.0)
    }
}

/// How groups are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gather {
    /// How long to wait for more writers.
    pub(super) wait: Duration,
    /// How many records are enough.
    pub(super) rows: usize,
}

/// Where a committer takes its work from.
#[derive(Debug)]
pub(super) struct Queue {
    interactive: mpsc::Receiver<Job>,
    bulk: mpsc::Receiver<Job>,
    /// Taken from the queue, but for the next group.
    held: Option<(Job, Priority)>,
    /// Interactive groups since bulk had its turn.
    streak: usize,
    /// The size of the last group: so many writers are likely to come again.
    expected: usize,
}

/// A queue and where to put requests.
pub(super) fn queue() -> (Sender, Queue) {
    let (interactive, from_interactive) = mpsc::channel(INTERACTIVE_DEPTH);
    let (bulk, from_bulk) = mpsc::channel(BULK_DEPTH);
    let queue = Queue {
        interactive: from_interactive,
        bulk: from_bulk,
        held: None,
        streak: 0,
        expected: 1,
    };
    (Sender { interactive, bulk }, queue)
}

impl Queue {
    /// The next group; `None` when the committer is to stop and nothing waits.
    pub(super) async fn next(&mut self, gather: Gather, stop: &CancellationToken) -> Option<Vec<Job>> {
        let (first, priority) = match self.held.take() {
            Some(held) => held,
            None => self.first(stop).await?,
        };
        self.streak = match priority {
            Priority::Interactive => self.streak + 1,
            Priority::Bulk => 0,
        };
        let mut rows = first.request.rows();
        let mut alone = first.stands_alone();
        let mut group = vec![first];
        let deadline = Instant::now() + gather.wait;
        while !alone && rows < gather.rows {
            let Some(job) = self.more(priority, group.len(), deadline).await else {
                break;
            };
            alone = job.stands_alone() || rows + job.request.rows() > gather.rows;
            if alone {
                self.held = Some((job, priority));
            } else {
                rows += job.request.rows();
                group.push(job);
            }
        }
        self.expected = group.len();
        Some(group)
    }

    async fn first(&mut self, stop: &CancellationToken) -> Option<(Job, Priority)> {
        if self.streak >= MAX_STREAK
            && let Ok(job) = self.bulk.try_recv()
        {
            return Some((job, Priority::Bulk));
        }
        tokio::select! {
            biased;
            Some(job) = self.interactive.recv() => Some((job, Priority::Interactive)),
            Some(job) = self.bulk.recv() => Some((job, Priority::Bulk)),
            () = stop.cancelled() => None,
        }
    }

    /// Another job of the same sort. Waits only for interactive ones, and only when several wrote lately.
    async fn more(&mut self, priority: Priority, gathered: usize, deadline: Instant) -> Option<Job> {
        let queue = match priority {
            Priority::Interactive => &mut self.interactive,
            Priority::Bulk => &mut self.bulk,
        };
        if let Ok(job) = queue.try_recv() {
            return Some(job);
        }
        if priority == Priority::Bulk || gathered >= self.expected {
            return None;
        }
        timeout_at(deadline, queue.recv()).await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::settings_key;

    const GATHER: Gather = Gather {
        wait: Duration::from_millis(2),
        rows: 3,
    };

    fn job(name: &str) -> (Job, oneshot::Receiver<Result<Reply>>) {
        let (done, waits) = oneshot::channel();
        let mut key = settings_key();
        key.id = name.to_owned();
        let work = Work::Delete { key, expected: None };
        let request = Request {
            name: None,
            settings_seq: 0,
            work,
        };
        (Job { request, done }, waits)
    }

    fn names(group: Vec<Job>) -> Vec<String> {
        let name = |job: &Job| job.request.keys().next().unwrap().id.clone();
        group.iter().map(name).collect()
    }

    #[tokio::test]
    async fn interactive_goes_before_bulk_in_groups_of_limited_size() {
        let (sender, mut queue) = queue();
        sender.send(job("bulk").0, Priority::Bulk).await.unwrap();
        for name in ["a", "b", "c", "d"] {
            sender.send(job(name).0, Priority::Interactive).await.unwrap();
        }
        let stop = CancellationToken::new();
        stop.cancel();
        let mut groups = Vec::new();
        while let Some(group) = queue.next(GATHER, &stop).await {
            groups.push(names(group));
        }
        assert_eq!(groups, [vec!["a", "b", "c"], vec!["d"], vec!["bulk"]]);
    }

    #[tokio::test]
    async fn bulk_has_its_turn_under_a_steady_stream_of_small_writes() {
        let (sender, mut queue) = queue();
        sender.send(job("bulk").0, Priority::Bulk).await.unwrap();
        let stop = CancellationToken::new();
        for turn in 0.. {
            for _ in 0..4 {
                sender.send(job("small").0, Priority::Interactive).await.unwrap();
            }
            if names(queue.next(GATHER, &stop).await.unwrap()) == ["bulk"] {
                assert!(turn <= MAX_STREAK, "{turn}");
                break;
            }
        }
    }
}
