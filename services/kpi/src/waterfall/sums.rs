//! The moves of all deals in sums, by group, and rounded so that they balance.

use std::collections::BTreeMap;

use bellwether_domain::Result;
use bellwether_domain::exact::Exact;
use bellwether_stats::decompose::summing_to;

use super::{Bucket, Convert, Course, Money, Move, Outcome};

/// A waterfall, in minor units of the tenant's currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// The pipeline at the start, at the rates of the start.
    pub start: Side,
    /// What became of it: in the order of the buckets, those that anything happened in. They sum to `end - start`.
    pub steps: Vec<Step>,
    /// The pipeline at the end, at the rates of the end.
    pub end: Side,
}

/// The pipeline at an instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// Its value, whole minor units.
    pub value: Exact,
    /// Deals with an amount.
    pub n: u64,
    /// Deals without.
    pub missing: u64,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What happened.
    pub bucket: Bucket,
    /// What it adds, whole minor units.
    pub value: Exact,
    /// To how many deals.
    pub n: u64,
}

/// Amounts by the code of their currency, and how many they are.
#[derive(Debug, Clone, Default)]
struct Purse(BTreeMap<u32, (i128, u64)>);

#[derive(Debug, Clone, Default)]
struct Bag {
    purse: Purse,
    n: u64,
    missing: u64,
}

/// The sums of one group.
#[derive(Debug, Clone, Default)]
struct Group {
    start: Bag,
    end: Bag,
    steps: BTreeMap<Bucket, Bag>,
}

/// The moves of deals, summed.
#[derive(Debug, Clone, Default)]
pub struct Sums {
    groups: BTreeMap<u64, Group>,
    total: Group,
}

impl Purse {
    fn add(&mut self, money: Option<Money>, sign: i128) {
        if let Some(money) = money {
            let (sum, n) = self.0.entry(money.currency).or_default();
            *sum += sign * i128::from(money.amount);
            *n += 1;
        }
    }

    fn worth(&self, rates: &Convert<'_>) -> Result<Exact> {
        let mut sum = Exact::default();
        for (currency, (amount, _)) in &self.0 {
            sum += &rates(&Exact::from(*amount), *currency)?;
        }
        Ok(sum)
    }

    /// What other rates make of it, and of how many amounts.
    fn revalued(&self, [then, now]: [&Convert<'_>; 2]) -> Result<(Exact, u64)> {
        let (mut sum, mut count) = (Exact::default(), 0);
        for (currency, (amount, n)) in &self.0 {
            let one = Exact::one();
            if then(&one, *currency)? == now(&one, *currency)? {
                continue;
            }
            let amount = Exact::from(*amount);
            sum += &(now(&amount, *currency)? - then(&amount, *currency)?);
            count += n;
        }
        Ok((sum, count))
    }
}

impl Bag {
    fn hold(&mut self, money: Option<Money>) {
        self.purse.add(money, 1);
        match money {
            Some(_) => self.n += 1,
            None => self.missing += 1,
        }
    }
}

impl Sums {
    /// Adds the course of a deal; `rates` are those of the end.
    ///
    /// # Errors
    /// What `rates` says.
    pub fn add(&mut self, course: &Course, rates: &Convert<'_>) -> Result<()> {
        if course.is_outside() {
            return Ok(());
        }
        let start = course.start.filter(|start| start.due);
        if let Some(start) = start
            && let Some(group) = start.group
        {
            self.groups.entry(group).or_default().start.hold(start.money());
            self.total.start.hold(start.money());
        }
        if let Outcome::Open(end) = course.outcome
            && let Some(group) = end.group.filter(|_| end.due)
        {
            self.groups.entry(group).or_default().end.hold(end.money());
            self.total.end.hold(end.money());
        }
        let moves = course.moves(rates)?;
        let transfer = |one: &&Move| matches!(one.bucket, Bucket::TransferredIn | Bucket::TransferredOut);
        // Between two groups that are both asked about nothing moves on the whole.
        let within = moves.iter().filter(transfer).all(|one| one.group.is_some());
        for one in &moves {
            let Some(group) = one.group else {
                continue;
            };
            let group = self.groups.entry(group).or_default();
            group.take(one);
            if !(within && transfer(&one)) {
                self.total.take(one);
            }
        }
        Ok(())
    }

    /// The waterfalls of all groups together and of each, by number; `rates` of the start and of the end.
    ///
    /// # Errors
    /// What the rates say.
    pub fn finish(&self, rates: [&Convert<'_>; 2]) -> Result<(Waterfall, BTreeMap<u64, Waterfall>)> {
        let mut groups = BTreeMap::new();
        for (number, group) in &self.groups {
            let found = group.finish(rates)?;
            if found != Waterfall::default() {
                groups.insert(*number, found);
            }
        }
        Ok((self.total.finish(rates)?, groups))
    }
}

impl Group {
    fn take(&mut self, one: &Move) {
        let bag = self.steps.entry(one.bucket).or_default();
        bag.purse.add(one.plus, 1);
        bag.purse.add(one.minus, -1);
        bag.n += 1;
    }

    fn finish(&self, [then, now]: [&Convert<'_>; 2]) -> Result<Waterfall> {
        let side = |bag: &Bag, rates: &Convert<'_>| {
            let worth = bag.purse.worth(rates)?;
            Ok::<_, bellwether_domain::Error>(Side {
                value: Exact::from(worth.round_half_even_to_integer()),
                n: bag.n,
                missing: bag.missing,
            })
        };
        let (start, end) = (side(&self.start, then)?, side(&self.end, now)?);
        let (revalued, abroad) = self.start.purse.revalued([then, now])?;
        let mut steps: Vec<(Bucket, Exact, u64)> = Vec::new();
        for (bucket, bag) in &self.steps {
            steps.push((*bucket, bag.purse.worth(now)?, bag.n));
        }
        // Where rounding leaves a unit over that no other step has a part of, rates are what it comes from: first of equals.
        if abroad > 0 {
            steps.insert(0, (Bucket::Fx, revalued, abroad));
        }
        let exact: Vec<Exact> = steps.iter().map(|(_, value, _)| value.clone()).collect();
        let change = (&end.value - &start.value).round_half_even_to_integer();
        let rounded = summing_to(&exact, &change);
        let step = |((bucket, _, n), value): ((Bucket, Exact, u64), _)| Step {
            bucket,
            value: Exact::from(value),
            n,
        };
        let mut steps: Vec<Step> = steps.into_iter().zip(rounded).map(step).collect();
        steps.retain(|step| step.bucket != Bucket::Fx || !step.value.is_zero());
        steps.sort_by_key(|step| step.bucket);
        Ok(Waterfall { start, steps, end })
    }
}
