//! The life of one deal: its timelines, and the rows that tell of it.

use bellwether_domain::settings::StageClass;
use bellwether_domain::time::DAY_MICROS;
use bellwether_domain::{Instant, When};

use super::spells::{Closing, Spells};
use super::timeline::{Frame, Point, value_at, value_of_event};
use super::version::{Amount, Deal, Version};
use super::{Meaning, Row, Rules, credits, lines, outcome_code};
use crate::table::{Column, NULL, Table};

pub(super) struct Life<'a> {
    pub(super) frame: Frame<'a, Deal>,
    deals: Vec<&'a Deal>,
    rules: &'a Rules<'a>,
    code: u32,
    pub(super) created: When,
    pub(super) created_at: i64,
    /// False when the source tells of the deal's past but not when it was created: it then has no cycle.
    age_known: bool,
    pub(super) stages: Vec<Point<u32>>,
    pub(super) amounts: Vec<Point<Option<Amount>>>,
    owners: Vec<Point<u32>>,
    expectations: Vec<Point<Option<When>>>,
    /// When it was qualified, with the instant up to which statements of that day count.
    pub(super) qualified: Option<(i64, i64)>,
}

impl<'a> Life<'a> {
    /// The life that living versions tell, at least one.
    pub(super) fn new(
        versions: &'a [Version<Deal>],
        code: u32,
        first_recorded: i64,
        rules: &'a Rules<'a>,
    ) -> Self {
        let deals: Vec<&Deal> = versions
            .iter()
            .filter_map(|version| version.says.as_ref())
            .collect();
        let newest = deals[deals.len() - 1];
        let recorded = Instant::from_micros(first_recorded);
        // What is told of the past matters only when the creation is not.
        let told = match newest.created {
            Some(_) => None,
            None => newest.earliest_told(rules.zone).filter(|told| *told < recorded),
        };
        let created = newest.created.unwrap_or(When::At(told.unwrap_or(recorded)));
        let created_at = created.start_in(rules.zone).as_micros();
        let frame = Frame::new(versions, created_at, rules.zone);
        let stages = frame.timeline(|deal| &deal.stages, |deal| deal.stage);
        let amounts = frame.timeline(|deal| &deal.amounts, |deal| deal.amount);
        let owners = frame.timeline(|deal| &deal.owners, |deal| deal.owner);
        let expectations = frame.timeline(|deal| &deal.expectations, |deal| deal.expected);
        let mut life = Self {
            frame,
            deals,
            rules,
            code,
            created,
            created_at,
            age_known: told.is_none(),
            stages,
            amounts,
            owners,
            expectations,
            qualified: None,
        };
        if let Some(first) = life.stages.first().copied()
            && life.class_of(&first) == StageClass::Open
        {
            life.stages[0].at = created_at;
        }
        life.qualified = life.qualification(newest);
        life
    }

    fn qualification(&self, newest: &Deal) -> Option<(i64, i64)> {
        let entered = || {
            let mut entries = self.stages.iter();
            entries.find(|point| self.meaning_of(point).qualifies)
        };
        let (at, when) = match newest.qualified {
            Some(when) => (when.start_in(self.frame.zone).as_micros(), Some(when)),
            None => entered().map(|point| (point.at, point.when))?,
        };
        let at = at.max(self.created_at);
        Some((at, self.same_day(at, when)))
    }

    /// What a stage means in the pipeline in which the deal entered it.
    pub(super) fn meaning_of(&self, point: &Point<u32>) -> Meaning {
        self.rules
            .meaning(self.deals[point.version].pipeline, point.value)
    }

    pub(super) fn class_of(&self, point: &Point<u32>) -> StageClass {
        self.meaning_of(point).class
    }

    /// The close that the source states with a stage entry: said by the newest version for which it is the last entry.
    pub(super) fn stated_close(&self, index: usize) -> Option<When> {
        let point = &self.stages[index];
        let until = match self.stages.get(index + 1) {
            Some(next) if next.version == point.version => return None,
            Some(next) => next.version,
            None => self.deals.len(),
        };
        self.deals[until - 1].closed
    }

