//! `import`: sends files, shows what became of them, and lists the rows that were refused.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bellwether_contracts::ingestion::{Import, ImportBegin, ListRejectsRequest};
use serde_json::{Map, Value, json};
use tokio_stream::wrappers::ReceiverStream;

use super::uploads::{self, Upload};
use crate::cli::ImportArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Messages that wait for the network.
const QUEUE: usize = 4;
/// Rejects asked for at a time: the contract's limit.
const REJECTS_PAGE: i32 = 1000;
/// Where refused rows are listed unless the command line says otherwise: its stem.
const REJECTS: &str = "rejects";
const BAR: &str = "{msg:24!} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}";

/// Imports files.
///
/// # Errors
/// Usage for files that cannot be opened, else what the server says.
pub(super) async fn run(args: ImportArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let mut uploads = Vec::with_capacity(args.paths.len());
    for path in &args.paths {
        uploads.push(Upload::open(path).await?);
    }
    let begin = ImportBegin {
        tenant: args.tenant.clone(),
        import_id: String::new(),
        mapping: mapping(args.mapping.as_deref())?,
        strict: args.strict,
    };
    let import = send(&client, begin, uploads, printer).await?;
    for warning in &import.warnings {
        printer.warning(warning);
    }
    rejects(&client, &args, &import, printer).await?;
    let refused = import.rejected > 0;
    printer.show(&Done(import))?;
    Ok(if refused { Code::Rejected } else { Code::Ok })
}

fn mapping(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else {
        return Ok(String::new());
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("cannot read the mapping {}: {error}", file.display())))?;
    if text.trim().is_empty() {
        return Err(Failure::invalid(format!(
            "the mapping {} is empty",
            file.display()
        )));
    }
    Ok(text)
}

async fn send(
    client: &Client,
    begin: ImportBegin,
    files: Vec<Upload>,
    printer: &Printer,
) -> Result<Import, Failure> {
    let bar = printer.bar(files.iter().map(|file| file.bytes).sum(), BAR);
    let (to, from) = tokio::sync::mpsc::channel(QUEUE);
    let sending = tokio::spawn(uploads::send(begin, files, to, bar.clone()));
    let answer = client.imports().import_file(ReceiverStream::new(from)).await;
    bar.finish_and_clear();
    let sent = sending
        .await
        .map_err(|error| Failure::unavailable(format!("sending failed: {error}")))?;
    // A file that could not be read is why the server saw no end.
    sent?;
    let import = answer?.into_inner().import;
    import.ok_or_else(|| Failure::unavailable("the server said nothing about the import"))
}

/// The file for refused rows: the one that was asked for, else a new one in the folder, which is nobody's yet.
fn rejects_file(asked: Option<&Path>, folder: &Path) -> Result<(PathBuf, File), Failure> {
    let failed = |path: &Path, error: std::io::Error| {
        Failure::invalid(format!("cannot write {}: {error}", path.display()))
    };
    if let Some(path) = asked {
        let file = File::create(path).map_err(|error| failed(path, error))?;
        return Ok((path.to_owned(), file));
    }
    let mut path = folder.join(format!("{REJECTS}.csv"));
    let mut number = 1_u64;
    loop {
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                number += 1;
                path = folder.join(format!("{REJECTS}-{number}.csv"));
            }
            Err(error) => return Err(failed(&path, error)),
        }
    }
}

/// Writes the refused rows to their file.
async fn rejects(
    client: &Client,
    args: &ImportArgs,
    import: &Import,
    printer: &Printer,
) -> Result<(), Failure> {
    if import.rejected == 0 && args.rejects.is_none() {
        return Ok(());
    }
    let (path, file) = rejects_file(args.rejects.as_deref(), Path::new(""))?;
    let failed = |error: String| Failure::invalid(format!("cannot write {}: {error}", path.display()));
    let mut writer = csv::Writer::from_writer(file);
    writer
        .write_record(["file", "line", "field", "reason"])
        .map_err(|error| failed(error.to_string()))?;
    let mut token = String::new();
    loop {
        let request = ListRejectsRequest {
            tenant: args.tenant.clone(),
            import_id: import.import_id.clone(),
            page_size: REJECTS_PAGE,
            page_token: token,
        };
        let page = client.imports().list_rejects(request).await?.into_inner();
        for reject in page.rejects {
            writer
                .write_record([
                    &reject.file,
                    &reject.line.to_string(),
                    &reject.field,
                    &reject.reason,
                ])
                .map_err(|error| failed(error.to_string()))?;
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    writer.flush().map_err(|error| failed(error.to_string()))?;
    if import.rejected > 0 {
        printer.warning(&format!(
            "{} rows were refused: see {}",
            import.rejected,
            path.display()
        ));
    }
    Ok(())
}

/// An import that is done.
struct Done(Import);

impl Done {
    fn position(&self) -> Value {
        let position = self.0.position.unwrap_or_default();
        json!({"epoch": position.epoch, "seq": position.seq})
    }
}

impl View for Done {
    fn json(&self) -> Value {
        let count = |one: &bellwether_contracts::ingestion::ImportCount| {
            (
                one.kind.clone(),
                json!({"changed": one.changed, "unchanged": one.unchanged}),
            )
        };
        json!({
            "rows": self.0.rows,
            "rejected": self.0.rejected,
            "position": self.position(),
            "records": self.0.records.iter().map(count).collect::<Map<String, Value>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["records", ">changed", ">unchanged"]);
        for one in &self.0.records {
            sheet.push(vec![
                one.kind.as_str().into(),
                one.changed.to_string().into(),
                one.unchanged.to_string().into(),
            ]);
        }
        let seq = self.0.position.unwrap_or_default().seq;
        let (rows, rejected) = (self.0.rows, self.0.rejected);
        let head = format!("{rows} rows read, {rejected} refused; the log stands at {seq}");
        if self.0.records.is_empty() {
            return head;
        }
        format!("{head}\n\n{}", sheet.render(page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = ["kind", "changed", "unchanged"].map(String::from).to_vec();
        let row = |one: &bellwether_contracts::ingestion::ImportCount| {
            vec![
                one.kind.clone(),
                one.changed.to_string(),
                one.unchanged.to_string(),
            ]
        };
        std::iter::once(header)
            .chain(self.0.records.iter().map(row))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::ingestion::ImportCount;
    use bellwether_contracts::types::Position;

    #[test]
    fn refused_rows_take_the_place_of_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let name = |asked: Option<&Path>| {
            let (path, _) = rejects_file(asked, folder.path()).unwrap();
            path.file_name().unwrap().to_owned()
        };
        assert_eq!(name(None), "rejects.csv");
        std::fs::write(folder.path().join("rejects.csv"), "mine").unwrap();
        assert_eq!(name(None), "rejects-2.csv");
        assert_eq!(name(None), "rejects-3.csv");
        let first = folder.path().join("rejects.csv");
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "mine");
        // Who names a file means it.
        assert_eq!(name(Some(&first)), "rejects.csv");
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "");
    }

    #[test]
    fn the_result_has_the_promised_shape() {
        let records = vec![ImportCount {
            kind: "opportunity".to_owned(),
            changed: 8800,
            unchanged: 0,
        }];
        let done = Done(Import {
            rows: 8945,
            rejected: 2,
            position: Some(Position { epoch: 1, seq: 8930 }),
            records,
            ..Import::default()
        });
        let expected = json!({
            "rows": 8945, "rejected": 2, "position": {"epoch": 1, "seq": 8930},
            "records": {"opportunity": {"changed": 8800, "unchanged": 0}}
        });
        assert_eq!(done.json(), expected);
    }
}
