//! Requests of browsers: of guests, who may only sign in, and of who is signed in.

use std::marker::PhantomData;
use std::net::IpAddr;
use std::ops::Deref;

use axum::body::Body;
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::Uri;
use axum::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use axum::response::Response;
use sha2::{Digest, Sha256};
use tokio_stream::StreamExt;
use vicinity_core::access::{self, Action, Actor, Resource};
use vicinity_core::hex;
use vicinity_core::time::Timestamp;
use vicinity_pages::frame::{Frame, Reader, Theme};
use vicinity_pages::words::{Language, Words};
use vicinity_store::person::Session;

use crate::access::session::{Permit, hash_of};
use crate::jobs::clock::ClockReading;
use crate::net::http;
use crate::pages::answer::{self, PageError};
use crate::pages::cookies::{self, Cookie};
use crate::pages::credentials::same;
use crate::pages::form::Form;
use crate::pages::site::{PageServer, Site};

/// Bytes of the largest form.
const FORM_MAX_BYTES: usize = 256 * 1024;
/// Bytes that are read of a larger one and thrown away: a browser that still sends does not read why it was refused.
const PASSED_MAX_BYTES: usize = 8 * 1024 * 1024;
/// A header of requests that the script makes by itself. They do not extend the session.
const BY_ITSELF: &str = "vicinity-by-itself";

/// A page or a form: its method, its path, what it does.
pub trait PageRequest: Send + 'static {
    /// `GET` or `POST`.
    const METHOD: &'static str;
    /// Where it goes.
    const PATH: &'static str;
    /// What it does.
    const ACTION: Action;
    /// The page that a form is based on: its own path, or the beginning of it.
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
    let params = RawPathParams::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| PageError::NotFound)?;
    let path = Form::of(
        params
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    );
    let query = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let body = whole(body).await?;
    let form = Form::parse(&body);
    let sent = form
        .filled("once")
        .map(|_| sent_as(parts.uri.path(), &body));
    Ok(Came {
        query,
        form,
        path,
        sent,
    })
}