    /// The last instant that counts for an event at `at`: of a day, all of it.
    fn same_day(&self, at: i64, when: Option<When>) -> i64 {
        match when {
            Some(When::Day(day)) => at.max(self.frame.zone.start_of_day(day.plus_days(1)).as_micros() - 1),
            _ => at,
        }
    }

    /// Who the deal counts for: the rep of the largest share, else the owner.
    pub(super) fn owner_at(&self, at: i64) -> u32 {
        credits::primary(self.credits_at(at)).unwrap_or_else(|| value_at(&self.owners, at))
    }

    fn credits_at(&self, at: i64) -> &[(u32, i64)] {
        &self.deals[self.frame.version_at(at)].credits
    }

    /// A row that begins at an instant, with what a version says of the deal.
    pub(super) fn row(&self, table: Table, from: i64, to: i64, version: usize) -> Row {
        let deal = self.deals[version];
        let main = deal.main_line();
        let pipeline = if deal.pipeline == 0 {
            self.rules.default_pipeline
        } else {
            deal.pipeline
        };
        let mut row = self.rules.row(table, from, to);
        row.set(Column::Deal, self.code);
        row.set(Column::Account, deal.account);
        row.set(Column::Product, main.map_or(0, |line| line.product));
        row.set(Column::ProductFamily, main.map_or(0, |line| line.family));
        row.set(Column::Pipeline, pipeline);
        row.set(Column::Source, deal.source);
        row.set(Column::Campaign, deal.campaign);
        row.set(Column::Type, deal.opportunity_type);
        row
    }

    /// What a version says of a deal of an amount.
    fn describe(&self, row: &mut Row, version: usize, amount: Option<Amount>) {
        let deal = self.deals[version];
        // Of another currency than the row's it cannot be told.
        let minor = |money: Option<Amount>| {
            let (money, amount) = (money?, amount?);
            (money.currency == amount.currency).then_some(money.minor)
        };
        let list = minor(deal.list_amount);
        let taken_off = || Some(list?.saturating_sub(amount?.minor));
        let count = |count: Option<u32>| count.map_or(NULL, i64::from);
        row.set(Column::Competitor, deal.competitor);
        row.set(Column::ListAmount, list.unwrap_or(NULL));
        row.set(
            Column::Discount,
            minor(deal.discount).or_else(taken_off).unwrap_or(NULL),
        );
        row.set(Column::Term, count(deal.term));
        row.set(Column::Contacts, count(deal.contacts));
    }

    pub(super) fn stage_at(&self, at: i64) -> u32 {
        self.stages
            .iter()
            .rev()
            .find(|point| point.at <= at)
            .map_or(0, |point| point.value)
    }

    fn open_stage_at(&self, at: i64) -> Option<&Point<u32>> {
        let open = |point: &&Point<u32>| point.at <= at && self.class_of(point) == StageClass::Open;
        self.stages.iter().rev().find(open)
    }

    /// How often the expected close was put off up to an instant, its own included.
    fn pushes_at(&self, at: i64) -> i64 {
        let start = |when: Option<When>| when.map(|when| when.start_in(self.frame.zone));
        let moves = self
            .expectations
            .windows(2)
            .take_while(|points| points[1].at <= at);
        let later = moves.filter(|points| match (start(points[0].value), start(points[1].value)) {
            (Some(before), Some(after)) => before < after,
            _ => false,
        });
        i64::try_from(later.count()).unwrap_or(i64::MAX)
    }

    /// The closings and the lines of the won ones.
    pub(super) fn closings(&self, spells: &Spells, rows: &mut Vec<Row>) {
        for closing in &spells.closings {
            let at = self.same_day(closing.from, Some(closing.when));
            let (told, told_at) = self.told_by(closing).unwrap_or((self.frame.version_at(at), at));
            let amount = value_of_event(&self.amounts, at, told_at);
            let mut row = self.row(Table::Closings, closing.from, closing.to, told);
            row.set(Column::Stage, closing.stage);
            let credits = self.credits_at(at.max(told_at));
            let owner = value_of_event(&self.owners, at, told_at);
            row.set(Column::Owner, credits::primary(credits).unwrap_or(owner));
            put_amount(&mut row, amount);
            row.set(Column::Outcome, outcome_code(closing.class));
            row.set(Column::Cycle, self.cycle(closing));
            row.set(Column::CreatedAt, self.created_at);
            self.describe(&mut row, told, amount);
            if closing.class == StageClass::Won {
                lines::won_lines(&row, &self.deals[told].lines, amount, rows);
                credits::credited(&row, credits, amount, rows);
            } else {
                row.set(Column::LossReason, self.deals[told].loss_reason);
            }
            rows.push(row);
        }
    }

