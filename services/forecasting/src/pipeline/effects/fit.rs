//! The fit of the factors of one outcome, one after the other until they agree.
//!
//! What is expected of a row is its weight, times the hazard of its age, times all factors. Factors of a feature are the
//! same in all rows of a look, and those by age in all rows of a look in one band of age: sums of rows are kept for both,
//! so that most factors are fitted without going through the rows.

use super::{Effect, Kind, Learning, code_of, credible::credible};
use crate::pipeline::{deal::Outcome, segments::PHASES, training::Row};

/// How often all factors are fitted anew.
const SWEEPS: usize = 3;
/// How many months of a kind the first one's deviation is doubted by.
const PHASE_DOUBT: f64 = 0.5;
/// A bin's hazard is believed as if so many ends had shown it to be right.
const BIN_ENDS: f64 = 3.0;

/// Rows of one look in one band of age.
#[derive(Clone, Copy, Debug)]
struct Cell {
    look: u32,
    band: u8,
    /// Where its rows begin and end.
    from: u32,
    to: u32,
}

/// All cells, in the order of the rows.
pub(super) struct Cells(Vec<Cell>);

impl Cells {
    /// Cuts the rows of each look where the band of age changes.
    pub(super) fn of(learning: &Learning<'_>) -> Self {
        let mut cells: Vec<Cell> = Vec::new();
        for look in 0..learning.training.looks() {
            let first = cells.len();
            let begin = learning.training.starts[look];
            for (place, row) in learning.training.rows_of(look).iter().enumerate() {
                let (band, at) = (learning.band(row) as u8, begin + place as u32);
                match cells[first..].last_mut() {
                    Some(cell) if cell.band == band => cell.to = at + 1,
                    _ => cells.push(Cell {
                        look: look as u32,
                        band,
                        from: at,
                        to: at + 1,
                    }),
                }
            }
        }
        Self(cells)
    }
}

/// The fit of one outcome.
pub(super) struct Fit<'a> {
    learning: &'a Learning<'a>,
    cells: &'a [Cell],
    outcome: usize,
    /// By row: what is expected of it but for the factors of its look and its cell.
    rows: Vec<f64>,
    /// By look: the product of the factors that its codes have at any age.
    looks: Vec<f64>,
    /// By cell: the product of the factors that its codes have at its age.
    ages: Vec<f64>,
}

impl<'a> Fit<'a> {
    /// Begins with the hazards of ages alone.
    pub(super) fn new(
        learning: &'a Learning<'a>,
        cells: &'a Cells,
        outcome: usize,
        base: &[[f64; Outcome::COUNT]],
    ) -> Self {
        let hazard = |row: &Row| base.get(row.bin as usize).map_or(0.0, |hazards| hazards[outcome]);
        let rows = learning.training.rows.iter();
        Self {
            learning,
            cells: &cells.0,
            outcome,
            rows: rows.map(|row| row.weight * hazard(row)).collect(),
            looks: vec![1.0; learning.training.looks()],
            ages: vec![1.0; cells.0.len()],
        }
    }

    /// Fits one effect after the other until they agree. Effects come in the order of their kinds.
    pub(super) fn agree(mut self, effects: &mut [Effect], base: &mut [[f64; Outcome::COUNT]]) {
        let mut ends = self.learning.training.ends.iter();
        if !ends.any(|end| end.outcome as usize == self.outcome) {
            return;
        }
        for sweep in 0..SWEEPS {
            let kinds: [fn(&Kind) -> bool; 4] = [
                |kind| matches!(kind, Kind::Main(_)),
                |kind| matches!(kind, Kind::Due | Kind::Phase),
                |kind| matches!(kind, Kind::ByAge(_)),
                |kind| matches!(kind, Kind::ByStaleness(_)),
            ];
            for (place, of_kind) in kinds.iter().enumerate() {
                let outcome = self.outcome;
                let live = |effect: &&mut Effect| {
                    of_kind(&effect.kind) && (sweep == 0 || !effect.factors[outcome].is_empty())
                };
                let live: Vec<&mut Effect> = effects.iter_mut().filter(live).collect();
                match place {
                    0 => self.by_look(live),
                    2 => self.by_cell(live),
                    _ => live.into_iter().for_each(|effect| self.by_row(effect)),
                }
            }
            self.rebase(base);
        }
    }

    /// What is expected of each cell.
    fn sums(&self) -> Vec<f64> {
        let sum = |(cell, age): (&Cell, &f64)| {
            let rows = self.rows.get(cell.from as usize..cell.to as usize);
            let rows: f64 = rows.unwrap_or_default().iter().sum();
            rows * age * self.looks[cell.look as usize]
        };
        self.cells.iter().zip(&self.ages).map(sum).collect()
    }

    fn by_look(&mut self, effects: Vec<&mut Effect>) {
        let mut sums = vec![0.0; self.looks.len()];
        for (cell, sum) in self.cells.iter().zip(self.sums()) {
            sums[cell.look as usize] += sum;
        }
        for effect in effects {
            let codes = self.codes(effect.kind);
            let mut likely = vec![0.0; self.learning.size(effect.kind)];
            for (code, sum) in codes.iter().zip(&sums) {
                likely[*code as usize] += sum;
            }
            let Some(moved) = self.renew(effect, likely) else {
                continue;
            };
            for ((code, sum), look) in codes.iter().zip(&mut sums).zip(&mut self.looks) {
                *sum *= moved[*code as usize];
                *look *= moved[*code as usize];
            }
        }
    }

