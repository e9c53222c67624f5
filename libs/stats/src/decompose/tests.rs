//! Decompositions against published ones and by hand.

use super::*;

pub(super) fn exact(text: &str) -> Exact {
    text.parse().expect("a test writes decimals")
}

fn numbers(text: &str) -> Vec<Exact> {
    text.split_whitespace().map(exact).collect()
}

pub(super) fn segment<K>(key: K, before: &str, after: &str) -> Segment<K> {
    Segment {
        key,
        before: numbers(before),
        after: numbers(after),
    }
}

/// Rounded to so many decimals, as a page prints it.
pub(super) fn places(value: &Exact, places: u32) -> String {
    let unit = Exact::from(10_i64.pow(places));
    Exact::from_scaled((value * &unit).round_half_even_to_integer(), places).to_exact_string()
}

fn shown<K>(found: &Decomposition<K>, decimals: u32) -> Vec<(Effect, String)> {
    let effects = found.effects.iter();
    effects
        .map(|(effect, value)| (*effect, places(value, decimals)))
        .collect()
}

pub(super) fn amounts(values: &[Exact]) -> Vec<String> {
    values.iter().map(Exact::to_exact_string).collect()
}

#[test]
fn products_of_two_to_five_factors_as_das_gupta_prints_them() {
    // P. Das Gupta (1993), Standardization and Decomposition of Rates, examples 2.1 to 2.4, with the digits that the
    // R package DasGuptR shows for them.
    for (before, after, decimals, expected) in [
        ("10930 0.717892", "16591 0.825974", 3, "4369.913 1487.262"),
        (
            "51.78746 0.45919 0.52638",
            "84.90502 0.75756 0.51065",
            7,
            "10.4340333 10.5608476 -0.6670084",
        ),
        (
            "25.3 0.214 0.279 0.949",
            "32.7 0.290 0.473 0.986",
            7,
            "0.6889411 0.8125381 1.3829055 0.1047547",
        ),
        (
            "0.58 0.76 0.84 0.66 16.573",
            "0.72 0.97 0.97 0.56 16.158",
            7,
            "1.0909785 1.2298438 0.7278399 -0.8398707 -0.1290187",
        ),
    ] {
        let (before, after) = (numbers(before), numbers(after));
        let found = shapley(&before, &after);
        let printed: Vec<String> = found.iter().map(|effect| places(effect, decimals)).collect();
        assert_eq!(printed.join(" "), expected);
        let product = |factors: &[Exact]| factors.iter().fold(Exact::one(), |product, x| product * x);
        assert_eq!(found.iter().sum::<Exact>(), product(&after) - product(&before));
    }
    assert_eq!(shapley(&[], &[]), []);
    assert_eq!(shapley(&[Exact::one()], &[]), []);
}

#[test]
fn headship_rates_as_das_gupta_prints_them() {
    // Das Gupta (1993), example 5.1: household headship per 100 by age, United States, 1970 and 1985: age 1.2269,
    // rates 1.7403, together 2.9672 (DasGuptR prints the same).
    let sizes = [
        numbers("12.9 10.9 9.5 8.0 7.8 8.4 8.6 7.8 7.0 5.9 4.7 3.6 4.9"),
        numbers("10.1 11.2 11.6 10.9 9.4 7.7 6.3 6.0 6.3 5.9 5.1 4.0 5.5"),
    ];
    let rates = [
        numbers("1.9 25.8 45.7 49.6 51.2 51.6 51.8 54.9 58.7 60.4 62.8 66.6 66.8"),
        numbers("2.2 24.3 45.8 52.5 56.1 55.6 56.0 57.4 57.2 61.2 63.9 68.6 72.2"),
    ];
    let levels =
        |year: usize, age: usize| vec![sizes[year][age].clone(), &sizes[year][age] * &rates[year][age]];
    let segments = (0..13).map(|age| Segment {
        key: age,
        before: levels(0, age),
        after: levels(1, age),
    });
    let found = decompose(Kind::Average, &[Effect::Rate], segments).expect("both years");
    assert_eq!(
        shown(&found, 4),
        [(Effect::Mix, "1.2269".into()), (Effect::Rate, "1.7403".into())]
    );
    assert_eq!(
        (places(&found.before, 4), places(&found.after, 4)),
        ("44.7268".into(), "47.694".into())
    );
}

