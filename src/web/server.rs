//! The accept loop: a seat for the connection, a TLS handshake with a time limit, then HTTP/1.1 or HTTP/2
//! with limits on head, time and streams, spoken by hyper and answered by warp's service.
//!
//! warp's own server is not used: it has no TLS, takes any number of connections and waits for a head
//! for ever. Without TLS the whole site is shown to this machine only; anyone else is sent to https.

use super::{
    House, Services, headers,
    room::{Busy, Room, Seat},
    routes,
};
use crate::service::certificates::ACME_ALPN;
use http::{StatusCode, header::HOST};
use hyper::{
    Request, Uri,
    body::{Body, Frame, Incoming, SizeHint},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;
use warp::reply::Response;

/// Connections at a time, and those of one network: a household's browsers have some each.
const CONNECTIONS: usize = 200;
const SHARE: usize = 60;
/// The longest TLS handshake, the longest head of a request, and the longest silence before the first.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How old a connection may grow; a browser opens another without anyone noticing.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long an answer under way may take on a connection that is too old: everything may be being taken out, or in.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// How long answers under way may take when the program ends.
const GRACE: Duration = Duration::from_secs(3);
/// Octets in the head of a request.
const HEAD: usize = 32 * 1024;
/// Header fields in a request.
const FIELDS: usize = 64;
/// Requests at a time on one HTTP/2 connection.
const STREAMS: u32 = 32;
/// Octets of an answer that nobody is given without having signed in. HTTP/2 lets whoever asks take none of them for as
/// long as they like (RFC 9113 section 6.9): a smaller answer keeps no seat once it is made.
const SMALL: u64 = 256 * 1024;

/// Whom the door has before it: facts of the connection, not of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// Their address.
    pub(super) address: SocketAddr,
    /// Whether they came over TLS.
    pub(super) secure: bool,
    /// Whether it is TLS 1.3.
    pub(super) modern: bool,
}

/// Answers on this listener until `shutdown` says `true`, then lets the answers under way finish for at
/// most three seconds. With `tls` it speaks only TLS; without, only this machine sees more than a redirect.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    pages: watch::Receiver<Services>,
    mut shutdown: watch::Receiver<bool>,
) {
    let site = Arc::new(House::new(pages, shutdown.clone()));
    let acceptor = tls.map(TlsAcceptor::from);
    let room = Room::new(CONNECTIONS, SHARE);
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = ended(&mut shutdown) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                if let Some(seat) = room.take(address.ip()) {
                    connections.spawn(connection(stream, address, acceptor.clone(), site.clone(), seat, shutdown.clone()));
                }
            }
            Err(error) => {
                // Out of file descriptors, most likely: taking the next at once would only spin.
                tracing::warn!(%error, "a web connection could not be taken");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(GRACE + Duration::from_millis(500), async {
        while connections.join_next().await.is_some() {}
    })
    .await;
}

async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // An error means that nobody is left who could end us in order: that is an end as well.
    let _ = shutdown.wait_for(|ending| *ending).await;
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    site: Arc<House>,
    seat: Seat,
    shutdown: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let secure = acceptor.is_some();
    let peer = Peer {
        address,
        secure,
        modern: false,
    };
    let conversation = async {
        match acceptor {
            None => converse(TokioIo::new(stream), peer, site, &seat, shutdown).await,
            Some(acceptor) => match timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // The handshake was all that an authority wanted (RFC 8737 section 3).
                Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(ACME_ALPN) => {}
                Ok(Ok(stream)) => {
                    let modern = stream.get_ref().1.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3);
                    let peer = Peer { modern, ..peer };
                    converse(TokioIo::new(stream), peer, site, &seat, shutdown).await;
                }
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    };
    tokio::select! {
        () = Box::pin(conversation) => {}
        () = seat.asked_to_leave() => tracing::debug!("an idle connection made room"),
    }
}

async fn converse<I>(io: I, peer: Peer, site: Arc<House>, seat: &Seat, mut shutdown: watch::Receiver<bool>)
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let answers = warp::service(routes::filter(site));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let busy = seat.begin();
        let mut answers = answers.clone();
        request.extensions_mut().insert(peer);
        // CONNECT names no path (RFC 9110 section 9.3.6), and warp wants one: what is said is that no page is used that way.
        if request.uri().path_and_query().is_none() {
            *request.uri_mut() = Uri::from_static("/");
        }
        // Who names two hosts may mean one to whoever passes this on and another to us (RFC 9112 section 3.2).
        let is_torn = request.headers().get_all(HOST).iter().nth(1).is_some();
        async move {
            let mut response = if is_torn { torn() } else { answers.call(request).await? };
            headers::dress(&mut response);
            let whole = response.map(|body| {
                let small = body.size_hint().exact().is_some_and(|size| size <= SMALL);
                Whole {
                    body,
                    _busy: (!small).then_some(busy),
                }
            });
            Ok::<_, Infallible>(whole)
        }
    });
    let builder = builder();
    let mut http = pin!(builder.serve_connection(io, service));
    let silent = async {
        sleep(HANDSHAKE).await;
        if seat.was_used() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = http.as_mut() => {
            if let Err(error) = result {
                tracing::debug!(%error, "a web connection ended early");
            }
            return;
        }
        () = silent => return,
        () = sleep(LIFETIME) => {
            http.as_mut().graceful_shutdown();
            tokio::select! {
                _ = http.as_mut() => return,
                () = sleep(LONGEST) => return,
                () = ended(&mut shutdown) => {}
            }
        }
        () = ended(&mut shutdown) => {}
    }
    http.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, http).await;
}

/// The answer to a request that says two things.
fn torn() -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

/// A body whose answer is under way until its end, unless it is small: what is taken out, or told live, is not idle.
struct Whole<B> {
    body: B,
    _busy: Option<Busy>,
}

impl<B: Body + Unpin> Body for Whole<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE)
        .max_buf_size(HEAD)
        .max_headers(FIELDS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD as u32)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(HANDSHAKE);
    builder
}
