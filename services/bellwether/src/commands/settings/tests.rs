//! Settings files, friendly and strict.

use super::*;
use bellwether_contracts::ingestion::{FiscalPattern, StageClass};

const FILE: &str = "\
zone: Europe/Berlin
fiscal_calendar: {start_month: 4, pattern: 4-4-5}
business_hours:
  - {weekday: 1, opens: \"08:30\", closes: \"17:00\"}
holidays: [2026-12-25]
pipelines:
  - id: sales
    stages:
      - {name: Offer, class: open, qualified: true, probability: 0.5}
      - {name: Nothing, class: no_decision}
attributes:
  - {kind: opportunity, name: channel, type: text}
";

fn path() -> &'static Path {
    Path::new("settings.yaml")
}

#[test]
fn friendly_spellings_are_understood() {
    let settings = message(Value::Object(read(FILE, path()).unwrap()), path()).unwrap();
    assert_eq!(
        settings.fiscal_calendar.unwrap().pattern(),
        FiscalPattern::FiscalPattern445
    );
    let stages = &settings.pipelines[0].stages;
    assert_eq!(
        (stages[0].class(), stages[0].probability.as_str()),
        (StageClass::Open, "0.5")
    );
    assert_eq!(stages[1].class(), StageClass::NoDecision);
    assert_eq!(
        (
            settings.holidays[0].as_str(),
            settings.business_hours[0].opens.as_str()
        ),
        ("2026-12-25", "08:30")
    );
    bellwether_contracts::convert::settings_from_proto(&settings).unwrap();
}

#[test]
fn the_contracts_own_spelling_is_understood_too() {
    let shown = settings_to_json(&message(Value::Object(read(FILE, path()).unwrap()), path()).unwrap());
    let again = read(&shown.to_string(), path()).unwrap();
    assert_eq!(Value::Object(again), shown);
}

#[test]
fn what_a_file_leaves_out_stays() {
    let before = message(Value::Object(read(FILE, path()).unwrap()), path()).unwrap();
    let after = laid_over(before.clone(), read("zone: America/New_York", path()).unwrap());
    let after = message(after, path()).unwrap();
    assert_eq!(
        (after.zone.as_str(), after.pipelines),
        ("America/New_York", before.pipelines)
    );
}

#[test]
fn unknown_fields_and_values_are_named() {
    let refused = |text: &str| read(text, path()).unwrap_err().lines().join(" ");
    assert!(refused("zon: UTC").contains("zon"));
    assert!(refused("pipelines: [{id: a, stages: [{name: X, class: open_}]}]").contains("OPEN_"));
    assert!(refused("- a").contains("settings.yaml"));
}
