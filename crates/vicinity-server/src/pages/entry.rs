//! Signing in and out, a reader's own settings, and what pages are made with.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use vicinity_core::time::Timestamp;
use vicinity_core::{hex, text};
use vicinity_pages::assets::Asset;
use vicinity_pages::entry::{self, PASSWORD_MIN_CHARS, Welcome};
use vicinity_pages::frame::Theme;
use vicinity_pages::words::Language;
use vicinity_sqlite::SESSION_SECONDS;
use vicinity_store::person::{NewSession, PasswordHash};

use crate::access::people;
use crate::access::session::hash_of;
use crate::net::network::network;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::cookies::Cookie;
use crate::pages::credentials;
use crate::pages::live;
use crate::pages::routes::pages;
use crate::pages::secret::KNOWN_SECONDS;
use crate::pages::signed_in::{Guest, SignedIn};
use crate::pages::site::{PageServer, PasswordTurn, Site};
use crate::pages::tries::Who;

pages! {
    /// What pages are made with.
    Assets: "GET" "/assets/{file}" SignIn,
    /// The sign-in form.
    SignInPage: "GET" "/sign-in" SignIn,
    /// Signing in.
    SignIn: "POST" "/sign-in" SignIn,
    /// The page of a one-time link.
    WelcomePage: "GET" "/welcome/{code}" SignIn,
    /// Using a one-time link.
    UseLink: "POST" "/welcome/{code}" SignIn,
    /// A reader's own settings.
    SettingsPage: "GET" "/settings" Settle,
    /// Changing them.
    ChangeSettings: "POST" "/settings" Settle,
    /// Signing out.
    SignOut: "POST" "/sign-out" Settle on "/",
}

/// Adds what both servers' pages have.
#[must_use]
pub fn routes<S: PageServer>(routes: Routes<S>) -> Routes<S> {
    let routes = routes
        .guest::<Assets, _>(assets)
        .guest::<SignInPage, _>(sign_in_page)
        .guest::<SignIn, _>(sign_in);
    let routes = routes
        .guest::<WelcomePage, _>(welcome_page)
        .guest::<UseLink, _>(use_link);
    let routes = routes
        .signed_in::<SettingsPage, _>(settings_page)
        .signed_in::<ChangeSettings, _>(change_settings)
        .signed_in::<SignOut, _>(sign_out);
    routes.signed_in::<live::Listen, _>(live::listen)
}

async fn assets<S: PageServer>(_: Arc<S>, guest: Guest<Assets>) -> Result<Response, PageError> {
    let asset = Asset::find(guest.path.get("file")).ok_or(PageError::NotFound)?;
    Ok(answer::asset(asset.content_type, asset.content))
}

async fn sign_in_page<S: PageServer>(
    _: Arc<S>,
    guest: Guest<SignInPage>,
) -> Result<Response, PageError> {
    Ok(answer::page(&entry::sign_in(&guest.frame, None)))
}

/// Continues to its end also where the browser does not wait: a try counts even if nobody reads the answer.
async fn sign_in<S: PageServer>(
    server: Arc<S>,
    guest: Guest<SignIn>,
) -> Result<Response, PageError> {
    tokio::spawn(async move { try_sign_in(server.site(), &guest).await })
        .await
        .unwrap_or(Err(PageError::Failed))
}

