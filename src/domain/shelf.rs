//! Where a discussion stands: on the timeline, or on one of the shelves beside it.
//!
//! A discussion stands on one shelf at a time. Absent on purpose: folders. What is sorted by the owner is sorted by tags.

/// Where a discussion stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shelf {
    /// On the timeline.
    #[default]
    Timeline = 0,
    /// Done: away until something new comes in it.
    Done = 1,
    /// At the door: from somebody who has never written before, and whom the owner has not let in yet.
    Door = 2,
    /// In the wastebasket, to be deleted for good after a time.
    Bin = 3,
}

impl Shelf {
    /// All of them, by their numbers.
    pub const ALL: [Self; 4] = [Self::Timeline, Self::Done, Self::Door, Self::Bin];

    /// By its number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Where a discussion stands after a message has come in it. `before` is `None` for a discussion that is new.
    pub fn after(before: Option<Self>, coming: Coming) -> Self {
        match (before, coming) {
            (None, Coming::Stranger) => Self::Door,
            (None, _) => Self::Timeline,
            (Some(Self::Done), Coming::Own | Coming::Unwanted) => Self::Done,
            (Some(Self::Door), Coming::Stranger | Coming::Unwanted) => Self::Door,
            // Nothing comes in a discussion of the wastebasket: it has given up its name.
            (Some(Self::Bin), _) => Self::Bin,
            (Some(_), _) => Self::Timeline,
        }
    }
}

/// What comes in a discussion, as far as it matters for where that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coming {
    /// Something new for the owner.
    News,
    /// From somebody who has to wait at the door.
    Stranger,
    /// The owner's own, or one that is older than what was there.
    Own,
    /// Spam.
    Unwanted,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_comes_back_with_news_and_with_nothing_else() {
        let after = |before, coming| Shelf::after(Some(before), coming);
        assert_eq!(after(Shelf::Done, Coming::News), Shelf::Timeline);
        // Somebody who writes where the owner has read before is no stranger there.
        assert_eq!(after(Shelf::Done, Coming::Stranger), Shelf::Timeline);
        for coming in [Coming::Own, Coming::Unwanted] {
            assert_eq!(after(Shelf::Done, coming), Shelf::Done);
        }
    }

    #[test]
    fn a_stranger_waits_until_the_owner_or_somebody_known_speaks() {
        assert_eq!(Shelf::after(None, Coming::Stranger), Shelf::Door);
        assert_eq!(Shelf::after(Some(Shelf::Door), Coming::Stranger), Shelf::Door);
        assert_eq!(Shelf::after(Some(Shelf::Door), Coming::Own), Shelf::Timeline);
        assert_eq!(Shelf::after(Some(Shelf::Door), Coming::News), Shelf::Timeline);
        assert_eq!(Shelf::after(Some(Shelf::Timeline), Coming::Stranger), Shelf::Timeline);
        for coming in [Coming::News, Coming::Own, Coming::Unwanted] {
            assert_eq!(Shelf::after(None, coming), Shelf::Timeline);
        }
    }

    #[test]
    fn every_shelf_is_known_by_its_number() {
        for shelf in Shelf::ALL {
            assert_eq!(Shelf::of(shelf as u8), Some(shelf));
        }
        assert_eq!(Shelf::of(4), None);
    }
}
