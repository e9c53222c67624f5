//! Running text in lines of a width.

/// Words in lines of at most `width` characters, the first after `head`, the others after `indent`.
pub(crate) fn wrapped(head: &str, indent: &str, text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![head.to_owned()];
    let mut fresh = true;
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if !fresh && last + 1 + word.chars().count() > width {
            lines.push(indent.to_owned());
            fresh = true;
        }
        if let Some(line) = lines.last_mut() {
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
            fresh = false;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn long_text_is_wrapped_under_itself() {
        let lines = wrapped("a   ", "    ", &"word ".repeat(40), 96);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("    word") && lines.iter().all(|line| line.len() <= 96));
        assert_eq!(
            wrapped("- ", "  ", "averylongword b", 4),
            ["- averylongword", "  b"]
        );
    }
}
