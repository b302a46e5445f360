//! The areas that the hub's rows may name.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::response::Response;
use vicinity_core::areas::{Areas, of_code};
use vicinity_pages::board::{self, AreasView};
use vicinity_store::board::BoardStore;

use crate::api::server::HubServer;
use crate::net::routes::Routes;
use crate::pages::answer::{self, PageError};
use crate::pages::routes::pages;
use crate::pages::signed_in::SignedIn;
use crate::pages::site::PageServer;

/// Areas of incidents that are checked for those that no row names.
const SEEN_MAX: usize = 500;

pages! {
    /// The list.
    AreasPage: "GET" "/hub/areas" SeeBoard,
    /// Another one.
    ListAreas: "POST" "/hub/areas" ManageDevices on "/hub/areas",
}

pub(super) fn routes<S: HubServer + PageServer>(routes: Routes<S>) -> Routes<S> {
    routes
        .signed_in::<AreasPage, _>(page)
        .signed_in::<ListAreas, _>(list)
}

fn view(areas: &Areas, seen: &[String]) -> AreasView {
    let others: BTreeSet<String> = seen
        .iter()
        .filter_map(|code| of_code(code))
        .filter(|area| !areas.told().contains(area))
        .collect();
    AreasView {
        is_listed: !areas.listed.is_empty(),
        told: areas.told().iter().cloned().collect(),
        others: others.into_iter().collect(),
    }
}

async fn page<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<AreasPage>,
) -> Result<Response, PageError> {
    let (areas, seen) = hub
        .gate()
        .read(&request, |store| {
            Ok((store.told_areas()?, store.areas(SEEN_MAX)?))
        })
        .await?;
    Ok(answer::page(&board::areas(
        &request.frame,
        &view(&areas, &seen),
    )))
}

async fn list<S: HubServer + PageServer>(
    hub: Arc<S>,
    request: SignedIn<ListAreas>,
) -> Result<Response, PageError> {
    let listed =
        Areas::parse(request.form.get("areas")).map_err(|_| PageError::Refused("refused-areas"))?;
    let (now, mut machine) = (request.frame.now, hub.machine().clone());
    let step = move |store: &mut (dyn BoardStore + 'static)| {
        for document in store.list_areas(&listed, now, &mut machine)? {
            tracing::error!(document, "a damaged row: its row at national is withdrawn");
        }
        Ok(())
    };
    hub.gate().write(&request, step).await?;
    hub.changed();
    Ok(answer::done("/hub/areas", "areas"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_that_no_row_names_are_shown_by_their_first_level() {
        let areas = Areas {
            met: BTreeSet::from(["SN-DK".to_owned()]),
            ..Areas::default()
        };
        let view = view(
            &areas,
            &["SN-DK-01", "sn-th-02", "SN-TH-03", "a house"].map(str::to_owned),
        );
        assert_eq!(
            (view.is_listed, view.told, view.others),
            (false, vec!["SN-DK".to_owned()], vec!["SN-TH".to_owned()])
        );
    }
}
