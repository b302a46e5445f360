//! Routes of pages and forms, each bound to the request that it takes and so to an action.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};

use crate::net::routes::{Route, Routes};
use crate::pages::answer::PageError;
use crate::pages::signed_in::{Guest, PageRequest, SignedIn, guest_frame};
use crate::pages::site::PageServer;

/// Declares pages: a type for each, its method, its path, what is done there, and for a form the page that it is based on, where that has another path.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident: $method:literal $path:literal $action:ident $(on $page:literal)?),* $(,)?) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl $crate::pages::signed_in::PageRequest for $name {
                const METHOD: &'static str = $method;
                const PATH: &'static str = $path;
                const ACTION: vicinity_core::access::Action = vicinity_core::access::Action::$action;
                $(const PAGE: &'static str = $page;)?
            }
        )*
    };
}
pub(crate) use pages;

impl<S: PageServer> Routes<S> {
    /// Adds a page or a form for people who are signed in and may do it.
    #[must_use]
    pub fn signed_in<A: PageRequest, F>(
        self,
        handler: impl Fn(Arc<S>, SignedIn<A>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response, PageError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Request| {
            let path = request.uri().path().to_owned();
            match SignedIn::<A>::of(&*server, request).await {
                Ok(signed_in) => {
                    let (person, frame, site) = (
                        signed_in.session.number,
                        signed_in.frame.clone(),
                        Arc::clone(&server),
                    );
                    let response = done_once(server, signed_in, handler.clone()).await;
                    if A::METHOD == "GET" {
                        return site
                            .site()
                            .late_forms
                            .refilled(person, &path, &frame, response)
                            .await;
                    }
                    if response.status() == StatusCode::SEE_OTHER {
                        site.site().late_forms.forget(person, &path, frame.now);
                    }
                    response
                }
                Err(turned) => turned.answer(server.site()),
            }
        };
        let route = Route {
            method: A::METHOD,
            path: A::PATH,
            action: A::ACTION,
            page: A::PAGE,
        };
        self.add(
            route,
            if A::METHOD == "GET" {
                get(serve)
            } else {
                post(serve)
            },
        )
    }

    /// Adds a page or a form that needs no session.
    #[must_use]
    pub fn guest<A: PageRequest, F>(
        self,
        handler: impl Fn(Arc<S>, Guest<A>) -> F + Clone + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response, PageError>> + Send + 'static,
    {
        let serve = async move |State(server): State<Arc<S>>, request: Request| {
            let frame = guest_frame(server.site(), request.headers());
            let answer = match Guest::<A>::of(server.site(), request).await {
                Ok(guest) => handler(server, guest).await,
                Err(error) => Err(error),
            };
            answer.unwrap_or_else(|error| error.answer(&frame))
        };
        let route = Route {
            method: A::METHOD,
            path: A::PATH,
            action: A::ACTION,
            page: A::PAGE,
        };
        self.add(
            route,
            if A::METHOD == "GET" {
                get(serve)
            } else {
                post(serve)
            },
        )
    }

    /// The router. A path that leads nowhere gets a page that says so.
    pub fn router(self, server: Arc<S>) -> Router {
        let lost = async |State(server): State<Arc<S>>, request: Request| {
            PageError::NotFound.answer(&guest_frame(server.site(), request.headers()))
        };
        self.or_else(lost, server)
    }
}

/// Does what a page or a form asks; a form that counts once at most once.
async fn done_once<S: PageServer, A: PageRequest, F>(
    server: Arc<S>,
    signed_in: SignedIn<A>,
    handler: impl Fn(Arc<S>, SignedIn<A>) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = Result<Response, PageError>> + Send + 'static,
{
    let (frame, sent) = (signed_in.frame.clone(), signed_in.sent);
    let Some(sent) = sent else {
        return handler(server, signed_in)
            .await
            .unwrap_or_else(|error| error.answer(&frame));
    };
    let (person, own) = (signed_in.session.number, frame.clone());
    let work = async move {
        let work = handler(Arc::clone(&server), signed_in);
        let done = server
            .site()
            .once
            .run(server.gate(), person, sent, async {
                work.await.unwrap_or_else(|error| error.answer(&frame))
            })
            .await;
        done.unwrap_or_else(|error| error.answer(&frame))
    };
    // By itself: at a second click the browser drops the first, and what that one did is to be remembered.
    tokio::spawn(work)
        .await
        .unwrap_or_else(|_| PageError::Failed.answer(&own))
}
