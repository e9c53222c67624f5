//! An import as a pure function: files and a mapping in, records and refused rows out, in an order of their own.
//!
//! Everything that can be wrong with the import as a whole is found in [`Job::prepare`], before the first record comes out.

use std::sync::Arc;

use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, Result, Violation};

use super::clash::{Clashes, Names};
use super::input::{Bindings, Input, bind};
use super::lookup::{LookupRow, Lookups};
use super::merge::Merge;
use super::plain;
use super::record::{MappedRecord, Parts, Reject};
use super::row::{self, Kept, Place, Row, Wrong};
use super::spec::{Mapping, Part};

/// What comes out of an import.
#[derive(Debug)]
pub enum Item {
    /// A row was read in a file that makes records.
    Row,
    /// A record to write.
    Record(Box<MappedRecord>),
    /// Rows that make no record, with everything that is wrong with them.
    Refused {
        /// The rows: number of the file, line.
        rows: Vec<(u32, u64)>,
        /// What is wrong.
        rejects: Vec<Reject>,
    },
}

/// Takes what comes out; says whether to go on.
pub type Sink<'f> = dyn FnMut(Item) -> Result<bool> + 'f;

/// An import that is ready to run.
pub struct Job {
    inputs: Vec<Box<dyn Input>>,
    settings: Settings,
    mapped: Option<Mapped>,
}

struct Mapped {
    mapping: Mapping,
    bindings: Bindings,
    lookups: Lookups,
    clashes: Clashes,
}

impl Job {
    /// Looks through the files: are all columns there, do the looked-up files hold together, which rows contradict each
    /// other. Without a mapping every line is a record.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` (`INVALID_MAPPING`) with everything that keeps the import from running.
    pub fn prepare(
        mapping: Option<Mapping>,
        inputs: Vec<Box<dyn Input>>,
        settings: Settings,
        strict: bool,
    ) -> Result<Self> {
        let Some(mapping) = mapping else {
            plain::check(&inputs)?;
            return Ok(Self {
                inputs,
                settings,
                mapped: None,
            });
        };
        let bindings = bind(&mapping, &inputs, strict)?;
        let lookups = Lookups::of(&mapping);
        let mut mapped = Mapped {
            mapping,
            bindings,
            lookups,
            clashes: Clashes::default(),
        };
        mapped.check_keys(&inputs, strict)?;
        mapped.read_lookups(&inputs)?;
        mapped.find_clashes(&inputs, &settings)?;
        Ok(Self {
            inputs,
            settings,
            mapped: Some(mapped),
        })
    }

    /// Things worth knowing, such as columns that the mapping does not name.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.mapped
            .as_ref()
            .map_or(&[], |mapped| &mapped.bindings.warnings)
    }

    /// Reads every row and hands out what it makes; false when the sink has had enough.
    ///
    /// # Errors
    /// When a file cannot be read, or the error of the sink.
    pub fn run(&self, sink: &mut Sink<'_>) -> Result<bool> {
        match &self.mapped {
            None => plain::run(&self.inputs, &self.settings, sink),
            Some(mapped) => mapped.run(&self.inputs, &self.settings, Some(&mapped.clashes), sink),
        }
    }
}

