//! Tags: making and changing them, putting them on messages and discussions, the lists that they make, and what
//! is learnt when the owner does so.
//!
//! What touches many messages is done in slices, each a write of its own, in a task that goes on when the
//! browser that asked has left.

use super::{
    Error,
    devices::Viewer,
    read, smart,
    timeline::{self, ROWS},
    view::{People, TagMark, TimelineRow},
};
pub use crate::store::tags::Made;
use crate::{
    domain::{
        id::{DiscussionId, MessageId, TagId},
        importance::{self, Facts, Importance, Spam},
        tag::{By, Colour, Name, System},
    },
    store::{
        self, filing,
        mail::Snapshot,
        record, tags as kept,
        vault::{Open, Vault},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// Messages that one write changes.
const SLICE: usize = 200;
/// The newest messages of a discussion that are learnt from when all of it is tagged.
pub(super) const LEARNT: usize = 10;

/// Makes, changes and sets tags; cheap to clone.
#[derive(Clone)]
pub struct Tags {
    vault: Vault,
    people: People,
    spam: super::spam::Spam,
}

/// A tag as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagView {
    /// Which.
    pub mark: TagMark,
    /// Its colour.
    pub colour: Colour,
    /// Its own importance.
    pub importance: i8,
    /// On how many messages it is.
    pub messages: u64,
    /// In how many discussions.
    pub discussions: u64,
    /// How many examples of it the owner gave.
    pub examples: u64,
}

/// A tag with the people whose mail gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPage {
    /// The tag.
    pub tag: TagView,
    /// Number, name and first address of each card that has it.
    pub cards: Vec<(u64, String, String)>,
}

/// One page of the discussions that have a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaggedPage {
    /// The tag.
    pub tag: TagView,
    /// At most [`ROWS`] rows, newest first.
    pub rows: Vec<TimelineRow>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages, at least 1.
    pub pages: u32,
}

/// The tags of a message and what is suggested for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageTags {
    /// Its tags.
    pub tags: Vec<TagMark>,
    /// What the owner's own tags suggest.
    pub suggestions: Vec<Suggestion>,
}

/// A tag that a message may want, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The tag.
    pub tag: TagMark,
    /// The words of the message that speak for it most, as they stand there.
    pub words: Vec<String>,
    /// The sender's address, where that speaks for it.
    pub sender: Option<String>,
}

/// A message's importance with everything that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// The level and its lines.
    pub importance: Importance,
    /// What they rest on.
    pub facts: Facts,
    /// Its tags and who put them there.
    pub tags: Vec<(TagMark, By)>,
}

/// What became of a card that was to have a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carded {
    /// It has it.
    Done,
    /// The address stands on no card.
    Nobody,
}

impl TagView {
    fn of(snapshot: &Snapshot, id: u64, tag: &record::Tag) -> Result<Self, Error> {
        let (messages, discussions) = snapshot.tag_counts(TagId(id))?;
        Ok(Self {
            mark: TagMark::of(id, tag),
            colour: tag.colour(),
            importance: tag.importance,
            messages,
            discussions,
            examples: snapshot.lessons(TagId(id))?.1,
        })
    }
}

impl Tags {
    /// Over this vault.
    pub fn new(vault: Vault, people: People, spam: super::spam::Spam) -> Self {
        Self { vault, people, spam }
    }

    /// Every tag, by name, those of the house last.
    pub async fn list(&self) -> Result<Vec<TagView>, Error> {
        read(&self.vault, |snapshot| {
            let tags = snapshot.tags()?;
            let mut views = tags
                .iter()
                .map(|(id, tag)| TagView::of(snapshot, *id, tag))
                .collect::<Result<Vec<_>, _>>()?;
            views.sort_by(|a, b| (a.mark.system.is_some(), &a.mark.slug).cmp(&(b.mark.system.is_some(), &b.mark.slug)));
            Ok(views)
        })
        .await
    }

