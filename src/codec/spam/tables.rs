//! What is known of the world: firms that are imitated, free mailboxes, places for pages without a name.
//!
//! Facts about services and names, from their own documents; none about any collection of mail.

use std::sync::LazyLock;

/// A firm or office whose name is used to deceive.
pub(super) struct Brand {
    /// Its name as it stands in text, lower case, words apart.
    pub(super) name: &'static str,
    /// Beginnings of its domains: the first label of a registrable domain that is its own.
    pub(super) homes: &'static [&'static str],
    /// The name is a word of every day as well: only a display name counts.
    pub(super) common: bool,
}

const fn brand(name: &'static str, homes: &'static [&'static str]) -> Brand {
    Brand { name, homes, common: false }
}

const fn word(name: &'static str, homes: &'static [&'static str]) -> Brand {
    Brand { name, homes, common: true }
}

/// Those that are imitated most, in France and elsewhere.
pub(super) static BRANDS: &[Brand] = &[
    // Mail, clouds, software.
    brand("microsoft", &["microsoft", "microsoftonline", "outlook", "live", "office", "office365", "hotmail", "onmicrosoft", "windows", "azure", "skype", "xbox", "github", "linkedin", "msn", "sharepoint", "microsoftsupport"]),
    brand("office 365", &["microsoft", "microsoftonline", "office", "office365"]),
    brand("office365", &["microsoft", "microsoftonline", "office", "office365"]),
    brand("microsoft 365", &["microsoft", "microsoftonline", "office"]),
    brand("onedrive", &["microsoft", "live", "onedrive", "sharepoint", "sharepointonline"]),
    brand("sharepoint", &["microsoft", "sharepoint", "sharepointonline"]),
    word("outlook", &["microsoft", "outlook", "hotmail", "live"]),
    word("apple", &["apple", "icloud", "itunes", "me"]),
    brand("icloud", &["apple", "icloud", "me"]),
    brand("itunes", &["apple", "itunes"]),
    word("google", &["google", "gmail", "youtube", "googlemail", "googlegroups", "blogger"]),
    brand("docusign", &["docusign"]),
    brand("dropbox", &["dropbox", "dropboxmail"]),
    word("adobe", &["adobe", "acrobat", "adobesign", "echosign"]),
    brand("wetransfer", &["wetransfer", "we"]),
    brand("norton", &["norton", "nortonlifelock", "gen", "gendigital"]),
    brand("mcafee", &["mcafee"]),
    brand("geek squad", &["geeksquad", "bestbuy"]),
    brand("cpanel", &["cpanel", "webpros"]),
    brand("godaddy", &["godaddy", "secureserver"]),
    brand("ionos", &["ionos", "1and1"]),
    brand("ovhcloud", &["ovh", "ovhcloud"]),
    brand("zoom", &["zoom"]),
    // Shops and entertainment.
    brand("amazon", &["amazon", "amazonaws", "amazonses", "primevideo", "audible", "kindle", "aws"]),
    brand("netflix", &["netflix"]),
    brand("spotify", &["spotify"]),
    brand("disney", &["disney", "disneyplus", "go"]),
    brand("ebay", &["ebay"]),
    brand("walmart", &["walmart"]),
    brand("costco", &["costco"]),
    brand("home depot", &["homedepot"]),
    brand("temu", &["temu", "temuemail"]),
    brand("steam", &["steampowered", "valvesoftware", "steamcommunity"]),
    brand("leboncoin", &["leboncoin"]),
    brand("vinted", &["vinted"]),
    brand("fnac", &["fnac"]),
    brand("cdiscount", &["cdiscount"]),
    brand("carrefour", &["carrefour"]),
    brand("leroy merlin", &["leroymerlin"]),
    // Social.
    brand("facebook", &["facebook", "facebookmail", "meta", "fb", "metamail"]),
    brand("instagram", &["instagram", "facebookmail", "meta"]),
    brand("whatsapp", &["whatsapp", "facebookmail", "meta"]),
    brand("linkedin", &["linkedin"]),
    brand("tiktok", &["tiktok"]),
    // Money.
    brand("paypal", &["paypal", "paypal-communication", "xoom"]),
    brand("coinbase", &["coinbase"]),
    brand("binance", &["binance"]),
    brand("metamask", &["metamask", "consensys"]),
    brand("trust wallet", &["trustwallet"]),
    brand("ledger", &["ledger"]),
    brand("blockchain", &["blockchain"]),
    brand("kraken", &["kraken"]),
    brand("american express", &["americanexpress", "aexp", "amex"]),
    brand("mastercard", &["mastercard"]),
    word("visa", &["visa"]),
    brand("wells fargo", &["wellsfargo"]),
    brand("bank of america", &["bankofamerica", "bofa"]),
    word("chase", &["chase", "jpmorgan", "jpmchase"]),
    brand("capital one", &["capitalone"]),
    brand("citibank", &["citi", "citibank"]),
    brand("hsbc", &["hsbc"]),
    brand("barclays", &["barclays", "barclaycard"]),
    brand("lloyds", &["lloydsbank", "lloyds", "lloydsbanking"]),
    brand("natwest", &["natwest"]),
    brand("santander", &["santander", "bancosantander", "gruposantander", "openbank"]),
    brand("revolut", &["revolut"]),
    brand("n26", &["n26"]),
    brand("bbva", &["bbva"]),
    brand("intesa sanpaolo", &["intesasanpaolo"]),
    brand("sparkasse", &["sparkasse", "dsv-gruppe"]),
    brand("volksbank", &["volksbank", "vr"]),
    brand("commerzbank", &["commerzbank"]),
    brand("deutsche bank", &["deutsche-bank", "db"]),
    brand("postfinance", &["postfinance"]),
    brand("rabobank", &["rabobank"]),
    brand("bradesco", &["bradesco"]),
    brand("itau", &["itau", "itau-unibanco"]),
    brand("nubank", &["nubank"]),
    brand("mercado pago", &["mercadopago", "mercadolibre", "mercadolivre"]),
    brand("serasa", &["serasa", "serasaexperian"]),
    brand("credit agricole", &["credit-agricole", "ca", "creditagricole", "ca-paris"]),
    brand("bnp paribas", &["bnpparibas", "mabanque", "bnpparibas-pf"]),
    brand("societe generale", &["societegenerale", "socgen", "sg"]),
    brand("credit mutuel", &["creditmutuel", "e-i", "cic"]),
    brand("caisse d epargne", &["caisse-epargne", "bpce", "groupebpce"]),
    brand("banque populaire", &["banquepopulaire", "bpce"]),
    brand("la banque postale", &["labanquepostale", "laposte"]),
    brand("boursorama", &["boursorama", "boursobank"]),
    brand("boursobank", &["boursorama", "boursobank"]),
    // Parcels and letters.
    brand("dhl", &["dhl", "deutschepost", "dpdhl"]),
    brand("fedex", &["fedex"]),
    brand("ups", &["ups", "upsemail"]),
    brand("usps", &["usps"]),
    brand("royal mail", &["royalmail"]),
    brand("evri", &["evri", "hermesworld"]),
    brand("la poste", &["laposte", "colissimo", "lapostegroupe"]),
    brand("colissimo", &["laposte", "colissimo"]),
    brand("chronopost", &["chronopost"]),
    brand("mondial relay", &["mondialrelay", "inpost"]),
    brand("deutsche post", &["deutschepost", "dhl"]),
    brand("swiss post", &["post", "swisspost"]),
    brand("bpost", &["bpost"]),
    brand("postnl", &["postnl"]),
    brand("correos", &["correos"]),
    brand("correios", &["correios"]),
    // Telephone, electricity, offices.
    word("orange", &["orange", "orange-business", "wanadoo"]),
    brand("sfr", &["sfr", "red-by-sfr"]),
    brand("bouygues telecom", &["bouyguestelecom", "bouygues"]),
    brand("free mobile", &["free", "proxad", "free-mobile"]),
    brand("at&t", &["att"]),
    brand("verizon", &["verizon", "verizonwireless"]),
    brand("xfinity", &["comcast", "xfinity"]),
    brand("t-mobile", &["t-mobile", "telekom"]),
    brand("swisscom", &["swisscom"]),
    brand("edf", &["edf", "edf-particuliers"]),
    brand("engie", &["engie"]),
    brand("ameli", &["ameli", "assurance-maladie"]),
    brand("assurance maladie", &["ameli", "assurance-maladie"]),
    brand("impots gouv", &["gouv", "dgfip"]),
    brand("antai", &["gouv", "antai"]),
    brand("france travail", &["francetravail", "pole-emploi"]),
    brand("irs", &["irs"]),
    brand("hmrc", &["hmrc", "gov", "service"]),
    brand("state farm", &["statefarm"]),
    brand("vinci autoroutes", &["vinci-autoroutes", "ulys"]),
];

/// Mailboxes that anybody can have, by registrable domain (or its first label and a dot).
const FREE_MAIL: &[&str] = &[
    "gmail.com", "googlemail.com", "yahoo.", "ymail.com", "rocketmail.com", "hotmail.", "outlook.", "live.", "msn.com", "aol.com", "aim.com",
    "icloud.com", "me.com", "mac.com", "gmx.", "web.de", "mail.com", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "yandex.", "rambler.ru",
    "protonmail.com", "proton.me", "pm.me", "tutanota.com", "tuta.io", "zoho.com", "zohomail.com", "qq.com", "163.com", "126.com", "sina.com",
    "naver.com", "daum.net", "hanmail.net", "orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "virgilio.it",
    "t-online.de", "freenet.de", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "earthlink.net",
    "btinternet.com", "rediffmail.com", "uol.com.br", "bol.com.br", "terra.com.br", "seznam.cz", "wp.pl", "o2.pl", "onet.pl", "interia.pl",
    "inbox.lv", "ukr.net", "consultant.com", "email.com", "usa.com", "lycos.com", "excite.com", "fastmail.com",
];

/// Endings of names that are given away or nearly, and stand mostly for a week.
const CHEAP: &[&str] = &[
    "top", "xyz", "icu", "click", "shop", "online", "site", "live", "store", "fun", "space", "website", "buzz", "rest", "cyou", "cfd", "sbs",
    "bond", "quest", "monster", "lol", "mom", "autos", "beauty", "hair", "skin", "boats", "homes", "makeup", "motorcycles", "yachts", "pics",
    "tk", "ml", "ga", "cf", "gq", "work", "loan", "win", "bid", "date", "racing", "review", "stream", "trade", "party", "science", "download",
    "men", "kim", "vip", "wang", "surf", "cam", "uno", "pw", "zip", "mov", "country", "bar", "ink", "uk.com", "us.com", "eu.com", "gb.net", "za.com",
    "sa.com", "ru.com", "br.com", "jp.net", "de.com", "in.net",
];

/// Services that hide where a link goes.
const SHORTENERS: &[&str] = &[
    "bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly", "shorturl.at", "rb.gy", "t.ly", "tiny.cc",
    "bl.ink", "lnkd.in", "s.id", "v.gd", "qrco.de", "urlz.fr", "linktr.ee", "shorturl.com", "t2m.io", "soo.gd", "clck.ru", "u.to", "x.co",
    "bit.do", "adf.ly", "surl.li", "n9.cl", "acortar.link", "encurtador.com.br", "tinyurl.fr", "smarturl.it", "snip.ly", "short.gy", "did.li",
    "kutt.it", "dub.sh", "me2.do", "han.gl", "l.ead.me", "q-r.to", "qr.codes", "t.me",
];

/// Hosts below which anybody may put a page without a name.
const FREE_HOSTS: &[&str] = &[
    "weebly.com", "weeblysite.com", "wixsite.com", "wixstudio.io", "wordpress.com", "blogspot.com", "web.app", "firebaseapp.com", "pages.dev",
    "workers.dev", "r2.dev", "netlify.app", "vercel.app", "github.io", "gitlab.io", "glitch.me", "herokuapp.com", "onrender.com", "replit.app",
    "repl.co", "000webhostapp.com", "godaddysites.com", "square.site", "strikingly.com", "mystrikingly.com", "webflow.io", "framer.app",
    "framer.website", "framer.media", "carrd.co", "notion.site", "jotform.com", "typeform.com", "forms.gle", "docs.google.com", "sites.google.com",
    "forms.office.com", "storage.googleapis.com", "firebasestorage.googleapis.com", "s3.amazonaws.com", "amazonaws.com", "cloudfront.net",
    "windows.net", "azurewebsites.net", "azureedge.net", "azurefd.net", "digitaloceanspaces.com", "ondigitalocean.app", "backblazeb2.com",
    "ipfs.io", "dweb.link", "cf-ipfs.com", "w3s.link", "fleek.co", "surge.sh", "duckdns.org", "ddns.net", "hopto.org", "zapto.org", "sytes.net",
    "serveo.net", "ngrok.io", "ngrok.app", "ngrok-free.app", "trycloudflare.com", "translate.goog", "edgeone.app", "myfreesites.net", "yolasite.com",
    "jimdosite.com", "ukit.me", "tilda.ws", "bravesites.com", "webador.com", "site123.me", "wufoo.com", "formstack.com", "forms.app", "page.link",
    "app.link", "start.page", "gitbook.io", "canva.site", "my.canva.site", "softr.app", "bubbleapps.io", "zohosites.com", "cprapid.com",
    "plesk.page", "myshopify.com", "ct.ws", "rf.gd", "wuaze.com", "infinityfreeapp.com", "liveblog365.com", "16mb.com", "hostingerapp.com",
    "lovable.app", "hostingersite.com", "webwave.dev", "backendless.app", "appspot.com", "run.app", "azurestaticapps.net", "oraclecloud.com",
    "aliyuncs.com", "myqcloud.com", "linodeobjects.com", "wasabisys.com", "contaboserver.net", "nip.io", "sslip.io",
];

/// Files that are programs, or that Windows runs or mounts, and web pages.
pub(super) const PROGRAMS: &[&str] = &[
    "exe", "scr", "pif", "com", "bat", "cmd", "js", "jse", "vbs", "vbe", "wsf", "wsh", "hta", "lnk", "msi", "jar", "ps1", "iso", "img", "vhd",
    "vhdx", "cpl", "dll", "reg", "chm", "apk", "one", "url", "ace", "r00", "r01", "cab", "gz", "uue", "z", "xll", "xlsm", "docm", "xlsb", "ppam",
    "library-ms", "search-ms", "appinstaller",
];

/// Web pages and pictures that run programs.
pub(super) const PAGES: &[&str] = &["html", "htm", "shtml", "xhtml", "shtm", "mht", "mhtml", "svg", "xht"];

fn listed(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| match known.strip_suffix('.') {
        Some(label) => name.strip_prefix(label).is_some_and(|rest| rest.starts_with('.')),
        None => name == *known,
    })
}

fn under(list: &[&str], host: &str) -> bool {
    list.iter()
        .any(|known| host.strip_suffix(known).is_some_and(|front| front.is_empty() || front.ends_with('.')))
}

/// Whether anybody can have a mailbox at this registrable domain.
pub(super) fn is_free_mail(registrable: &str) -> bool {
    listed(FREE_MAIL, registrable)
}

/// Whether a host is under an ending that is given away or nearly.
pub(super) fn is_cheap(host: &str) -> bool {
    host.contains('.') && under(CHEAP, host)
}

/// Whether a host hides where its links go.
pub(super) fn is_shortener(host: &str) -> bool {
    under(SHORTENERS, host)
}

/// Whether anybody may put a page on this host.
pub(super) fn is_free_host(host: &str) -> bool {
    under(FREE_HOSTS, host)
}

/// Whether a registrable domain is this firm's: its first label is one of the firm's, under an ending that
/// costs something.
pub(super) fn is_home(brand: &Brand, registrable: &str) -> bool {
    let (label, ending) = registrable.split_once('.').unwrap_or((registrable, ""));
    !CHEAP.contains(&ending) && (brand.homes.contains(&label) || (ending == "gouv.fr" && brand.homes.contains(&"gouv")))
        || brand.homes.contains(&ending)
}

/// The firms whose names are no word of every day, each with its name's letters and digits in one.
static NAMES: LazyLock<Vec<(String, &'static Brand)>> = LazyLock::new(|| {
    let names = BRANDS.iter().filter(|brand| !brand.common);
    let plain = |brand: &'static Brand| (brand.name.chars().filter(char::is_ascii_alphanumeric).collect::<String>(), brand);
    names.map(plain).filter(|(name, _)| name.len() > 3).collect()
});

