//! ImageNet's classes by number, and the few that have a name here.

/// Names of our own for what people look for, each a range of class numbers. The published
/// weights come without names.
const NAMES: [(&str, &[(i64, i64)]); 17] = [
    ("cat", &[(281, 285)]),
    ("tabby", &[(281, 281)]),
    ("tiger-cat", &[(282, 282)]),
    ("persian", &[(283, 283)]),
    ("siamese", &[(284, 284)]),
    ("egyptian", &[(285, 285)]),
    ("dog", &[(151, 268)]),
    ("fox", &[(277, 280)]),
    ("big-cat", &[(286, 293)]),
    ("bear", &[(294, 297)]),
    ("butterfly", &[(321, 326)]),
    ("rabbit", &[(330, 332)]),
    ("elephant", &[(385, 386)]),
    ("panda", &[(387, 388)]),
    ("snake", &[(52, 68)]),
    ("spider", &[(72, 77)]),
    ("shark", &[(2, 4)]),
];

/// Numbers of `tabby,283,290-292`.
///
/// # Errors
/// A sentence on what is not understood.
pub fn parse(text: &str) -> Result<Vec<i64>, String> {
    let mut classes = Vec::new();
    for word in text.split(',').map(str::trim) {
        for (first, last) in ranges(word)? {
            classes.extend(first..=last);
        }
    }
    classes.sort_unstable();
    classes.dedup();
    Ok(classes)
}

fn ranges(word: &str) -> Result<Vec<(i64, i64)>, String> {
    let known = NAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word));
    if let Some((_, ranges)) = known {
        return Ok(ranges.to_vec());
    }
    let number = |text: &str| {
        text.parse::<i64>()
            .ok()
            .filter(|one| (0..1000).contains(one))
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => Ok(vec![(first, last)]),
        _ => Err(format!(
            "\"{word}\" is no class of ImageNet\nSay numbers from 0 to 999, as in 281-285, or one \
             of {}.",
            names()
        )),
    }
}

/// The names that are known.
pub fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_ranges_are_understood_and_nonsense_is_refused() {
        assert_eq!(parse("cat"), Ok((281..=285).collect()));
        assert_eq!(parse("Tabby, 7,3-5"), Ok(vec![3, 4, 5, 7, 281]));
        assert_eq!(parse("281,281"), Ok(vec![281]));
        for bad in ["", "1000", "5-3", "-1", "unicorn", "1,,2"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