    /// The marks of every tag, by name, those of the house last.
    pub async fn names(&self) -> Result<Vec<TagMark>, Error> {
        read(&self.vault, |snapshot| {
            let tags = snapshot.tags()?;
            let mut marks: Vec<TagMark> = tags.iter().map(|(id, tag)| TagMark::of(*id, tag)).collect();
            marks.sort_by(|a, b| (a.system.is_some(), &a.slug).cmp(&(b.system.is_some(), &b.slug)));
            Ok(marks)
        })
        .await
    }

    /// Why a message is as important as it is.
    pub async fn explain(&self, id: MessageId) -> Result<Explained, Error> {
        read(&self.vault, move |snapshot| {
            let record = snapshot.message(id.0)?.ok_or(Error::NotFound)?;
            let tags = snapshot.tags()?;
            let mut of_it = Vec::new();
            let mut best: Option<(u64, i8)> = None;
            for (tag, by) in snapshot.tags_of(id.0)? {
                let Some(known) = tags.get(&tag) else { continue };
                if best.is_none_or(|(_, most)| known.importance > most) {
                    best = Some((tag, known.importance));
                }
                let by = By::ALL.get(usize::from(by)).copied().unwrap_or(By::House);
                of_it.push((TagMark::of(tag, known), by));
            }
            let weighed = snapshot.weighed(id.0)?.unwrap_or_else(|| record::Weighed {
                index: record.index,
                ..record::Weighed::default()
            });
            let facts = weighed.facts(best);
            Ok(Explained {
                importance: importance::weigh(&facts),
                facts,
                tags: of_it,
            })
        })
        .await
    }

    /// One tag with its people.
    pub async fn tag(&self, id: TagId) -> Result<TagPage, Error> {
        read(&self.vault, move |snapshot| {
            let tag = snapshot.tag(id)?.ok_or(Error::NotFound)?;
            let mut cards = Vec::new();
            for card in snapshot.cards_with(id)? {
                if let Some(contact) = snapshot.contact(card)? {
                    cards.push((card, contact.name, contact.addresses.into_iter().next().unwrap_or_default()));
                }
            }
            Ok(TagPage {
                tag: TagView::of(snapshot, id.0, &tag)?,
                cards,
            })
        })
        .await
    }

    /// The tag of a slug.
    pub async fn of_slug(&self, slug: String) -> Result<Option<TagId>, Error> {
        read(&self.vault, move |snapshot| {
            let tags = snapshot.tags()?;
            Ok(tags.iter().find(|(_, tag)| tag.slug == slug).map(|(id, _)| TagId(*id)))
        })
        .await
    }

    /// Makes a tag.
    pub async fn create(&self, name: &Name, colour: Colour, importance: i8) -> Result<Made, Error> {
        let tag = record::Tag::new(name, colour, importance);
        let open = self.vault.open()?;
        Ok(open.writer.write(move |tables| kept::create(tables, &tag)).await?)
    }

    /// The tag of a name, made where there is none.
    pub async fn named(&self, name: &Name) -> Result<Made, Error> {
        match self.of_slug(name.slug().to_owned()).await? {
            Some(id) => Ok(Made::Done(id)),
            None => self.create(name, Colour::default(), 0).await,
        }
    }

    /// Changes a tag; its messages are weighed again where its importance changes.
    pub async fn change(&self, id: TagId, name: &Name, colour: Colour, importance: i8) -> Result<Made, Error> {
        let tag = record::Tag::new(name, colour, importance);
        let open = self.vault.open()?;
        let before = read(&self.vault, move |snapshot| Ok(snapshot.tag(id)?)).await?;
        let made = open.writer.write(move |tables| kept::change(tables, id, &tag)).await?;
        if made == Made::Done(id) && before.is_none_or(|tag| tag.importance != importance) {
            let vault = self.vault.clone();
            going_on(async move {
                let messages = read(&vault, move |snapshot| Ok(snapshot.tagged(id, 0, usize::MAX)?)).await?;
                in_slices(&open, messages, |tables, message| {
                    filing::reweigh(tables, message, |_| {}).map(drop)
                })
                .await
            })
            .await?;
        }
        Ok(made)
    }

