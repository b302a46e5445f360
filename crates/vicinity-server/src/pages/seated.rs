//! Requests of browsers: of guests, who may only sign in, and of who is signed in.

use std::marker::PhantomData;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::Uri;
use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use axum::response::Response;
use sha2::{Digest, Sha256};
use tokio_stream::StreamExt;
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::hex;
use vicinity_pages::frame::{Frame, Reader, Theme};
use vicinity_pages::words::{Language, Words};
use vicinity_store::person::Session;

use crate::http;
use crate::pages::answer::{self, PageError};
use crate::pages::cookies::{self, Cookie};
use crate::pages::credentials::same;
use crate::pages::desk::{Desk, Office};
use crate::pages::form::Form;

/// Bytes of the largest form.
const FORM_MAX_BYTES: usize = 64 * 1024;
/// Bytes that are read of a larger one and thrown away: a browser that still sends does not read why it was refused.
const PASSED_MAX_BYTES: usize = 8 * 1024 * 1024;
/// A header that the script sends when it looks for what is new by itself: nobody sits there because of it.
const BY_ITSELF: &str = "vicinity-by-itself";

/// A page or a form: its method, its path, what it does.
pub trait PageRequest: Send + 'static {
    /// `GET` or `POST`.
    const METHOD: &'static str;
    /// Where it goes.
    const PATH: &'static str;
    /// What it does.
    const ACTION: Action;
    /// The page that a form stands on: its own path, or the beginning of it.
    const PAGE: &'static str = Self::PATH;
}

/// What came with a request.
struct Came {
    query: Form,
    form: Form,
    path: Form,
    /// The hash of a form that counts once.
    sent: Option<[u8; 32]>,
}

async fn came(request: Request) -> Result<Came, PageError> {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| PageError::NotFound)?;
    let path = Form::of(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let body = whole(body).await?;
    let form = Form::parse(&body);
    let sent = form.filled("once").map(|_| Sha256::new().chain_update(parts.uri.path()).chain_update([0]).chain_update(&body).finalize().into());
    Ok(Came { query, form, path, sent })
}

/// A body, if it is no larger than a form may be.
async fn whole(body: Body) -> Result<Vec<u8>, PageError> {
    let (mut stream, mut bytes, mut read) = (body.into_data_stream(), Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| PageError::Form)?;
        read += chunk.len();
        if read <= FORM_MAX_BYTES {
            bytes.extend_from_slice(&chunk);
        } else if read > PASSED_MAX_BYTES {
            break;
        }
    }
    if read > FORM_MAX_BYTES { Err(PageError::TooLarge) } else { Ok(bytes) }
}

/// Somebody who is not signed in, or whom it does not matter of.
pub struct Guest<A> {
    /// What every page is made with.
    pub frame: Frame,
    /// Where it comes from.
    pub from: IpAddr,
    /// What the form says.
    pub form: Form,
    /// Parts of the path.
    pub path: Form,
    /// The page that was asked for before signing in.
    pub(crate) asked: Option<String>,
    named: PhantomData<A>,
}

impl<A: PageRequest> Guest<A> {
    /// Takes a request that anybody may make.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn of(desk: &Desk, request: Request) -> Result<Self, PageError> {
        access::decide(Actor::Anonymous, A::ACTION, Resource::Server)?;
        let from = http::address(&request);
        let mut frame = guest_frame(desk, request.headers());
        let asked = cookies::asked(desk, request.headers());
        let came = came(request).await?;
        frame.notice = notice(&came.query, frame.words);
        Ok(Self { frame, from, form: came.form, path: came.path, asked, named: PhantomData })
    }
}

/// Somebody who is signed in and may do this. Only [`Seated::of`] makes one.
pub struct Seated<A> {
    /// Who.
    pub session: Session,
    /// What every page is made with.
    pub frame: Frame,
    /// What the address says.
    pub query: Form,
    /// What the form says.
    pub form: Form,
    /// Parts of the path.
    pub path: Form,
    /// The cookie's hash, by which the session is kept.
    pub(crate) token_hash: [u8; 32],
    /// The hash of a form that counts once.
    pub(crate) sent: Option<[u8; 32]>,
    named: PhantomData<A>,
}

/// A request that was turned away: why, and what the answer is made with.
pub struct Turned {
    error: PageError,
    frame: Frame,
    /// The page to come to after signing in, where somebody asked for one by hand.
    asked: Option<String>,
    /// Whether something was sent that is not kept.
    lost: bool,
}

