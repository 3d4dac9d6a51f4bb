//! The records of a listing as values: which are there, and what became of those of another one.

use cloudhost::catalog::kind_name;
use cloudhost::contract::cloudhost::provider::types::DataKind::{
    self, Capacity, Images, InstanceTypes, Offers, Prices, Regions,
};
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};

/// What tells a record from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Name of its kind.
    pub kind: &'static str,
    /// The region that it names or is, if any.
    pub region: Option<String>,
    /// The type that it names or is, if any.
    pub machine: Option<String>,
    /// What else there may be several of.
    more: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        let parts = [self.machine.as_ref(), self.region.as_ref()];
        for part in parts.into_iter().flatten() {
            write!(f, " {}", cloudhost::contract::escape_untrusted(part))?;
        }
        Ok(())
    }
}

/// All records with what they say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Records(BTreeMap<Key, String>);

impl Records {
    pub(super) fn of(listing: &Listing) -> Self {
        let mut all = Self::default();
        for one in listing.regions.iter().flatten() {
            all.add(Regions, Some(&one.name), None, "", one);
        }
        for one in listing.instance_types.iter().flatten() {
            all.add(InstanceTypes, None, Some(&one.name), "", one);
        }
        for one in listing.offers.iter().flatten() {
            let market = format!("{:?}", one.market);
            let machine = Some(&one.instance_type);
            all.add(Offers, Some(&one.region), machine, &market, one);
        }
        for one in listing.images.iter().flatten() {
            all.add(Images, Some(&one.region), None, &one.id, one);
        }
        for one in listing.prices.iter().flatten() {
            let sold = format!("{:?} {:?}", one.market, one.zone);
            let machine = Some(&one.instance_type);
            all.add(Prices, Some(&one.region), machine, &sold, one);
        }
        for one in listing.capacity.iter().flatten() {
            let sold = format!("{:?} {:?}", one.market, one.zone);
            let machine = Some(&one.instance_type);
            all.add(Capacity, Some(&one.region), machine, &sold, one);
        }
        all
    }

    fn add(
        &mut self,
        kind: DataKind,
        region: Option<&String>,
        machine: Option<&String>,
        more: &str,
        record: &impl Debug,
    ) {
        let key = Key {
            kind: kind_name(kind),
            region: region.cloned(),
            machine: machine.cloned(),
            more: more.to_owned(),
        };
        self.0.insert(key, format!("{record:?}"));
    }

    pub(super) fn of_kind(&self, kind: DataKind) -> impl Iterator<Item = &Key> {
        let name = kind_name(kind);
        self.0.keys().filter(move |key| key.kind == name)
    }

    pub(super) fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// Those that are not there any more.
    pub(super) fn lost<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        self.0.keys().filter(|key| !after.has(key))
    }

    /// Those that are there as they were.
    pub(super) fn kept<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        let same = |(key, said): &(&Key, &String)| after.0.get(key) == Some(said);
        self.0.iter().filter(same).map(|(key, _)| key)
    }

    /// Those that are gone or say something else.
    pub(super) fn changed<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        let other = |(key, said): &(&Key, &String)| after.0.get(key) != Some(said);
        self.0.iter().filter(other).map(|(key, _)| key)
    }

    /// Whether a record is of one of these regions, or a type that is sold there and nowhere else.
    pub(super) fn is_of(&self, key: &Key, regions: &[&str]) -> bool {
        let there = |key: &Key| {
            let region = key.region.as_deref();
            region.is_some_and(|region| regions.contains(&region))
        };
        let mut sold = self.0.keys().filter(|one| one.kind == "offers");
        let mut sold = sold.by_ref().filter(|one| one.machine == key.machine);
        match key.kind == kind_name(InstanceTypes) {
            true => sold.next().is_some_and(there) && sold.all(there),
            false => there(key),
        }
    }

    /// Whether the list of regions or types that a record refers to has not what it names.
    pub(super) fn strange<'k>(&self, key: &'k Key) -> impl Iterator<Item = DataKind> + use<'k> {
        let has = |kind: DataKind, name: fn(&Key) -> &Option<String>| {
            let kind_name = kind_name(kind);
            key.kind == kind_name
                || name(key).is_none()
                || self
                    .0
                    .keys()
                    .any(|one| one.kind == kind_name && name(one) == name(key))
        };
        let regions = has(Regions, |key| &key.region);
        let types = has(InstanceTypes, |key| &key.machine);
        let all = [(Regions, regions), (InstanceTypes, types)];
        all.into_iter()
            .filter(|(_, has)| !has)
            .map(|(kind, _)| kind)
    }
}