    /// Deletes a tag with everything that refers to it. One of the house is [`Made::Protected`].
    pub async fn delete(&self, id: TagId) -> Result<Made, Error> {
        if System::of(id).is_some() {
            return Ok(Made::Protected);
        }
        let open = self.vault.open()?;
        going_on(async move {
            while !open.writer.write(move |tables| kept::delete(tables, id)).await? {}
            Ok(())
        })
        .await?;
        Ok(Made::Done(id))
    }

    /// Puts a tag on the card that an address stands on, or takes it off a card.
    pub async fn put_on_card(&self, address: String, tag: TagId) -> Result<Carded, Error> {
        let open = self.vault.open()?;
        let card = read(&self.vault, move |snapshot| Ok(snapshot.contact_of(&address)?)).await?;
        let Some((card, _)) = card else { return Ok(Carded::Nobody) };
        open.writer.write(move |tables| kept::put_on_card(tables, card, tag, true)).await?;
        Ok(Carded::Done)
    }

    /// Takes a tag off a card.
    pub async fn take_off_card(&self, card: u64, tag: TagId) -> Result<(), Error> {
        let open = self.vault.open()?;
        Ok(open.writer.write(move |tables| kept::put_on_card(tables, card, tag, false)).await?)
    }

    /// One page of the discussions that have a tag, as somebody may see them.
    pub async fn tagged(&self, id: TagId, page: u32, viewer: Viewer) -> Result<TaggedPage, Error> {
        let people = self.people.clone();
        read(&self.vault, move |snapshot| {
            let tag = snapshot.tag(id)?.ok_or(Error::NotFound)?;
            let tag = TagView::of(snapshot, id.0, &tag)?;
            let pages = u32::try_from(tag.discussions.div_ceil(u64::from(ROWS))).unwrap_or(u32::MAX).max(1);
            let page = page.clamp(1, pages);
            let rows = snapshot.tag_rows(id, (page as usize - 1) * ROWS as usize, ROWS as usize)?;
            Ok(TaggedPage {
                rows: timeline::rows(&people, &viewer, snapshot, rows)?,
                tag,
                page,
                pages,
            })
        })
        .await
    }

    /// The tags of some messages and what is suggested for each, in their order.
    pub async fn of_messages(&self, ids: Vec<MessageId>) -> Result<Vec<MessageTags>, Error> {
        let smart = smart::is_on(&*self.vault.open()?)?;
        read(&self.vault, move |snapshot| {
            let tags = snapshot.tags()?;
            let taught = if smart { smart::taught(snapshot, &tags)? } else { Vec::new() };
            ids.into_iter()
                .map(|id| {
                    Ok(MessageTags {
                        tags: marks(&tags, snapshot.tags_of(id.0)?.into_iter().map(|(tag, _)| tag)),
                        suggestions: smart::suggest(snapshot, id.0, &tags, &taught)?,
                    })
                })
                .collect()
        })
        .await
    }

    /// The tags of a discussion: its own, and those of its messages.
    pub async fn of_discussion(&self, id: DiscussionId) -> Result<Vec<TagMark>, Error> {
        read(&self.vault, move |snapshot| {
            let filed = snapshot.filed(id.0)?.unwrap_or_default();
            Ok(marks(&snapshot.tags()?, filed.tags.into_iter().map(|(tag, ..)| tag)))
        })
        .await
    }

    /// Puts a tag on messages, or takes it off; the owner's hand, so it is learnt from.
    pub async fn put(&self, ids: Vec<MessageId>, tag: TagId, on: bool) -> Result<(), Error> {
        let first = ids.first().copied();
        let there = read(&self.vault, move |snapshot| {
            first.map_or(Ok(None), |id| Ok(snapshot.message(id.0)?))
        })
        .await?;
        there.ok_or(Error::NotFound)?;
        if tag == System::Spam.id() {
            return self.call_spam(ids.into_iter().map(|id| id.0).collect(), on).await;
        }
        let ids: Vec<u64> = ids.into_iter().map(|id| id.0).collect();
        self.put_on_all(ids.clone(), tag, on).await?;
        smart::learn(&self.vault, ids, tag, on).await
    }

