//! One import from its files to its last batch.

use std::collections::HashMap;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorCode, Result, TenantId};

use super::feeder::{self, Batch};
use super::upload::Upload;
use super::{Imports, stopping};
use crate::log::{UpsertReply, Written};
use crate::mapping::{DeclaredSettings, Input, Job, MappedRecord, Mapping, Reject};
use crate::store::{ImportRow, RejectCursor, RejectRow};
use crate::worker::{CurrentSettings, Priority, UpsertBatch};

/// Reasons that are kept of one import; beyond it rows are only counted.
const MAX_REJECTS: usize = 100_000;
/// Warnings that are kept of one import.
const MAX_WARNINGS: usize = 100;
/// Batches between two notes of how the import stands, when no row is refused.
const NOTE_EVERY: u64 = 10;
/// The longest name of a request, in bytes.
const MAX_REQUEST_ID: usize = 128;

/// Runs an import and keeps `row` up to date.
pub(super) async fn run(imports: &Imports, upload: Upload, row: &mut ImportRow) -> Result<()> {
    let Upload {
        tenant,
        mapping,
        strict,
        spool,
        ..
    } = upload;
    let inputs = spool.into_inputs().await?;
    let names = inputs.iter().map(|input| input.name().to_owned()).collect();
    let mapping = mapping.as_deref().map(Mapping::parse).transpose()?;
    let job = prepare(imports, &tenant, mapping, inputs, strict).await?;
    row.warnings = job.warnings().iter().take(MAX_WARNINGS).cloned().collect();
    let run = Run {
        imports,
        tenant: &tenant,
        row,
        names,
        refused: HashMap::new(),
        kept: 0,
    };
    run.all(job).await
}

/// Looks through the files and, where the mapping says so and the tenant has none, writes its settings.
async fn prepare(
    imports: &Imports,
    tenant: &TenantId,
    mapping: Option<Mapping>,
    inputs: Vec<Box<dyn Input>>,
    strict: bool,
) -> Result<Job> {
    let current = imports.writer.settings(tenant).await?;
    let declared = mapping
        .as_ref()
        .map(|mapping| mapping.settings().clone())
        .unwrap_or_default();
    let settings = declared.onto(&current.settings, current.declared)?;
    let wanted = settings.clone();
    let prepared = tokio::task::spawn_blocking(move || Job::prepare(mapping, inputs, settings, strict)).await;
    let job = prepared.map_err(|error| Error::internal(format!("reading the files failed: {error}")))??;
    if wanted != current.settings {
        write_settings(imports, tenant, &declared, &wanted, current).await?;
    }
    Ok(job)
}

async fn write_settings(
    imports: &Imports,
    tenant: &TenantId,
    declared: &DeclaredSettings,
    wanted: &Settings,
    current: CurrentSettings,
) -> Result<()> {
    match imports
        .writer
        .put_settings(tenant, wanted, Some(current.etag), None)
        .await
    {
        Err(error) if error.code == ErrorCode::Aborted => {
            // Somebody else declared settings meanwhile, perhaps an import with the same mapping.
            let now = imports.writer.settings(tenant).await?;
            let same = declared.onto(&now.settings, now.declared)? == *wanted && now.settings == *wanted;
            if same { Ok(()) } else { Err(error) }
        }
        other => other.map(|_| ()),
    }
}

struct Run<'a> {
    imports: &'a Imports,
    tenant: &'a TenantId,
    row: &'a mut ImportRow,
    names: Vec<String>,
    /// The refused rows, each with the number of its next reject.
    refused: HashMap<(u32, u64), u32>,
    /// Rejects that were kept.
    kept: usize,
}

impl Run<'_> {
    async fn all(mut self, job: Job) -> Result<()> {
        let (mut batches, thread) = feeder::start(job);
        let mut number = 0;
        while let Some(batch) = batches.recv().await {
            if self.imports.shutdown.streams().is_cancelled() {
                return Err(stopping());
            }
            number += 1;
            self.batch(batch, number).await?;
        }
        thread
            .await
            .map_err(|error| Error::internal(format!("reading the files failed: {error}")))??;
        if self.row.position.seq == 0 {
            (self.row.position, _) = self.imports.store.position(self.tenant).await?;
        }
        if self.kept == MAX_REJECTS {
            let warning = format!("only the first {MAX_REJECTS} reasons are kept");
            self.row.warnings.push(warning);
        }
        Ok(())
    }

    async fn batch(&mut self, batch: Batch, number: u64) -> Result<()> {
        let Batch {
            rows,
            records,
            refused,
            rejects,
            ..
        } = batch;
        self.row.rows += rows;
        let mut noted = Vec::new();
        self.refuse(refused, rejects, &mut noted);
        if !records.is_empty() {
            let reply = self.write(&records, number).await?;
            self.row.position = reply.position;
            for (record, written) in records.into_iter().zip(reply.written) {
                self.tally(&record, written, &mut noted);
            }
        }
        self.row.rejected = self.refused.len() as u64;
        if noted.is_empty() && !number.is_multiple_of(NOTE_EVERY) {
            return Ok(());
        }
        self.imports.note(self.tenant, self.row, noted).await
    }

    /// Writes the records of a batch, unless another process has taken over the import. A batch whose outcome is not
    /// known is sent again under its name, which makes it count once.
    async fn write(&self, records: &[MappedRecord], number: u64) -> Result<UpsertReply> {
        let request_id = self.request_id(number);
        let send = || {
            let batch = UpsertBatch {
                records: records.iter().map(|record| record.record.clone()).collect(),
                request_id: Some(request_id.clone()),
                all_or_nothing: false,
                expected: None,
                priority: Priority::Bulk,
            };
            async {
                // A process that was stopped for longer than its lease learns here that it comes too late.
                self.imports.still_ours(self.tenant, self.row).await?;
                self.imports.writer.upsert(self.tenant, batch).await
            }
        };
        self.imports.waiting_for_the_log(self.tenant, send).await
    }

    /// The name of a batch: import, which time it runs, number. A later run is a request of its own, since its records
    /// are judged against what is known by then.
    fn request_id(&self, number: u64) -> String {
        let name = |id: &str| format!("import/{id}/{}/{number}", self.row.run);
        let plain = name(&self.row.id);
        if plain.len() <= MAX_REQUEST_ID {
            return plain;
        }
        name(&blake3::hash(self.row.id.as_bytes()).to_hex()[..32])
    }

    fn tally(&mut self, record: &MappedRecord, written: Written, noted: &mut Vec<RejectRow>) {
        let counts = self.row.records.entry(record.kind.name().to_owned()).or_default();
        match written {
            Written::Created { .. } | Written::Changed { .. } => counts.changed += 1,
            Written::Unchanged { .. } => counts.unchanged += 1,
            Written::Rejected(violations) => {
                self.refuse(record.rows().collect(), record.rejects(&violations), noted)
            }
            Written::NotWritten => {}
        }
    }

    fn refuse(&mut self, rows: Vec<(u32, u64)>, rejects: Vec<Reject>, noted: &mut Vec<RejectRow>) {
        for row in rows {
            self.refused.entry(row).or_default();
        }
        for reject in rejects {
            if self.kept == MAX_REJECTS {
                return;
            }
            self.kept += 1;
            let next = self.refused.entry((reject.file, reject.line)).or_default();
            let at = RejectCursor {
                file: reject.file,
                line: reject.line,
                ordinal: *next,
            };
            *next += 1;
            let file = self.names.get(reject.file as usize).cloned().unwrap_or_default();
            noted.push(RejectRow {
                at,
                file,
                field: reject.field,
                reason: reject.reason,
            });
        }
    }
}
