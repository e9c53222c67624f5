//! When a deal was open and when it was closed: the state machine over its stages.

use bellwether_domain::settings::StageClass;
use bellwether_domain::{Instant, When};

use super::life::Life;

/// A deal was closed from `from` until `to`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closing {
    pub(super) from: i64,
    pub(super) to: i64,
    /// When the spell began that it ended.
    pub(super) opened: i64,
    /// The instant as written, for the cycle and for "the same day".
    pub(super) when: When,
    pub(super) stage: u32,
    pub(super) class: StageClass,
}

/// The open and closed spells of a deal, in order.
#[derive(Debug, Default)]
pub(super) struct Spells {
    pub(super) open: Vec<(i64, i64)>,
    pub(super) closings: Vec<Closing>,
}

impl Spells {
    pub(super) fn new(life: &Life<'_>) -> Self {
        let mut spells = Self::default();
        let mut opened = life.created_at;
        let mut run: Vec<Closing> = Vec::new();
        for (index, point) in life.stages.iter().enumerate() {
            let class = life.class_of(point);
            if class == StageClass::Open {
                opened = spells.end_run(&mut run, opened, point.at);
                continue;
            }
            let when = life.stated_close(index).or(point.when);
            let when = when.unwrap_or(if point.version == 0 {
                life.created
            } else {
                When::At(Instant::from_micros(point.at))
            });
            let from = when.start_in(life.frame.zone).as_micros();
            match run.last_mut() {
                // A step within one outcome is no new closing, but it may state the close anew.
                Some(last) if last.class == class => {
                    if life.stated_close(index).is_some() {
                        (last.from, last.when) = (from, when);
                    }
                }
                _ => run.push(Closing {
                    from,
                    to: i64::MAX,
                    opened,
                    when,
                    stage: point.value,
                    class,
                }),
            }
        }
        opened = spells.end_run(&mut run, opened, i64::MAX);
        if opened < i64::MAX {
            spells.open.push((opened, i64::MAX));
        }
        spells
    }

    /// Closings without a reopening between them, of a spell that began at `opened`, end at `end`. Gives the instant
    /// from which the deal is open again: `end`, or still `opened` when no closing lasted.
    fn end_run(&mut self, run: &mut Vec<Closing>, opened: i64, end: i64) -> i64 {
        let mut next = end;
        let first = self.closings.len();
        for mut closing in run.drain(..).rev() {
            closing.opened = opened;
            if closing.from < opened {
                closing.from = opened;
                closing.when = When::At(Instant::from_micros(opened));
            }
            closing.to = next;
            if closing.from < next {
                next = closing.from;
                self.closings.push(closing);
            }
        }
        if self.closings.len() == first {
            return opened;
        }
        self.closings[first..].reverse();
        if opened < next {
            self.open.push((opened, next));
        }
        end
    }
}
