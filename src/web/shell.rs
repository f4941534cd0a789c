//! The frame around every page: language, theme, who is signed in, where we are; and how a page becomes
//! an answer.

use super::{
    Site, asset,
    page::{self, acts::Flash},
    problem::Problem,
    shortcut,
    visit::{Visit, cookie},
};
use crate::{
    domain::{device::DeviceId, privacy::index::Letter},
    locale::{
        Lang, Words,
        checks::{self, CheckWords},
        compose::{self, ComposeWords},
        devices, networks, preferences, settings,
    },
    service::{devices::Notice, health::Disk, views::View},
};
use askama::Template;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::Response;

/// The look that was chosen in this browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All of them, in the order of the form.
    pub(super) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The one of the cookie, else the one that is preferred.
    pub(super) fn of(headers: &HeaderMap, preferred: Option<Self>) -> Self {
        cookie(headers, "theme").and_then(Self::of_code).or(preferred).unwrap_or_default()
    }

    /// By its word in forms and cookies.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.code() == code)
    }

    /// Its word in forms and cookies.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Which entry of the menu is the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// None.
    None,
    /// Discussions and their messages.
    Discussions,
    /// The address book.
    Contacts,
    /// The page about privacy.
    Privacy,
    /// Devices and the journal.
    Devices,
    /// Writing.
    Write,
    /// Drafts.
    Drafts,
    /// What has not left yet.
    Outbox,
    /// Help.
    Help,
    /// Searching.
    Search,
    /// All settings.
    Settings,
}

/// Notices at a time; the list of devices has them all.
const BANNERS: usize = 3;

/// Characters of a query in its tab.
const TAB: usize = 40;

/// What the layout shows.
pub(super) struct Shell {
    pub(super) w: &'static Words,
    pub(super) theme: Theme,
    pub(super) section: Section,
    /// The owner's address; `None` before signing in.
    pub(super) owner: Option<String>,
    /// The token of every form on the page.
    pub(super) token: String,
    /// Where a form that changes a setting leads back to.
    pub(super) here: String,
    /// What was searched for on this page; empty on others.
    pub(super) query: String,
    /// The searches that are kept as tabs on this device.
    pub(super) tabs: Vec<Tab>,
    /// The search or tag that is open on this page without being kept.
    pub(super) open: Option<Tab>,
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
    pub(super) keys: String,
    pub(super) banners: Vec<Banner>,
    /// Whether this device was not let in.
    pub(super) unverified: bool,
    /// Whether the recovery sheet still waits for its proof.
    pub(super) sheet_waits: bool,
    /// A newer release.
    pub(super) update: Option<String>,
    /// What the owner must know of the disk.
    pub(super) disk: Option<&'static str>,
    /// Whether the first run was left before its end.
    pub(super) setup_waits: bool,
    /// What changed about the box's own service, and was not acknowledged.
    pub(super) service_news: Option<String>,
    /// Whether what the page about privacy says has changed, and the owner has not read it.
    pub(super) policy_news: bool,
    /// Whether the box is locked.
    pub(super) locked: bool,
    /// Whether an open page says that new mail has come.
    pub(super) live: bool,
    /// The account's index, in short, as it was last computed.
    pub(super) account: Option<String>,
    /// What was done with the form that led here.
    pub(super) flash: Option<Flash>,
}

/// A new device that the owner has not answered for yet.
pub(super) struct Banner {
    pub(super) device: DeviceId,
    pub(super) text: String,
}

/// A search that is kept.
pub(super) struct Tab {
    pub(super) name: String,
    pub(super) href: String,
    /// Whether this page is it.
    pub(super) here: bool,
}

impl Shell {
    pub(super) fn of(site: &Site, visit: &Visit, section: Section) -> Self {
        let (w, known) = (visit.lang.words(), &site.services.devices);
        let preferred = site.services.preferences.now();
        let here = visit.visitor.session.as_ref().map(|session| session.device);
        let notices = here.map(|here| known.notices(Some(here))).unwrap_or_default();
        let banner = |notice: Notice| Banner {
            device: notice.device,
            text: devices::banner(
                w.lang,
                &notice.agent,
                &site.zone.say(w, notice.at, site.now()).moment,
                notice.address,
            ),
        };
        let query = if section == Section::Search {
            visit.asked("q")
        } else {
            String::new()
        };
        let tabs = here.map(|here| site.services.views.tabs(here)).unwrap_or_default();
        let tab = |view: View| Tab {
            here: !query.is_empty() && query == view.query,
            href: page::search::tab(&view.query, view.fit),
            name: view.name,
        };
        Self {
            tabs: tabs.into_iter().map(tab).collect(),
            open: None,
            banners: notices.into_iter().take(BANNERS).map(banner).collect(),
            unverified: here.is_some_and(|here| !known.is_verified(here)),
            w: visit.lang.words(),
            theme: visit.theme,
            section,
            owner: visit.visitor.session.as_ref().map(|session| session.owner.clone()),
            token: visit.visitor.token(&site.services.unlock),
            here: visit.here(),
            query,
            style: asset::address("style.css"),
            script: asset::address("app.js"),
            icon: asset::address("icon.svg"),
            keys: if preferred.no_keys { String::new() } else { shortcut::for_script() },
            live: !preferred.no_live,
            sheet_waits: visit.visitor.session.is_some() && site.services.custody.sheet_waits(),
            update: visit.visitor.session.as_ref().and_then(|_| {
                let newer = site.services.updates.newer()?;
                Some(crate::locale::updates::words(visit.lang).notice.replace("{version}", &newer))
            }),
            disk: visit.visitor.session.as_ref().and_then(|_| {
                let t = crate::locale::setup::words(visit.lang);
                match site.services.health.look().disk {
                    Disk::Full => Some(t.disk_full),
                    Disk::ReadOnly => Some(t.disk_fixed),
                    Disk::Enough | Disk::Short => None,
                }
            }),
            setup_waits: visit.visitor.session.is_some() && site.services.first_run.is_under_way() && !visit.path.starts_with("/setup"),
            account: site
                .services
                .account
                .points()
                .map(|points| format!("{} {points}", Letter::of(points).as_str())),
            service_news: here.and_then(|_| page::dns::news(w, &site.services.checks)),
            policy_news: here.is_some() && site.services.world.has_news(),
            locked: site.services.unlock.is_locked(),
            flash: visit.visitor.session.as_ref().and_then(|_| Flash::of(site, visit)),
        }
    }

