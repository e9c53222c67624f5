//! A target put beside the facts: attainment, pace, the likely end, and the status over the days that are closed.

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Grain, Period, last_year_of_range, previous_of_range};
use bellwether_domain::record::TargetShape;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, Result, When};

use super::aim::Aim;
use super::course::{Course, Daily};
use super::desk::{Desk, Filters, if_priced, number};
use super::likely::{Bounds, PAST_PERIODS, rest};
use super::nature::{growth, is_state};
use super::outlook::{Facts, Outlook, outlook};
use super::shape::{Expected, Rules, elapsed, expected, instant_at};
use super::status::{Reason, Status, Verdict, judge, settle};
use crate::catalogue::{Direction, Kpi};
use crate::formula::Growth;
use crate::query::Row;

/// Days that a status is followed back, at most; of what must be asked for anew for every day of every past period fewer.
const MOST_DAYS_BACK: usize = 31;
const FEWER_DAYS_BACK: usize = 7;
/// Days of history that are read, at most: an answer has 10,000 periods.
const MOST_DAYS: i32 = 9_000;

/// Where a KPI stands beside its target.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The status and why.
    pub verdict: Verdict,
    /// How much is expected by now; `None` of what does not grow with its period.
    pub expected: Option<Expected>,
    /// Attainment, pace and the likely end; `None` without a value, and before the period.
    pub outlook: Option<Outlook>,
    /// Whether all of the period has passed.
    pub over: bool,
}

impl Standing {
    fn nothing(reason: Reason) -> Self {
        Self {
            verdict: Verdict { status: None, reason },
            expected: None,
            outlook: None,
            over: false,
        }
    }

    /// Of a KPI without a target.
    #[must_use]
    pub fn without_target() -> Self {
        Self::nothing(Reason::NoTarget)
    }
}

/// Puts a target beside the facts; `row` is the KPI's value in the target's period, narrowed as `filters` say.
///
/// # Errors
/// As [`crate::query::answer()`].
pub fn pursue(desk: &Desk<'_>, aim: &Aim, filters: &Filters, row: &Row) -> Result<Standing> {
    let kpi = desk.catalogue().kpi(&aim.kpi)?;
    if desk.as_of <= desk.settings.zone.start_of_day(aim.period.start) {
        return Ok(Standing::nothing(Reason::NotBegun));
    }
    let over = desk.as_of >= desk.settings.zone.start_of_day(aim.period.end);
    let no_value = Standing {
        over,
        ..Standing::nothing(Reason::NoValue)
    };
    if number(&row.value).is_none() {
        return Ok(no_value);
    }
    let pursuit = Pursuit::new(desk, kpi, aim, filters)?;
    let Some((expected, outlook)) = pursuit.sight(desk.passed(), desk.as_of, row)? else {
        return Ok(no_value);
    };
    let verdict = pursuit.verdict(&outlook, row)?;
    Ok(Standing {
        verdict,
        expected: pursuit.grows().then_some(expected),
        outlook: Some(outlook),
        over,
    })
}

/// The part of a target that falls to a period within its own: of a season that fell then it is below 0.
///
/// # Errors
/// As [`crate::query::answer()`].
pub fn part_of(desk: &Desk<'_>, aim: &Aim, period: Period, filters: &Filters) -> Result<Aim> {
    let kpi = desk.catalogue().kpi(&aim.kpi)?;
    if growth(kpi) == Growth::Stands {
        return Ok(aim.part(period, aim.value.clone()));
    }
    let pursuit = Pursuit::new(desk, kpi, aim, filters)?;
    let share_at = |day: i32| {
        let days = Exact::from(day - aim.period.start.days());
        let found = expected(&aim.shape, aim.period, &days, &pursuit.rules, &*pursuit.course)?;
        Ok::<_, bellwether_domain::Error>(found.share)
    };
    let share = share_at(period.end.days())? - share_at(period.start.days())?;
    Ok(aim.part(period, &aim.value * &share))
}

/// A target, and all that is needed to look at it from any instant.
struct Pursuit<'a> {
    desk: &'a Desk<'a>,
    kpi: &'a Kpi,
    aim: &'a Aim,
    filters: &'a Filters,
    growth: Growth,
    rules: Rules<'a>,
    course: Box<dyn Course + 'a>,
}

