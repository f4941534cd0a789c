//! `/contacts/ID`: one card, with every line of its index and what was exchanged; and the form that a card is
//! written with.

use super::{
    super::{
        Site,
        problem::Problem,
        shell::{self, Section, Shell},
        visit::Visit,
        when::When,
    },
    Badge, calm,
    contacts::group,
    lines::{Axis as Reckoned, Row as Item, score, state},
    people_keys,
    tagging::{self, Asked, Chip},
    told::{self, Told},
};
use crate::{
    domain::{
        address::Address,
        contact::{Card, Label, MAX_ADDRESSES, MAX_FIELDS, MAX_NAME, MAX_NOTE, MAX_PHONE, MAX_PLACE},
        id::ContactId,
        privacy::contact::{Advice, Axis, ContactIndex, Reason},
        time::Time,
    },
    locale::{
        Words, contacts as words,
        contacts::ContactWords,
        keys::{self, KeyWords},
    },
    service::{
        contacts::{CardPage, History, Recent, Refused},
        keyring::KeyView,
    },
};
use askama::Template;
use http::StatusCode;
use std::sync::Arc;
use warp::reply::Response;

#[derive(Template)]
#[template(path = "page/contact.html")]
struct Page {
    s: Shell,
    c: &'static ContactWords,
    id: ContactId,
    card: Card,
    /// Each address, and the page of its keys.
    addresses: Vec<(String, String)>,
    /// Where a message to them is written.
    write: Option<String>,
    phones: Vec<(&'static str, String)>,
    places: Vec<(&'static str, Vec<String>)>,
    note: Vec<String>,
    chips: Vec<Chip>,
    names: Vec<Chip>,
    badge: Badge,
    sum: String,
    unknown: bool,
    sums: Vec<Reckoned>,
    from: String,
    to: String,
    first: Option<String>,
    last: Option<String>,
    trackers: Option<String>,
    nothing: bool,
    recent: Vec<Row>,
    alike: Vec<(ContactId, String)>,
    k: &'static KeyWords,
    keys: Vec<Key>,
    told: Option<Told>,
}

/// One of their keys, in short.
struct Key {
    /// The page where it is compared.
    href: String,
    groups: Vec<String>,
    kind: String,
    used: bool,
    stands: String,
    trouble: Option<&'static str>,
}

/// A discussion with them.
struct Row {
    recent: Recent,
    subject: String,
    when: When,
    messages: String,
    badge: Badge,
}

/// `GET /contacts/ID`
pub(in crate::web) async fn show(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let page = site.services.contacts.card(visit.number(0).map(ContactId)?).await?;
    let names = tagging::names(&site, visit.lang.words()).await?;
    let (mut keys, mut ways) = (Vec::new(), Vec::new());
    for address in &page.card.addresses {
        let known = site.services.keyring.person(address.clone()).await?;
        let used = known
            .keys
            .iter()
            .filter(|one| one.used)
            .map(|one| (true, one.verified.is_some()))
            .max();
        ways.push((used.unwrap_or_default(), address.clone()));
        keys.extend(known.keys.into_iter().map(|one| key(&site, &visit, address, one)));
    }
    // Where it can be closed best; among equals their first address.
    ways.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
    let best = ways.into_iter().next().map(|(_, address)| address);
    let s = Shell::of(&site, &visit, Section::Contacts);
    shell::page(&Page {
        keys,
        ..view(&site, s, (page, best), names)
    })
}

/// Where the keys of an address stand.
fn keys_of(address: &Address) -> String {
    format!("/settings/keys/people/{}", shell::encoded(address.as_str()))
}

fn key(site: &Site, visit: &Visit, address: &Address, key: KeyView) -> Key {
    let k = keys::words(visit.lang);
    Key {
        stands: people_keys::stands(site, visit, &key),
        href: keys_of(address),
        groups: key.facts.fingerprint.groups(),
        kind: k.algorithm(key.facts.algorithm),
        used: key.used,
        trouble: key.facts.encrypt.err().map(|why| k.unusable(why)),
    }
}

fn view(site: &Site, s: Shell, (page, best): (CardPage, Option<Address>), names: Vec<Chip>) -> Page {
    let (w, c, now) = (s.w, &s.w.contacts, site.now());
    let labelled = |(label, text): &(Label, String)| (c.label(*label), text.clone());
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let addresses: Vec<(String, String)> = page
        .card
        .addresses
        .iter()
        .map(|address| (address.to_string(), keys_of(address)))
        .collect();
    let keys = page
        .asked
        .and_then(|asked| Address::parse(&asked).ok())
        .map(|asked| keys_of(&asked));
    let write = best.map(|address| {
        let to = form_urlencoded::byte_serialize(address.as_str().as_bytes());
        format!("/write?to={}", to.collect::<String>())
    });
    let History { from, to, first, last, .. } = page.history;
    let day = |phrase: &str, time| phrase.replace("{when}", &site.zone.say(w, time, now).long);
    let recent = page.recent.into_iter().map(|recent| Row {
        subject: calm(&recent.subject),
        when: site.zone.say(w, recent.last, now),
        messages: w.count(&w.messages, recent.messages.into()),
        badge: Badge::of(recent.index),
        recent,
    });
    Page {
        c,
        id: page.id,
        phones: page.card.phones.iter().map(labelled).collect(),
        places: page
            .card
            .places
            .iter()
            .map(|(label, text)| (c.label(*label), lines(text)))
            .collect(),
        note: lines(&page.card.note),
        card: page.card,
        chips: page.tags.iter().map(|mark| group(w, mark)).collect(),
        names,
        badge: Badge::of(page.index.points),
        sum: page
            .index
            .points
            .map_or_else(|| w.line_unknown.to_owned(), |points| super::lines::points(w, points.into(), 100)),
        unknown: page.index.points.is_none(),
        sums: sums(site, w, (keys.as_deref(), write.as_deref()), &page.index),
        write,
        addresses,
        from: w.count(&c.from_them, from),
        to: w.count(&c.to_them, to),
        first: first.filter(|_| from + to > 1).map(|time| day(c.first_on, time)),
        last: last.map(|time| day(c.last_on, time)),
        trackers: (from > 0).then(|| match page.history.trackers {
            0 => c.no_trackers.to_owned(),
            many => w.count(&c.trackers, many),
        }),
        nothing: from + to == 0,
        recent: recent.collect(),
        alike: page.alike,
        k: keys::words(w.lang),
        keys: Vec::new(),
        told: told::of(site, w, page.told),
        s,
    }
}

/// Every line of a contact's index, by axis.
fn sums(site: &Site, w: &Words, (keys, write): (Option<&str>, Option<&str>), index: &ContactIndex) -> Vec<Reckoned> {
    let axes = Axis::ALL.into_iter().map(|axis| {
        let lines = index.lines.iter().filter(|line| line.id.axis() == axis).map(|line| {
            let since = match line.reason {
                Reason::Since { first, .. } => site.zone.say(w, first, Time(0)).short,
                _ => String::new(),
            };
            let item = Item {
                id: line.id.as_str(),
                name: words::line(w.lang, line.id),
                points: score(w, line.known, line.won, line.possible),
                state: state(line.known, line.won, line.possible),
                reason: words::reason(w.lang, line.id, line.reason, &since),
                tip: line.tip.map(|tip| words::tip(w.lang, tip)),
                tip_at: line.tip.and_then(|tip| place(tip.advice, keys, write)),
                claimed: false,
            };
            (item, line.won, line.possible)
        });
        Reckoned::of(w, axis.as_str(), words::axis(w.lang, axis), lines.collect())
    });
    axes.collect()
}

/// The page where a tip is followed, where it is one of ours.
fn place(advice: Advice, keys: Option<&str>, write: Option<&str>) -> Option<String> {
    match advice {
        Advice::AskForKey | Advice::StrongerKey | Advice::CompareKeys => keys.map(str::to_owned),
        Advice::Write | Advice::Encrypt => write.map(str::to_owned),
        Advice::CheckDomain => Some("#provider".to_owned()),
        _ => None,
    }
}

/// A form of a card: what was typed, and what is wrong with it.
#[derive(Default)]
pub(super) struct Form {
    pub(super) card: Card,
    /// The addresses as they were typed.
    pub(super) addresses: String,
    pub(super) error: Option<String>,
    /// The other card that an address stands on.
    pub(super) other: Option<ContactId>,
}

impl Form {
    /// Of a card as it is.
    pub(super) fn of(card: Card) -> Self {
        let addresses: Vec<String> = card.addresses.iter().map(ToString::to_string).collect();
        Self {
            addresses: addresses.join("\n"),
            card,
            error: None,
            other: None,
        }
    }

    /// As it was typed; an error where something in it is no address.
    pub(super) fn typed(visit: &Visit) -> Self {
        let pairs = |kind: &str, value: &str| -> Vec<(Label, String)> {
            let all = |name: &str| -> Vec<String> {
                let named = visit.form.iter().filter(|(known, _)| known == name);
                named.map(|(_, value)| value.clone()).collect()
            };
            let kinds = all(kind).into_iter().map(|kind| Label::of_word(&kind));
            kinds.zip(all(value)).filter(|(_, text)| !text.trim().is_empty()).collect()
        };
        let typed = visit.field("addresses").replace('\r', "");
        let (mut addresses, mut error) = (Vec::new(), None);
        let parts = typed.split(['\n', ',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
        for part in parts.take(MAX_ADDRESSES) {
            match Address::parse(part) {
                Ok(address) => addresses.push(address),
                Err(_) => error = error.or(Some(visit.lang.words().contacts.no_address.replace("{text}", part))),
            }
        }
        Self {
            card: Card {
                name: visit.field("name").to_owned(),
                addresses,
                phones: pairs("phone_kind", "phone"),
                places: pairs("place_kind", "place"),
                organisation: visit.field("organisation").to_owned(),
                note: visit.field("note").replace('\r', ""),
            },
            addresses: typed,
            error,
            other: None,
        }
    }

    /// The same with why it was refused.
    pub(super) fn refused(mut self, c: &ContactWords, refused: Refused) -> Self {
        self.error = Some(match refused {
            Refused::Empty => c.empty.to_owned(),
            Refused::TooMany => c.too_many.to_owned(),
            Refused::Own(address) => c.own.replace("{address}", &address),
            Refused::Taken { address, card, name } => {
                self.other = Some(card);
                c.taken.replace("{address}", &address).replace("{name}", &calm(&name))
            }
        });
        self
    }

    /// The kinds of a field, with whether each is the one.
    fn kinds(c: &ContactWords, chosen: Label, mobile: bool) -> Vec<(&'static str, &'static str, bool)> {
        let all = Label::ALL.into_iter().filter(|label| mobile || *label != Label::Mobile);
        all.map(|label| (label.as_str(), c.label(label), label == chosen)).collect()
    }

    /// Telephone numbers with room for two more.
    fn phones(&self) -> Vec<(Label, String)> {
        with_room(&self.card.phones, 2)
    }

    /// Postal addresses with room for one more.
    fn places(&self) -> Vec<(Label, String)> {
        with_room(&self.card.places, 1)
    }
}

fn with_room(fields: &[(Label, String)], room: usize) -> Vec<(Label, String)> {
    let free = std::iter::repeat_n((Label::default(), String::new()), room);
    fields.iter().cloned().chain(free).take(MAX_FIELDS).collect()
}

#[derive(Template)]
#[template(path = "page/contact_form.html")]
struct FormPage {
    s: Shell,
    c: &'static ContactWords,
    title: &'static str,
    intro: Option<String>,
    action: String,
    back: String,
    save: &'static str,
    form: Form,
}

/// Everything of a form but what is typed into it.
pub(super) struct Frame {
    pub(super) title: &'static str,
    pub(super) intro: Option<String>,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) save: &'static str,
}

/// The form of a card as a page; 422 where something is wrong with it.
pub(super) fn form(site: &Site, visit: &Visit, frame: Frame, form: Form) -> Result<Response, Problem> {
    let s = Shell::of(site, visit, Section::Contacts);
    let refused = form.error.is_some();
    let mut response = shell::page(&FormPage {
        c: &s.w.contacts,
        title: frame.title,
        intro: frame.intro,
        action: frame.action,
        back: frame.back,
        save: frame.save,
        form,
        s,
    })?;
    if refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn of_new(c: &'static ContactWords) -> Frame {
    Frame {
        title: c.add_title,
        intro: None,
        action: "/contacts/new".to_owned(),
        back: "/contacts".to_owned(),
        save: c.save,
    }
}

fn of_old(c: &'static ContactWords, id: ContactId) -> Frame {
    Frame {
        title: c.edit_title,
        intro: None,
        action: format!("/contacts/{id}/edit"),
        back: format!("/contacts/{id}"),
        save: c.save,
    }
}

/// `GET /contacts/new?name=&address=`
pub(in crate::web) async fn write(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let address = Address::parse(&visit.asked("address")).ok();
    if let Some(known) = match &address {
        Some(address) => site.services.contacts.of(address).await?,
        None => None,
    } {
        return Ok(shell::see_other(&format!("/contacts/{known}")));
    }
    let name = calm(&visit.asked("name"));
    let proposed = Card {
        // A name that is only the address again is none.
        name: if name.contains('@') {
            String::new()
        } else {
            name.chars().take(MAX_NAME).collect()
        },
        addresses: address.into_iter().collect(),
        ..Card::default()
    };
    form(&site, &visit, of_new(&visit.lang.words().contacts), Form::of(proposed))
}

/// `POST /contacts/new`
pub(in crate::web) async fn create(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let c = &visit.lang.words().contacts;
    let typed = Form::typed(&visit);
    if typed.error.is_some() {
        return form(&site, &visit, of_new(c), typed);
    }
    match site.services.contacts.put(None, typed.card.clone()).await? {
        Ok(id) => Ok(shell::see_other(&format!("/contacts/{id}"))),
        Err(refused) => form(&site, &visit, of_new(c), typed.refused(c, refused)),
    }
}

/// `GET /contacts/ID/edit`
pub(in crate::web) async fn edit(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let card = site.services.contacts.plain(id).await?;
    form(&site, &visit, of_old(&visit.lang.words().contacts, id), Form::of(card))
}

/// `POST /contacts/ID/edit`
pub(in crate::web) async fn change(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let (id, c) = (visit.number(0).map(ContactId)?, &visit.lang.words().contacts);
    let typed = Form::typed(&visit);
    if typed.error.is_some() {
        return form(&site, &visit, of_old(c, id), typed);
    }
    match site.services.contacts.put(Some(id), typed.card.clone()).await? {
        Ok(id) => Ok(shell::see_other(&format!("/contacts/{id}"))),
        Err(refused) => form(&site, &visit, of_old(c, id), typed.refused(c, refused)),
    }
}

/// `POST /contacts/ID/tags`
pub(in crate::web) async fn tags(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    site.services.contacts.plain(id).await?;
    match tagging::asked(&site, &visit).await? {
        Asked::Refused(error) => return tagging::refused(&site, &visit, error),
        Asked::On(tag) => site.services.contacts.tag(id, tag, true).await?,
        Asked::Off(tag) => site.services.contacts.tag(id, tag, false).await?,
    }
    Ok(shell::see_other(&format!("/contacts/{id}")))
}

/// `POST /contacts/ID/provider`: asks now how their provider protects its mail servers.
pub(in crate::web) async fn provider(site: Arc<Site>, visit: Visit) -> Result<Response, Problem> {
    let id = visit.number(0).map(ContactId)?;
    let card = site.services.contacts.plain(id).await?;
    let domains: std::collections::BTreeSet<&str> = card.addresses.iter().map(Address::domain).collect();
    for domain in domains {
        site.services.strict.learn(domain).await?;
        site.services.statements.ask(domain).await?;
    }
    site.services.contacts.touch(id).await?;
    Ok(shell::see_other(&format!("/contacts/{id}#service.strict")))
}
