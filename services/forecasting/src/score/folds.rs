//! Rows to learn from and rows to judge by.

/// Rows to learn from, and rows to judge by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fold {
    pub(super) learn: Vec<usize>,
    pub(super) judge: Vec<usize>,
}

/// Each of `parts` of the rows judged by all others. Parts are runs of neighbours, several for each fold, so that near
/// copies, which stand together, fall on one side.
pub(super) fn crossed(rows: usize, parts: usize) -> Vec<Fold> {
    let runs = (parts * 4).min(rows.max(1));
    let fold = |part: usize| {
        let mine = |row: &usize| (row * runs / rows.max(1)) % parts == part;
        let (judge, learn) = (0..rows).partition(mine);
        Fold { learn, judge }
    };
    (0..parts)
        .map(fold)
        .filter(|fold| !fold.judge.is_empty())
        .collect()
}

/// Later rows judged by earlier ones, from three days on.
pub(super) fn forward(rows: usize) -> Vec<Fold> {
    let edge = |share: usize| rows * share / 100;
    [(55, 70), (70, 85), (85, 100)]
        .map(|(now, until)| Fold {
            learn: (0..edge(now)).collect(),
            judge: (edge(now)..edge(until)).collect(),
        })
        .into_iter()
        .filter(|fold| !fold.learn.is_empty() && !fold.judge.is_empty())
        .collect()
}

/// Does the same with each fold, at the same time; answers come in the order of the folds.
pub(super) fn each<T: Send>(folds: &[Fold], work: impl Fn(&Fold) -> T + Sync) -> Vec<T> {
    let work = &work;
    std::thread::scope(|scope| {
        let threads: Vec<_> = folds.iter().map(|fold| scope.spawn(move || work(fold))).collect();
        let answers = threads.into_iter().map(|thread| match thread.join() {
            Ok(answer) => answer,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        answers.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_judge_each_row_once_or_only_later_ones() {
        let folds = crossed(103, 5);
        let mut judged: Vec<usize> = folds.iter().flat_map(|fold| fold.judge.clone()).collect();
        judged.sort_unstable();
        assert_eq!(judged, (0..103).collect::<Vec<_>>());
        assert!(
            folds
                .iter()
                .all(|fold| fold.learn.len() + fold.judge.len() == 103)
        );
        for fold in forward(200) {
            assert!(fold.learn.last() < fold.judge.first());
        }
        assert!(forward(0).is_empty() && crossed(0, 5).is_empty());
        assert_eq!(crossed(1, 5).len(), 1);
    }
}
