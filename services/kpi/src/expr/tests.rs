//! Expressions are what they say, on slices and on batches alike.

use super::*;
use crate::table::{Dict, Morsel, NULL, Slice};
use crate::tenant::Dictionary;

fn outcomes() -> Dictionary {
    let mut dictionary = Dictionary::new();
    for name in ["won", "lost", "no_decision"] {
        dictionary.intern(name);
    }
    dictionary
}

/// Five rows of closings: won 100, lost 200, no decision without amount, won 300 and one without outcome.
fn mask(text: &str) -> Vec<bool> {
    let dictionary = outcomes();
    let filter = filter(Table::Closings, text).expect(text);
    let mut layout = Layout::default();
    let bound = filter.bind(&mut layout, &|_: Dict| &dictionary);
    let mut mask = Vec::new();
    bound.mask(&morsel(&layout), &mut mask).expect(text);
    mask
}

fn morsel(layout: &Layout) -> Morsel<'static> {
    let slice = |column: &Column| match column {
        Column::Outcome => Slice::Code(&[1, 2, 3, 1, 0]),
        Column::Amount => Slice::I64(&[100, 200, NULL, 300, 0]),
        Column::Day => Slice::I32(&[10, 11, 12, 13, 14]),
        other => panic!("{other:?}"),
    };
    Morsel {
        rows: 5,
        columns: layout.columns().iter().map(slice).collect(),
        recorded: None,
    }
}

fn shown(mask: &[bool]) -> String {
    mask.iter().map(|pass| if *pass { '1' } else { '0' }).collect()
}

#[test]
fn simple_conditions_run_on_slices() {
    let cases = [
        ("outcome = 'won'", "10010"),
        ("'won' = outcome", "10010"),
        ("outcome IN ('won', 'lost')", "11010"),
        (
            "outcome IN ('won', 'lost', 'no_decision', 'other', 'more')",
            "11110",
        ),
        ("outcome <> 'won'", "01100"),
        ("outcome NOT IN ('won', 'lost')", "00100"),
        ("outcome = 'nobody says this'", "00000"),
        ("amount > 100 AND outcome = 'won'", "00010"),
        ("amount >= 100 AND amount <= 200", "11000"),
        ("amount IS NULL", "00100"),
        ("amount IS NOT NULL", "11011"),
        ("outcome IS NULL", "00001"),
        ("day < 12", "11000"),
        ("1 = 1", "11111"),
        ("", "11111"),
    ];
    for (text, expected) in cases {
        let compiled = filter(Table::Closings, text).expect(text);
        assert!(!matches!(compiled, Filter::Batch(_)), "{text}: {compiled:?}");
        assert_eq!(shown(&mask(text)), expected, "{text}");
    }
}

#[test]
fn richer_conditions_run_on_batches() {
    let cases = [
        ("amount * 2 > 300", "01010"),
        ("outcome = 'lost' OR amount > 250", "01010"),
        ("NOT (outcome = 'won' AND amount > 100)", "11101"),
        ("starts_with(outcome, 'no')", "00100"),
        ("CASE WHEN outcome = 'won' THEN amount ELSE 0 END > 0", "10010"),
        ("coalesce(amount, 1) = 1", "00100"),
        ("outcome LIKE '%o%'", "11110"),
    ];
    for (text, expected) in cases {
        let compiled = filter(Table::Closings, text).expect(text);
        assert!(matches!(compiled, Filter::Batch(_)), "{text}: {compiled:?}");
        assert_eq!(shown(&mask(text)), expected, "{text}");
    }
}

#[test]
fn a_qualified_deal_is_a_flag() {
    for (text, check) in [
        ("qualified", Check::Flag(true)),
        ("qualified = true", Check::Flag(true)),
        ("NOT qualified", Check::Flag(false)),
    ] {
        let Filter::Tests(tests) = filter(Table::OpenDeals, text).expect(text) else {
            panic!("{text}");
        };
        assert_eq!(
            tests,
            [Test {
                column: Column::Qualified,
                check
            }]
        );
    }
}

