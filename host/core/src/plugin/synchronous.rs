//! Imports of components without async functions. Their type says which functions they import so: those block the
//! component, and nothing else of the host.

use super::guest::Guest;
use crate::contract::cloudhost::provider::{credentials, http};
use crate::contract::v0_1;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

const HTTP: &str = "cloudhost:provider/http@0.2.0";
const CREDENTIALS: &str = "cloudhost:provider/credentials@0.2.0";
const OLD_HTTP: &str = "cloudhost:provider/http@0.1.0";
const OLD_CREDENTIALS: &str = "cloudhost:provider/credentials@0.1.0";

/// A linker with the functions that the component imports as synchronous ones; `None`: it imports none so.
pub(super) fn linker(
    linker: &Linker<Guest>,
    component: &Component,
) -> wasmtime::Result<Option<Linker<Guest>>> {
    let all = [
        (HTTP, "fetch"),
        (CREDENTIALS, "describe"),
        (OLD_HTTP, "fetch"),
        (OLD_CREDENTIALS, "describe"),
    ];
    let wanted = all
        .into_iter()
        .filter(|(interface, function)| is_synchronous(component, interface, function));
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut linker = linker.clone();
    linker.allow_shadowing(true);
    for (interface, function) in wanted {
        let mut instance = linker.instance(interface)?;
        match interface {
            HTTP => instance.func_wrap_async(function, |store, (request,): (http::Request,)| {
                let session = store.data().session.clone();
                Box::new(async move { Ok((session.fetch(request).await,)) })
            })?,
            OLD_HTTP => instance.func_wrap_async(
                function,
                |store, (request,): (v0_1::cloudhost::provider::http::Request,)| {
                    let session = store.data().session.clone();
                    Box::new(async move {
                        let (request, read_only) = request.into();
                        let response = session.fetch_as_claimed(request, read_only).await;
                        let response = response
                            .map(v0_1::cloudhost::provider::http::Response::from)
                            .map_err(v0_1::cloudhost::provider::http::HttpError::from);
                        Ok((response,))
                    })
                },
            )?,
            CREDENTIALS => instance.func_wrap_async(function, |store, (name,): (String,)| {
                let session = store.data().session.clone();
                Box::new(async move {
                    let facts: Result<credentials::Facts, String> = session.describe(&name).await;
                    Ok((facts,))
                })
            })?,
            _ => instance.func_wrap_async(function, |store, (name,): (String,)| {
                let session = store.data().session.clone();
                Box::new(async move {
                    let facts = session.describe(&name).await;
                    Ok((facts.map(v0_1::cloudhost::provider::credentials::Facts::from),))
                })
            })?,
        }
    }
    Ok(Some(linker))
}

/// Detects an import that is not an async function.
fn is_synchronous(component: &Component, interface: &str, function: &str) -> bool {
    let engine = component.engine();
    let component = component.component_type();
    let Some(import) = component.get_import(engine, interface) else {
        return false;
    };
    let ComponentItem::ComponentInstance(instance) = import.ty else {
        return false;
    };
    let Some(export) = instance.get_export(engine, function) else {
        return false;
    };
    matches!(export.ty, ComponentItem::ComponentFunc(function) if !function.async_())
}
