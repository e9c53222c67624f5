//! Splits of every KPI of the catalogue that has one, over random histories, and what refuses to be split.

use super::*;
use crate::restate::tests::priced;
use crate::tenant::tests::replay::step;

const DIMENSIONS: [&str; 4] = ["owner", "team", "account", "source"];

#[test]
fn every_kpi_can_be_split_or_names_some_that_can() {
    let (mut able, mut unable) = (0, 0);
    for kpi in CATALOGUE.all() {
        let id = &kpi.definition.id;
        match Shape::find(&CATALOGUE, id) {
            Ok(shape) => {
                able += 1;
                assert!(!shape.effects().is_empty(), "{id} says what it is split into");
            }
            Err(refused) => {
                unable += 1;
                let text = &refused.violations[0].message;
                assert!(
                    text.contains(&format!("`{id}`")) && text.contains("more"),
                    "{text}"
                );
                // Those that it names can be.
                let named = text
                    .split("such as ")
                    .nth(1)
                    .and_then(|rest| rest.split(" and ").next());
                for one in named.unwrap_or_default().split(", ") {
                    assert!(Shape::find(&CATALOGUE, one).is_ok(), "{one} of {text}");
                }
            }
        }
    }
    assert!(able >= 60 && unable > 0, "{able} can be split, {unable} cannot");
}

/// Booked money needs the rates of its events, and none of today's.
#[test]
fn a_split_needs_no_rate_that_the_answer_does_not() {
    let euro = |closed| Deal {
        currency: "EUR",
        ..owned("Ann", Deal::won(closed, 10_000))
    };
    let mut fixture = fixture(&[euro("2017-01-10"), euro("2017-02-10"), euro("2017-02-11")]);
    fixture
        .rates
        .retain(|(_, day, ..)| *day < "2018-01-01".parse::<CivilDate>().unwrap().days());
    for kpi in ["bookings", "average_deal_size"] {
        let shape = Shape::find(&CATALOGUE, kpi).unwrap();
        let base = Base::Range(JANUARY.0.parse().unwrap(), JANUARY.1.parse().unwrap());
        let read = levels(
            &fixture,
            &CATALOGUE,
            (&ask(kpi, FEBRUARY), &base),
            shape.chain,
            now(),
            2,
        )
        .unwrap();
        let found = shape.explain(CATALOGUE.kpi(kpi).unwrap(), &read).unwrap();
        let fx = found
            .split
            .effects
            .iter()
            .find(|(effect, _)| *effect == Effect::Fx)
            .unwrap();
        assert!(!fx.1.is_zero(), "{kpi}");
        // Nobody's amounts moved in euros.
        let price = found
            .split
            .effects
            .iter()
            .find(|(effect, _)| *effect == Effect::Price)
            .unwrap();
        assert!(price.1.is_zero(), "{kpi}: {:?}", price);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn no_split_leaves_anything_over_whatever_the_history(
        steps in proptest::collection::vec(step(), 1..70),
        dimension in 0..DIMENSIONS.len(),
        cut in 1..40_i32,
    ) {
        let log = priced(&steps);
        let facts = log.replay(log.changes.len());
        let day = |days: i32| bellwether_domain::When::Day(CivilDate::from_days(17_165 + days));
        let base = Base::Range(day(0), day(cut));
        let mut split = 0;
        for kpi in CATALOGUE.all() {
            let id = &kpi.definition.id;
            let known = kpi.dimensions.iter().any(|one| one.name() == DIMENSIONS[dimension]);
            let Some(shape) = Shape::of(kpi).filter(|_| known) else {
                continue;
            };
            let ask = Ask {
                kpis: vec![id.clone()],
                from: Some(day(cut)),
                to: Some(day(60)),
                group_by: vec![DIMENSIONS[dimension].to_owned()],
                ..Ask::default()
            };
            let Ok(read) = levels(&facts, &CATALOGUE, (&ask, &base), shape.chain, now(), 2) else {
                continue;
            };
            let Ok(found) = shape.explain(kpi, &read) else {
                continue;
            };
            split += 1;
            let change = found.split.change();
            let of_effects = sum(found.effects.iter().map(|index| found.split.effects[*index].1.clone()));
            prop_assert_eq!(&of_effects, &change, "{}", id);
            prop_assert_eq!(sum(found.split.parts.iter().map(|part| part.change())), change, "{}", id);
            for (told, (from, to)) in [(&found.split.before, (0, cut)), (&found.split.after, (cut, 60))] {
                let whole = Ask {
                    from: Some(day(from)),
                    to: Some(day(to)),
                    group_by: Vec::new(),
                    ..ask.clone()
                };
                let Ok(answered) = answer(&facts, &CATALOGUE, &whole, now(), 2) else {
                    continue;
                };
                let Ok(value) = &answered.rows[0].value else {
                    continue;
                };
                let off = (told - &value.parse::<Exact>().unwrap()).abs();
                // Each is rounded in its own way: a part to the minor unit, a rate after many digits.
                prop_assert!(off <= Exact::from_scaled(1, 2), "{}: {:?} for {}", id, told, value);
            }
        }
        prop_assert!(split > 10, "{split} were split");
    }
}