/// The firms by the first letter of their names, each with its number in the table.
static LETTERS: LazyLock<Vec<Vec<(usize, &'static Brand)>>> = LazyLock::new(|| {
    let with = |letter: u8| BRANDS.iter().enumerate().filter(move |(_, brand)| brand.name.as_bytes().first() == Some(&letter));
    (0..128).map(|letter| with(letter).collect()).collect()
});

/// The firms whose names begin with this letter, in the order of the table.
pub(super) fn brands_from(letter: char) -> &'static [(usize, &'static Brand)] {
    LETTERS.get(letter as usize).map_or(&[], Vec::as_slice)
}

/// Whether one of these pieces of a host begins with the name of a firm that is not at home at `registrable`;
/// `fits` says of what follows the name whether it may.
pub(super) fn is_imitated(host: &str, registrable: &str, fits: impl Fn(&str) -> bool) -> bool {
    host.split(['.', '-']).any(|part| {
        let begins = |name: &str| part.strip_prefix(name).is_some_and(&fits);
        NAMES.iter().any(|(name, brand)| begins(name) && !is_home(brand, registrable))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_whole_labels() {
        assert!(is_free_mail("yahoo.co.uk") && is_free_mail("gmail.com") && !is_free_mail("yahooligan.com"));
        assert!(is_cheap("a.b.top") && !is_cheap("stop") && !is_cheap("top"));
        assert!(is_free_host("x.web.app") && is_free_host("docs.google.com") && !is_free_host("google.com"));
        let paypal = BRANDS.iter().find(|brand| brand.name == "paypal").unwrap();
        assert!(is_home(paypal, "paypal.fr") && !is_home(paypal, "paypal.top") && !is_home(paypal, "paypal-secure.com"));
    }
}
