//! Reads rows on a thread of its own and hands them over in batches, a few ahead of the writer.

use bellwether_domain::Result;
use prost::Message;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::mapping::{Item, Job, MappedRecord, Reject};

/// Records, or refused rows, of a batch.
const BATCH: usize = 2_000;
/// The records of a batch may have this many bytes together before it is closed.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Batches that wait for the writer.
const AHEAD: usize = 2;

/// What was read since the batch before.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: u64,
    pub(super) records: Vec<MappedRecord>,
    /// Rows that make no record: number of the file, line.
    pub(super) refused: Vec<(u32, u64)>,
    pub(super) rejects: Vec<Reject>,
    bytes: usize,
}

impl Batch {
    fn add(&mut self, item: Item) {
        match item {
            Item::Row => self.rows += 1,
            Item::Record(record) => {
                self.bytes += record.record.encoded_len();
                self.records.push(*record);
            }
            Item::Refused { rows, rejects } => {
                self.refused.extend(rows);
                self.rejects.extend(rejects);
            }
        }
    }

    fn is_full(&self) -> bool {
        self.records.len() >= BATCH || self.refused.len() >= BATCH || self.bytes >= BATCH_BYTES
    }
}

/// Starts to read. The thread ends when all is read, when the receiver is dropped, or with the error that it returns.
pub(super) fn start(job: Job) -> (mpsc::Receiver<Batch>, JoinHandle<Result<()>>) {
    let (batches, receiver) = mpsc::channel(AHEAD);
    let thread = tokio::task::spawn_blocking(move || {
        let mut batch = Batch::default();
        let read_all = job.run(&mut |item| {
            batch.add(item);
            if !batch.is_full() {
                return Ok(true);
            }
            Ok(batches.blocking_send(std::mem::take(&mut batch)).is_ok())
        })?;
        if read_all {
            // A receiver that is gone has stopped for a reason of its own, which it tells.
            batches.blocking_send(batch).ok();
        }
        Ok(())
    });
    (receiver, thread)
}
