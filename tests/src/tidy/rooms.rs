//! Rules about the pure rooms of the services: what computes answers knows no runtime, no database, no
//! transport and no clock, so that it can be tested, replayed and moved as it is.

use super::Finding;
use super::tree::Source;

/// The pure rooms: the folder of the service's sources, and the modules in it.
const ROOMS: [(&str, &[&str]); 3] = [
    ("services/ingestion/src", &["log", "mapping"]),
    (
        "services/kpi/src",
        &[
            "facts",
            "catalogue",
            "library",
            "scan",
            "formula",
            "query",
            "watch",
            "target",
            "scorecard",
            "compare",
            "explain",
            "restate",
            "waterfall",
            "answers/key",
        ],
    ),
    (
        "services/forecasting/src",
        &[
            "accuracy",
            "anomaly",
            "cases",
            "course",
            "evaluate",
            "facts",
            "frame",
            "measure",
            "pipeline",
            "retention",
            "score",
            "series",
            "trend",
        ],
    ),
];

/// Crates that a pure room does not name.
const BANNED_CRATES: [&str; 8] = [
    "tokio",
    "tokio_stream",
    "tokio_util",
    "sea_orm",
    "sea_orm_migration",
    "sqlx",
    "tonic",
    "axum",
];
/// Ways to read the time.
const CLOCKS: [&str; 3] = ["SystemTime", "Clock", "SystemClock"];

/// Whether the file belongs to a pure room.
fn room_of(path: &str) -> Option<(&'static str, &'static str)> {
    let stem = path.trim_end_matches(".rs");
    ROOMS
        .iter()
        .flat_map(|(folder, rooms)| rooms.iter().map(move |room| (*folder, *room)))
        .find(|(folder, room)| {
            let inside = stem.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            inside.is_some_and(|rest| rest == *room || rest.starts_with(&format!("{room}/")))
        })
}

/// Pure rooms name no runtime, database, transport or clock.
#[must_use]
pub fn purity(source: &Source) -> Vec<Finding> {
    if room_of(&source.path).is_none() {
        return Vec::new();
    }
    let tokens: Vec<_> = source.shipped().collect();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let text = token.text.as_str();
        if BANNED_CRATES.contains(&text) {
            let way_out = "take plain values; the service's rpc, worker and store rooms do the talking";
            found.push(Finding::new(
                &source.path,
                token.line,
                format!("a pure room names `{text}`"),
                way_out,
            ));
        }
        let follows = |path: &[&str]| {
            tokens[index + 1..]
                .iter()
                .map(|t| t.text.as_str())
                .take(3)
                .eq(path.iter().copied())
        };
        if CLOCKS.contains(&text) || follows(&[":", ":", "now"]) {
            let way_out = "take the instant as a parameter";
            found.push(Finding::new(
                &source.path,
                token.line,
                "a pure room reads the clock",
                way_out,
            ));
        }
    }
    found
}

/// Each pure room exists: a renamed room must not slip out of the rule.
#[must_use]
pub fn rooms_exist(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (folder, rooms) in ROOMS {
        for room in rooms {
            if !sources
                .iter()
                .any(|source| room_of(&source.path) == Some((folder, room)))
            {
                let what = format!("there is no pure room `{room}`");
                found.push(Finding::new(
                    folder,
                    1,
                    what,
                    "name the room in tests/src/tidy/rooms.rs as it is called now",
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(path: &str, text: &str) -> Vec<String> {
        purity(&Source::parse(path, text).unwrap())
            .into_iter()
            .map(|finding| finding.at)
            .collect()
    }

    #[test]
    fn a_pure_room_that_talks_to_the_world_is_found() {
        let text =
            "//! Facts.\nuse {std::fmt, tokio::sync::Mutex};\nfn a() -> tonic::Status { b!(sea_orm::X) }\n";
        let expected = [
            "services/kpi/src/facts/a.rs:2",
            "services/kpi/src/facts/a.rs:3",
            "services/kpi/src/facts/a.rs:3",
        ];
        assert_eq!(places("services/kpi/src/facts/a.rs", text), expected);
        assert_eq!(places("services/kpi/src/facts.rs", text).len(), 3);
        assert!(places("services/kpi/src/factsheet.rs", text).is_empty());
        assert!(places("services/kpi/src/rpc.rs", text).is_empty());
    }

    #[test]
    fn a_pure_room_that_reads_the_clock_is_found() {
        let text = "//! Log.\nfn a() { jiff::Timestamp::now(); }\nfn b(clock: &dyn Clock) {}\nfn now() {}\n\
                    // tokio, Clock\n#[cfg(test)]\nmod tests { fn c() { tokio::x(Instant::now()); } }\n";
        let expected = [
            "services/ingestion/src/log/rules.rs:2",
            "services/ingestion/src/log/rules.rs:3",
        ];
        assert_eq!(places("services/ingestion/src/log/rules.rs", text), expected);
    }

    #[test]
    fn the_floor_plan_names_the_rooms() {
        let plan = std::fs::read_to_string(crate::workspace_root().join("ARCHITECTURE.md")).unwrap();
        let told = plan.split("- **Pure rooms** (").nth(1).unwrap();
        let told = told.split(')').next().unwrap();
        let named: Vec<&str> = told.split('`').skip(1).step_by(2).collect();
        let rooms: Vec<&str> = ROOMS
            .iter()
            .flat_map(|(_, rooms)| rooms.iter().copied())
            .collect();
        assert_eq!(named, rooms);
    }

    #[test]
    fn a_missing_room_is_found() {
        let kept = Source::parse("services/kpi/src/facts.rs", "//! Facts.\n").unwrap();
        let missing = rooms_exist(&[kept]);
        let rooms: usize = ROOMS.iter().map(|(_, rooms)| rooms.len()).sum();
        assert_eq!(missing.len(), rooms - 1);
        let kept =
            |finding: &Finding| finding.at.starts_with("services/kpi/") && finding.what.contains("`facts`");
        assert!(!missing.iter().any(kept), "{missing:?}");
    }
}
