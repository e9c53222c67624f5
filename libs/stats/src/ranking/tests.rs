//! Ranks of small boards by hand, and the laws that hold for any board.

use proptest::prelude::*;

use super::*;
use crate::interval::wilson;

fn item(value: i64, low: i64, high: i64) -> (Exact, Interval) {
    (
        Exact::from(value),
        Interval::between(&Exact::from(low), &Exact::from(high)),
    )
}

fn shown(ranks: &[Rank]) -> Vec<(usize, usize, usize)> {
    ranks
        .iter()
        .map(|rank| (rank.rank, rank.best, rank.worst))
        .collect()
}

#[test]
fn a_board_by_hand() {
    // In the order of values: 90 [80, 95] leads; 85 [70, 88] overlaps; 79 [75, 79] does not, and leads 60 [50, 76];
    // 40 [10, 60] is under 79's interval though it overlaps 60's.
    let board = [
        item(40, 10, 60),
        item(85, 70, 88),
        item(60, 50, 76),
        item(90, 80, 95),
        item(79, 75, 79),
    ];
    let ranks = rank_with_ties(&board);
    assert_eq!(
        shown(&ranks),
        [(5, 4, 5), (1, 1, 4), (3, 2, 5), (1, 1, 2), (3, 2, 4)]
    );
    assert_eq!(
        ranks.iter().map(|rank| rank.sharing).collect::<Vec<_>>(),
        [1, 2, 2, 2, 2]
    );
    assert_eq!(rank_with_ties(&[]), []);
}

#[test]
fn reps_inside_overlapping_intervals_are_not_ranked() {
    // 12 of 20 and 9 of 20 do not differ; 2 of 40 does.
    let reps = [(9, 20), (12, 20), (2, 40)];
    let board = reps.map(|(won, closed)| {
        let rate = Exact::ratio(won, closed).expect("closed deals");
        (rate, wilson(won, closed).expect("closed deals"))
    });
    let ranks = rank_with_ties(&board);
    assert_eq!(ranks.iter().map(|rank| rank.rank).collect::<Vec<_>>(), [1, 1, 3]);
}

#[test]
fn the_lowest_may_lead() {
    let board = [item(30, 25, 35), item(10, 9, 11), item(11, 10, 20)];
    assert_eq!(
        shown(&rank_with_ties_by(Best::Lowest, &board)),
        [(3, 3, 3), (1, 1, 2), (1, 1, 2)]
    );
    assert_eq!(shown(&rank_with_ties(&board)), [(1, 1, 1), (2, 2, 3), (2, 2, 3)]);
}

fn boards() -> impl Strategy<Value = Vec<(Exact, Interval)>> {
    let item =
        (0..40_i64, 0..6_i64, 0..6_i64).prop_map(|(value, down, up)| item(value, value - down, value + up));
    proptest::collection::vec(item, 0..25)
}

proptest! {
    #[test]
    fn order_is_irrelevant(board in boards(), turn in 0..25_usize) {
        let ranks = rank_with_ties(&board);
        let mut turned = board.clone();
        turned.rotate_left(turn % board.len().max(1));
        turned.reverse();
        let mut expected = ranks.clone();
        expected.rotate_left(turn % board.len().max(1));
        expected.reverse();
        prop_assert_eq!(rank_with_ties(&turned), expected);
    }

    #[test]
    fn turning_the_values_turns_the_board(board in boards()) {
        let minus = Exact::from(-1);
        let turned: Vec<_> = board.iter().map(|(value, interval)| (value * &minus, interval.scaled(&minus))).collect();
        prop_assert_eq!(rank_with_ties_by(Best::Lowest, &turned), rank_with_ties(&board));
    }

    #[test]
    fn ranks_follow_the_rule(board in boards()) {
        let ranks = rank_with_ties(&board);
        for (one, first) in board.iter().zip(&ranks) {
            // Competition ranks: as many as are in better groups come before.
            prop_assert_eq!(first.rank, 1 + ranks.iter().filter(|other| other.rank < first.rank).count());
            prop_assert_eq!(first.sharing, ranks.iter().filter(|other| other.rank == first.rank).count());
            // Pairwise, as the words say it.
            let above = board.iter().filter(|other| one.1.is_below(&other.1)).count();
            let below = board.iter().filter(|other| other.1.is_below(&one.1)).count();
            prop_assert_eq!((first.best, first.worst), (1 + above, board.len() - below));
            let leader = board.iter().zip(&ranks).filter(|(_, rank)| rank.rank == first.rank);
            let leader = leader.map(|(item, _)| item).max_by_key(|item| (item.0.clone(), item.1.low(), item.1.high()));
            prop_assert!(leader.is_some_and(|leader| leader.1.overlaps(&one.1)));
            for (other, second) in board.iter().zip(&ranks) {
                prop_assert!(one.0 <= other.0 || first.rank <= second.rank, "a higher value never ranks lower");
            }
        }
    }
}