impl<'a> Pursuit<'a> {
    fn new(desk: &'a Desk<'a>, kpi: &'a Kpi, aim: &'a Aim, filters: &'a Filters) -> Result<Self> {
        let growth = growth(kpi);
        let course: Box<dyn Course + 'a> = match growth {
            Growth::Adds => match if_priced(daily(desk, kpi, aim, filters))? {
                Some(daily) => Box::new(daily),
                None => Box::new(Unknown),
            },
            Growth::Grows => Box::new(Asked { desk, kpi, filters }),
            Growth::Stands => Box::new(Unknown),
        };
        Ok(Self {
            desk,
            kpi,
            aim,
            filters,
            growth,
            rules: Rules::new(&desk.settings),
            course,
        })
    }

    fn grows(&self) -> bool {
        self.growth != Growth::Stands
    }

    fn is_over(&self, as_of: Instant) -> bool {
        as_of >= self.desk.settings.zone.start_of_day(self.aim.period.end)
    }

    /// What is seen when time has passed to an instant, of a value with events up to as-of.
    fn sight(&self, passed: Instant, as_of: Instant, row: &Row) -> Result<Option<(Expected, Outlook)>> {
        let Some(value) = number(&row.value) else {
            return Ok(None);
        };
        let (aim, course) = (self.aim, &*self.course);
        let days = elapsed(aim.period, passed, &self.desk.settings.zone);
        let over = self.is_over(as_of);
        let shape = if self.grows() {
            &aim.shape
        } else {
            &TargetShape::Linear
        };
        let expected = expected(shape, aim.period, &days, &self.rules, course)?;
        let rest = if self.grows() && !over {
            rest(aim.period, &days, as_of, &self.rules, course)?
        } else {
            None
        };
        let outlook = outlook(&Facts {
            value: &value,
            target: &aim.value,
            growth: self.growth,
            direction: self.kpi.definition.direction,
            expected: &expected.share,
            rest,
            interval: row.interval.as_ref(),
            is_state: is_state(self.kpi),
            small_n: row.small_n,
            over,
        });
        Ok(Some((expected, outlook)))
    }

    fn verdict(&self, outlook: &Outlook, row: &Row) -> Result<Verdict> {
        let of = |status, reason| Ok(Verdict { status, reason });
        if self.kpi.definition.direction == Direction::Neutral {
            return of(None, Reason::NoDirection);
        }
        let Some(judged) = &outlook.judged else {
            let reason = if !self.grows() && row.small_n {
                Reason::FewItems
            } else {
                Reason::NoRange
            };
            return of(Some(Status::TooEarly), reason);
        };
        let thresholds = &self.aim.thresholds;
        if self.is_over(self.desk.as_of) {
            let reason = if self.grows() {
                Reason::Final
            } else {
                Reason::Range
            };
            return match judge(judged, thresholds, None) {
                Status::TooEarly => of(Some(Status::TooEarly), Reason::RangeReachesBoth),
                status => of(Some(status), reason),
            };
        }
        let (status, held) = settle(judged, thresholds, |back| self.earlier(back))?;
        let reason = match status {
            _ if held => Reason::Held,
            Status::TooEarly => Reason::RangeReachesBoth,
            _ => Reason::Range,
        };
        of(Some(status), reason)
    }

    /// The judged range at the end of the closed day so many days back.
    fn earlier(&self, back: usize) -> Result<Option<Bounds>> {
        let most = match self.growth {
            Growth::Grows => FEWER_DAYS_BACK,
            Growth::Adds | Growth::Stands => MOST_DAYS_BACK,
        };
        let zone = &self.desk.settings.zone;
        let day = self
            .desk
            .last_day()
            .plus_days(1 - i32::try_from(back).unwrap_or(i32::MAX));
        if back > most || day <= self.aim.period.start {
            return Ok(None);
        }
        let at = zone.start_of_day(day);
        let mut ask = self
            .desk
            .question(&[&self.kpi.definition.id], self.aim.period, None, self.filters);
        ask.as_of = Some(When::At(at));
        let answer = self.desk.answer(&ask)?;
        let Some(row) = answer.rows.first() else {
            return Ok(None);
        };
        let seen = self.sight(at, at, row)?;
        Ok(seen.and_then(|(_, outlook)| outlook.judged))
    }
}

/// Nothing is known of the past.
struct Unknown;

impl Course for Unknown {
    fn so_far(&self, _: Period, _: &Exact) -> Result<Option<Exact>> {
        Ok(None)
    }
}

/// The course of a KPI whose values of days do not sum: each point is a question of its own.
struct Asked<'a> {
    desk: &'a Desk<'a>,
    kpi: &'a Kpi,
    filters: &'a Filters,
}

impl Course for Asked<'_> {
    fn so_far(&self, period: Period, days: &Exact) -> Result<Option<Exact>> {
        if days.is_zero() {
            return Ok(Some(Exact::zero()));
        }
        let at = instant_at(period, days, &self.desk.settings.zone);
        let mut ask = self
            .desk
            .question(&[&self.kpi.definition.id], period, None, self.filters);
        ask.as_of = Some(When::At(at.min(self.desk.as_of)));
        let Some(answer) = if_priced(self.desk.answer(&ask))? else {
            return Ok(None);
        };
        Ok(answer.rows.first().and_then(|row| number(&row.value)))
    }
}

/// The values of all days that are looked back at, and those of the period so far.
fn daily(desk: &Desk<'_>, kpi: &Kpi, aim: &Aim, filters: &Filters) -> Result<Daily> {
    let last = desk.last_day().plus_days(1);
    let end = aim.period.end.min(last);
    let first = oldest(aim, &desk.settings).max(end.plus_days(-MOST_DAYS));
    let range = Period::new(first.min(end.plus_days(-1)), end);
    let ask = desk.question(&[&kpi.definition.id], range, Some(Grain::Day), filters);
    let answer = desk.answer(&ask)?;
    let values = answer
        .rows
        .iter()
        .map(|row| number(&row.value).unwrap_or_default());
    Ok(Daily::new(range.start, values))
}

/// The first day that anything is learned from.
fn oldest(aim: &Aim, settings: &Settings) -> bellwether_domain::CivilDate {
    let before = |period: Period| previous_of_range(period.start, period.end, &settings.fiscal);
    let mut period = aim.period;
    for _ in 0..PAST_PERIODS {
        period = before(period);
    }
    if aim.shape == TargetShape::Seasonal {
        for _ in 0..3 {
            period = last_year_of_range(period.start, period.end, &settings.fiscal);
        }
    }
    before(period).start
}

impl std::fmt::Debug for Pursuit<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pursuit")
            .field("aim", self.aim)
            .field("growth", &self.growth)
            .finish_non_exhaustive()
    }
}
