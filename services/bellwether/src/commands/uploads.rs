//! Files as the stream of messages that the server's import reads.

use std::path::{Path, PathBuf};

use bellwether_contracts::ingestion::import_file_request::Part;
use bellwether_contracts::ingestion::{ImportBegin, ImportEnd, ImportFileHeader, ImportFileRequest};
use indicatif::ProgressBar;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::Sender;

use crate::exit::Failure;

/// The largest chunk of a file in one message, in bytes: the contract's limit.
const CHUNK: usize = 1024 * 1024;

/// A file to send.
#[derive(Debug)]
pub(super) struct Upload {
    name: String,
    path: PathBuf,
    file: File,
    /// Its size in bytes, as far as the file system knows.
    pub(super) bytes: u64,
}

impl Upload {
    /// Opens a file, so that a misspelt path is told before anything is sent.
    ///
    /// # Errors
    /// Usage, naming the path.
    pub(super) async fn open(path: &Path) -> Result<Self, Failure> {
        let refused = |why: String| Failure::usage(format!("{}: {why}", path.display()));
        let file = File::open(path)
            .await
            .map_err(|error| refused(error.to_string()))?;
        let about = file
            .metadata()
            .await
            .map_err(|error| refused(error.to_string()))?;
        if about.is_dir() {
            return Err(refused("is a folder: name the files".to_owned()));
        }
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| refused("has no name that can be sent".to_owned()))?;
        Ok(Self {
            name: name.to_owned(),
            path: path.to_owned(),
            file,
            bytes: about.len(),
        })
    }
}

/// Sends an import. Stops early, without an error, when nobody listens any more: the call itself then says why.
///
/// # Errors
/// When a file cannot be read to its end. The end mark is then not sent, so that the server takes nothing for complete.
pub(super) async fn send(
    begin: ImportBegin,
    uploads: Vec<Upload>,
    to: Sender<ImportFileRequest>,
    bar: ProgressBar,
) -> Result<(), Failure> {
    let part = |part| ImportFileRequest { part: Some(part) };
    if to.send(part(Part::Begin(begin))).await.is_err() {
        return Ok(());
    }
    for mut upload in uploads {
        bar.set_message(upload.name.clone());
        let header = ImportFileHeader { name: upload.name };
        if to.send(part(Part::File(header))).await.is_err() {
            return Ok(());
        }
        loop {
            let chunk = chunk(&mut upload.file)
                .await
                .map_err(|error| Failure::invalid(format!("{}: {error}", upload.path.display())))?;
            if chunk.is_empty() {
                break;
            }
            bar.inc(chunk.len() as u64);
            if to.send(part(Part::Chunk(chunk))).await.is_err() {
                return Ok(());
            }
        }
    }
    bar.set_message("committing");
    to.send(part(Part::End(ImportEnd {}))).await.ok();
    Ok(())
}

/// The next bytes, as many as a chunk holds; none at the end.
async fn chunk(file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(CHUNK);
    while bytes.len() < CHUNK {
        let room = CHUNK - bytes.len();
        if file.take(room as u64).read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_sent_whole_in_chunks_within_the_limit() {
        let folder = std::env::temp_dir().join(format!("bellwether-upload-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("big.csv");
        let content: Vec<u8> = (0..CHUNK * 2 + 7)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        std::fs::write(&path, &content).unwrap();
        let upload = Upload::open(&path).await.unwrap();
        assert_eq!(upload.bytes, content.len() as u64);
        let (to, mut from) = tokio::sync::mpsc::channel(100);
        send(ImportBegin::default(), vec![upload], to, ProgressBar::hidden())
            .await
            .unwrap();
        let mut parts = Vec::new();
        while let Some(request) = from.recv().await {
            parts.push(request.part.unwrap());
        }
        std::fs::remove_dir_all(&folder).unwrap();
        let chunks: Vec<&Vec<u8>> = parts
            .iter()
            .filter_map(|part| if let Part::Chunk(c) = part { Some(c) } else { None })
            .collect();
        assert_eq!(
            chunks.iter().map(|chunk| chunk.len()).collect::<Vec<_>>(),
            [CHUNK, CHUNK, 7]
        );
        assert_eq!(
            chunks.into_iter().flatten().copied().collect::<Vec<u8>>(),
            content
        );
        assert!(matches!(parts.first(), Some(Part::Begin(_))) && matches!(parts.last(), Some(Part::End(_))));
    }

    #[tokio::test]
    async fn a_path_that_is_not_there_is_named() {
        let failure = Upload::open(Path::new("/nonexistent/x.csv")).await.unwrap_err();
        assert!(failure.lines()[0].contains("/nonexistent/x.csv"));
    }
}
