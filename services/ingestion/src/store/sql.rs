//! Statements over many rows come in few sizes, so that the database prepares each one once.

/// Sizes of statements, in rows. With ten columns the largest binds 10,000 values; SQLite allows 32,766.
const SIZES: [usize; 6] = [1_000, 256, 64, 16, 4, 1];

/// How many of `left` rows the next statement takes.
pub(super) fn batch(left: usize) -> usize {
    SIZES.into_iter().find(|size| *size <= left).unwrap_or(left)
}

/// Cuts rows into the batches of one statement each.
pub(super) fn batches<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut left = rows;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let (next, rest) = left.split_at(batch(left.len()));
        left = rest;
        Some(next)
    })
}

/// Placeholders of `rows` rows of `columns` values: `(?,?),(?,?)`.
pub(super) fn values(rows: usize, columns: usize) -> String {
    let mut row = String::with_capacity(columns * 2 + 2);
    row.push('(');
    row.push_str("?,".repeat(columns).trim_end_matches(','));
    row.push_str("),");
    let mut all = row.repeat(rows);
    all.pop();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_batch() {
        let rows: Vec<usize> = (0..2_345).collect();
        let cut: Vec<&[usize]> = batches(&rows).collect();
        assert_eq!(cut.concat(), rows);
        assert!(cut.iter().all(|batch| SIZES.contains(&batch.len())));
        assert_eq!(batches(&rows[..0]).count(), 0);
    }

    #[test]
    fn placeholders_stand_in_rows() {
        assert_eq!(values(2, 3), "(?,?,?),(?,?,?)");
        assert_eq!(values(1, 1), "(?)");
    }
}
