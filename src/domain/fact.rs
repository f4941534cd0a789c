//! What is known and what is not. "Not known" is a state of its own and is never read as good news
//! (privacy index, rule 4).

/// A piece of evidence, or the plain statement that there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact<T> {
    /// Nobody looked, or looking gave no answer.
    #[default]
    Unknown,
    /// It was observed.
    Known(T),
}

impl<T> Fact<T> {
    /// The value, if there is one.
    pub fn known(self) -> Option<T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Unknown => None,
        }
    }

    /// The same fact by reference.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Unknown => Fact::Unknown,
        }
    }

    /// Whether somebody looked and got an answer.
    pub fn is_known(&self) -> bool {
        matches!(self, Fact::Known(_))
    }
}

impl<T> From<Option<T>> for Fact<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Fact::Unknown, Fact::Known)
    }
}