    async fn put_on_all(&self, ids: Vec<u64>, tag: TagId, on: bool) -> Result<(), Error> {
        let open = self.vault.open()?;
        going_on(async move {
            in_slices(&open, ids, move |tables, message| {
                if on {
                    filing::set(tables, message, tag, By::Owner).map(drop)
                } else {
                    filing::unset(tables, message, tag).map(drop)
                }
            })
            .await
        })
        .await
    }

    /// Accepts a suggestion, or refuses it for good.
    pub async fn answer(&self, id: MessageId, tag: TagId, accepted: bool) -> Result<(), Error> {
        if accepted {
            return self.put(vec![id], tag, true).await;
        }
        smart::refuse(&self.vault, id.0, tag).await
    }

    /// Puts a tag on whole discussions, and so on what comes in them, or takes it off them.
    pub async fn put_on_discussions(&self, ids: Vec<DiscussionId>, tag: TagId, on: bool) -> Result<(), Error> {
        for id in ids {
            let messages = self.messages(id).await?;
            if messages.is_empty() {
                return Err(Error::NotFound);
            }
            if tag == System::Spam.id() {
                self.call_spam(messages, on).await?;
                continue;
            }
            let newest: Vec<u64> = messages.iter().copied().take(LEARNT).collect();
            let open = self.vault.open()?;
            open.writer.write(move |tables| filing::give(tables, id.0, tag, on)).await?;
            self.put_on_all(messages, tag, on).await?;
            smart::learn(&self.vault, newest, tag, on).await?;
        }
        Ok(())
    }

    /// The owner's word on spam: the tag, and the probability with it. What they wrote themself is left out.
    async fn call_spam(&self, ids: Vec<u64>, is: bool) -> Result<(), Error> {
        let open = self.vault.open()?;
        let spam = self.spam.clone();
        let ids = read(&self.vault, move |snapshot| spam.spoken_of(snapshot, ids, is)).await?;
        let learnt: Vec<MessageId> = ids.iter().copied().take(LEARNT).map(MessageId).collect();
        going_on(async move {
            in_slices(&open, ids, move |tables, message| {
                let spam = System::Spam.id();
                if is {
                    filing::set(tables, message, spam, By::Owner)?;
                } else {
                    filing::unset(tables, message, spam)?;
                }
                let word = if is { Spam::Unwanted } else { Spam::Wanted };
                filing::reweigh(tables, message, |facts| facts.spam = word).map(drop)
            })
            .await
        })
        .await?;
        for id in learnt {
            self.spam.teach(id, Some(is)).await?;
        }
        Ok(())
    }

    async fn messages(&self, id: DiscussionId) -> Result<Vec<u64>, Error> {
        read(&self.vault, move |snapshot| Ok(snapshot.discussed_ids(id.0)?)).await
    }

    /// Whether tags are suggested.
    pub async fn is_smart(&self) -> Result<bool, Error> {
        Ok(smart::is_on(&*self.vault.open()?)?)
    }

    /// Turns suggestions on or off.
    pub async fn set_smart(&self, on: bool) -> Result<(), Error> {
        smart::turn(&self.vault, on).await
    }
}

/// The marks of some tags, those of the house first; one that is gone is left out.
pub(super) fn marks(tags: &BTreeMap<u64, record::Tag>, of: impl IntoIterator<Item = u64>) -> Vec<TagMark> {
    let mut ids: Vec<u64> = of.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| Some(TagMark::of(id, tags.get(&id)?))).collect()
}

/// Changes many messages, so many to a write.
pub(super) async fn in_slices(
    open: &Arc<Open>,
    ids: Vec<u64>,
    change: impl Fn(&mut store::writer::Tables<'_>, u64) -> Result<(), store::Error> + Clone + Send + 'static,
) -> Result<(), Error> {
    for slice in ids.chunks(SLICE) {
        let (slice, change) = (slice.to_vec(), change.clone());
        open.writer
            .write(move |tables| slice.iter().try_for_each(|id| change(tables, *id)))
            .await?;
    }
    Ok(())
}

/// Goes on when whoever asked has left.
pub(super) async fn going_on(job: impl Future<Output = Result<(), Error>> + Send + 'static) -> Result<(), Error> {
    tokio::spawn(job)
        .await
        .unwrap_or_else(|_| Err(store::Error::Database("a change was cut short".into()).into()))
}