/// The hash of a form that counts once, its random mark with it. The session's own mark is not in it: a form that is sent
/// again after another sign-in has the same hash.
fn sent_as(path: &str, body: &[u8]) -> [u8; 32] {
    let fields = body
        .split(|byte| *byte == b'&')
        .filter(|field| !field.starts_with(b"csrf="));
    fields
        .fold(Sha256::new().chain_update(path), |hash, field| {
            hash.chain_update(b"&").chain_update(field)
        })
        .finalize()
        .into()
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
    if read > FORM_MAX_BYTES {
        Err(PageError::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// A request that needs no session.
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
    /// What the browser said beside it, its cookies among it.
    pub(crate) headers: HeaderMap,
    named: PhantomData<A>,
}

impl<A: PageRequest> Guest<A> {
    /// Takes a request that anybody may make.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn of(site: &Site, request: Request) -> Result<Self, PageError> {
        access::decide(Actor::Anonymous, A::ACTION, Resource::Server)?;
        let from = http::address(&request);
        let mut frame = guest_frame(site, request.headers());
        let (asked, headers) = (
            cookies::asked(site, request.headers()),
            request.headers().clone(),
        );
        let came = came(request).await?;
        frame.notice = notice(&came.query, frame.words);
        Ok(Self {
            frame,
            from,
            form: came.form,
            path: came.path,
            asked,
            headers,
            named: PhantomData,
        })
    }
}

/// A request of a session that may do this. Only [`SignedIn::of`] makes one.
pub struct SignedIn<A> {
    /// That the session may do this, for the gate.
    permit: Permit,
    /// What every page is made with.
    pub frame: Frame,
    /// What the address says.
    pub query: Form,
    /// What the form says.
    pub form: Form,
    /// Parts of the path.
    pub path: Form,
    named: PhantomData<A>,
}

impl<A> Deref for SignedIn<A> {
    type Target = Permit;

    fn deref(&self) -> &Permit {
        &self.permit
    }
}

/// A refused request: why, and what its answer needs.
pub struct Rejection {
    error: PageError,
    frame: Frame,
    /// The page to come to after signing in, where somebody asked for one by hand.
    asked: Option<String>,
    /// The outcome of what was sent: the notice that tells it.
    sent: Option<&'static str>,
}

impl Rejection {
    /// The answer.
    #[must_use]
    pub fn answer(&self, site: &Site) -> Response {
        if !matches!(self.error, PageError::SignIn) {
            return self.error.answer(&self.frame);
        }
        let mut response = self.sent.map_or_else(
            || answer::see_other("/sign-in"),
            |what| answer::done("/sign-in", what),
        );
        if let Some(path) = &self.asked {
            cookies::keep_asked(site, &mut response, path);
        }
        response
    }
}

/// The page that a request is based on: as much of its path as that page has.
pub(crate) fn page_of<A: PageRequest>(uri: &Uri) -> String {
    if A::PAGE == "/" {
        "/".to_owned()
    } else {
        uri.path()
            .split('/')
            .take(A::PAGE.split('/').count())
            .collect::<Vec<_>>()
            .join("/")
    }
}

/// The page to come to after signing in: the one that was asked for, as it was, or the one that a form stood on.
fn asked_of<A: PageRequest>(uri: &Uri) -> String {
    let told = uri.query().is_some_and(|query| query.contains("done="));
    match uri.path_and_query() {
        Some(whole) if A::METHOD == "GET" && A::PAGE == A::PATH && !told => {
            whole.as_str().to_owned()
        }
        _ => page_of::<A>(uri),
    }
}

impl<A: PageRequest> SignedIn<A> {
    /// Takes a request: a session that continues, a role that may, and for a form the mark that only this session's own pages have.
    ///
    /// # Errors
    /// What to show instead.
    pub async fn of(server: &impl PageServer, request: Request) -> Result<Self, Box<Rejection>> {
        let site = server.site();
        let by_hand = !request.headers().contains_key(BY_ITSELF) && A::PATH != "/live";
        let mut frame = guest_frame(site, request.headers());
        // A page that was refused is not linked again.
        frame.back = if A::METHOD == "GET" && A::PAGE == A::PATH {
            "/".to_owned()
        } else {
            page_of::<A>(request.uri())
        };
        let asked = by_hand.then(|| asked_of::<A>(request.uri()));
        let mut sent = (A::METHOD == "POST").then_some("not-sent");
        let signed_in = Self::let_in(site, request, by_hand, &mut frame, &mut sent).await;
        signed_in.map_err(|error| {
            Box::new(Rejection {
                error,
                frame,
                asked,
                sent,
            })
        })
    }

    /// The same; `frame` becomes who reads as soon as that is known, so that what is shown instead is shown to them. `sent` becomes
    /// what happened to a form.
    async fn let_in(
        site: &Site,
        request: Request,
        by_hand: bool,
        frame: &mut Frame,
        sent: &mut Option<&'static str>,
    ) -> Result<Self, PageError> {
        let token_hash = Cookie::Session
            .of(site, request.headers())
            .map(|token| hash_of(&token));
        let now = (site.machine.now)();
        let session = match token_hash {
            Some(token_hash) => site
                .people
                .step(move |people| people.session(token_hash, by_hand, now))
                .await??
                .zip(Some(token_hash)),
            None => None,
        };
        let uri = request.uri().clone();
        let Some((session, token_hash)) = session else {
            if A::METHOD == "POST"
                && let Ok(came) = came(request).await
                && kept::<A>(site, &came.form, &uri, now).is_some()
            {
                *sent = Some("kept");
            }
            return Err(PageError::SignIn);
        };
        *frame = read_by(frame, &session);
        let permit = Permit::of(session, token_hash, A::ACTION, &frame.back)?;
        let came = came(request).await?;
        if A::METHOD == "POST"
            && !same(
                came.form.exact("csrf").as_bytes(),
                permit.session.csrf.as_bytes(),
            )
        {
            return Err(of_another_session::<A>(
                site,
                &came.form,
                &uri,
                permit.session.number,
                now,
            ));
        }
        frame.notice = notice(&came.query, frame.words);
        let Came {
            query,
            form,
            path,
            sent,
        } = came;
        Ok(Self {
            permit: Permit { sent, ..permit },
            frame: frame.clone(),
            query,
            form,
            path,
            named: PhantomData,
        })
    }
}

/// Keeps a form that came without a session, for the person for whose session its page was made. `None` for what nobody's page of this
/// server's sent, or where there is nothing to keep.
fn kept<A: PageRequest>(site: &Site, form: &Form, uri: &Uri, now: Timestamp) -> Option<u32> {
    let person = site.secret.person_of(form.exact("csrf"))?;
    site.late_forms
        .keep(person, &page_of::<A>(uri), uri.path(), form.fields(), now)
        .then_some(person)
}

/// What is reported to a form whose page was made for another session than the one that sends it: from before its reader signed in again,
/// or of somebody else who used this browser.
fn of_another_session<A: PageRequest>(
    site: &Site,
    form: &Form,
    uri: &Uri,
    reader: u32,
    now: Timestamp,
) -> PageError {
    match site.secret.person_of(form.exact("csrf")) {
        Some(person) if person == reader => match kept::<A>(site, form, uri, now) {
            Some(_) => PageError::Again(page_of::<A>(uri)),
            None => PageError::Form,
        },
        Some(_) => PageError::OtherReader,
        None => PageError::Form,
    }
}

/// The notice that an address asks for: only one of those that tell of something done.
fn notice(query: &Form, words: &Words) -> Option<String> {
    let id = format!("done-{}", query.filled("done")?);
    words.has(&id).then_some(id)
}

/// What pages for nobody are made with: the browser's language.
#[must_use]
pub fn guest_frame(site: &Site, headers: &HeaderMap) -> Frame {
    let language = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .map_or(Language::English, Language::preferred);
    let (words, ClockReading { now, doubt }) = (Words::of(language), site.clock.read());
    let (once, clock_ahead) = (
        hex::write(&site.machine.bytes::<16>()),
        doubt.map(|doubt| doubt.ahead_seconds),
    );
    let (place, zone, back) = (site.place, site.zone(), "/".to_owned());
    Frame {
        words,
        place,
        reader: None,
        theme: Theme::System,
        now,
        clock_ahead,
        zone,
        notice: None,
        back,
        once,
    }
}

fn read_by(guest: &Frame, session: &Session) -> Frame {
    let words = session
        .language
        .as_deref()
        .and_then(Language::from_code)
        .map_or(guest.words, Words::of);
    let theme = session
        .theme
        .as_deref()
        .and_then(Theme::from_code)
        .unwrap_or_default();
    Frame {
        words,
        theme,
        reader: Some(Reader {
            handle: session.handle.clone(),
            csrf: session.csrf.clone(),
        }),
        ..guest.clone()
    }
}