    /// The frame of a page on which nobody is signed in any more.
    pub(super) fn signed_out(site: &Site, visit: &Visit) -> Self {
        Self {
            owner: None,
            token: String::new(),
            banners: Vec::new(),
            tabs: Vec::new(),
            unverified: false,
            sheet_waits: false,
            setup_waits: false,
            disk: None,
            update: None,
            service_news: None,
            policy_news: false,
            flash: None,
            ..Self::of(site, visit, Section::None)
        }
    }

    /// The languages with whether each is the page's.
    pub(super) fn languages(&self) -> impl Iterator<Item = (&'static Words, bool)> {
        Lang::ALL.into_iter().map(|lang| (lang.words(), lang == self.w.lang))
    }

    /// The words of writing.
    pub(super) fn compose(&self) -> &'static ComposeWords {
        compose::words(self.w.lang)
    }

    /// What the link to a newer release is called.
    pub(super) fn update_how(&self) -> &'static str {
        crate::locale::updates::words(self.w.lang).notice_how
    }

    /// The words of the first run.
    pub(super) fn setup(&self) -> &'static crate::locale::setup::SetupWords {
        crate::locale::setup::words(self.w.lang)
    }

    /// The words of what strangers may know.
    pub(super) fn world(&self) -> &'static crate::locale::world::WorldWords {
        crate::locale::world::words(self.w.lang)
    }

    /// The words of the checks.
    pub(super) fn checks(&self) -> &'static CheckWords {
        checks::words(self.w.lang)
    }

    /// Opens a tab for what this page shows; one that is kept has its own.
    pub(super) fn opens(&mut self, name: &str, href: String) {
        let mut short: String = name.chars().take(TAB).collect();
        if short.len() < name.len() {
            short.push('…');
        }
        let tab = Tab {
            name: short,
            href,
            here: true,
        };
        self.open = Some(tab).filter(|_| !self.is_kept());
    }

    /// Whether this page is a search that is kept.
    pub(super) fn is_kept(&self) -> bool {
        self.tabs.iter().any(|tab| tab.here)
    }

    /// What the page of all settings is called.
    pub(super) fn settings(&self) -> &'static str {
        settings::words(self.w.lang).title
    }

    /// What the page of preferences is called.
    pub(super) fn preferences(&self) -> &'static str {
        preferences::words(self.w.lang).title
    }

    /// What the page about networks that send spam is called.
    pub(super) fn networks(&self) -> &'static str {
        networks::words(self.w.lang).title
    }

    /// What is still to be built.
    pub(super) fn later(&self) -> [&'static str; 2] {
        [self.w.menu_agenda, self.w.menu_files]
    }

    /// The themes with their words and whether each is the chosen one.
    pub(super) fn themes(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
        let words = [self.w.theme_system, self.w.theme_light, self.w.theme_dark];
        Theme::ALL
            .into_iter()
            .zip(words)
            .map(|(theme, word)| (theme.code(), word, theme == self.theme))
    }
}

/// A template as an answer.
pub(super) fn page(template: &impl Template) -> Result<Response, Problem> {
    Ok(html(template.render()?))
}

/// A text as one segment of an address.
pub(super) fn encoded(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~' | b'@' | b'+');
    text.bytes()
        .map(|octet| {
            if plain(octet) {
                char::from(octet).to_string()
            } else {
                format!("%{octet:02X}")
            }
        })
        .collect()
}

/// The text of one segment of an address; what is no UTF-8 is left as it came.
pub(super) fn decoded(segment: &str) -> String {
    let mut octets = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(octet) = rest.next() {
        let mut ahead = rest.clone();
        let digit = |next: Option<u8>| next.and_then(|octet| char::from(octet).to_digit(16));
        match (octet, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                octets.push((high * 16 + low) as u8);
                rest = ahead;
            }
            _ => octets.push(octet),
        }
    }
    String::from_utf8(octets).unwrap_or_else(|_| segment.to_owned())
}

/// HTML as an answer.
pub(super) fn html(text: String) -> Response {
    let mut response = Response::new(text.into());
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// Go and see there (303): what follows a form.
pub(super) fn see_other(address: &str) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    let address = HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, address);
    response
}