    /// The newest version that says the deal is closed so, and from when the first of them holds.
    fn told_by(&self, closing: &Closing) -> Option<(usize, i64)> {
        let says = |version: &usize| {
            let start = self.frame.starts[*version];
            let deal = self.deals[*version];
            (closing.opened..closing.to).contains(&start)
                && self.rules.meaning(deal.pipeline, deal.stage).class == closing.class
        };
        let mut versions = (0..self.deals.len()).filter(says);
        let first = versions.next()?;
        Some((versions.next_back().unwrap_or(first), self.frame.starts[first]))
    }

    /// From creation to close: whole days between two dates, else elapsed time.
    fn cycle(&self, closing: &Closing) -> i64 {
        if !self.age_known {
            return NULL;
        }
        match (self.created, closing.when) {
            (When::Day(created), When::Day(closed)) => {
                i64::from((closed.days() - created.days()).max(0)) * DAY_MICROS
            }
            _ => closing.from.saturating_sub(self.created_at).max(0),
        }
    }

    /// One row an interval in which nothing that the row says changed.
    pub(super) fn open_deals(&self, spells: &Spells, rows: &mut Vec<Row>) {
        let mut cuts: Vec<i64> = Vec::new();
        for (from, to) in &spells.open {
            cuts.clear();
            cuts.push(*from);
            let points = self.stages.iter().map(|point| point.at);
            let points = points.chain(self.amounts.iter().map(|point| point.at));
            let points = points.chain(self.owners.iter().map(|point| point.at));
            let points = points.chain(self.expectations.iter().map(|point| point.at));
            let points = points
                .chain(self.qualified.map(|(at, _)| at))
                .chain(self.frame.starts.iter().copied());
            cuts.extend(points.filter(|at| (*from + 1..*to).contains(at)));
            cuts.sort_unstable();
            cuts.dedup();
            let mut last: Option<Row> = None;
            for (index, cut) in cuts.iter().enumerate() {
                let row = self.open_row(*cut, cuts.get(index + 1).copied().unwrap_or(*to));
                match &mut last {
                    Some(last) if last.says_the_same(&row) => last.set(Column::ValidTo, row.valid_to()),
                    _ => rows.extend(last.replace(row)),
                }
            }
            rows.extend(last);
        }
    }

    fn open_row(&self, from: i64, to: i64) -> Row {
        let version = self.frame.version_at(from);
        let mut row = self.row(Table::OpenDeals, from, to, version);
        let stage = self.open_stage_at(from);
        row.set(Column::Stage, stage.map_or(0, |point| point.value));
        row.set(Column::Owner, self.owner_at(from));
        let amount = value_at(&self.amounts, from);
        put_amount(&mut row, amount);
        row.set(
            Column::Qualified,
            self.qualified.is_some_and(|(at, _)| at <= from),
        );
        if let Some(expected) = value_at(&self.expectations, from) {
            row.set(
                Column::ExpectedDay,
                expected.start_in(self.frame.zone).as_micros(),
            );
        }
        row.set(Column::Category, self.deals[version].category);
        self.describe(&mut row, version, amount);
        row.set(Column::Pushes, self.pushes_at(from));
        let of_stage = || stage.map_or(NULL, |point| self.meaning_of(point).probability);
        let own = self.deals[version].probability;
        row.set(Column::Probability, own.map_or_else(of_stage, i64::from));
        row
    }
}

pub(super) fn put_amount(row: &mut Row, amount: Option<Amount>) {
    row.set(Column::Amount, amount.map_or(NULL, |amount| amount.minor));
    row.set(Column::Currency, amount.map_or(0, |amount| amount.currency));
}
