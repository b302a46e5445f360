//! Rows to look at.

use std::sync::Arc;

use axum::response::Response;
use vicinity_core::codes;
use vicinity_core::ids::ProjectionId;
use vicinity_core::projection::Projection;
use vicinity_pages::review::{self, QueueView, RowView};
use vicinity_store::review::{COUNTED_MAX, QUEUE_ROWS, QueueFilter, Review, ReviewStore, Reviewed};

use crate::api::server::NationalServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::form::Form;
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// Reviews that a queue can show.
const REVIEWS: [&str; 5] = ["new", "changed", "verified", "queried", "duplicate"];

pages! {
    /// The queue.
    Queue: "GET" "/queue" SeeReview,
    /// One row.
    Row: "GET" "/projection/{id}" SeeReview,
    /// Marking it, or asking its hub.
    Mark: "POST" "/projection/{id}" Review,
}

pub(super) fn routes<S: NationalServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<Queue, _>(queue)
        .signed_in::<Row, _>(row)
        .signed_in::<Mark, _>(mark)
}

/// A row that cannot be read is damage, and stops no other.
fn view(row: Reviewed) -> Option<RowView> {
    let said: Projection = serde_json::from_str(&row.json).ok()?;
    let duplicate_of = if let Review::Duplicate(other) = row.review {
        Some(other.to_string())
    } else {
        None
    };
    Some(RowView {
        id: row.projection.to_string(),
        hub: row.hub,
        row: said,
        changed_at: row.changed_at,
        review: row.review.code().to_owned(),
        duplicate_of,
        reviewer: row.reviewer,
    })
}

async fn queue<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Queue>,
) -> Result<Response, PageError> {
    let review = Some(request.query.get("review"))
        .filter(|review| REVIEWS.contains(review))
        .unwrap_or_default()
        .to_owned();
    let hub: Option<u32> = request.query.get("hub").parse().ok();
    let page: u32 = request.query.get("page").parse().unwrap_or(0);
    let filter = QueueFilter {
        review: review.clone(),
        hub,
        area: String::new(),
    };
    let ((rows, total), hubs) = national
        .gate()
        .read(&request, move |store| {
            Ok((store.queue(&filter, page)?, store.hubs()?))
        })
        .await?;
    let view = QueueView {
        rows: rows.into_iter().filter_map(view).collect(),
        total,
        counted_max: COUNTED_MAX,
        page: (
            page,
            u32::try_from(total.div_ceil(QUEUE_ROWS as u64)).unwrap_or(u32::MAX),
        ),
        review,
        hub: hub.map(|hub| hub.to_string()).unwrap_or_default(),
        hubs: hubs.into_iter().map(|hub| hub.number).collect(),
    };
    Ok(answer::page(&review::queue(&request.frame, &view)))
}

fn row_of(path: &Form) -> Result<ProjectionId, PageError> {
    path.get("id").parse().map_err(|_| PageError::NotFound)
}

async fn row<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Row>,
) -> Result<Response, PageError> {
    let id = row_of(&request.path)?;
    let read = move |store: &mut (dyn ReviewStore + 'static)| {
        let row = store.reviewed(id)?.ok_or(PageError::NotFound)?;
        Ok((row, store.alike(id)?, store.questions_about(id)?))
    };
    let (row, alike, asked) = national.gate().read(&request, read).await?;
    let row = view(row).ok_or(PageError::Failed)?;
    let alike: Vec<RowView> = alike.into_iter().filter_map(view).collect();
    let asked: Vec<(String, Option<String>)> = asked
        .into_iter()
        .map(|question| (question.code, question.answer))
        .collect();
    Ok(answer::page(&review::row(
        &request.frame,
        &row,
        &alike,
        &asked,
    )))
}

async fn mark<S: NationalServer + PageServer>(
    national: Arc<S>,
    request: SignedIn<Mark>,
) -> Result<Response, PageError> {
    let (id, now, handle) = (
        row_of(&request.path)?,
        request.frame.now,
        request.session.handle.clone(),
    );
    let question = request.form.get("question").to_owned();
    let (review, question) = match request.form.get("do") {
        "verify" => (Review::Verified, None),
        "ask" if codes::QUESTIONS.knows(&question) => (Review::Queried, Some(question)),
        "duplicate" => (
            Review::Duplicate(
                request
                    .form
                    .get("of")
                    .parse()
                    .map_err(|_| PageError::Form)?,
            ),
            None,
        ),
        _ => return Err(PageError::Form),
    };
    let step = move |store: &mut (dyn ReviewStore + 'static)| {
        if let Some(question) = &question {
            store.ask(id, question, now)?.ok_or(PageError::NotFound)?;
        }
        if matches!(review, Review::Duplicate(other) if other == id) {
            return Err(PageError::Form);
        }
        Ok(store.mark(id, review, &handle, now)?)
    };
    if !national.gate().write(&request, step).await? {
        return Err(PageError::NotFound);
    }
    let back = if request.form.get("back") == "queue" {
        "/queue".to_owned()
    } else {
        format!("/projection/{id}")
    };
    Ok(answer::done(&back, review.code()))
}