async fn try_sign_in(site: &Site, guest: &Guest<SignIn>) -> Result<Response, PageError> {
    let handle = people::handle(guest.form.get("handle"));
    let who = who(site, guest, &handle);
    site.tries().may(&who, (site.machine.now)())?;
    let turn = site.turns.next(who.known.is_some()).await?;
    // Others were tried while this one waited, and count.
    let now = (site.machine.now)();
    site.tries().may(&who, now)?;
    // The same work for every name, whether anybody has it or not.
    let found = site
        .people
        .step(move |people| people.sign_in_of(&handle, now))
        .await??;
    let (right, turn) = password_fits(
        turn,
        guest.form.exact("password").to_owned(),
        found.as_ref().and_then(|person| person.password),
    )
    .await?;
    let step = credentials::step_of(
        &found.as_ref().map_or([0; 20], |person| person.totp),
        guest.form.get("code"),
        now,
    );
    if let (Some(person), true, Some(step)) = (&found, right, step)
        && let Some(response) = start_session(
            site,
            (person.number, &person.handle),
            step,
            guest.asked.as_deref(),
            now,
        )
        .await?
    {
        return Ok(response);
    }
    site.tries().wrong(&who, now);
    tell_wrong(site, &who, found.map(|person| person.number), now);
    // Only now, when this try is counted, may the next be looked at.
    drop(turn);
    let refused = guest.frame.t("sign-in-refused");
    Ok(answer::page_with(
        StatusCode::UNAUTHORIZED,
        &entry::sign_in(&guest.frame, Some(&refused)),
    ))
}

/// Who wants to sign in: by name, from where, in which browser.
fn who(site: &Site, guest: &Guest<SignIn>, handle: &str) -> Who {
    let now = (site.machine.now)();
    let name = site.secret.name(handle);
    let kept = Cookie::Known(name).of(site, &guest.headers);
    let known = kept.and_then(|kept| site.secret.known_by(handle, &kept, now));
    Who {
        name,
        network: network(guest.from),
        known,
    }
}

/// A line in the log for the operator. Without the typed name: it may be a password.
fn tell_wrong(site: &Site, who: &Who, person: Option<u32>, now: Timestamp) {
    let Some(unsaid) = site.tries().line(now) else {
        return;
    };
    let (name, from) = (
        hex::write(&who.name),
        hex::write(&site.secret.network(who.network)),
    );
    tracing::warn!(
        name,
        person,
        from,
        known = who.known.is_some(),
        unsaid,
        "wrong sign-in"
    );
}

/// Checks a password away from the threads that answer others. Gives the turn back.
async fn password_fits(
    mut turn: PasswordTurn,
    password: String,
    kept: Option<PasswordHash>,
) -> Result<(bool, PasswordTurn), PageError> {
    let checked = tokio::task::spawn_blocking(move || {
        (credentials::fits(&password, kept.as_ref(), &mut turn), turn)
    });
    checked.await.map_err(|_| PageError::Failed)
}

/// Begins a session and leads to the page that was asked for, or where something waits that was sent before, or to the first;
/// `None` if the code was used before.
async fn start_session(
    site: &Site,
    (person, handle): (u32, &str),
    totp_step: u64,
    asked: Option<&str>,
    now: Timestamp,
) -> Result<Option<Response>, PageError> {
    let (token, csrf) = (
        hex::write(&site.machine.bytes::<32>()),
        site.secret.mark(person, site.machine.bytes()),
    );
    let session = NewSession {
        person,
        token_hash: hash_of(&token),
        csrf,
        totp_step,
    };
    if !site
        .people
        .step(move |people| people.start_session(&session, now))
        .await??
    {
        return Ok(None);
    }
    tracing::info!(person, "signed in");
    let waits = site
        .late_forms
        .page_of(person, now)
        .filter(|page| asked.is_none_or(|asked| asked == page));
    let mut response = waits.map_or_else(
        || answer::see_other(asked.unwrap_or("/")),
        |page| answer::done(&page, "back"),
    );
    Cookie::Session.give(site, &mut response, &token, SESSION_SECONDS);
    Cookie::Known(site.secret.name(handle)).give(
        site,
        &mut response,
        &site.secret.known(handle, now, site.machine.bytes()),
        KNOWN_SECONDS,
    );
    if asked.is_some() {
        Cookie::Asked.give(site, &mut response, "", 0);
    }
    Ok(Some(response))
}

