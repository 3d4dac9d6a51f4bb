//! Contract 0.1.0: imports and exports of components that were built against it. Their records are converted here, and
//! nothing above this directory knows them.

use super::guest::{Calls, Guest};
use crate::contract::cloudhost::provider::log as current_log;
use crate::contract::v0_1::Plugin as Contract;
use crate::contract::v0_1::cloudhost::provider::{credentials, http, log, types};
use wasmtime::component::{Accessor, Linker};

/// Links the imports of 0.1.0.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    Contract::add_to_linker::<_, Calls>(linker, |guest| guest)
}

impl types::Host for Guest {}
impl http::Host for Guest {}
impl credentials::Host for Guest {}

impl<T: Send> http::HostWithStore<T> for Calls {
    async fn fetch(
        accessor: &Accessor<T, Self>,
        request: http::Request,
    ) -> Result<http::Response, http::HttpError> {
        let session = accessor.with(|mut access| access.get().session.clone());
        let (request, read_only) = request.into();
        let response = session.fetch_as_claimed(request, read_only).await;
        response.map(Into::into).map_err(Into::into)
    }
}

impl<T: Send> credentials::HostWithStore<T> for Calls {
    async fn describe(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> Result<credentials::Facts, String> {
        let session = accessor.with(|mut access| access.get().session.clone());
        session.describe(&name).await.map(Into::into)
    }
}

impl log::Host for Guest {
    fn write(&mut self, level: log::Level, message: String) {
        current_log::Host::write(self, level.into(), message);
    }
}
