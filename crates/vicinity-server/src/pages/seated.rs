//! Requests of browsers: of guests, who may only sign in, and of who is signed in.

use std::marker::PhantomData;
use std::net::IpAddr;

use axum::body::to_bytes;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderMap};
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_pages::frame::{Frame, Reader, Theme};
use vicinity_pages::words::{Language, Words};
use vicinity_store::person::Session;

use crate::http;
use crate::pages::answer::PageError;
use crate::pages::credentials::same;
use crate::pages::desk::{Desk, Office};
use crate::pages::form::Form;

/// Bytes of the largest form.
const FORM_MAX_BYTES: usize = 64 * 1024;
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
}

/// What came with a request.
struct Came {
    query: Form,
    form: Form,
    path: Form,
}

async fn came(request: Request) -> Result<(Parts, Came), PageError> {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| PageError::NotFound)?;
    let path = Form::of(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect());
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let body = to_bytes(body, FORM_MAX_BYTES).await.map_err(|_| PageError::Form)?;
    Ok((parts, Came { query, form: Form::parse(&body), path }))
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
        let (_, came) = came(request).await?;
        frame.notice = notice(&came.query, frame.words);
        Ok(Self { frame, from, form: came.form, path: came.path, named: PhantomData })
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
    named: PhantomData<A>,
}

impl<A: PageRequest> Seated<A> {
    /// Takes a request: a session that goes on, a role that may, and for a form the mark that only this session's own pages have.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn of(server: &impl Office, request: Request) -> Result<Self, PageError> {
        let desk = server.desk();
        let token_hash = token_of(desk, request.headers()).map(|token| hash_of(&token)).ok_or(PageError::SignIn)?;
        let (now, by_hand) = ((desk.machine.now)(), !request.headers().contains_key(BY_ITSELF) && A::PATH != "/live");
        let session = desk.people.step(move |people| people.session(token_hash, by_hand, now)).await??.ok_or(PageError::SignIn)?;
        access::decide(session.desk.actor(), A::ACTION, Resource::Server)?;
        let mut frame = frame_of(desk, request.headers(), &session);
        let (_, came) = came(request).await?;
        if A::METHOD == "POST" && !same(came.form.exact("csrf").as_bytes(), session.csrf.as_bytes()) {
            return Err(PageError::Form);
        }
        frame.notice = notice(&came.query, frame.words);
        Ok(Self { session, frame, query: came.query, form: came.form, path: came.path, token_hash, named: PhantomData })
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
    Frame { words: Words::of(language), place: desk.place, reader: None, theme: Theme::System, now: (desk.machine.now)(), notice: None }
}

fn frame_of(desk: &Desk, headers: &HeaderMap, session: &Session) -> Frame {
    let guest = guest_frame(desk, headers);
    let words = session.language.as_deref().and_then(Language::from_code).map_or(guest.words, Words::of);
    let theme = session.theme.as_deref().and_then(Theme::from_code).unwrap_or_default();
    Frame { words, theme, reader: Some(Reader { handle: session.handle.clone(), csrf: session.csrf.clone() }), ..guest }
}

/// The cookie's name. With TLS its prefix makes browsers refuse it from anywhere else.
#[must_use]
pub fn cookie_name(desk: &Desk) -> &'static str {
    if desk.secure { "__Host-vicinity" } else { "vicinity" }
}

fn token_of(desk: &Desk, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(cookie_name(desk))?.strip_prefix('=').map(str::to_owned))
}

/// What is kept of a token or of a one-time code.
#[must_use]
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
