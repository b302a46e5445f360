//! A server's routes, and the list of them for anyone who must know that there are no others. Each route comes in with its action:
//! through [`crate::api::routes`] or [`crate::pages::routes`].

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use vicinity_core::access::Action;

/// A route as it is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What is done there.
    pub action: Action,
    /// The page that it is on; its own path for what is no form.
    pub page: &'static str,
}

/// A server's routes.
pub struct Routes<S> {
    router: Router<Arc<S>>,
    listed: Vec<Route>,
}

impl<S: Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self {
            router: Router::new(),
            listed: Vec::new(),
        }
    }
}

impl<S: Send + Sync + 'static> Routes<S> {
    /// Adds a route.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where a route comes in: with its action"
    )]
    pub(crate) fn add(mut self, route: Route, method: MethodRouter<Arc<S>>) -> Self {
        self.router = self.router.route(route.path, method);
        self.listed.push(route);
        self
    }

    /// The routes.
    #[must_use]
    pub fn listed(&self) -> &[Route] {
        &self.listed
    }

    /// The router. Requests for any other path go to `lost`.
    #[expect(clippy::disallowed_methods, reason = "behind it is nothing")]
    pub(crate) fn or_else<H: Handler<T, Arc<S>>, T: 'static>(
        self,
        lost: H,
        server: Arc<S>,
    ) -> Router {
        self.router.fallback(lost).with_state(server)
    }
}
