//! Rows in the order of their times.

/// Rows from the earliest time to the latest, made once for all models of the same follow-up.
#[derive(Clone, Debug)]
pub struct Order {
    /// Rows by time; of equal times those with an event first.
    rows: Vec<usize>,
    ties: Vec<Tie>,
}

/// Rows of one time, as places in the order.
#[derive(Clone, Copy, Debug)]
pub(in crate::stats) struct Tie {
    pub days: f64,
    pub start: usize,
    pub end: usize,
    /// The first of these rows have the event.
    pub events: usize,
}

impl Order {
    /// The order of times in `days`, with an event where `events` says so, else the end of follow-up.
    pub fn of(days: &[f64], events: &[bool]) -> Self {
        let mut rows: Vec<usize> = (0..days.len().min(events.len())).collect();
        rows.sort_by(|&a, &b| days[a].total_cmp(&days[b]).then(events[b].cmp(&events[a])).then(a.cmp(&b)));
        let mut ties: Vec<Tie> = Vec::new();
        for (place, &row) in rows.iter().enumerate() {
            match ties.last_mut() {
                Some(tie) if tie.days == days[row] => {
                    tie.end = place + 1;
                    tie.events += usize::from(events[row]);
                }
                _ => ties.push(Tie {
                    days: days[row],
                    start: place,
                    end: place + 1,
                    events: usize::from(events[row]),
                }),
            }
        }
        Self { rows, ties }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Number of rows with an event.
    pub fn events(&self) -> usize {
        self.ties.iter().map(|tie| tie.events).sum()
    }

    /// Values of rows, by time.
    pub(in crate::stats) fn sorted(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|&row| values[row]).collect()
    }

    /// Distinct times, the earliest first.
    pub(in crate::stats) fn ties(&self) -> &[Tie] {
        &self.ties
    }
}

#[cfg(test)]
mod tests {
    use super::Order;

    #[test]
    fn of_equal_times_events_come_first() {
        let order = Order::of(&[7.0, 3.0, 7.0, 7.0], &[false, true, true, false]);
        assert_eq!(order.sorted(&[0.0, 1.0, 2.0, 3.0]), [1.0, 2.0, 0.0, 3.0]);
        let ties: Vec<_> = order.ties().iter().map(|t| (t.days, t.start, t.end, t.events)).collect();
        assert_eq!(ties, [(3.0, 0, 1, 1), (7.0, 1, 4, 1)]);
        assert_eq!((order.len(), order.events(), order.is_empty()), (4, 2, false));
    }
}
