//! For tests: which pages wait for the connection that works much out.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::sync::oneshot;
use vicinity_core::time::SignedDuration;
use vicinity_store::person::{self, NewPerson, NewSession, PasswordHash};

use crate::access::session::hash_of;
use crate::net::routes::Routes;
use crate::pages::cookies::Cookie;
use crate::pages::site::{PageServer, Site};
use crate::storage::writer::Writer;

/// A cookie of somebody who is signed in.
async fn signed_in(site: &Site) -> String {
    let (now, is_hub) = (
        (site.machine.now)(),
        site.place == vicinity_pages::frame::Tier::Hub,
    );
    let role = if is_hub {
        person::Desk::Responder
    } else {
        person::Desk::Coordinator
    };
    let begin = move |people: &mut vicinity_sqlite::SqlitePeople| {
        let expires = now + SignedDuration::from_secs(60);
        people
            .invite(
                &NewPerson {
                    handle: "amina",
                    desk: role,
                    code_hash: [1; 32],
                    expires,
                    totp: [1; 20],
                },
                now,
            )
            .unwrap();
        assert!(
            people
                .welcome(
                    [1; 32],
                    &PasswordHash {
                        salt: [1; 16],
                        hash: [1; 32]
                    },
                    now
                )
                .unwrap()
        );
        let session = NewSession {
            person: 1,
            token_hash: hash_of("token"),
            csrf: "mark".to_owned(),
            totp_step: 1,
        };
        assert!(people.start_session(&session, now).unwrap());
    };
    site.people.step(begin).await.unwrap();
    let mut response = Response::new(Body::empty());
    Cookie::Session.give(site, &mut response, "token", 60);
    let given = response.headers()[SET_COOKIE].to_str().unwrap();
    given.split(';').next().unwrap().to_owned()
}

/// A path with an id of nothing instead of its names.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| {
            if part.starts_with('{') {
                "00000000-0000-4000-8000-000000000000"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Keeps the counter busy and asks for every page, one after the other, as somebody who is signed in. Gives those that wait for the
/// counter, in order; all others have answered meanwhile.
pub(crate) async fn on_the_counter<S: PageServer, P: ?Sized + 'static>(
    server: &Arc<S>,
    routes: Routes<S>,
    counter: &Writer<P>,
) -> Vec<&'static str> {
    let cookie = signed_in(server.site()).await;
    let mut pages: Vec<&'static str> = routes
        .listed()
        .iter()
        .filter(|route| route.method == "GET")
        .map(|route| route.path)
        .collect();
    pages.sort_unstable();
    let router = TowerToHyperService::new(routes.router(Arc::clone(server)));
    let (end, ended) = mpsc::channel::<()>();
    let (begun, has_begun) = oneshot::channel();
    let heavy = counter.clone();
    let work = move |_: &mut P| {
        begun.send(()).unwrap();
        ended.recv().unwrap_err();
    };
    let heavy = tokio::spawn(async move { heavy.step(work).await });
    has_begun.await.unwrap();
    let mut waiting = Vec::new();
    for path in pages {
        let request = Request::builder()
            .uri(filled(path))
            .header(COOKIE, &cookie)
            .body(Body::empty())
            .unwrap();
        let answer = tokio::spawn(router.call(request));
        // Until it has answered, or one more waits behind what the counter does.
        while !answer.is_finished() && counter.waiting_first() == waiting.len() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if counter.waiting_first() > waiting.len() {
            waiting.push((path, answer));
            continue;
        }
        let status = answer.await.unwrap().unwrap().status();
        assert!(
            status == StatusCode::OK || status == StatusCode::NOT_FOUND && path.contains('{'),
            "{path}: {status}"
        );
    }
    drop(end);
    heavy.await.unwrap().unwrap();
    let mut paths = Vec::new();
    for (path, answer) in waiting {
        // Nobody has published a month here.
        let expected = if path == "/exports/counts" {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            StatusCode::OK
        };
        assert_eq!(answer.await.unwrap().unwrap().status(), expected, "{path}");
        paths.push(path);
    }
    paths
}
