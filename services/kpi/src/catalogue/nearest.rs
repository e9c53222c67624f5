//! The name that was probably meant.

/// The candidate most like a name; `None` only when there are none. Of equals the first.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Names are short: what lies beyond is not compared, so that a long one costs nothing.
    let name: String = name.chars().take(80).collect::<String>().to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        if is_short_for(&name, candidate) {
            return Some(candidate);
        }
        let likeness = strsim::jaro_winkler(&name, candidate);
        if best.is_none_or(|(most, _)| likeness > most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Whether a name is the initials of a candidate: `grr` of `gross_revenue_retention`.
fn is_short_for(name: &str, candidate: &str) -> bool {
    let initials = candidate.split('_').filter_map(|word| word.chars().next());
    name.len() > 1 && initials.eq(name.chars())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_likeliest_name_wins() {
        let names = ["owner", "manager", "loss_reason"];
        let near = |name| nearest(name, names.into_iter());
        assert_eq!(
            (near("ownr"), near("Loss-Reason")),
            (Some("owner"), Some("loss_reason"))
        );
        assert_eq!(
            (near("lr"), near("l")),
            (Some("loss_reason"), Some("loss_reason"))
        );
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
