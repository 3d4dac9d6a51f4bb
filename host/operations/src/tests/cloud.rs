//! A simulated cloud. Its rules are those that clouds publish:
//!
//! - EC2 `RunInstances`: the same `ClientToken` makes nothing new for at least a day, and clashes with other parameters;
//!   in another zone it is another token's business (`SameToken`).
//! - GKE, EKS, Google Compute: a name that is taken is refused (`RefusedByName`).
//! - Azure: PUT by name has the same outcome (`SameOutcome`).
//! - Lambda Cloud, EC2 `CreateSnapshot`: each request makes another resource (`Another`).
//! - Lists lag, up to the settling time; responses are lost before or after the effect; a request can arrive late, after
//!   its sender has given up; requests are throttled; zones have no capacity; a resource can be busy.
//!
//! Its clock is the one that never jumps.

use super::virtual_time::Virtual;
use crate::owner::{OPERATION_TAG, OWNER_TAG, TOKEN_TAG};
use crate::{
    Account, Action, Begun, Cloud, Clouds, Environment as _, Error, ErrorKind, Intent, Inventory,
    Listing, Made, Permit, Plan, Progress, Repetition, ResourceId, ResourceKind, Running, Scope,
    Seen, Status, Step, Tag,
};
use cloudhost_contract::Digest;
use cloudhost_files::failpoint::{Injected, set};
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Faults, each in thousandths of the requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// The request never arrives, and the sender does not learn that.
    pub(crate) lost_before: u64,
    /// The response is lost.
    pub(crate) lost_after: u64,
    /// The request arrives after the sender has given up.
    pub(crate) late: u64,
    /// The first request of a token arrives when another has been sent: later than a request may.
    pub(crate) very_late: u64,
    /// Refused for now.
    pub(crate) throttled: u64,
    /// The connection cannot be made, so nothing is sent.
    pub(crate) unreachable: u64,
    /// Reads that fail.
    pub(crate) reads: u64,
    /// Refused for good.
    pub(crate) refused: u64,
    /// No capacity in the zone.
    pub(crate) full: u64,
    /// Accepted, and failed later.
    pub(crate) fails_later: u64,
    /// The worker sleeps during the call, for longer than its lease.
    pub(crate) stalls: u64,
}

/// Promises and manners of a cloud.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manners {
    pub(crate) repetition: Repetition,
    pub(crate) settles: Duration,
    /// Longest delay of a late request.
    pub(crate) delay: Duration,
    /// Changes are accepted first, and done after this.
    pub(crate) takes: Option<Duration>,
    pub(crate) keeps_tags: bool,
    pub(crate) cancellable: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) id: ResourceId,
    pub(crate) tags: Vec<Tag>,
    pub(crate) created: Timestamp,
    visible_at: Duration,
    ready_at: Duration,
    gone_at: Option<Duration>,
    fails: bool,
    pub(crate) foreign: bool,
}

/// A request on its way.
struct Flight {
    at: Duration,
    request: Request,
}

#[derive(Clone, Debug)]
enum Request {
    Make(Step, Intent),
    End(ResourceId),
}

#[derive(Default)]
struct State {
    resources: Vec<Resource>,
    flights: Vec<Flight>,
    tokens: HashMap<String, (Duration, usize)>,
    bodies: HashMap<String, Digest>,
    violations: Vec<String>,
    full: HashSet<String>,
    cancelled: HashSet<String>,
    count: u64,
    points: usize,
}

/// Counts of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) sent: usize,
    pub(crate) polls: usize,
    pub(crate) looks: usize,
}

/// Done during a call, while its worker sleeps.
pub(crate) type Hook = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

pub(crate) struct Simulated {
    clock: Arc<Virtual>,
    state: Mutex<State>,
    pub(crate) manners: Manners,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) calls: Mutex<Calls>,
    /// Crash at this point: two for each request, before and after its effect.
    pub(crate) crash_at: Mutex<Option<usize>>,
    pub(crate) hook: Mutex<Option<Hook>>,
    /// Errors of the next requests, in order, before anything else is tried. The flag: after the permit.
    pub(crate) script: Mutex<Vec<(bool, Error)>>,
    /// Changes the body of every request, as a replaced plugin may.
    pub(crate) version: Mutex<u32>,
}

