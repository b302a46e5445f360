//! Routes, each bound to the request that it takes and so to an action; and the list of them, for whoever has to know that
//! there are no others.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use vicinity_core::access::Action;
use vicinity_sync::enrol::ENROL_PATH;

use crate::gate::{Open, OpenRequest, Sealed, SealedRequest};
use crate::http::ApiError;
use crate::pages::answer::PageError;
use crate::pages::desk::Office;
use crate::pages::seated::{Guest, PageRequest, Seated, guest_frame};

/// A route as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What is done there.
    pub action: Action,
    /// The page that it stands on; its own path for what is no form.
    pub page: &'static str,
}

/// Declares pages: a type for each, its method, its path, what is done there, and for a form the page that it stands on, where that has another path.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident: $method:literal $path:literal $action:ident $(on $page:literal)?),* $(,)?) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl $crate::pages::seated::PageRequest for $name {
                const METHOD: &'static str = $method;
                const PATH: &'static str = $path;
                const ACTION: vicinity_core::access::Action = vicinity_core::access::Action::$action;
                $(const PAGE: &'static str = $page;)?
            }
        )*
    };
}
pub(crate) use pages;

/// An enrolment: a device's at a hub, a hub's at national.
pub struct Enrol;
/// Whether the server lives.
pub struct Health;
/// The server's figures.
pub struct Figures;

impl OpenRequest for Enrol {
    const METHOD: &'static str = "POST";
    const PATH: &'static str = ENROL_PATH;
    const ACTION: Action = Action::Enrol;
}

impl OpenRequest for Health {
    const METHOD: &'static str = "GET";
    const PATH: &'static str = "/health";
    const ACTION: Action = Action::SeeHealth;
}

impl OpenRequest for Figures {
    const METHOD: &'static str = "GET";
    const PATH: &'static str = "/metrics";
    const ACTION: Action = Action::SeeMetrics;
}

/// A server's routes.
pub struct Routes<S> {
    router: Router<Arc<S>>,
    listed: Vec<Route>,
}

impl<S: Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { router: Router::new(), listed: Vec::new() }
    }
}

impl<S: Send + Sync + 'static> Routes<S> {
    /// Adds a route for requests in envelopes.
    #[must_use]
    pub fn sealed<A: SealedRequest, F>(mut self, handler: impl Fn(Arc<S>, Sealed<A>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        let serve = move |State(server): State<Arc<S>>, request: Sealed<A>| handler(server, request);
        self.listed.push(Route { method: "POST", path: A::PATH, action: A::ACTION, page: A::PATH });
        self.add(A::PATH, post(serve))
    }

    /// Adds a route for requests that anybody may make.
    #[must_use]
    pub fn open<A: OpenRequest, F>(mut self, handler: impl Fn(Arc<S>, Open<A>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        let serve = move |State(server): State<Arc<S>>, request: Open<A>| handler(server, request);
        self.listed.push(Route { method: A::METHOD, path: A::PATH, action: A::ACTION, page: A::PATH });
        self.add(A::PATH, if A::METHOD == "GET" { get(serve) } else { post(serve) })
    }

    /// Adds a page or a form for whoever is signed in and may do it.
    #[must_use]
    pub fn seated<A: PageRequest, F>(mut self, handler: impl Fn(Arc<S>, Seated<A>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        S: Office,
        F: Future<Output = Result<Response, PageError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Request| {
            let path = request.uri().path().to_owned();
            match Seated::<A>::of(&*server, request).await {
                Ok(seated) => {
                    let (person, frame, desk) = (seated.session.number, seated.frame.clone(), Arc::clone(&server));
                    let response = done_once(server, seated, handler.clone()).await;
                    if A::METHOD == "GET" {
                        return desk.desk().kept.refilled(person, &path, &frame, response).await;
                    }
                    if response.status() == StatusCode::SEE_OTHER {
                        desk.desk().kept.forget(person, &path, frame.now);
                    }
                    response
                }
                Err(turned) => turned.answer(server.desk()),
            }
        };
        self.listed.push(Route { method: A::METHOD, path: A::PATH, action: A::ACTION, page: A::PAGE });
        self.add(A::PATH, if A::METHOD == "GET" { get(serve) } else { post(serve) })
    }

    /// Adds a page or a form for whoever is not signed in.
    #[must_use]
    pub fn guest<A: PageRequest, F>(mut self, handler: impl Fn(Arc<S>, Guest<A>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        S: Office,
        F: Future<Output = Result<Response, PageError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Request| {
            let frame = guest_frame(server.desk(), request.headers());
            let answer = match Guest::<A>::of(server.desk(), request).await {
                Ok(guest) => handler(server, guest).await,
                Err(error) => Err(error),
            };
            answer.unwrap_or_else(|error| error.answer(&frame))
        };
        self.listed.push(Route { method: A::METHOD, path: A::PATH, action: A::ACTION, page: A::PAGE });
        self.add(A::PATH, if A::METHOD == "GET" { get(serve) } else { post(serve) })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where a route comes in: with its action")]
    fn add(mut self, path: &'static str, method: axum::routing::MethodRouter<Arc<S>>) -> Self {
        self.router = self.router.route(path, method);
        self
    }

    /// What there is.
    #[must_use]
    pub fn listed(&self) -> &[Route] {
        &self.listed
    }

    /// The router. Whoever is lost gets a page that says so.
    #[expect(clippy::disallowed_methods, reason = "behind it is nothing")]
    pub fn router(self, server: Arc<S>) -> Router
    where
        S: Office,
    {
        let lost = async |State(server): State<Arc<S>>, request: Request| PageError::NotFound.answer(&guest_frame(server.desk(), request.headers()));
        self.router.fallback(lost).with_state(server)
    }
}

/// Does what a page or a form asks; a form that counts once at most once.
async fn done_once<S: Office, A: PageRequest, F>(server: Arc<S>, seated: Seated<A>, handler: impl Fn(Arc<S>, Seated<A>) -> F + Send + 'static) -> Response
where
    F: Future<Output = Result<Response, PageError>> + Send + 'static,
{
    let (frame, sent) = (seated.frame.clone(), seated.sent);
    let Some(sent) = sent else { return handler(server, seated).await.unwrap_or_else(|error| error.answer(&frame)) };
    let (person, own) = (seated.session.number, frame.clone());
    let work = async move {
        let work = handler(Arc::clone(&server), seated);
        let done = server.desk().once.run(server.forms(), person, sent, async { work.await.unwrap_or_else(|error| error.answer(&frame)) }).await;
        done.unwrap_or_else(|error| error.answer(&frame))
    };
    // By itself: at a second click the browser lets go of the first, and what that one did is to be remembered.
    tokio::spawn(work).await.unwrap_or_else(|_| PageError::Failed.answer(&own))
}
