//! Figures of a filter: false alarms, what was found, and the area under the curve of the two.

use serde_json::json;

/// A message that was judged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    pub(super) spam: bool,
    pub(super) score: f32,
    pub(super) tagged: bool,
}

/// What is printed.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) seed: u64,
    /// Honest messages and spam that were learnt, and that were judged.
    pub(super) learnt: (usize, usize),
    pub(super) tested: (usize, usize),
    /// Seconds: learning all, reading one, judging one.
    pub(super) learning: f64,
    pub(super) reading: f64,
    pub(super) judging: f64,
    /// Octets.
    pub(super) model: usize,
    /// Honest messages that were tagged; spam that was.
    pub(super) false_positives: usize,
    pub(super) found: usize,
    /// The share of spam found where the tag begins so high that at most 0, 0.1 and 0.5 % of honest mail has it.
    pub(super) recall_at: [f64; 3],
    pub(super) auc: f64,
}

/// Shares of honest mail, in thousandths, at which the share of spam found is told.
const AT: [usize; 3] = [0, 1, 5];

impl Figures {
    pub(super) fn measure(&mut self, judged: &[Judged]) {
        let of = |spam: bool| {
            let mut scores: Vec<f32> = judged.iter().filter(|one| one.spam == spam).map(|one| one.score).collect();
            scores.sort_by(f32::total_cmp);
            scores
        };
        let (ham, spam) = (of(false), of(true));
        let tagged = |spam: bool| judged.iter().filter(|one| one.spam == spam && one.tagged).count();
        self.false_positives = tagged(false);
        self.found = tagged(true);
        for (recall, at) in self.recall_at.iter_mut().zip(AT) {
            // The score that at most this many honest messages are above.
            let allowed = ham.len() * at / 1_000;
            let limit = ham.iter().rev().nth(allowed).copied().unwrap_or(f32::NEG_INFINITY);
            let above = spam.len() - spam.partition_point(|score| *score <= limit);
            *recall = above as f64 / spam.len().max(1) as f64;
        }
        // Mann and Whitney: how often a spam message stands above an honest one, ties half.
        let won: f64 = spam
            .iter()
            .map(|score| (ham.partition_point(|other| other < score) + ham.partition_point(|other| other <= score)) as f64 / 2.0)
            .sum();
        self.auc = won / (ham.len() * spam.len()).max(1) as f64;
    }

    fn rates(&self) -> (f64, f64) {
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        (share(self.false_positives, self.tested.0), share(self.found, self.tested.1))
    }

    pub(super) fn json(&self) -> String {
        let (false_rate, recall) = self.rates();
        json!({
            "seed": self.seed,
            "learnt": {"ham": self.learnt.0, "spam": self.learnt.1},
            "tested": {"ham": self.tested.0, "spam": self.tested.1},
            "false_positives": self.false_positives,
            "false_positive_rate": false_rate,
            "recall": recall,
            "recall_at_fp": {"0": self.recall_at[0], "0.1%": self.recall_at[1], "0.5%": self.recall_at[2]},
            "auc": self.auc,
            "seconds": {"learn_all": self.learning, "read_one": self.reading, "judge_one": self.judging},
            "model_bytes": self.model,
        })
        .to_string()
    }

    pub(super) fn text(&self) -> String {
        let (false_rate, recall) = self.rates();
        let [none, tenth, half] = self.recall_at.map(|recall| recall * 100.0);
        format!(
            "learnt {} + {} spam, judged {} + {} spam\n\
             honest mail tagged: {} ({:.2} %)\n\
             spam tagged: {:.2} %\n\
             spam found at 0 / 0.1 / 0.5 % of honest mail tagged: {none:.2} / {tenth:.2} / {half:.2} %\n\
             area under the curve: {:.6}\n\
             a message: {:.3} ms to read, {:.3} ms to judge; learning all: {:.2} s\n\
             model: {} KiB",
            self.learnt.0,
            self.learnt.1,
            self.tested.0,
            self.tested.1,
            self.false_positives,
            false_rate * 100.0,
            recall * 100.0,
            self.auc,
            self.reading * 1e3,
            self.judging * 1e3,
            self.learning,
            self.model / 1024,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_those_of_the_book() {
        let judged = |spam, score: f32| Judged {
            spam,
            score,
            tagged: score >= 0.0,
        };
        let mut figures = Figures {
            tested: (4, 4),
            ..Figures::default()
        };
        let mail: Vec<Judged> = [-3.0, -2.0, -1.0, 0.5]
            .map(|score| judged(false, score))
            .into_iter()
            .chain([-1.5, 0.5, 1.0, 2.0].map(|score| judged(true, score)))
            .collect();
        figures.measure(&mail);
        assert_eq!((figures.false_positives, figures.found), (1, 3));
        assert_eq!(figures.recall_at, [0.5, 0.5, 0.5]);
        assert!((figures.auc - 13.5 / 16.0).abs() < 1e-9);
        figures.measure(&[]);
        assert_eq!(figures.auc, 0.0);
    }
}
