//! What is written reads back; what is damaged or foreign does not.

use super::*;
use crate::tenant::tests::{Log, deal, dump, hour, settings};

fn log() -> Log {
    let mut log = Log::default();
    log.settings(&settings("Europe/Berlin", true));
    for number in 0..300 {
        let stage = if number % 3 == 0 { "Signed" } else { "Engaging" };
        log.deal(
            &format!("d{}", number % 200),
            (hour(number), 0),
            deal(stage, number),
        );
    }
    log
}

#[test]
fn a_checkpoint_reads_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    assert!(load(folder.path()).is_none() && load(&folder.path().join("absent")).is_none());
    let log = log();
    write(folder.path(), &log.replay(100)).unwrap();
    let facts = log.replay(301);
    write(folder.path(), &facts).unwrap();
    let read = load(folder.path()).unwrap();
    assert_eq!(read.position(), facts.position());
    for seq in [1, 50, 250, 301] {
        assert_eq!(dump(&read, seq), dump(&facts, seq));
    }
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["1-301"], "older ones are gone");
    forget(folder.path()).unwrap();
    assert!(load(folder.path()).is_none());
}

#[test]
fn a_damaged_or_foreign_checkpoint_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let facts = log().replay(301);
    let place = folder.path().join("1-301");
    for entry in {
        write(folder.path(), &facts).unwrap();
        fs::read_dir(&place).unwrap()
    } {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let mut flipped = bytes.clone();
        flipped[bytes.len() / 2] ^= 1;
        fs::write(&path, &flipped).unwrap();
        let manifest = path.ends_with(MANIFEST);
        assert!(manifest || load(folder.path()).is_none(), "{}", path.display());
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(load(folder.path()).is_none(), "{}", path.display());
        fs::remove_file(&path).unwrap();
        assert!(load(folder.path()).is_none(), "{}", path.display());
        fs::write(&path, &bytes).unwrap();
    }
    assert!(load(folder.path()).is_some());
    let manifest = fs::read_to_string(place.join(MANIFEST)).unwrap();
    let version = format!(r#""facts_version": {FACTS_VERSION}"#);
    let foreign = manifest.replace(&version, r#""facts_version": 0"#);
    assert_ne!(manifest, foreign);
    fs::write(place.join(MANIFEST), foreign).unwrap();
    assert!(load(folder.path()).is_none());
    fs::write(place.join(MANIFEST), manifest).unwrap();
    fs::rename(&place, folder.path().join("2-301")).unwrap();
    assert!(load(folder.path()).is_none());
}
