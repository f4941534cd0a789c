//! Who watches: the open-counting pictures of mail senders, by host and path. Own-written, from the
//! senders' documents and from what their mail shows; a picture that nobody has put here is still told
//! by its size. Deliberately absent: paths that a picture worth seeing could have as well.

/// A name, a part of the host name (with a dot or a hyphen it stands for one operator; empty: any
/// host), and what the path and query contain (empty: anything).
type Known = (&'static str, &'static str, &'static str);

/// Where two fit, the first counts.
const KNOWN: &[Known] = &[
    ("Acoustic", "", "/open/log/"),
    ("Act-On", "actonsoftware.com", ""),
    ("Act-On", "", "/acton/bn/"),
    ("ActiveCampaign", "activehosted.com", ""),
    ("ActiveCampaign", "", "/lt.php?"),
    ("Adobe Marketo", "mktoresp.com", ""),
    ("Adobe Marketo", "", "/trk?t="),
    ("AgileCRM", "agle2.me", ""),
    ("Amazon SES", "awstrack.me", ""),
    ("Amazon", "amazon.", "/gp/r.html"),
    ("AWeber", "openrate.aweber.com", ""),
    ("Bananatag", "bl-1.com", ""),
    ("Benchmark Email", "bmetrack.com", ""),
    ("Blueshift", "blueshiftmail.com", ""),
    ("BlueKai", "bluekai.com", ""),
    ("Boomerang", "mailstat.us", ""),
    ("Boxbe", "boxbe.com", "/stfopen"),
    ("Brevo (Sendinblue)", "sendibm", ""),
    ("Brevo (Sendinblue)", "sendibt", ""),
    ("Brevo (Sendinblue)", "sendinblue.com", "/tr/"),
    ("Brevo (Sendinblue)", "", "/tr/op/"),
    ("Campaign Monitor", "cmail", "/t/"),
    ("Campaign Monitor", "createsend", "/t/"),
    ("Campaigner", "trk.cp20.com", ""),
    ("Cirrus Insight", "tracking.cirrusinsight.com", ""),
    ("Close", "close.io", "/email_opened"),
    ("Close", "close.com", "/email_opened"),
    ("Constant Contact", "rs6.net", ""),
    ("ContactMonkey", "contactmonkey.com", "/api/v1/tracker"),
    ("ConvertKit", "convertkit-mail", "/o/"),
    ("ConvertKit", "open.convertkit", ""),
    ("Copper", "prosperworks.com", "/tp/t"),
    ("Customer.io", "customeriomail.com", ""),
    ("Customer.io", "customer.io", "/e/o"),
    ("Customer.io", "", "/e/o/"),
    ("Dotdigital", "trackedlink.net", ""),
    ("Dotdigital", "dmtrk.net", ""),
    ("Drip", "dripemail", ""),
    ("Drip", "getdrip.com", ""),
    ("eBay", "rover.ebay.", "/roveropen"),
    ("Eloqua (Oracle)", "eloqua.com", ""),
    ("Eloqua (Oracle)", "en25.com", ""),
    ("Emarsys", "scarabresearch.com", ""),
    ("Emma", "e2ma.net", ""),
    ("Facebook", "facebook.com", "/email_open_log_pic.php"),
    ("Facebook", "facebook.com", "/tr?"),
    ("Facebook", "facebook.com", "/tr/"),
    ("Front", "frontapp.com", "/seen"),
    ("FullContact", "fullcontact.com", "/wf/open"),
    ("GetNotify", "email81.com", ""),
    ("GetResponse", "getresponse.com", "/open.html"),
    ("GetResponse", "", "/open.html?x="),
    ("GitHub", "github.com", "/notifications/beacon/"),
    ("GMass", "gmtrack.net", ""),
    ("Google Analytics", "google-analytics.com", ""),
    ("Google DoubleClick", "doubleclick.net", ""),
    ("Google", "notifications.google.com", "/g/img/"),
    ("Help Scout", "helpscout.net", "/tr/"),
    ("HubSpot", "hubspotemail.net", ""),
    ("HubSpot", "hubspotlinks.com", ""),
    ("HubSpot", "t.hubspot", ""),
    ("HubSpot", "t.sidekickopen", ""),
    ("HubSpot", "t.signaux", ""),
    ("HubSpot", "t.senal", ""),
    ("HubSpot", "", "/e1t/"),
    ("HubSpot", "", "/e2t/"),
    ("HubSpot", "", "/e3t/"),
    ("Hunter", "mltrk.io", ""),
    ("iContact", "icptrack.com", ""),
    ("Infusionsoft (Keap)", "infusionsoft.com", "/app/emailopened"),
    ("Insightly", "insgly.net", "/api/trk"),
    ("Intercom", "intercom-mail", "/via/o"),
    ("Intercom", "intercom.io", "/via/o"),
    ("Intercom", "", "/via/o?"),
    ("Iterable", "", "/e/eo?"),
    ("JangoMail", "jangomail.com", ""),
    ("Klaviyo", "klaviyomail.com", ""),
    ("Klaviyo", "trk.klclick", ""),
    ("LinkedIn", "linkedin.com", "/emimp/"),
    ("Listrak", "listrakbi.com", ""),
    ("Litmus", "emltrk.com", ""),
    ("Mailbutler", "bowtie.mailbutler.io", ""),
    ("Mailcastr", "mailcastr.com", ""),
    ("Mailchimp", "list-manage", "/track/"),
    ("Mailchimp (Mandrill)", "mandrillapp.com", "/track/"),
    ("Mailchimp", "", "/track/open.php"),
    ("MailerLite", "mailerlite.com", "/o/"),
    ("MailerLite", "mlsend", "/o/"),
    ("MailerSend", "mailersend.net", ""),
    ("Mailgun", "mailgun", "/o/"),
    ("Mailgun", "email.mg.", "/o/"),
    ("Mailgun", "email.mailgun", ""),
    ("Mailjet", "mjt.lu", ""),
    ("Mailjet", "", "/oo/"),
    ("MailTag", "mailtag.io", "/email-event"),
    ("Mailtrack", "mailtrack.io", "/trace/"),
    ("Mailtrack", "mailtrack.email", ""),
    ("Mautic", "", "/mtracking.gif"),
    ("Mixmax", "mixmax.com", "/api/track/"),
    ("Mixmax", "mixmax.com", "/e/o"),
    ("Mixpanel", "api.mixpanel.com", "/track"),
    ("MoEngage", "moengage.com", ""),
    ("NationBuilder", "nationbuilder.com", "/r/o"),
    ("OneSignal", "onesignal.email", ""),
    ("Outreach", "outrch.com", ""),
    ("Outreach", "", "/api/mailings/opened/"),
    ("Pardot (Salesforce)", "pardot.com", ""),
    ("PayPal", "t.paypal.com", "/ts?"),
    ("Pipedrive", "pipedrive.com", "/email/"),
    ("Nylas", "api.nylas.com", "/open"),
    ("Polymail", "polymail.io", ""),
    ("Postmark", "pstmrk.it", "/open"),
    ("Quora", "quora.com", "/qemail/"),
    ("Rakuten", "linksynergy.com", ""),
    ("ReplyMsg", "replymsg.com", ""),
    ("Responsys (Oracle)", "rsys2.net", ""),
    ("Responsys (Oracle)", "rsys5.net", ""),
    ("Responsys (Oracle)", "", "/pub/as?_ri_="),
    ("Sailthru", "sailthru.com", "/trk"),
    ("Salesforce", "salesforce.com", "/servlet/servlet.imageserver"),
    ("Salesforce", "force.com", "/servlet/servlet.imageserver"),
    ("Salesforce Marketing Cloud (ExactTarget)", "exct.net", "/open.aspx"),
    ("Salesforce Marketing Cloud (ExactTarget)", "exacttarget.com", "/open.aspx"),
    ("Salesforce Marketing Cloud (ExactTarget)", "", "/open.aspx?"),
    ("SalesHandy", "saleshandy.com", "/web/email/countopened"),
    ("SalesLoft", "salesloft.com", "/email_trackers/"),
    ("Segment", "email.segment.com", "/e/o/"),
    ("Selligent", "emsecure.net", ""),
    ("Selligent", "slgnt.eu", ""),
    ("Selligent", "", "/optiext/"),
    ("SendGrid", "sendgrid.net", "/wf/"),
    ("SendGrid", "", "/wf/open?"),
    ("SendPulse", "stat-pulse.com", ""),
    ("Sendy", "", "/sendy/t/"),
    ("Snov.io", "snov.io", "/track"),
    ("SparkPost", "spgo.io", ""),
    ("SparkPost", "spmailtechn", "/q/"),
    ("SparkPost", "sparkpostmail", "/q/"),
    ("Splio", "splio.com", "/o/"),
    ("Squarespace", "engage.squarespace-mail.com", "/o"),
    ("Streak", "mailfoogae.appspot.com", ""),
    ("Streak", "streak.com", "/e/"),
    ("Substack", "", "/o/eyj"),
    ("Superhuman", "r.superhuman.com", ""),
    ("TinyLetter", "tinyletterapp.com", "/open.php"),
    ("ToutApp", "toutapp.com", ""),
    ("Twitter", "twitter.com", "/scribe/ibis"),
    ("Vero", "getvero.com", "/open"),
    ("Vertical Response", "vresp.com", ""),
    ("WildApricot", "wildapricot.com", "/emailtracker/"),
    ("WildApricot", "wildapricot.org", "/emailtracker/"),
    ("Wix", "shoutout.wix.com", "/so/"),
    ("YAMM", "yamm-track.appspot.com", ""),
    ("Yesware", "yesware.com", ""),
    ("Zendesk Sell", "getbase.com", ""),
    ("Zoho Campaigns", "zcsend.net", ""),
    ("Zoho Campaigns", "campaign-view", ""),
    ("Zoho Campaigns", "maillist-manage", ""),
];

/// The name of whoever counts openings with this address; `host` and `rest` (path and query) in lower case.
pub(super) fn name_of(host: &str, rest: &str) -> Option<&'static str> {
    let fits = |known: &&Known| host_fits(host, known.1) && rest.contains(known.2);
    KNOWN.iter().find(fits).map(|known| known.0)
}

/// Whether a host is the one of the list or below it. One that is only the beginning of a label, such as
/// `cmail` of `cmail19.com` or `list-manage` of `list-manage2.com`, begins some label of it.
fn host_fits(host: &str, known: &str) -> bool {
    known.is_empty()
        || host == known
        || host
            .match_indices(known)
            .any(|(at, _)| at == 0 || host.get(..at).is_some_and(|before| before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn senders_are_known_by_their_pixels() {
        for (host, rest, name) in [
            ("example.us2.list-manage.com", "/track/open.php?u=1&id=2", Some("Mailchimp")),
            ("u123.ct.sendgrid.net", "/wf/open?upn=x", Some("SendGrid")),
            ("r.eu-west-1.awstrack.me", "/i0/x", Some("Amazon SES")),
            ("news.example.org", "/wf/open?upn=x", Some("SendGrid")),
            ("example.org", "/logo.png", None),
            ("notlist-manage.com", "/track/x", None),
        ] {
            assert_eq!(name_of(host, rest), name, "{host}{rest}");
        }
    }
}
