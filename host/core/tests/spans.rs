//! Spans of a host as a `tracing` subscriber sees them, in the library without changes: the spans that `telemetry`
//! names, with the fields that it names, and no secret. One test, because a process has one subscriber for all its
//! threads.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::expect_used)]

use cloudhost::SealKey;
use cloudhost::contract::cloudhost::provider::types::DataKind;
use cloudhost::credentials::Environment;
use cloudhost::host::{CatalogRequest, FetchPolicy, Host, HostConfig};
use cloudhost::telemetry::SPANS;
use cloudhost_tests::{LAMBDA_KEY, LambdaCloud, LambdaFault};
use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// All spans so far by their ids, and the text of all fields of spans and events, of any origin.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<(BTreeMap<u64, Seen>, String)>>);

#[derive(Clone, Debug)]
struct Seen {
    name: &'static str,
    level: Level,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

struct Fields<'w>(BTreeMap<&'static str, String>, &'w mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        writeln!(self.1, "{field}={value}").unwrap();
        self.0
            .insert(field.name(), value.trim_matches('"').to_owned());
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Watch {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let (spans, text) = &mut *self.0.lock().unwrap();
        let mut fields = Fields(BTreeMap::new(), text);
        attributes.record(&mut fields);
        let meta = attributes.metadata();
        let seen = Seen {
            name: meta.name(),
            level: *meta.level(),
            parent: context.current_span().id().map(Id::into_u64),
            fields: fields.0,
        };
        if meta.target() == SPANS {
            spans.insert(id.into_u64(), seen);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let (spans, text) = &mut *self.0.lock().unwrap();
        let mut fields = Fields(BTreeMap::new(), text);
        values.record(&mut fields);
        if let Some(seen) = spans.get_mut(&id.into_u64()) {
            seen.fields.extend(fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (_, text) = &mut *self.0.lock().unwrap();
        event.record(&mut Fields(BTreeMap::new(), text));
    }
}

impl Watch {
    /// The new spans of this name since the last call, and the text of everything.
    fn take(&self) -> (BTreeMap<u64, Seen>, String) {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Fetches the images of Lambda Cloud, with a cache directory.
async fn images(cloud: &LambdaCloud, folder: &Path, sources: FetchPolicy) -> bool {
    let mut config = HostConfig::new(folder);
    config.seal = SealKey::own(folder.join("secret"));
    config.builtin = cloudhost_builtin::PROVIDERS;
    config.environment = Environment::new([("LAMBDALABS_API_KEY", LAMBDA_KEY)], None);
    config.egress.retries.attempts = 1;
    let endpoint = cloud.url().parse().unwrap();
    config
        .egress
        .endpoints
        .insert("lambdalabs".to_owned(), endpoint);
    let host = Host::new(config).unwrap();
    let mut request = CatalogRequest::of([DataKind::Images]);
    request.sources = sources;
    request.bundled = false;
    let provider = host.provider("lambdalabs").await.unwrap();
    provider.catalog(&request).await.is_ok()
}

#[tokio::test]
async fn spans_tell_what_a_host_does() {
    let watch = Watch::default();
    let subscriber = tracing_subscriber::registry().with(watch.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let (cloud, folder) = (LambdaCloud::start().unwrap(), tempfile::tempdir().unwrap());

    assert!(images(&cloud, folder.path(), FetchPolicy::Fresh).await);
    let (first, text) = watch.take();
    assert!(!text.contains(LAMBDA_KEY), "{text}");
    let fetch = only(&first, "fetch", &[]);
    let told = ["plugin", "host", "method", "what", "credential"];
    let told = told.map(|field| fetch.fields[field].as_str());
    let path = "/api/v1/images";
    assert_eq!(
        told,
        ["lambdalabs", "cloud.lambda.ai", "GET", path, "lambdalabs"]
    );
    assert_eq!(
        (&*fetch.fields["status"], &*fetch.fields["retries"]),
        ("200", "0")
    );
    assert!(fetch.fields["bytes"].parse::<u64>().unwrap() > 100);
    assert!(!fetch.fields.contains_key("error"));
    assert_eq!(fetch.level, Level::DEBUG);

    let call = &first[&fetch.parent.unwrap()];
    assert_eq!((call.name, call.level), ("call", Level::INFO));
    assert_eq!(call.fields["plugin"], "lambdalabs");
    assert_eq!(call.fields["export"], "fetch");

    let compile = only(&first, "compile", &[]);
    assert_eq!(compile.level, Level::INFO);
    assert!(compile.fields["digest"].starts_with("sha256:"));
    let cache = |kept, action| only(&first, "cache", &[("kept", kept), ("action", action)]);
    assert_eq!(cache("compiled", "load").fields["hit"], "false");
    assert_eq!(
        cache("compiled", "save").fields["of"],
        compile.fields["digest"]
    );
    assert_eq!(cache("catalog", "load").fields["hit"], "false");
    assert_eq!(cache("catalog", "save").fields["of"], "lambdalabs");

    // Again: the cache is used, and no request is sent.
    assert!(images(&cloud, folder.path(), FetchPolicy::Fresh).await);
    let (second, _) = watch.take();
    let names: Vec<_> = second.values().map(|seen| seen.name).collect();
    assert_eq!(names, ["cache"], "{second:?}");
    assert_eq!(
        only(&second, "cache", &[("kept", "catalog")]).fields["hit"],
        "true"
    );

    // After a failure the request has an error, and the plugin returns one, which is no failure of its call.
    cloud.fail(None, LambdaFault::Drop);
    assert!(!images(&cloud, folder.path(), FetchPolicy::Refresh).await);
    let (third, text) = watch.take();
    assert!(!text.contains(LAMBDA_KEY), "{text}");
    let fetch = only(&third, "fetch", &[]);
    assert_eq!(fetch.fields["error"], "interrupted");
    assert!(!fetch.fields.contains_key("status"));
    assert_eq!(
        only(&third, "cache", &[("kept", "compiled")]).fields["hit"],
        "true"
    );
    assert!(third.values().all(|seen| seen.name != "compile"));
}

/// The one span of this name with these fields.
fn only<'s>(spans: &'s BTreeMap<u64, Seen>, name: &str, fields: &[(&str, &str)]) -> &'s Seen {
    let has = |seen: &&Seen| {
        let mut fields = fields.iter();
        seen.name == name && fields.all(|(field, value)| seen.fields[*field] == *value)
    };
    let found: Vec<_> = spans.values().filter(has).collect();
    assert_eq!(found.len(), 1, "{name} {fields:?} in {spans:#?}");
    found[0]
}