impl Turned {
    /// The answer.
    #[must_use]
    pub fn answer(&self, desk: &Desk) -> Response {
        if !matches!(self.error, PageError::SignIn) {
            return self.error.answer(&self.frame);
        }
        let mut response = if self.lost { answer::done("/sign-in", "not-sent") } else { answer::see_other("/sign-in") };
        if let Some(path) = &self.asked {
            cookies::keep_asked(desk, &mut response, path);
        }
        response
    }
}

/// The page that a request stands on: as much of its path as that page has.
fn page_of<A: PageRequest>(uri: &Uri) -> String {
    if A::PAGE == "/" { "/".to_owned() } else { uri.path().split('/').take(A::PAGE.split('/').count()).collect::<Vec<_>>().join("/") }
}

/// The page to come to after signing in: the one that was asked for, as it was, or the one that a form stood on.
fn asked_of<A: PageRequest>(uri: &Uri) -> String {
    let told = uri.query().is_some_and(|query| query.contains("done="));
    match uri.path_and_query() {
        Some(whole) if A::METHOD == "GET" && A::PAGE == A::PATH && !told => whole.as_str().to_owned(),
        _ => page_of::<A>(uri),
    }
}

impl<A: PageRequest> Seated<A> {
    /// Takes a request: a session that goes on, a role that may, and for a form the mark that only this session's own pages have.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn of(server: &impl Office, request: Request) -> Result<Self, Box<Turned>> {
        let desk = server.desk();
        let by_hand = !request.headers().contains_key(BY_ITSELF) && A::PATH != "/live";
        let mut frame = guest_frame(desk, request.headers());
        // Whoever did not get a page is not led to it again.
        frame.back = if A::METHOD == "GET" && A::PAGE == A::PATH { "/".to_owned() } else { page_of::<A>(request.uri()) };
        let asked = by_hand.then(|| asked_of::<A>(request.uri()));
        let seated = Self::let_in(desk, request, by_hand, &mut frame).await;
        seated.map_err(|error| Box::new(Turned { error, frame, asked, lost: A::METHOD == "POST" }))
    }

    /// The same; `frame` becomes who reads as soon as that is known, so that what is shown instead is shown to them.
    async fn let_in(desk: &Desk, request: Request, by_hand: bool, frame: &mut Frame) -> Result<Self, PageError> {
        let token_hash = Cookie::Session.of(desk, request.headers()).map(|token| hash_of(&token)).ok_or(PageError::SignIn)?;
        let now = (desk.machine.now)();
        let session = desk.people.step(move |people| people.session(token_hash, by_hand, now)).await??.ok_or(PageError::SignIn)?;
        *frame = read_by(frame, &session);
        access::decide(session.desk.actor(), A::ACTION, Resource::Server)?;
        let came = came(request).await?;
        if A::METHOD == "POST" && !same(came.form.exact("csrf").as_bytes(), session.csrf.as_bytes()) {
            return Err(PageError::Form);
        }
        frame.notice = notice(&came.query, frame.words);
        let Came { query, form, path, sent } = came;
        Ok(Self { session, frame: frame.clone(), query, form, path, token_hash, sent, named: PhantomData })
    }
}

/// The notice that an address asks for: only one of those that tell of something done.
fn notice(query: &Form, words: &Words) -> Option<String> {
    let id = format!("done-{}", query.filled("done")?);
    words.has(&id).then_some(id)
}

/// What pages for nobody are made with: the browser's language.
#[must_use]
pub fn guest_frame(desk: &Desk, headers: &HeaderMap) -> Frame {
    let language = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).map_or(Language::English, Language::preferred);
    let (words, now, once) = (Words::of(language), (desk.machine.now)(), hex::write(&desk.machine.bytes::<16>()));
    Frame { words, place: desk.place, reader: None, theme: Theme::System, now, zone: desk.zone(), notice: None, back: "/".to_owned(), once }
}

fn read_by(guest: &Frame, session: &Session) -> Frame {
    let words = session.language.as_deref().and_then(Language::from_code).map_or(guest.words, Words::of);
    let theme = session.theme.as_deref().and_then(Theme::from_code).unwrap_or_default();
    Frame { words, theme, reader: Some(Reader { handle: session.handle.clone(), csrf: session.csrf.clone() }), ..guest.clone() }
}

/// What is kept of a token or of a one-time code.
#[must_use]
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
