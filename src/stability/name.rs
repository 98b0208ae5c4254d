//! Names in the order in which people count: `2` before `10`, `t2` before `t10`.

use std::cmp::Ordering;

/// A name whose digits count as numbers when it is sorted.
///
/// ```
/// use delta_radiomics::stability::name::Name;
/// let mut names = ["scan10", "scan2", "scan02", "a"].map(|name| Name(name.to_owned()));
/// names.sort();
/// assert_eq!(names.map(|name| name.0), ["a", "scan02", "scan2", "scan10"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(pub String);

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        natural(&self.0, &other.0).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn natural(mut a: &str, mut b: &str) -> Ordering {
    loop {
        let (digits_a, digits_b) = (digits(a), digits(b));
        let order = if digits_a > 0 && digits_b > 0 {
            let (of_a, of_b) = (number(&a[..digits_a]), number(&b[..digits_b]));
            (a, b) = (&a[digits_a..], &b[digits_b..]);
            // Without leading zeros the longer number is the larger one, of any length.
            of_a.len().cmp(&of_b.len()).then_with(|| of_a.cmp(of_b))
        } else {
            let (mut rest_a, mut rest_b) = (a.chars(), b.chars());
            let order = match (rest_a.next(), rest_b.next()) {
                (None, None) => return Ordering::Equal,
                (x, y) => x.cmp(&y),
            };
            (a, b) = (rest_a.as_str(), rest_b.as_str());
            order
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn number(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn digits_count_as_numbers_of_any_length() {
        let order = ["", "1", "2", "10", "100000000000000000000000", "P9_b", "P10_a", "P10_b", "é1", "é2"];
        for (i, a) in order.iter().enumerate() {
            for (j, b) in order.iter().enumerate() {
                assert_eq!(Name((*a).into()).cmp(&Name((*b).into())), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn names_that_count_alike_are_still_two_names() {
        assert!(Name("1".into()) != Name("01".into()) && Name("01".into()) < Name("1".into()));
    }
}
