//! The usual stage-weighted view.

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{Book, StageValues, stage_weighted};

use crate::company::{Company, start};

#[test]
fn what_is_won_in_time_is_a_part_of_what_is_won_at_all_whatever_the_crm_says() {
    let mut deals = Company {
        pace: 2.0,
        days: 700,
        ..Company::default()
    }
    .deals();
    let day = start() + 600;
    let told = |deals| {
        let book = Book::new(deals, &Zone::utc());
        stage_weighted(&book, &StageValues::learn(&book, day), day, 90, 1).expect("a view")
    };
    let plain = told(deals.clone());
    // Chances that people give may be far below those that closed deals show.
    for spell in deals.iter_mut().flat_map(|deal| &mut deal.spells) {
        spell.stage_probability = Some(0.01);
    }
    let given = told(deals);
    for view in [&plain, &given] {
        assert!(view.in_time > 0.0 && view.in_time < 1.0);
        assert!(view.count.mean <= view.ever_count && view.value.mean <= view.ever_value);
        let off = (view.count.mean - view.in_time * view.ever_count).abs();
        assert!(off < 1e-9 * view.ever_count, "{off}");
    }
    assert!((plain.ever_count - given.ever_count).abs() < 1e-9);
    let shown = |given: Option<f64>| given.is_some_and(|given| (given - 0.01).abs() < 1e-9);
    assert!(given.stages.iter().all(|stage| shown(stage.given)));
}