#[test]
fn values_are_columns_or_whole_numbers() {
    assert!(matches!(
        value(Table::Closings, "amount"),
        Ok(Value::Column(Column::Amount))
    ));
    let dictionary = outcomes();
    let numbers = |text: &str| {
        let Value::Batch(expr) = value(Table::Closings, text).expect(text) else {
            panic!("{text}");
        };
        let mut layout = Layout::default();
        let BoundValue::Batch(bound) = Value::Batch(expr).bind(&mut layout, &|_: Dict| &dictionary) else {
            panic!("{text}");
        };
        let mut numbers = Vec::new();
        bound.numbers(&morsel(&layout), &mut numbers).expect(text);
        numbers
    };
    assert_eq!(numbers("amount - 100"), [0, 100, NULL, 200, -100]);
    assert_eq!(
        numbers("CASE WHEN outcome = 'won' THEN amount END"),
        [100, NULL, NULL, 300, NULL]
    );
    assert_eq!(numbers("day"), [10, 11, 12, 13, 14]);
    assert_eq!(numbers("7"), [7; 5]);
}

#[test]
fn mistakes_are_shown_where_they_are() {
    let wrong = |text: &str| filter(Table::Closings, text).expect_err(text);
    let cases: [(&str, Option<u64>, &str); 12] = [
        ("outcom = 'won'", Some(1), "outcom"),
        ("amount > 1 AND outcom = 'won'", Some(16), "outcom"),
        ("outcome =", Some(10), "xpected"),
        ("outcome = 'won' amount", Some(17), "the end"),
        ("outcome = 'won", Some(11), "nterminated"),
        ("amount + 1", None, "true or false"),
        ("amount > 'x'", None, ""),
        ("amount > (SELECT 1)", None, ""),
        ("amount IN (SELECT amount FROM closings)", None, ""),
        ("random() > 0.5", None, "random"),
        ("sum(amount) > 1", None, "sum"),
        ("qualified", Some(1), "qualified"),
    ];
    for (text, column, message) in cases {
        let error = wrong(text);
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.to_string().contains(text), "{error}");
        if column.is_some() {
            assert_eq!(error.column, column, "{error}");
        }
    }
    for text in ["now() > 1", "deal = 'x'", "$1 = amount"] {
        wrong(text);
    }
    for text in [
        "(".repeat(900),
        "(".repeat(3000),
        format!("{}amount > 1", "NOT ".repeat(200)),
    ] {
        filter(Table::Closings, &text).expect_err("too deep");
    }
    for text in ["amount / 2.0", "outcome", "amount > 1", "nonsense"] {
        value(Table::Closings, text).expect_err(text);
    }
}

#[test]
fn the_longest_expressions_still_compile() {
    let chain = vec!["amount > 1"; 60].join(" AND ");
    assert!(filter(Table::Closings, &chain).is_ok());
    let nested = format!("{}amount > 1{}", "(".repeat(9), ")".repeat(9));
    assert!(filter(Table::Closings, &nested).is_ok());
}

#[test]
fn every_table_tells_its_columns_and_keeps_identities_to_itself() {
    let tests = |table, text: &str| match filter(table, text) {
        Ok(Filter::Tests(tests)) => tests.len(),
        other => panic!("{text}: {other:?}"),
    };
    let several = "activity_type IN ('call', 'email') AND completed AND NOT automatic AND duration > 0";
    assert_eq!(tests(Table::Activities, several), 4);
    assert_eq!(tests(Table::LeadSteps, "step = 'mql' AND next_at IS NOT NULL"), 2);
    assert_eq!(tests(Table::Quotas, "team IS NULL AND start_day >= 17167"), 2);
    assert_eq!(tests(Table::Employment, "role <> 'sdr'"), 1);
    assert_eq!(
        tests(Table::OpenDeals, "category = 'commit' AND expected_day IS NULL"),
        2
    );
    assert_eq!(tests(Table::StageSpells, "first AND stage_index > 1"), 2);
    let plain = value(Table::Leads, "responded_at");
    assert!(
        matches!(plain, Ok(Value::Column(Column::RespondedAt))),
        "{plain:?}"
    );
    assert!(value(Table::Leads, "responded_business - created_business").is_ok());
    for (table, hidden) in [
        (Table::Activities, "lead"),
        (Table::Quotas, "quota"),
        (Table::Leads, "amount"),
    ] {
        assert!(filter(table, &format!("{hidden} IS NULL")).is_err(), "{hidden}");
    }
}