    fn by_cell(&mut self, effects: Vec<&mut Effect>) {
        let mut sums = self.sums();
        for effect in effects {
            let (kind, codes) = (effect.kind, self.codes(effect.kind));
            let code = |cell: &Cell| code_of(kind, codes[cell.look as usize], cell.band as usize, 0, 0, 0);
            let mut likely = vec![0.0; self.learning.size(kind)];
            for (cell, sum) in self.cells.iter().zip(&sums) {
                likely[code(cell)] += sum;
            }
            let Some(moved) = self.renew(effect, likely) else {
                continue;
            };
            for ((cell, sum), age) in self.cells.iter().zip(&mut sums).zip(&mut self.ages) {
                let moved = moved[code(cell)];
                *sum *= moved;
                *age *= moved;
            }
        }
    }

    fn by_row(&mut self, effect: &mut Effect) {
        let kind = effect.kind;
        let codes = self.codes(kind);
        let code = |cell: &Cell, row: &Row| {
            let feature = codes.get(cell.look as usize).copied().unwrap_or(0);
            let (phase, due, stale) = (row.phase as usize, row.due as usize, row.stale as usize);
            code_of(kind, feature, cell.band as usize, phase, due, stale)
        };
        let mut likely = vec![0.0; self.learning.size(kind)];
        for (place, cell) in self.cells.iter().enumerate() {
            let factor = self.ages[place] * self.looks[cell.look as usize];
            for at in cell.from as usize..cell.to as usize {
                likely[code(cell, &self.learning.training.rows[at])] += factor * self.rows[at];
            }
        }
        let Some(moved) = self.renew(effect, likely) else {
            return;
        };
        for cell in self.cells {
            for at in cell.from as usize..cell.to as usize {
                self.rows[at] *= moved[code(cell, &self.learning.training.rows[at])];
            }
        }
    }

    /// The codes of looks that an effect goes by; none for one that goes by time alone.
    fn codes(&self, kind: Kind) -> &'a [u32] {
        match kind {
            Kind::Main(feature) | Kind::ByAge(feature) | Kind::ByStaleness(feature) => self
                .learning
                .training
                .codes
                .get(feature)
                .map_or(&[], Vec::as_slice),
            Kind::Phase | Kind::Due => &[],
        }
    }

    /// Fits one effect with all others as they are, from what is expected with its old factors by code. What factors
    /// moved by; nothing where none did.
    fn renew(&self, effect: &mut Effect, mut likely: Vec<f64>) -> Option<Vec<f64>> {
        for (code, likely) in likely.iter_mut().enumerate() {
            *likely /= effect.factor(self.outcome, code);
        }
        let mut factors = credible(&self.seen(effect.kind, likely.len()), &likely);
        if effect.kind == Kind::Phase {
            self.doubt_phases(&mut factors);
        }
        if factors.is_empty() && effect.factors[self.outcome].is_empty() {
            return None;
        }
        let new = |code: usize| factors.get(code).copied().unwrap_or(1.0);
        let moved = (0..likely.len()).map(|code| new(code) / effect.factor(self.outcome, code));
        let moved = moved.collect();
        effect.factors[self.outcome] = factors;
        Some(moved)
    }

    /// How many ends were seen, by code.
    fn seen(&self, kind: Kind, size: usize) -> Vec<f64> {
        let codes = self.codes(kind);
        let mut seen = vec![0.0; size];
        let ends = self.learning.training.ends.iter();
        for end in ends.filter(|end| end.outcome as usize == self.outcome) {
            let feature = codes.get(end.look as usize).copied().unwrap_or(0);
            let (phase, due, stale) = (
                end.row.phase as usize,
                end.row.due as usize,
                end.row.stale as usize,
            );
            seen[code_of(kind, feature, self.learning.band(&end.row), phase, due, stale)] += end.row.weight;
        }
        seen
    }

    /// A month of the quarter that was seen in few years may have been a good month by chance.
    fn doubt_phases(&self, factors: &mut [f64]) {
        for (place, factor) in factors.iter_mut().enumerate().skip(1) {
            let seen = self.learning.training.months[(place - 1) % PHASES] as f64;
            *factor = libm::pow(*factor, seen / (seen + PHASE_DOUBT));
        }
    }

    /// Moves the hazards of the bins to where, with all factors, they meet what was seen.
    fn rebase(&mut self, base: &mut [[f64; Outcome::COUNT]]) {
        let training = self.learning.training;
        let (mut seen, mut likely) = (vec![0.0; base.len()], vec![0.0; base.len()]);
        for end in training
            .ends
            .iter()
            .filter(|end| end.outcome as usize == self.outcome)
        {
            seen[end.row.bin as usize] += end.row.weight;
        }
        for (place, cell) in self.cells.iter().enumerate() {
            let factor = self.ages[place] * self.looks[cell.look as usize];
            for at in cell.from as usize..cell.to as usize {
                likely[training.rows[at].bin as usize] += factor * self.rows[at];
            }
        }
        let ratio = |bin: usize| (seen[bin] + BIN_ENDS) / (likely[bin] + BIN_ENDS);
        for (bin, hazards) in base.iter_mut().enumerate() {
            hazards[self.outcome] *= ratio(bin);
        }
        for (row, expected) in training.rows.iter().zip(&mut self.rows) {
            *expected *= ratio(row.bin as usize);
        }
    }
}