impl Mapped {
    /// A column that no line of a JSONL file has is absent; a CSV file's header was checked when it was bound.
    fn check_keys(&mut self, inputs: &[Box<dyn Input>], strict: bool) -> Result<()> {
        let (mut wrong, mut extras) = (Vec::new(), Vec::new());
        for bound in &self.bindings.files {
            let keys = bound.keys(&self.mapping, inputs[bound.file as usize].as_ref())?;
            let columns = &self.mapping.sources[bound.source].columns;
            wrong.extend(keys.absent.into_iter().map(|column| {
                let column = &columns[column];
                let message = format!(
                    "no line has `{}` (mapping line {}, {})",
                    column.name, column.line, column.path
                );
                Violation::new(&*bound.name, message)
            }));
            if !keys.unknown.is_empty() {
                let names: Vec<String> = keys.unknown.iter().map(|key| format!("`{key}`")).collect();
                extras.push(Violation::new(
                    &*bound.name,
                    format!("the mapping does not name {}", names.join(", ")),
                ));
            }
        }
        if strict {
            wrong.append(&mut extras);
        }
        self.bindings
            .warnings
            .extend(extras.iter().map(ToString::to_string));
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::violations(ErrorReason::InvalidMapping, wrong))
        }
    }

    fn read_lookups(&mut self, inputs: &[Box<dyn Input>]) -> Result<()> {
        let mut wrong = Vec::new();
        for bound in self
            .bindings
            .files
            .iter()
            .filter(|bound| self.mapping.looked_up(bound.source))
        {
            let lookups = &mut self.lookups;
            bound.rows(
                &self.mapping,
                inputs[bound.file as usize].as_ref(),
                &mut |line, cells| {
                    let added = cells
                        .map_err(|(field, reason)| format!("{field}: {reason}"))
                        .and_then(|cells| {
                            lookups.add(
                                bound.source,
                                &LookupRow {
                                    file: Arc::clone(&bound.name),
                                    line,
                                    cells: cells.into(),
                                },
                            )
                        });
                    if let Err(reason) = added {
                        wrong.push(Violation::new(format!("{} line {line}", bound.name), reason));
                    }
                    // A file of another kind is wrong in every row.
                    Ok(wrong.len() < 100)
                },
            )?;
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::violations(ErrorReason::InvalidMapping, wrong))
        }
    }

    /// Which records stand in several rows that say different things. It takes a look at every row: only so can the same
    /// rows be refused in whatever order they stand.
    fn find_clashes(&mut self, inputs: &[Box<dyn Input>], settings: &Settings) -> Result<()> {
        if !self.has_repeated_names(inputs, settings)? {
            return Ok(());
        }
        let mut clashes = Clashes::default();
        self.run(inputs, settings, None, &mut |item| {
            if let Item::Record(record) = item {
                clashes.note(&record);
            }
            Ok(true)
        })?;
        self.clashes = clashes.only_clashes();
        Ok(())
    }

    /// Whether a record is named by several rows; in most exports none is, and a look at the names is quick.
    fn has_repeated_names(&self, inputs: &[Box<dyn Input>], settings: &Settings) -> Result<bool> {
        let mut names = Names::default();
        let single = |record: usize| !self.mapping.records[record].merged;
        for bound in &self.bindings.files {
            let parts: Vec<(usize, &Part)> = self
                .mapping
                .parts()
                .filter(|(record, _, part)| part.source == bound.source && single(*record))
                .map(|(record, _, part)| (record, part))
                .collect();
            if parts.is_empty() {
                continue;
            }
            let input = inputs[bound.file as usize].as_ref();
            bound.rows(&self.mapping, input, &mut |line, cells| {
                let Ok(cells) = cells else {
                    return Ok(true);
                };
                for (record, part) in &parts {
                    let joined = self.lookups.find(&self.mapping, part, cells);
                    let row = Row {
                        place: (bound.file, line),
                        cells,
                        joined,
                    };
                    let name = row::read_name(&self.mapping.sources, part, &row, settings);
                    let spec = &self.mapping.records[*record];
                    names.note(spec.kind, part.id.is_some(), name);
                }
                Ok(!names.repeat())
            })?;
        }
        Ok(names.repeat())
    }

    /// One pass over the rows. Without `clashes` it is the pass that looks for them, which merged records need not take.
    fn run(
        &self,
        inputs: &[Box<dyn Input>],
        settings: &Settings,
        clashes: Option<&Clashes>,
        sink: &mut Sink<'_>,
    ) -> Result<bool> {
        let merges = self.mapping.records.iter().map(|_| Merge::default()).collect();
        let mut pass = Pass {
            job: self,
            settings,
            clashes,
            merges,
            sink,
        };
        for bound in self
            .bindings
            .files
            .iter()
            .filter(|bound| self.mapping.producing(bound.source))
        {
            let input = inputs[bound.file as usize].as_ref();
            let go_on = bound.rows(&self.mapping, input, &mut |line, cells| {
                let place = (bound.file, line);
                if !(pass.sink)(Item::Row)? {
                    return Ok(false);
                }
                match cells {
                    Ok(cells) => pass.row(bound.source, place, cells),
                    Err((field, reason)) => {
                        let wrong = Wrong {
                            place,
                            field: Arc::from(field),
                            reason,
                        };
                        (pass.sink)(refused(vec![place], vec![wrong]))
                    }
                }
            })?;
            if !go_on {
                return Ok(false);
            }
        }
        pass.finish()
    }
}

/// The state of one pass over the rows.
struct Pass<'a, 'f, 's> {
    job: &'a Mapped,
    settings: &'a Settings,
    clashes: Option<&'a Clashes>,
    merges: Vec<Merge>,
    sink: &'s mut Sink<'f>,
}

impl Pass<'_, '_, '_> {
    fn row(&mut self, source: usize, place: Place, cells: &Kept) -> Result<bool> {
        let mapping = &self.job.mapping;
        for (record, number, part) in mapping.parts().filter(|(_, _, part)| part.source == source) {
            let spec = &mapping.records[record];
            if spec.merged && self.clashes.is_none() {
                continue;
            }
            let row = Row {
                place,
                cells,
                joined: self.job.lookups.find(mapping, part, cells),
            };
            let Some(said) = row::read(&mapping.sources, part, &row, self.settings) else {
                continue;
            };
            if spec.merged {
                self.merges[record].add(number, place, said);
                continue;
            }
            let item = match Parts::of(said, place).build(spec.kind, spec.target, self.settings) {
                Err(wrong) => refused(vec![place], wrong),
                Ok(record) => self.unless_it_clashes(record, place),
            };
            if !(self.sink)(item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn unless_it_clashes(&self, record: MappedRecord, place: Place) -> Item {
        match self
            .clashes
            .and_then(|clashes| clashes.of(&record, place, &self.job.bindings))
        {
            None => Item::Record(Box::new(record)),
            Some(reason) => {
                let rejects = record.rejects(&[Violation::new("id", reason)]);
                Item::Refused {
                    rows: vec![place],
                    rejects,
                }
            }
        }
    }

    /// Hands out the records that several rows made together.
    fn finish(self) -> Result<bool> {
        for (merge, spec) in self.merges.into_iter().zip(&self.job.mapping.records) {
            for built in merge.finish(spec, self.settings) {
                let item = match built {
                    Ok(record) => Item::Record(Box::new(record)),
                    Err((places, wrong)) => refused(places, wrong),
                };
                if !(self.sink)(item)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn refused(rows: Vec<Place>, wrong: Vec<Wrong>) -> Item {
    Item::Refused {
        rows,
        rejects: wrong.into_iter().map(Wrong::into_reject).collect(),
    }
}
