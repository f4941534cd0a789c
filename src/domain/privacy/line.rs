//! What the indexes have in common: a table of their lines, and a line as it is shown.
//!
//! Absent on purpose: what a line is worth, which each index says for itself, and the line of a message
//! (`index`), which also says what kind of evidence it rests on.

/// The lines of an index in the order in which they are shown, a ceiling last: name, then its word, what it speaks
/// of where the index has axes, the points that it can win, and for messages the kind of evidence.
macro_rules! lines {
    ($of:literal; $($(#[$doc:meta])* $name:ident = $id:literal, $axis:ident, $possible:literal, $kind:ident;)*) => {
        lines! { $of; $($(#[$doc])* $name = $id, $axis, $possible;)* }

        impl LineId {
            /// The kind of evidence that it rests on.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }
        }
    };
    ($of:literal; $($(#[$doc:meta])* $name:ident = $id:literal, $axis:ident, $possible:literal;)*) => {
        lines! { $of; $($(#[$doc])* $name = $id, $possible;)* }

        impl LineId {
            /// What it speaks of.
            pub fn axis(self) -> Axis {
                match self { $(Self::$name => Axis::$axis,)* }
            }
        }
    };
    ($of:literal; $($(#[$doc:meta])* $name:ident = $id:literal, $possible:literal;)*) => {
        #[doc = $of]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LineId { $($(#[$doc])* $name,)* }

        impl LineId {
            /// All of them, in the order in which they are shown; what is a ceiling last.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in pages, JSON and stored records; never translated.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// The points that it can win; 0 where it only takes away.
            pub fn possible(self) -> i16 {
                match self { $(Self::$name => $possible,)* }
            }
        }
    };
}

pub(super) use lines;

/// One visible line of an index: which, why, and what would win more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<Id, Reason, Tip> {
    /// Which line.
    pub id: Id,
    /// Points won; negative for a ceiling.
    pub won: i16,
    /// Points that could be won.
    pub possible: i16,
    /// Whether there was evidence at all.
    pub known: bool,
    /// Why.
    pub reason: Reason,
    /// What would win more, where something would.
    pub tip: Option<Tip>,
}

impl<Id, Reason, Tip> Line<Id, Reason, Tip> {
    /// A line that something is known of; `tip` is asked where points are missing, with how many.
    pub(super) fn of(id: Id, won: i16, possible: i16, reason: Reason, tip: impl FnOnce(u8) -> Tip) -> Self {
        let wins = u8::try_from(possible - won).ok().filter(|wins| *wins > 0);
        Self {
            id,
            won,
            possible,
            known: true,
            reason,
            tip: wins.map(tip),
        }
    }
}
