//! The revenue of the lines of a won deal or an order: parts that sum to the whole amount, to the minor unit.

use bellwether_stats::largest_remainder;

use super::version::{Amount, Line};
use super::{Row, life};
use crate::table::{Column, Table};

/// Adds a row a line of a won closing. `closing` carries what the rows share.
pub(super) fn won_lines(closing: &Row, lines: &[Line], won: Option<Amount>, rows: &mut Vec<Row>) {
    let parts = parts(lines, won);
    for (line, part) in lines.iter().zip(parts) {
        let mut row = closing.of_table(Table::WonLines);
        row.set(Column::Product, line.product);
        row.set(Column::ProductFamily, line.family);
        row.set(Column::Units, line.units);
        life::put_amount(&mut row, part);
        rows.push(row);
    }
}

/// Each line's revenue. Lines without an amount share what is left of the won amount in equal parts; where the lines'
/// amounts do not sum to it, they are scaled in proportion. Without a won amount lines keep what they state.
pub(super) fn parts(lines: &[Line], won: Option<Amount>) -> Vec<Option<Amount>> {
    let Some(won) = won else {
        return lines.iter().map(|line| line.amount).collect();
    };
    let stated: Vec<Option<i64>> = lines
        .iter()
        .map(|line| {
            line.amount
                .filter(|amount| amount.currency == won.currency)
                .map(|amount| amount.minor)
        })
        .collect();
    let sum: i128 = stated.iter().flatten().map(|minor| i128::from(*minor)).sum();
    let rest = i128::from(won.minor) - sum;
    let unstated = stated.contains(&None);
    let minors: Vec<i64> = if !unstated && rest == 0 {
        stated.iter().flatten().copied().collect()
    } else if unstated && rest >= 0 {
        let weights: Vec<u64> = stated.iter().map(|minor| u64::from(minor.is_none())).collect();
        let shares = split(rest, &weights);
        let given = stated.iter().zip(shares);
        given.map(|(minor, share)| minor.unwrap_or(share)).collect()
    } else if sum > 0 {
        let weight = |minor: &Option<i64>| minor.and_then(|minor| u64::try_from(minor).ok()).unwrap_or(0);
        split(won.minor.into(), &stated.iter().map(weight).collect::<Vec<_>>())
    } else {
        split(won.minor.into(), &vec![1; lines.len()])
    };
    minors
        .into_iter()
        .map(|minor| {
            Some(Amount {
                minor,
                currency: won.currency,
            })
        })
        .collect()
}

/// Splits a whole in proportion to weights of 0 or more; nothing where all are 0.
fn split(whole: i128, weights: &[u64]) -> Vec<i64> {
    let Some(parts) = largest_remainder(whole, weights) else {
        return vec![0; weights.len()];
    };
    parts
        .into_iter()
        .map(|part| i64::try_from(part).unwrap_or(i64::MAX))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(lines: &[Option<i64>], won: Option<i64>) -> Vec<Option<i64>> {
        let amount = |minor: &i64| Amount {
            minor: *minor,
            currency: 1,
        };
        let line = |minor: &Option<i64>| Line {
            product: 1,
            family: 0,
            units: 1,
            amount: minor.as_ref().map(amount),
        };
        let lines: Vec<Line> = lines.iter().map(line).collect();
        let parts = parts(&lines, won.as_ref().map(amount));
        parts
            .into_iter()
            .map(|part| part.map(|amount| amount.minor))
            .collect()
    }

    #[test]
    fn parts_sum_to_the_won_amount() {
        assert_eq!(shares(&[Some(60), Some(40)], Some(100)), [Some(60), Some(40)]);
        assert_eq!(
            shares(&[None, None, None], Some(100)),
            [Some(34), Some(33), Some(33)]
        );
        assert_eq!(
            shares(&[Some(50), None, None], Some(101)),
            [Some(50), Some(26), Some(25)]
        );
        assert_eq!(shares(&[Some(200), Some(100)], Some(100)), [Some(67), Some(33)]);
        assert_eq!(shares(&[Some(200), None], Some(100)), [Some(100), Some(0)]);
        assert_eq!(shares(&[Some(0), Some(0)], Some(5)), [Some(3), Some(2)]);
        assert_eq!(shares(&[Some(7), None], None), [Some(7), None]);
        assert!(shares(&[], Some(100)).is_empty());
    }
}