pub(crate) fn fault(kind: ErrorKind, scope: Scope) -> Error {
    Error {
        kind,
        scope,
        code: None,
        message: format!("{kind:?}"),
        request_id: None,
        retry_after_ms: None,
        advice: None,
    }
}

fn tag<'t>(tags: &'t [Tag], name: &str) -> Option<&'t String> {
    tags.iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

impl Resource {
    fn is_live(&self, now: Duration) -> bool {
        self.gone_at.is_none_or(|gone| gone > now)
    }

    pub(crate) fn operation(&self) -> Option<&String> {
        tag(&self.tags, OPERATION_TAG)
    }
}

impl Simulated {
    pub(crate) fn new(clock: Arc<Virtual>, manners: Manners) -> Self {
        Self {
            clock,
            state: Mutex::default(),
            manners,
            faults: Mutex::default(),
            calls: Mutex::default(),
            crash_at: Mutex::default(),
            hook: Mutex::default(),
            script: Mutex::default(),
            version: Mutex::default(),
        }
    }

    /// The state, after everything that has arrived by now.
    fn state(&self) -> MutexGuard<'_, State> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock().unwrap();
        state.flights.sort_by_key(|flight| flight.at);
        while state.flights.first().is_some_and(|flight| flight.at <= now) {
            let flight = state.flights.remove(0);
            let _ = self.effect(&mut state, &flight.request, flight.at);
        }
        state
    }

    /// Something that is not ours.
    pub(crate) fn add_foreign(&self, name: &str, region: &str, tags: Vec<Tag>) -> ResourceId {
        let mut state = self.state();
        let now = self.clock.monotonic();
        state.count += 1;
        let id = ResourceId {
            kind: ResourceKind::Instance,
            id: format!("x-{}", state.count),
            name: name.to_owned(),
            place: crate::Place {
                region: region.to_owned(),
                zone: None,
            },
            parent: None,
        };
        state.resources.push(Resource {
            id: id.clone(),
            tags,
            created: self.clock.now(),
            visible_at: now,
            ready_at: now,
            gone_at: None,
            fails: false,
            foreign: true,
        });
        id
    }

    /// Another hand ends something.
    pub(crate) fn remove(&self, id: &ResourceId) {
        self.state().resources.retain(|resource| resource.id != *id);
    }

    /// A zone without capacity.
    pub(crate) fn fill(&self, zone: &str) {
        self.state().full.insert(zone.to_owned());
    }

    /// All that exists.
    pub(crate) fn live(&self) -> Vec<Resource> {
        let now = self.clock.monotonic();
        let state = self.state();
        state
            .resources
            .iter()
            .filter(|resource| resource.is_live(now))
            .cloned()
            .collect()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Number of places at which a run can be cut off.
    pub(crate) fn points(&self) -> usize {
        self.state().points
    }

    /// Applies a request.
    fn effect(&self, state: &mut State, request: &Request, now: Duration) -> Result<Begun, Error> {
        match request {
            Request::Make(step, intent) if step.action == Action::Delete => {
                let id = ResourceId {
                    kind: step.kind,
                    id: step.id.clone().unwrap(),
                    name: step.name.clone(),
                    place: step.place.clone(),
                    parent: None,
                };
                let _ = intent;
                self.end(state, &id, now)
            }
            Request::Make(step, intent) => self.make(state, step, intent, now),
            Request::End(target) => self.end(state, target, now),
        }
    }

    fn make(
        &self,
        state: &mut State,
        step: &Step,
        intent: &Intent,
        now: Duration,
    ) -> Result<Begun, Error> {
        // Not part of the token in EC2: the same token in another zone makes another machine.
        let place = format!("{}/{:?}", intent.token, step.place);
        let known = state.tokens.get(&place).copied();
        if let (Repetition::SameToken(seconds), Some((first, index))) =
            (self.manners.repetition, known)
            && now.saturating_sub(first) <= Duration::from_secs(seconds)
        {
            return Ok(self.begun(&state.resources[index], now));
        }
        let namesake = state.resources.iter().find(|other| {
            other.is_live(now)
                && other.id.kind == step.kind
                && other.id.name == step.name
                && other.id.place.region == step.place.region
        });
        match (self.manners.repetition, namesake) {
            (Repetition::RefusedByName, Some(_)) => {
                return Err(fault(ErrorKind::AlreadyExists, Scope::Request));
            }
            (Repetition::SameOutcome, Some(same)) if !same.foreign => {
                return Ok(self.begun(same, now));
            }
            (Repetition::SameOutcome, Some(_)) => {
                return Err(fault(ErrorKind::AlreadyExists, Scope::Request));
            }
            _ => {}
        }
        let zone = step.place.zone.clone().unwrap_or_default();
        let faults = *self.faults.lock().unwrap();
        if state.full.contains(&zone) || self.clock.chance(faults.full) {
            return Err(fault(ErrorKind::InsufficientCapacity, Scope::Zone(zone)));
        }
        if self.clock.chance(faults.refused) {
            return Err(fault(ErrorKind::PermissionDenied, Scope::Request));
        }
        state.count += 1;
        let lag = self.manners.settles.as_millis() as u64;
        let lag = Duration::from_millis(self.clock.number() % (lag + 1));
        let resource = Resource {
            id: ResourceId {
                kind: step.kind,
                id: format!("i-{}", state.count),
                name: step.name.clone(),
                place: step.place.clone(),
                parent: None,
            },
            tags: intent.tags.clone(),
            created: self.clock.now(),
            visible_at: now + lag,
            ready_at: now + self.manners.takes.unwrap_or_default(),
            gone_at: None,
            fails: self.manners.takes.is_some() && self.clock.chance(faults.fails_later),
            foreign: false,
        };
        let begun = self.begun(&resource, now);
        let index = state.resources.len();
        state.tokens.insert(place, (now, index));
        state.resources.push(resource);
        Ok(begun)
    }

    fn end(&self, state: &mut State, target: &ResourceId, now: Duration) -> Result<Begun, Error> {
        let takes = self.manners.takes;
        let found = state.resources.iter_mut().find(|other| {
            other.id.id == target.id
                && other.id.kind == target.kind
                && other.is_live(now)
                && other.visible_at <= now
        });
        let Some(found) = found else {
            return Err(fault(ErrorKind::NotFound, Scope::Request));
        };
        if found.foreign {
            let violation = format!("{} was ended, which is not ours", target.id);
            state.violations.push(violation);
            return Err(fault(ErrorKind::PermissionDenied, Scope::Request));
        }
        found.gone_at = found.gone_at.or(Some(now + takes.unwrap_or_default()));
        Ok(match takes {
            None => Begun::Done(target.clone()),
            Some(_) => Begun::Running(Running {
                handle: format!("end {}", target.id),
                action: Action::Delete,
                target: target.clone(),
            }),
        })
    }

    fn begun(&self, resource: &Resource, now: Duration) -> Begun {
        match self.manners.takes.is_some() && resource.ready_at > now || resource.fails {
            true => Begun::Running(Running {
                handle: format!("make {}", resource.id.id),
                action: Action::Create,
                target: resource.id.clone(),
            }),
            false => Begun::Done(resource.id.clone()),
        }
    }

    /// A point at which the process can end: nothing of it reaches the journal from here on.
    fn point(&self) -> Result<(), Error> {
        let at = {
            let mut state = self.state();
            state.points += 1;
            state.points - 1
        };
        if *self.crash_at.lock().unwrap() == Some(at) {
            set(Injected::DiesAt(0));
            return Err(fault(ErrorKind::Indeterminate, Scope::Request));
        }
        Ok(())
    }

    async fn request(
        &self,
        token: &str,
        digest: Digest,
        request: Request,
        permit: &Permit,
    ) -> Result<Begun, Error> {
        let faults = *self.faults.lock().unwrap();
        if self.clock.chance(faults.unreachable) {
            return Err(fault(ErrorKind::Unavailable, Scope::Provider));
        }
        let scripted = {
            let mut script = self.script.lock().unwrap();
            (!script.is_empty()).then(|| script.remove(0))
        };
        if let Some((false, error)) = scripted {
            return Err(error);
        }
        permit.sending(&digest).await?;
        if let Some((true, error)) = scripted {
            return Err(error);
        }
        self.calls.lock().unwrap().sent += 1;
        self.point()?;
        let unknown = || fault(ErrorKind::Indeterminate, Scope::Request);
        let first = {
            let mut state = self.state();
            let first = !state.bodies.contains_key(token);
            let body = *state.bodies.entry(token.to_owned()).or_insert(digest);
            if body != digest {
                let violation = format!("token {token} was sent with two bodies");
                state.violations.push(violation);
            }
            first
        };
        if first && self.clock.chance(faults.very_late) {
            let at = self.clock.monotonic() + self.manners.settles + Duration::from_secs(45);
            self.state().flights.push(Flight { at, request });
            return Err(unknown());
        }
        if self.clock.chance(faults.throttled) {
            let mut error = fault(ErrorKind::RateLimited, Scope::Provider);
            error.retry_after_ms = Some(2000);
            return Err(error);
        }
        if self.clock.chance(faults.lost_before) {
            return Err(unknown());
        }
        if self.clock.chance(faults.late) {
            let delay = self.manners.delay.as_millis() as u64;
            let delay = Duration::from_millis(self.clock.number() % (delay + 1));
            let at = self.clock.monotonic() + delay;
            self.state().flights.push(Flight { at, request });
            return Err(unknown());
        }
        let now = self.clock.monotonic();
        let result = self.effect(&mut self.state(), &request, now);
        self.point()?;
        if self.clock.chance(faults.stalls) {
            let hook = self.hook.lock().unwrap().take();
            if let Some(hook) = hook {
                hook().await;
                *self.hook.lock().unwrap() = Some(hook);
            }
        }
        if self.clock.chance(faults.lost_after) {
            return Err(unknown());
        }
        result
    }

    fn read_fault(&self) -> Result<(), Error> {
        let faults = *self.faults.lock().unwrap();
        match self.clock.chance(faults.reads) {
            true => Err(fault(ErrorKind::Unavailable, Scope::Provider)),
            false => Ok(()),
        }
    }

    fn status(&self, running: &Running) -> Result<Status, Error> {
        self.read_fault()?;
        let now = self.clock.monotonic();
        let state = self.state();
        let found = state
            .resources
            .iter()
            .find(|other| other.id.id == running.target.id);
        let progress = Progress {
            phase: "CREATING".to_owned(),
            percent: None,
            message: None,
            poll_after_ms: 2000,
        };
        let live = found.filter(|found| found.is_live(now));
        if running.handle.starts_with("end") {
            return match live {
                Some(_) => Ok(Status::Running(progress)),
                None => Err(fault(ErrorKind::NotFound, Scope::Request)),
            };
        }
        let Some(live) = live.filter(|live| live.visible_at <= now) else {
            return Err(fault(ErrorKind::NotFound, Scope::Request));
        };
        Ok(match live {
            _ if state.cancelled.contains(&live.id.id) => Status::Cancelled,
            live if live.ready_at > now => Status::Running(progress),
            live if live.fails => Status::Failed(fault(ErrorKind::Internal, Scope::Request)),
            live => Status::Succeeded(live.id.clone()),
        })
    }
}

