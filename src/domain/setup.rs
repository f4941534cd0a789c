//! The first run: its steps, in order, and which one is next. A table, so that the pages and the terminal walk the same way.
//!
//! The order is a rule of security. A stranger on the network must not be faster than the owner, so the claim comes
//! first; no secret is asked for before the connection is encrypted, and none that must be kept before there is a vault to
//! keep it in. Each step can be left and taken up again: what is done is a set of steps, nothing else is remembered.

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Showing that one stands before the box: the code of its console.
    Claim,
    /// English or French.
    Language,
    /// The mail domain and the owner's address.
    Domain,
    /// Whether others get here, and this box out.
    Reach,
    /// What is to be published at the DNS provider.
    Records,
    /// A certificate of an authority.
    Certificate,
    /// The owner's passphrase: with it the vault is made.
    Owner,
    /// The recovery sheet, printed and proven.
    Sheet,
    /// A server that passes mail on, where this box cannot send by itself. Behind the vault, because its password is kept.
    Relay,
    /// The key that was made.
    Key,
    /// The first message.
    Message,
}

/// What there is to know of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub step: Step,
    /// Its word in addresses and in the record.
    pub slug: &'static str,
    /// Whether it stands behind the vault, and needs the owner signed in.
    pub behind: bool,
    /// Whether a secret is asked for.
    pub secret: bool,
    /// Whether it can be left for later.
    pub later: bool,
}

const fn row(step: Step, slug: &'static str, behind: bool, secret: bool, later: bool) -> Row {
    Row {
        step,
        slug,
        behind,
        secret,
        later,
    }
}

/// The steps in order.
pub const STEPS: [Row; 11] = [
    row(Step::Claim, "claim", false, true, false),
    row(Step::Language, "language", false, false, false),
    row(Step::Domain, "domain", false, false, false),
    row(Step::Reach, "reach", false, false, true),
    row(Step::Records, "records", false, false, true),
    row(Step::Certificate, "certificate", false, false, true),
    row(Step::Owner, "owner", false, true, false),
    row(Step::Sheet, "sheet", true, true, true),
    row(Step::Relay, "relay", true, true, true),
    row(Step::Key, "key", true, false, true),
    row(Step::Message, "message", true, false, true),
];

impl Step {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // Every step has one (a test looks).
        STEPS.iter().find(|row| row.step == self).unwrap_or(&STEPS[0])
    }

    /// The step of a word.
    pub fn of(slug: &str) -> Option<Self> {
        STEPS.iter().find(|row| row.slug == slug).map(|row| row.step)
    }

    /// Its word.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }
}

/// The steps that are done or were put off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done(Vec<Step>);

impl Done {
    /// From their words; one that is not known any more is left out.
    pub fn of<'a>(slugs: impl IntoIterator<Item = &'a str>) -> Self {
        let mut done = Self::default();
        slugs.into_iter().filter_map(Step::of).for_each(|step| done.mark(step));
        done
    }

    /// Their words, in the order in which they were done.
    pub fn slugs(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|step| step.slug())
    }

    /// One more.
    pub fn mark(&mut self, step: Step) {
        if !self.has(step) {
            self.0.push(step);
        }
    }

    /// Whether a step is among them.
    pub fn has(&self, step: Step) -> bool {
        self.0.contains(&step)
    }

    /// The step to take now; `None` when all are done.
    pub fn next(&self) -> Option<Step> {
        STEPS.iter().map(|row| row.step).find(|step| !self.has(*step))
    }

    /// Whether a step may be taken: everything before it is done, and it does not stand on the other side of the vault.
    /// A step that is done may be taken again until the vault is made, and after that those behind it.
    pub fn may(&self, step: Step) -> bool {
        let before = STEPS.iter().take_while(|row| row.step != step);
        let reached = before.clone().all(|row| self.has(row.step));
        let made = self.has(Step::Owner);
        reached && made == step.row().behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_a_rule_of_security() {
        let place = |step| STEPS.iter().position(|row| row.step == step).unwrap();
        assert_eq!(place(Step::Claim), 0, "nobody else is faster");
        for row in STEPS {
            assert_eq!((row.step.row(), Step::of(row.slug)), (&row, Some(row.step)));
            assert_eq!(row.behind, place(row.step) > place(Step::Owner), "{}", row.slug);
            assert!(
                !row.later || row.behind || !row.secret,
                "what opens the box cannot be put off: {}",
                row.slug
            );
        }
    }

    #[test]
    fn one_step_follows_the_other_and_can_be_taken_up_again() {
        let mut done = Done::default();
        for row in STEPS {
            assert_eq!(done.next(), Some(row.step));
            assert!(done.may(row.step));
            for other in STEPS {
                let ahead = !done.has(other.step) && other.step != row.step;
                assert!(!ahead || !done.may(other.step), "{} before {}", other.slug, row.slug);
            }
            done = Done::of(done.slugs().collect::<Vec<_>>());
            done.mark(row.step);
            done.mark(row.step);
        }
        assert_eq!(done.next(), None);
        assert!(!done.may(Step::Owner) && !done.may(Step::Domain), "a box is made once");
        assert!(done.may(Step::Sheet));
    }
}
