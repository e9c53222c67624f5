//! Definitions of a tenant's own: what holds stands beside the built-in KPIs, what does not is pointed at, and nothing panics.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::table::Table;

const GOOD: &str = "\
name: Fast wins
owner: Ann
description: Deals won within a month.
counts: Every deal won in the period.
leaves_out: Open deals.
in_words: deals won fast of all deals won
formula: fast / won
unit: ratio
direction: up
leading: false
cadence: monthly
funnel_stage: close
items: { what: deals won, measure: won }
absent_reason: no_won_deals
interval: { successes: fast, trials: won }
measures:
  - { name: fast, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won' AND cycle < 2592000000000\" }
  - { name: won, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
caveats:
  - A test.
";

static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn compiled(text: &str) -> Result<Kpi> {
    Draft::read(text)?.compile("fast_wins", 3, true)
}

fn planned(id: &str, says: KpiDefinition, seq: u64) -> Planned<KpiDefinition> {
    Planned {
        id: id.into(),
        says: Arc::new(says),
        seq,
        since: seq,
        version: 1,
    }
}

fn of_text(text: &str) -> KpiDefinition {
    KpiDefinition {
        definition: text.to_owned(),
        ..KpiDefinition::default()
    }
}

#[test]
fn a_definition_that_holds_is_a_kpi_of_the_version_that_the_log_counts() {
    let kpi = compiled(GOOD).unwrap();
    assert_eq!(
        (kpi.definition.id.as_str(), kpi.definition.version),
        ("fast_wins", 3)
    );
    let draft = Draft::read(GOOD).unwrap().compile("fast_wins", 3, false).unwrap();
    assert_eq!(
        format!("{:?}", draft.definition),
        format!("{:?}", kpi.definition),
        "who relies on it does not change what it means"
    );
    let built_in_keys = format!("id: fast_wins\nversion: 9\nstatus: deprecated\nclass: kpi\n{GOOD}");
    let same = compiled(&built_in_keys).unwrap();
    assert_eq!(
        (same.definition.version, same.definition.class),
        (3, Standing::Metric)
    );
    let other = compiled(&format!("id: other\n{GOOD}")).unwrap_err();
    assert!(
        other.message.contains("of `other`, not of `fast_wins`"),
        "{other}"
    );
}

#[test]
fn what_is_certified_says_what_counts_and_who_owns_it() {
    let without_owner = GOOD.replace("owner: Ann\n", "");
    assert!(
        Draft::read(&without_owner)
            .unwrap()
            .compile("fast_wins", 1, false)
            .is_ok()
    );
    let refused = compiled(&without_owner).unwrap_err();
    assert_eq!(refused.violations[0].field, "definition.owner");
}

#[test]
fn what_does_not_hold_is_pointed_at() {
    let cases = [
        (
            "formula: fast / won",
            "formula: fast / wonn",
            "definition.formula",
            "column 8: there is no measure `wonn`; there are fast, won: did you mean `won`?\n  fast / wonn\n         ^",
        ),
        (
            "formula: fast / won",
            "formula: fast / ",
            "definition.formula",
            "column 7: expected a measure, a number, a function or (\n  fast /\n        ^",
        ),
        (
            "outcome = 'won' AND cycle",
            "outcome = 'won' AND cyclee",
            "definition.measures.fast.filter",
            "column 21: No field named cyclee: did you mean `cycle`?\n  outcome = 'won' AND cyclee < 2592000000000\n                      ^",
        ),
        (
            "AND cycle < ",
            "AND upperr(owner) < ",
            "definition.measures.fast.filter",
            "upperr",
        ),
        (
            "table: closings",
            "table: closing",
            "definition.measures.fast.table",
            "did you mean `closings`?",
        ),
        (
            "unit: ratio",
            "unit: rato",
            "definition",
            "line 8, column 7: `rato` is none of",
        ),
        (
            "formula: fast",
            "formla: fast",
            "definition",
            "line 7, column 1: there is no key `formla`: did you mean `formula`?\n  formla: fast / won\n  ^",
        ),
        ("name: Fast wins\n", "", "definition", "the key `name` is missing"),
        ("leading: false", "leading: [", "definition", "line "),
        ("name: Fast wins", "kpis: []", "definition", "without `kpis:`"),
    ];
    for (right, wrong, field, expected) in cases {
        let text = GOOD.replacen(right, wrong, 1);
        assert_ne!(text, GOOD, "{right}");
        let error = compiled(&text).unwrap_err();
        assert_eq!(error.reason, ErrorReason::InvalidDefinition, "{wrong}");
        let one = &error.violations[0];
        assert_eq!(one.field, field, "{wrong}: {}", one.message);
        assert!(
            one.message.contains(expected),
            "{wrong}:\n{}\n{expected}",
            one.message
        );
    }
}

#[test]
fn a_definition_is_of_a_bounded_size() {
    let long = format!("{GOOD}#{}", "x".repeat(LONGEST));
    assert!(compiled(&long).unwrap_err().message.contains("at most 65536"));
    let more: String = (0..40)
        .map(|number| format!("  - {{ name: m{number}, table: closings, class: flow, aggregate: count }}\n"))
        .collect();
    let many = GOOD.replace("caveats:", &format!("{more}caveats:"));
    assert_eq!(
        compiled(&many).unwrap_err().violations[0].field,
        "definition.measures"
    );
    let deep = GOOD.replace(
        "fast / won",
        &format!("{}fast{} / won", "(".repeat(200), ")".repeat(200)),
    );
    assert!(compiled(&deep).unwrap_err().message.contains("too deep"));
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [{0}]\nc: &c [{1}]\nd: [{2}]\n{GOOD}",
        ["*a"; 9].join(","),
        ["*b"; 9].join(","),
        ["*c"; 9].join(",")
    );
    assert!(compiled(&bomb).is_err());
}

#[test]
fn own_kpis_stand_beside_the_built_in_ones() {
    let definitions = Definitions {
        digest: [1; 32],
        kpis: vec![
            planned("broken", of_text("name: x"), 4),
            planned("fast_wins", of_text(GOOD), 1),
            planned("gone", KpiDefinition::default(), 2),
            planned("win_rate", of_text(GOOD), 3),
        ],
    };
    let compile = |one: &Planned<KpiDefinition>| {
        let draft = Draft::read(&one.says.definition)?;
        draft.compile(&one.id, one.version, false).map(Arc::new)
    };
    let catalogue = BUILT_IN.with_own(&definitions, compile);
    assert_eq!(catalogue.all().len(), BUILT_IN.all().len() + 1);
    assert_eq!(catalogue.kpi("fast_wins").unwrap().definition.name, "Fast wins");
    assert_eq!(
        catalogue.kpi("win_rate").unwrap().definition.formula,
        BUILT_IN.kpi("win_rate").unwrap().definition.formula,
        "what is built in keeps its meaning"
    );
    assert!(
        catalogue
            .own_of("win_rate")
            .unwrap()
            .error
            .as_ref()
            .unwrap()
            .message
            .contains("built in")
    );
    let refused = catalogue.kpi("broken").unwrap_err();
    assert_eq!(
        (refused.code, refused.reason),
        (ErrorCode::FailedPrecondition, ErrorReason::UnusableDefinition)
    );
    assert!(
        catalogue
            .kpi("gone")
            .unwrap_err()
            .message
            .contains("not built in any more")
    );
    assert!(
        catalogue
            .kpi("fast_win")
            .unwrap_err()
            .message
            .contains("`fast_wins`")
    );
    assert!(
        BUILT_IN.kpi("fast_wins").is_err(),
        "the others' catalogue is as it was"
    );
}

#[test]
fn more_definitions_than_a_tenant_may_have_are_listed_and_never_used() {
    let kpi = Arc::new(compiled(GOOD).unwrap());
    let catalogue = |count: usize| {
        // The first by name came last.
        let one = |place: usize| planned(&format!("own_{place:04}"), of_text(GOOD), (count - place) as u64);
        let mut kpis: Vec<_> = (0..count).map(one).collect();
        // What only tells of a built-in KPI is none of them.
        kpis.push(planned("win_rate", KpiDefinition::default(), 0));
        let definitions = Definitions {
            digest: [3; 32],
            kpis,
        };
        BUILT_IN.with_own(&definitions, |_| Ok(Arc::clone(&kpi)))
    };
    let unusable = |catalogue: &Catalogue| -> Vec<String> {
        let wrong = catalogue.own().iter().filter(|own| own.error.is_some());
        wrong.map(|own| own.planned.id.to_string()).collect()
    };
    let full = catalogue(MOST_OWN);
    assert!(unusable(&full).is_empty());
    assert_eq!(
        full.has_room_for("one_more").unwrap_err().code,
        ErrorCode::ResourceExhausted
    );
    full.has_room_for("own_0007")
        .expect("a request that is sent again is no second one");
    catalogue(MOST_OWN - 1).has_room_for("one_more").unwrap();
    let over = catalogue(MOST_OWN + 2);
    assert_eq!(unusable(&over), ["own_0000", "own_0001"]);
    assert_eq!(over.all().len(), full.all().len());
    let refused = over.kpi("own_0001").unwrap_err();
    assert_eq!(refused.reason, ErrorReason::UnusableDefinition);
    assert!(refused.message.contains("at most 1000 KPIs"), "{refused}");
}

#[test]
fn a_deprecated_kpi_names_the_one_to_use_instead() {
    let says = |successor: Option<&str>| KpiDefinition {
        status: KpiStatus::Deprecated,
        deprecated_for: successor.map(str::to_owned),
        ..KpiDefinition::default()
    };
    let definitions = Definitions {
        digest: [2; 32],
        kpis: vec![
            planned("bookings", says(None), 1),
            planned("win_rate", says(Some("win_rate_value")), 2),
        ],
    };
    let catalogue = BUILT_IN.with_own(&definitions, |_| unreachable!("built-in KPIs are compiled"));
    assert_eq!(catalogue.deprecated("win_rate"), Some(Some("win_rate_value")));
    assert_eq!(catalogue.deprecated("bookings"), Some(None));
    assert_eq!(catalogue.deprecated("deals_won"), None);
    assert!(catalogue.kpi("win_rate").is_ok(), "it still answers");
}

#[test]
fn the_page_for_authors_names_every_table_and_column() {
    let page = include_str!("../../../../../docs/own-kpis.md");
    for table in Table::ALL {
        let columns: Vec<String> = table.columns()[3..]
            .iter()
            .map(|one| format!("`{}`", one.name()))
            .collect();
        let start = format!("| `{}` | ", table.name());
        let row = page.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row of {}", table.name()));
        assert!(
            row.ends_with(&format!(" | {} |", columns.join(" "))),
            "{row}\n{columns:?}"
        );
        for column in columns {
            assert!(
                page.contains(&format!("\n| {column} | ")),
                "{column} is not explained"
            );
        }
    }
    let sample = include_str!("../../../../../deploy/kpis/fast_win_share.yaml");
    assert!(page.contains(sample), "the page shows the sample as it is");
    Draft::read(sample)
        .unwrap()
        .compile("fast_win_share", 1, true)
        .unwrap();
}

/// Pieces that mean something in YAML, in formulas and in expressions.
const PIECES: [&str; 40] = [
    ":",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "&a ",
    "*a",
    "!!int ",
    "|\n",
    ">\n",
    "\n",
    "\t",
    "---\n",
    "#",
    "<<",
    "~",
    "won",
    "fast",
    "closings",
    "/ 0",
    "(",
    ")",
    "<",
    "AND",
    "NOT ",
    "CASE WHEN",
    "9223372036854775807",
    "-1",
    "* 1e308",
    "NULL",
    "IN ()",
    "::bigint",
    "coalesce(",
    "INTERVAL '1 day'",
    "é",
    "\u{0}",
    "SELECT 1",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mutated_definition_panics(cuts in prop::collection::vec((0..GOOD.len(), 0..12_usize, 0..PIECES.len()), 1..4)) {
        let mut text = GOOD.to_owned();
        for (at, length, piece) in cuts {
            let start = text.floor_char_boundary(at.min(text.len()));
            let end = text.ceil_char_boundary((start + length).min(text.len()));
            text.replace_range(start..end, PIECES[piece]);
        }
        if let Err(error) = compiled(&text) {
            prop_assert!(!error.violations.is_empty());
        }
    }

    #[test]
    fn no_mutated_expression_panics(parts in prop::collection::vec(0..PIECES.len(), 1..8), formula in any::<bool>()) {
        let text: Vec<&str> = parts.iter().map(|part| PIECES[*part]).filter(|part| !part.contains(['\n', '\u{0}'])).collect();
        let text = serde_json::Value::from(text.join(" ")).to_string();
        let right = if formula { "fast / won" } else { "\"outcome = 'won'\"" };
        let text = GOOD.replacen(right, &text, 1);
        let _ = compiled(&text);
    }

    #[test]
    fn no_bytes_panic(text in ".{0,200}") {
        let _ = compiled(&text);
    }
}