impl Cloud for Simulated {
    fn run<'a>(
        &'a self,
        step: &'a Step,
        made: &'a [Made],
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            let version = *self.version.lock().unwrap();
            let body = format!("{step:?} {made:?} {intent:?} {version}");
            let digest = Digest::of(body.as_bytes());
            let request = Request::Make(step.clone(), intent.clone());
            self.request(&intent.token, digest, request, &permit).await
        })
    }

    fn undo<'a>(
        &'a self,
        _: &'a Step,
        target: &'a ResourceId,
        intent: &'a Intent,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<Begun, Error>> {
        Box::pin(async move {
            let digest = Digest::of(target.id.as_bytes());
            let request = Request::End(target.clone());
            self.request(&intent.token, digest, request, &permit).await
        })
    }

    fn cancel<'a>(
        &'a self,
        running: &'a Running,
        permit: Arc<Permit>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            permit.sending(&Digest::of(b"cancel")).await?;
            self.point()?;
            self.state().cancelled.insert(running.target.id.clone());
            self.point()?;
            Ok(())
        })
    }

    fn poll<'a>(&'a self, running: &'a [Running]) -> BoxFuture<'a, Vec<Result<Status, Error>>> {
        Box::pin(async move {
            self.calls.lock().unwrap().polls += 1;
            running.iter().map(|running| self.status(running)).collect()
        })
    }

    fn recover<'a>(
        &'a self,
        step: &'a Step,
        _: &'a [Made],
        intent: &'a Intent,
    ) -> BoxFuture<'a, Result<Vec<Begun>, Error>> {
        Box::pin(async move {
            self.calls.lock().unwrap().looks += 1;
            self.read_fault()?;
            let now = self.clock.monotonic();
            let state = self.state();
            let visible = state.resources.iter().filter(|other| {
                other.is_live(now) && other.visible_at <= now && other.id.kind == step.kind
            });
            let ours = visible.filter(|other| {
                tag(&other.tags, OWNER_TAG) == tag(&intent.tags, OWNER_TAG)
                    && tag(&other.tags, TOKEN_TAG) == Some(&intent.token)
            });
            Ok(ours.map(|resource| self.begun(resource, now)).collect())
        })
    }
}

