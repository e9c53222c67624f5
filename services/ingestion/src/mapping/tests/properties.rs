//! Input of any kind is answered, never met with a panic.

use proptest::prelude::*;

use super::{Settings, file, import, run};
use crate::mapping::Mapping;

const MAPPING: &str = r#"
sources: {d: {files: d.csv}}
records:
  - kind: opportunity
    source: d
    id: a
    fields:
      stage: b
      amount: {column: c, decimal: ",", thousands: "."}
      created_at: {column: d, format: ["%d.%m.%Y", "%Y-%m-%d %H:%M"], zone: America/New_York}
      term_months: c
      closed_at: d
      lines: [{product: b, units: c}]
      stage_history: [{at: d, stage: b}]
"#;

proptest! {
    #[test]
    fn any_bytes_are_rows_or_rejects(rows in prop::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [b"a,b,c,d\n".as_slice(), &rows].concat();
        let outcome = import(MAPPING, vec![file("d.csv", bytes)]).unwrap();
        prop_assert_eq!(outcome.rows, outcome.records.len() as u64 + outcome.refused_rows as u64);
    }

    #[test]
    fn any_cells_are_read_or_refused(cells in prop::collection::vec("[0-9.,:+ -]{0,12}|[a-z\u{e9}]{0,4}", 4)) {
        let bytes = format!("a,b,c,d\n\"{}\"\n", cells.join("\",\""));
        let outcome = import(MAPPING, vec![file("d.csv", bytes)]).unwrap();
        prop_assert_eq!(outcome.rows, 1);
    }

    #[test]
    fn any_bytes_are_a_file_of_lines(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        run(None, vec![file("d.jsonl", bytes)], Settings::default(), false).ok();
    }

    #[test]
    fn any_text_is_a_mapping_or_an_error(text in "[a-z:{}\\[\\],\"'&*!|>~\n -]{0,200}") {
        Mapping::parse(&text).ok();
    }

    #[test]
    fn a_mapping_that_is_cut_off_is_a_mapping_or_an_error(cut in 0..MAPPING.len()) {
        Mapping::parse(&MAPPING[..cut]).ok();
    }
}
