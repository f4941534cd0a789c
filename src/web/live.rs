//! "Something arrived": one line to every open page (server-sent events). It only says so; what it was is
//! read by the page that the owner then asks for, so rows never move under a pointer. Of what the timeline does not show by
//! itself, such as spam, nothing is said: whoever asked for it would find nothing.

use super::{Site, problem::Problem, visit::Visit};
use crate::service::happening::Happening;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, sleep_until},
};
use warp::{
    Reply,
    reply::Response,
    sse::{self, Event},
};

/// Pages that listen at a time.
pub(super) const LISTENERS: usize = 64;
/// How long one page listens before it has to come back and show its cookie again.
const LENGTH: Duration = Duration::from_secs(10 * 60);

/// `GET /live`
pub(super) async fn listen(site: Arc<Site>, _visit: Visit) -> Result<Response, Problem> {
    let seat = site.listeners.clone().try_acquire_owned().map_err(|_| Problem::Busy)?;
    let mut happenings = site.services.happenings.listen();
    let (mut ending, push) = (site.ending.clone(), site.services.push.clone());
    let (tell, mut told) = mpsc::channel::<u64>(16);
    tokio::spawn(async move {
        let _seat = seat;
        let end = Instant::now() + LENGTH;
        loop {
            let news = tokio::select! {
                news = happenings.recv() => news,
                () = sleep_until(end) => return,
                () = tell.closed() => return,
                _ = ending.wait_for(|ending| *ending) => return,
            };
            let messages = match news {
                Ok(Happening::Arrived { message, news: true, .. }) if push.rings(message).await.unwrap_or(true) => 1,
                // What was missed is the beginning of a flood, such as an import, and may all be old.
                Ok(Happening::Arrived { .. } | Happening::Unlocked | Happening::Due) | Err(RecvError::Lagged(_)) => continue,
                Ok(Happening::Locked) => return,
                Err(RecvError::Closed) => return,
            };
            // A page that does not read is not waited for: it hears of the next one.
            if let Err(mpsc::error::TrySendError::Closed(_)) = tell.try_send(messages) {
                return;
            }
        }
    });
    let events = futures_util::stream::poll_fn(move |context| {
        told.poll_recv(context)
            .map(|news| news.map(|messages| Ok::<_, Infallible>(Event::default().event("arrived").data(messages.to_string()))))
    });
    Ok(sse::reply(sse::keep_alive().interval(Duration::from_secs(20)).stream(events)).into_response())
}