/// The simulated cloud, for all accounts.
pub(crate) struct Only(pub(crate) Arc<Simulated>);

impl Clouds for Only {
    fn cloud<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Result<Arc<dyn Cloud>, Error>> {
        let cloud: Arc<dyn Cloud> = self.0.clone();
        let result = match account.identity.as_str() {
            "expired" => Err(fault(ErrorKind::Unauthenticated, Scope::Provider)),
            _ => Ok(cloud),
        };
        Box::pin(std::future::ready(result))
    }
}

impl Inventory for Simulated {
    fn list<'a>(&'a self, _: &'a Account) -> BoxFuture<'a, Result<Listing, Error>> {
        let now = self.clock.monotonic();
        let live = self.live();
        let seen = live
            .into_iter()
            .filter(|resource| resource.visible_at <= now);
        let seen = seen.map(|resource| Seen {
            id: resource.id,
            tags: resource.tags,
            created: Some(resource.created),
            protected: None,
        });
        let missing = match self.read_fault() {
            Ok(()) => Vec::new(),
            Err(error) => vec![error],
        };
        let listing = Listing {
            seen: seen.filter(|_| missing.is_empty()).collect(),
            missing,
        };
        Box::pin(std::future::ready(Ok(listing)))
    }

    fn get<'a>(
        &'a self,
        _: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Option<Seen>, Error>> {
        let found = self.read_fault().map(|()| {
            let live = self.live();
            live.into_iter()
                .find(|resource| resource.id.id == id.id)
                .map(|resource| Seen {
                    id: resource.id,
                    tags: resource.tags,
                    created: Some(resource.created),
                    protected: None,
                })
        });
        Box::pin(std::future::ready(found))
    }

    fn plan_end<'a>(
        &'a self,
        _: &'a Account,
        id: &'a ResourceId,
    ) -> BoxFuture<'a, Result<Plan, Error>> {
        let plan = super::world::end_plan(id);
        Box::pin(std::future::ready(Ok(plan)))
    }
}
