//! Files that commands write: whole or not at all, and never in place of what was read.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// Where to write, known to be another file than the one that is read.
#[derive(Debug)]
pub(super) struct Output {
    named: PathBuf,
    /// The file itself, behind links.
    file: PathBuf,
}

impl Output {
    /// Looks before anything is read or computed.
    ///
    /// # Errors
    /// It is the file that is read.
    pub(super) fn beside(input: &Path, output: &Path) -> Result<Self, Failure> {
        let file = fs::canonicalize(output).unwrap_or_else(|_| output.to_owned());
        if fs::canonicalize(input).is_ok_and(|input| input == file) {
            let message = format!(
                "{} is the file that is read: name another one to write",
                output.display()
            );
            return Err(Failure::usage(message));
        }
        Ok(Self {
            named: output.to_owned(),
            file,
        })
    }

    /// Writes rows: first into a file beside it, which then takes its name. Whatever goes wrong, the file is as it was.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(
        &self,
        rows: impl FnOnce(&mut csv::Writer<File>) -> Result<(), csv::Error>,
    ) -> Result<(), Failure> {
        self.put(rows)
            .map_err(|error| Failure::usage(format!("cannot write {}: {error}", self.named.display())))
    }

    fn put(
        &self,
        rows: impl FnOnce(&mut csv::Writer<File>) -> Result<(), csv::Error>,
    ) -> Result<(), csv::Error> {
        let there = fs::metadata(&self.file).ok();
        // A terminal or a pipe has no place beside it, and is nothing that could be lost.
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let mut writer = csv::Writer::from_path(&self.file)?;
            rows(&mut writer)?;
            return Ok(writer.flush()?);
        }
        let fresh = self.fresh();
        let put = || {
            let mut writer = csv::Writer::from_writer(File::create_new(&fresh)?);
            rows(&mut writer)?;
            writer.flush()?;
            writer.get_ref().sync_all()?;
            if let Some(there) = &there {
                fs::set_permissions(&fresh, there.permissions())?;
            }
            Ok(fs::rename(&fresh, &self.file)?)
        };
        put().inspect_err(|_: &csv::Error| {
            // What is left of it is of no use; why it failed is told already.
            drop(fs::remove_file(&fresh));
        })
    }

    /// A name beside it that no other process takes.
    fn fresh(&self) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(self.file.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        self.file.with_file_name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let all = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = all
            .map(|one| one.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_read_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("in.csv");
        fs::write(&input, "id\n").unwrap();
        let same = folder.path().join(".").join("in.csv");
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&input, &link).unwrap();
        for odd in [&input, &same, &link] {
            let why = Output::beside(&input, odd).unwrap_err().lines().join("");
            assert!(why.contains("is the file that is read"), "{why}");
        }
        assert!(Output::beside(&input, &folder.path().join("out.csv")).is_ok());
        assert!(Output::beside(Path::new("-"), &input).is_ok());
    }

    #[test]
    fn a_file_is_written_whole_or_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.csv");
        let output = Output::beside(Path::new("-"), &file).unwrap();
        let broken = output.write(|writer| {
            writer.write_record(["half"])?;
            Err(std::io::Error::other("the disk is full").into())
        });
        assert!(broken.unwrap_err().lines()[0].contains("the disk is full"));
        assert!(names(folder.path()).is_empty());
        output.write(|writer| writer.write_record(["first"])).unwrap();
        let broken = output.write(|_| Err(std::io::Error::other("the disk is full").into()));
        assert!(broken.is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "first\n");
        output.write(|writer| writer.write_record(["second"])).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "second\n");
        assert_eq!(names(folder.path()), ["out.csv"]);
        let nowhere = Output::beside(Path::new("-"), &folder.path().join("no/out.csv")).unwrap();
        assert!(nowhere.write(|_| Ok(())).is_err());
    }
}