#[test]
fn death_rates_as_das_gupta_prints_them() {
    // Das Gupta (1993), example 5.3: deaths per 1,000 by race and age, United States, 1970 and 1985, with the sizes as
    // one factor: sizes 1.5415096, rates -2.2277254.
    let sizes = [
        numbers(
            "2968 11484 34614 30992 21983 20314 20928 16897 11339 5720 1315 535 2162 6120 4781 3096 2718 2363 1767 1149 \
             448 117",
        ),
        numbers(
            "3041 11577 27450 32711 35480 27411 19555 19795 15254 8022 2472 707 2692 6473 6841 6547 4352 3034 2540 1749 \
             804 236",
        ),
    ];
    let rates = [
        numbers(
            "18.469 0.751 0.391 1.146 1.287 2.672 6.636 15.691 34.723 79.763 176.837 36.993 1.352 0.541 2.040 3.523 \
             6.746 12.967 24.471 45.091 74.902 123.205",
        ),
        numbers(
            "9.163 0.462 0.248 0.929 1.084 1.810 4.715 12.187 27.728 64.068 157.570 17.208 0.738 0.328 1.103 2.045 \
             3.724 8.052 17.812 34.128 68.276 125.161",
        ),
    ];
    let levels = |year: usize, group: usize| {
        vec![
            sizes[year][group].clone(),
            &sizes[year][group] * &rates[year][group],
        ]
    };
    let segments = (0..22).map(|group| Segment {
        key: group,
        before: levels(0, group),
        after: levels(1, group),
    });
    let found = decompose(Kind::Average, &[Effect::Rate], segments).expect("both years");
    assert_eq!(
        shown(&found, 7),
        [
            (Effect::Mix, "1.5415096".into()),
            (Effect::Rate, "-2.2277254".into())
        ]
    );
}

#[test]
fn bookings_by_hand() {
    // Deals, won, euros at the budget rate, euros as booked. Before: 40 closed; after: 50.
    let segments = [
        segment("SMB", "30 12 1200 1200", "20 10 1100 1100"),
        segment("Enterprise", "10 4 4000 4400", "30 9 8100 8100"),
    ];
    let found = decompose(Kind::Total, &[Effect::Rate, Effect::Price, Effect::Fx], segments).expect("chains");
    assert_eq!(
        (found.before.clone(), found.after.clone()),
        (Exact::from(5600), Exact::from(9200))
    );
    // Per deal: 140 before and 184 after, on average 162. Volume 10 · 162.
    // SMB: per deal 40 and 55 (rate 0.4 and 0.5, price 100 and 110): mix -10 (47.5 - 162) = 1145, rate 25 · 0.1 · 105
    // = 262.5, price 25 · 10 · 0.45 = 112.5.
    // Enterprise: per deal 440 and 270 (rate 0.4 and 0.3, price 1000 and 900, FX 1.1 and 1): volume 20 · 162, mix
    // 20 (355 - 162) = 3860, and of 20 · (270 - 440): rate 20 · -0.1 · (1100/3 + 1000/6 + 990/6 + 900/3).
    let smb = &found.parts[1];
    assert_eq!(smb.key, "SMB");
    assert_eq!(amounts(&smb.effects), ["-1620", "1145", "262.5", "112.5", "0"]);
    assert_eq!(smb.change(), Exact::from(-100));
    let enterprise = &found.parts[0];
    assert_eq!(amounts(&enterprise.effects[..2]), ["3240", "3860"]);
    let rate = exact("-2") * (Exact::ratio(2000, 3).expect("not 0") + Exact::ratio(1990, 6).expect("not 0"));
    assert_eq!(enterprise.effects[2], rate);
    assert_eq!(enterprise.change(), Exact::from(3700));
    assert_eq!(found.effects[0], (Effect::Volume, Exact::from(1620)));
    assert_eq!(
        found.effects.iter().map(|effect| &effect.1).sum::<Exact>(),
        Exact::from(3600)
    );
}

