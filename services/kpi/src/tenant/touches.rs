//! Which activities name which leads: the posting list by which a lead is found again when one of them changes.

use super::column;
use crate::table::NULL;

/// The end of a chain.
const NONE: u32 = u32::MAX;

/// For every lead the activities that ever named it, with the instants at which they answer it now.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Touches {
    /// The first entry of each lead, by code.
    heads: Vec<u32>,
    /// The next entry of the same lead.
    next: Vec<u32>,
    activities: Vec<u32>,
    /// Microseconds; [`NULL`] = it is no answer.
    at: Vec<i64>,
}

/// The columns of a posting list: heads, next, activities, instants.
pub(crate) type TouchParts<T, U> = (T, T, T, U);

impl Touches {
    /// A list read back; `None` when its parts do not fit together.
    pub(crate) fn from_parts((heads, next, activities, at): TouchParts<Vec<u32>, Vec<i64>>) -> Option<Self> {
        let entries = next.len();
        // An entry comes after the next one of its chain, which therefore ends.
        let falls = |(entry, next): (usize, &u32)| *next == NONE || (*next as usize) < entry;
        let fits = activities.len() == entries
            && at.len() == entries
            && next.iter().enumerate().all(falls)
            && heads
                .iter()
                .all(|head| *head == NONE || (*head as usize) < entries);
        fits.then_some(Self {
            heads,
            next,
            activities,
            at,
        })
    }

    pub(crate) fn parts(&self) -> TouchParts<&[u32], &[i64]> {
        (&self.heads, &self.next, &self.activities, &self.at)
    }

    /// An activity that never named a lead before does, and answers it at an instant ([`NULL`] = not).
    pub(crate) fn post(&mut self, lead: u32, activity: u32, at: i64) {
        while self.heads.len() <= lead as usize {
            column::push(&mut self.heads, NONE);
        }
        // Beyond 4 billion entries nothing is posted any more.
        if let Ok(here) = u32::try_from(self.next.len())
            && here != NONE
        {
            let head = std::mem::replace(&mut self.heads[lead as usize], here);
            column::push(&mut self.next, head);
            column::push(&mut self.activities, activity);
            column::push(&mut self.at, at);
        }
    }

    /// An activity that has named a lead answers it at an instant ([`NULL`] = not); gives what was noted before.
    pub(crate) fn set(&mut self, lead: u32, activity: u32, at: i64) -> i64 {
        let mut entry = self.heads.get(lead as usize).copied().unwrap_or(NONE);
        while entry != NONE {
            let place = entry as usize;
            if self.activities[place] == activity {
                return std::mem::replace(&mut self.at[place], at);
            }
            entry = self.next[place];
        }
        NULL
    }

    /// The instants of the activities that answer a lead.
    pub(crate) fn answers(&self, lead: u32) -> impl Iterator<Item = i64> {
        let mut entry = self.heads.get(lead as usize).copied().unwrap_or(NONE);
        let all = std::iter::from_fn(move || {
            let place = (entry != NONE).then_some(entry as usize)?;
            entry = self.next[place];
            Some(self.at[place])
        });
        all.filter(|at| *at != NULL)
    }

    pub(crate) fn memory(&self) -> usize {
        4 * (self.heads.capacity() + self.next.capacity() + self.activities.capacity())
            + 8 * self.at.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lead_knows_its_answers() {
        let mut touches = Touches::default();
        touches.post(2, 7, 70);
        touches.post(2, 8, NULL);
        touches.post(5, 7, 71);
        assert_eq!((touches.set(2, 8, 80), touches.set(3, 8, 80)), (NULL, NULL));
        assert_eq!((touches.set(2, 7, NULL), touches.set(2, 7, 75)), (70, NULL));
        let answers = |lead| {
            let mut answers: Vec<i64> = touches.answers(lead).collect();
            answers.sort_unstable();
            answers
        };
        assert_eq!(
            (answers(2), answers(5), answers(0), answers(9)),
            (vec![75, 80], vec![71], vec![], vec![])
        );
        let (heads, next, activities, at) = touches.parts();
        let parts = || (heads.to_vec(), next.to_vec(), activities.to_vec(), at.to_vec());
        assert_eq!(Touches::from_parts(parts()).as_ref(), Some(&touches));
        let mut broken = parts();
        broken.1[0] = 0;
        assert_eq!(Touches::from_parts(broken), None);
    }
}