async fn welcome_page<S: PageServer>(
    server: Arc<S>,
    guest: Guest<WelcomePage>,
) -> Result<Response, PageError> {
    welcome(server.site(), &guest, None).await
}

/// The page of a one-time link, with what did not fit the last time.
async fn welcome<A>(
    site: &Site,
    guest: &Guest<A>,
    problem: Option<&'static str>,
) -> Result<Response, PageError> {
    let (now, code) = ((site.machine.now)(), guest.path.get("code").to_owned());
    site.limits().may_try(guest.from, now)?;
    let code_hash = hash_of(&code);
    let Some((_, handle, totp)) = site
        .people
        .step(move |people| people.invited(code_hash, now))
        .await??
    else {
        site.limits().wrong_try(guest.from, now);
        return Ok(answer::page_with(
            StatusCode::NOT_FOUND,
            &entry::error(&guest.frame, &guest.frame.t("welcome-gone")),
        ));
    };
    let (key, uri) = credentials::key_and_uri(&totp, &handle);
    let view = Welcome {
        path: &format!("/welcome/{code}"),
        handle: &handle,
        key: &key,
        uri: &uri,
        problem,
    };
    let status = if problem.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(answer::page_with(
        status,
        &entry::welcome(&guest.frame, &view),
    ))
}

async fn use_link<S: PageServer>(
    server: Arc<S>,
    guest: Guest<UseLink>,
) -> Result<Response, PageError> {
    let (site, now) = (server.site(), (server.site().machine.now)());
    let code_hash = hash_of(guest.path.get("code"));
    let Some((person, handle, totp)) = site
        .people
        .step(move |people| people.invited(code_hash, now))
        .await??
    else {
        return welcome(site, &guest, None).await;
    };
    let password = guest.form.exact("password").to_owned();
    if text::secret(&password).chars().count() < PASSWORD_MIN_CHARS {
        return welcome(site, &guest, Some("welcome-password-short")).await;
    }
    let Some(step) = credentials::step_of(&totp, guest.form.get("code"), now) else {
        return welcome(site, &guest, Some("welcome-code-wrong")).await;
    };
    let (salt, mut turn) = (site.machine.bytes::<16>(), site.turns.next(false).await?);
    let hashed =
        tokio::task::spawn_blocking(move || credentials::hashed(&password, salt, &mut turn))
            .await
            .ok()
            .flatten()
            .ok_or(PageError::Form)?;
    if !site
        .people
        .step(move |people| people.welcome(code_hash, &hashed, now))
        .await??
    {
        return welcome(site, &guest, None).await;
    }
    start_session(site, (person, &handle), step, None, now)
        .await
        .map(|response| response.unwrap_or_else(|| answer::see_other("/sign-in")))
}

async fn settings_page<S: PageServer>(
    _: Arc<S>,
    request: SignedIn<SettingsPage>,
) -> Result<Response, PageError> {
    Ok(answer::page(&entry::settings(&request.frame)))
}

async fn change_settings<S: PageServer>(
    server: Arc<S>,
    request: SignedIn<ChangeSettings>,
) -> Result<Response, PageError> {
    let language = Language::from_code(request.form.get("language"))
        .ok_or(PageError::Form)?
        .code();
    let theme = Theme::from_code(request.form.get("theme"))
        .ok_or(PageError::Form)?
        .code();
    let person = request.session.number;
    server
        .site()
        .people
        .step(move |people| people.set_reading(person, language, theme))
        .await??;
    Ok(answer::done("/settings", "saved"))
}

async fn sign_out<S: PageServer>(
    server: Arc<S>,
    request: SignedIn<SignOut>,
) -> Result<Response, PageError> {
    let token_hash = request.token_hash;
    server
        .site()
        .people
        .step(move |people| people.end_session(token_hash))
        .await??;
    let mut response = answer::done("/sign-in", "signed-out");
    Cookie::Session.give(server.site(), &mut response, "", 0);
    Ok(response)
}
