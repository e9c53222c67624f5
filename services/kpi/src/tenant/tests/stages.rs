//! Settings say what stages mean: whoever changes them changes the facts, from then on.

use super::*;

#[test]
fn a_new_order_of_stages_counts_places_and_advances_anew() {
    let mut log = Log::default();
    let forwards = settings("UTC", false);
    let mut backwards = forwards.clone();
    backwards.pipelines[0].stages.swap(0, 1);
    log.settings(&forwards);
    let entry = |at: &str, stage: &str| StageChange {
        at: at.parse().unwrap(),
        stage: stage.to_owned(),
    };
    let history = vec![
        entry("2017-01-01", "Prospecting"),
        entry("2017-01-11", "Engaging"),
        entry("2017-01-21", "Elsewhere"),
    ];
    log.deal(
        "d",
        (hour(0), 0),
        Opportunity {
            stage_history: history,
            ..deal("Elsewhere", 1)
        },
    );
    log.settings(&backwards);
    let facts = log.replay(3);
    let told = |seq| {
        let columns = [Column::StageIndex, Column::AdvancedAt];
        let mut rows = Vec::new();
        facts.scan(Table::StageSpells, &columns, None, seq, &mut |morsel| {
            let [Slice::I64(index), Slice::I64(advanced)] = morsel.columns[..] else {
                unreachable!()
            };
            let known = |row: &usize| morsel.recorded.is_none_or(|known| known[*row]);
            let day =
                |at: i64| (at != crate::table::NULL).then(|| (at - hour(0).as_micros()) / 86_400_000_000);
            let shown = |row: usize| (Some(index[row]).filter(|place| *place > 0), day(advanced[row]));
            rows.extend((0..morsel.rows).filter(known).map(shown));
        });
        rows.sort_unstable();
        rows
    };
    assert_eq!(told(2), [(None, None), (Some(1), Some(10)), (Some(2), None)]);
    assert_eq!(told(3), [(None, None), (Some(1), None), (Some(2), None)]);
}