#[test]
fn what_appears_or_vanishes_is_volume_and_mix() {
    let segments = [
        segment("gone", "10 1000", "0 0"),
        segment("new", "0 0", "30 1500"),
        segment("same", "10 500", "10 500"),
    ];
    let found = decompose(Kind::Total, &[Effect::Price], segments).expect("chains");
    // Per item 75 before and 50 after, on average 62.5.
    assert_eq!(amounts(&found.parts[0].effects), ["-625", "-375", "0"]);
    assert_eq!(amounts(&found.parts[1].effects), ["1875", "-375", "0"]);
    assert_eq!(amounts(&found.parts[2].effects), ["0", "0", "0"]);

    let nothing = decompose(Kind::Total, &[Effect::Price], [segment((), "0 0", "4 100")]).expect("chains");
    assert_eq!(
        amounts(&nothing.parts[0].effects),
        ["100", "0", "0"],
        "all of it is volume"
    );
    assert_eq!(nothing.parts[0].before, Some(Exact::zero()));
}

#[test]
fn hits_that_were_none_are_all_rate() {
    let found = decompose(
        Kind::Total,
        &[Effect::Rate, Effect::Price],
        [segment((), "10 0 0", "10 5 250")],
    );
    assert_eq!(
        amounts(&found.expect("chains").parts[0].effects),
        ["0", "0", "250", "0"]
    );
}

#[test]
fn what_cannot_be_split_says_why() {
    let rate = [Effect::Rate];
    let split = |kind, before, after| decompose(kind, &rate, [segment((), before, after)]).map(|_| ());
    assert_eq!(split(Kind::Total, "1 2 3", "1 2"), Err(Unsplit::Levels));
    assert_eq!(split(Kind::Total, "0 2", "1 2"), Err(Unsplit::NoUnits));
    assert_eq!(split(Kind::Average, "0 0", "1 2"), Err(Unsplit::NoItems));
    assert_eq!(split(Kind::Average, "3 2", "1 2"), Ok(()));
    let nothing = decompose::<()>(Kind::Total, &rate, []).expect("no change");
    assert_eq!((nothing.change(), nothing.parts.len()), (Exact::zero(), 0));
    assert!(decompose::<()>(Kind::Average, &rate, []).is_err());
}

#[test]
fn rounded_parts_sum_to_the_rounded_whole() {
    // Thirds of a cent everywhere: three segments with the same fractions.
    let segments = ["a", "b", "c"].map(|key| segment(key, "3 100", "4 101"));
    let found = decompose(Kind::Total, &[Effect::Price], segments)
        .expect("chains")
        .rounded(0);
    assert_eq!(found.change(), Exact::from(3));
    assert_eq!(
        found.effects.iter().map(|effect| &effect.1).sum::<Exact>(),
        Exact::from(3)
    );
    for part in &found.parts {
        assert_eq!(part.change(), Exact::one());
        assert!(part.effects.iter().all(Exact::is_integer));
    }
    // A win rate in percent with one decimal: 1/3 to 2/3 is 33.3 to 66.7.
    let rate = decompose(Kind::Average, &[Effect::Rate], [segment((), "3 100", "3 200")]).expect("chains");
    let rate = rate.rounded(1);
    assert_eq!(
        amounts(&[rate.before.clone(), rate.after.clone()]),
        ["33.3", "66.7"]
    );
    assert_eq!(amounts(&rate.parts[0].effects), ["0", "33.4"]);
}

#[test]
fn the_biggest_movers_and_the_rest_make_the_whole() {
    let segments = [
        segment("up", "1 10", "1 40"),
        segment("down", "1 50", "1 10"),
        segment("little", "1 10", "1 11"),
        segment("also", "1 10", "1 11"),
        segment("still", "1 10", "1 10"),
    ];
    let found = decompose(Kind::Total, &[Effect::Price], segments).expect("chains");
    let keys = |most| {
        found
            .movers(most)
            .parts
            .iter()
            .map(|part| part.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(3), ["down", "up", "also"]);
    assert_eq!(keys(10), ["down", "up", "also", "little"]);
    let movers = found.movers(1);
    assert_eq!(
        (movers.others, amounts(&movers.rest)),
        (4, vec!["0".into(), "0".into(), "32".into()])
    );
    assert_eq!(found.movers(0).parts.len(), 0);
}
