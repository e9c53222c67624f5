//! The stream that brings an import: `begin`, then files in chunks, then `end`.

use bellwether_contracts::ingestion::import_file_request::Part;
use bellwether_contracts::ingestion::{ImportBegin, ImportFileRequest};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, TenantId};
use futures::{Stream, StreamExt};
use tonic::Status;

use super::spool::Spool;
use super::{Imports, stopping};

/// The longest id of an import, in bytes.
const MAX_ID: usize = 128;
/// The longest mapping, in bytes.
const MAX_MAPPING: usize = 1024 * 1024;
/// The longest chunk, in bytes.
const MAX_CHUNK: usize = 1024 * 1024;
/// The longest name of a file, in bytes.
const MAX_NAME: usize = 255;
const MAX_FILES: usize = 1_000;

/// An import whose files are all there.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(super) tenant: TenantId,
    /// `None` = the server picks one.
    pub(super) import_id: Option<String>,
    /// `None` = every line is a record.
    pub(super) mapping: Option<String>,
    pub(super) strict: bool,
    pub(super) spool: Spool,
}

impl Upload {
    /// Takes the files of an import until `end`. Nothing is kept of a stream that ends before.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for parts that are malformed or out of order, `RESOURCE_EXHAUSTED` beyond a limit, `ABORTED`
    /// (`IMPORT_INCOMPLETE`) when the stream ends or breaks before `end`, `UNAVAILABLE` when the server stops.
    pub(crate) async fn receive<S>(
        imports: &Imports,
        tenant: TenantId,
        begin: ImportBegin,
        mut parts: S,
    ) -> Result<Self>
    where
        S: Stream<Item = std::result::Result<ImportFileRequest, Status>> + Unpin,
    {
        check(&begin)?;
        let mut spool = Spool::create(&imports.folder, imports.max_bytes)?;
        let mut files = 0;
        loop {
            let next = tokio::select! {
                next = parts.next() => next,
                () = imports.shutdown.streams().cancelled() => return Err(stopping()),
            };
            match next
                .transpose()
                .map_err(|status| incomplete(status.message()))?
                .map(|part| part.part)
            {
                None => return Err(incomplete("the stream ended")),
                Some(Some(Part::File(header))) => {
                    files += 1;
                    if files > MAX_FILES {
                        let message = format!("is one file too many: at most {MAX_FILES} are allowed");
                        return Err(Error::invalid(ErrorReason::InvalidField, "file", message));
                    }
                    spool.begin(base_name(&header.name)?).await?;
                }
                Some(Some(Part::Chunk(bytes))) if bytes.len() > MAX_CHUNK => {
                    let message = format!(
                        "a chunk has {} bytes: at most {MAX_CHUNK} are allowed",
                        bytes.len()
                    );
                    return Err(Error::new(
                        ErrorCode::ResourceExhausted,
                        ErrorReason::MessageTooLarge,
                        message,
                    ));
                }
                Some(Some(Part::Chunk(bytes))) => spool.append(&bytes).await?,
                Some(Some(Part::End(_))) if files == 0 => {
                    return Err(Error::invalid(
                        ErrorReason::InvalidField,
                        "file",
                        "is missing: send at least one file",
                    ));
                }
                Some(Some(Part::End(_))) => break,
                Some(Some(Part::Begin(_))) => {
                    return Err(Error::invalid(
                        ErrorReason::InvalidField,
                        "begin",
                        "comes a second time",
                    ));
                }
                Some(None) => {
                    let message = "is missing: send begin, file, chunk or end";
                    return Err(Error::invalid(ErrorReason::InvalidField, "part", message));
                }
            }
        }
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Ok(Self {
            tenant,
            import_id: some(begin.import_id),
            mapping: some(begin.mapping),
            strict: begin.strict,
            spool,
        })
    }
}

fn check(begin: &ImportBegin) -> Result<()> {
    let id = &begin.import_id;
    if id.len() > MAX_ID || id.chars().any(char::is_control) {
        let message = format!("must be at most {MAX_ID} bytes without control characters");
        return Err(Error::invalid(ErrorReason::InvalidField, "import_id", message));
    }
    if begin.mapping.len() > MAX_MAPPING {
        let message = format!(
            "is {} bytes long: at most {MAX_MAPPING} are allowed",
            begin.mapping.len()
        );
        return Err(Error::invalid(ErrorReason::InvalidMapping, "mapping", message));
    }
    Ok(())
}

/// The name of a file without folders and without characters that could not be shown.
fn base_name(name: &str) -> Result<String> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base: String = base.chars().filter(|c| !c.is_control()).collect();
    let base = base.trim();
    if base.is_empty() || base == "." || base == ".." || base.len() > MAX_NAME {
        let message = format!("must be the name of a file, at most {MAX_NAME} bytes long");
        return Err(Error::invalid(ErrorReason::InvalidField, "file.name", message));
    }
    Ok(base.to_owned())
}

fn incomplete(why: &str) -> Error {
    let message = format!("{why} before `end`: nothing was imported, send the files again");
    Error::new(ErrorCode::Aborted, ErrorReason::ImportIncomplete, message)
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn names_lose_their_folders() {
        let cases = [
            ("a.csv", Some("a.csv")),
            ("/etc/passwd", Some("passwd")),
            ("..\\..\\a b.csv", Some("a b.csv")),
            ("x\ny\u{7}.csv", Some("xy.csv")),
            ("..", None),
            ("a/", None),
            ("", None),
        ];
        for (name, expected) in cases {
            assert_eq!(base_name(name).ok().as_deref(), expected, "{name:?}");
        }
        assert!(base_name(&"x".repeat(256)).is_err());
    }
}
