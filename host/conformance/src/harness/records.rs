//! Records of a listing by key, to compare listings.

use cloudhost::catalog::kind_name;
use cloudhost::contract::cloudhost::provider::types::DataKind::{
    self, Capacity, Images, InstanceTypes, Offers, Prices, Regions,
};
use cloudhost::contract::escape_untrusted;
use cloudhost::contract::exports::cloudhost::provider::catalog::Listing;
use std::collections::BTreeMap;
use std::fmt::{self, Debug};

/// Identity of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Name of its kind.
    pub kind: &'static str,
    /// Region that it names or is, if any.
    pub region: Option<String>,
    /// Instance type that it names or is, if any.
    pub instance_type: Option<String>,
    /// Market, zone or id.
    more: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        let parts = [self.instance_type.as_ref(), self.region.as_ref()];
        for part in parts.into_iter().flatten() {
            write!(f, " {}", escape_untrusted(part))?;
        }
        Ok(())
    }
}

/// All records, each with its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Records(BTreeMap<Key, String>);

impl Records {
    pub(crate) fn of(listing: &Listing) -> Self {
        let mut all = Self::default();
        for one in listing.regions.iter().flatten() {
            all.add(Regions, Some(&one.name), None, "", one);
        }
        for one in listing.instance_types.iter().flatten() {
            all.add(InstanceTypes, None, Some(&one.name), "", one);
        }
        for one in listing.offers.iter().flatten() {
            let market = format!("{:?}", one.market);
            let instance_type = Some(&one.instance_type);
            all.add(Offers, Some(&one.region), instance_type, &market, one);
        }
        for one in listing.images.iter().flatten() {
            all.add(Images, one.region.as_ref(), None, &one.id, one);
        }
        for one in listing.prices.iter().flatten() {
            let sold = format!("{:?} {:?}", one.market, one.zone);
            let instance_type = Some(&one.instance_type);
            all.add(Prices, Some(&one.region), instance_type, &sold, one);
        }
        for one in listing.capacity.iter().flatten() {
            let sold = format!("{:?} {:?}", one.market, one.zone);
            let instance_type = Some(&one.instance_type);
            all.add(Capacity, Some(&one.region), instance_type, &sold, one);
        }
        all
    }

    fn add(
        &mut self,
        kind: DataKind,
        region: Option<&String>,
        instance_type: Option<&String>,
        more: &str,
        record: &impl Debug,
    ) {
        let key = Key {
            kind: kind_name(kind),
            region: region.cloned(),
            instance_type: instance_type.cloned(),
            more: more.to_owned(),
        };
        self.0.insert(key, format!("{record:?}"));
    }

    pub(crate) fn of_kind(&self, kind: DataKind) -> impl Iterator<Item = &Key> {
        let name = kind_name(kind);
        self.0.keys().filter(move |key| key.kind == name)
    }

    pub(crate) fn has(&self, key: &Key) -> bool {
        self.0.contains_key(key)
    }

    /// Records that are missing in `after`.
    pub(crate) fn lost<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        self.0.keys().filter(|key| !after.has(key))
    }

    /// Records that are the same in `after`.
    pub(crate) fn common<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        let same = |(key, content): &(&Key, &String)| after.0.get(key) == Some(content);
        self.0.iter().filter(same).map(|(key, _)| key)
    }

    /// Records that are missing or different in `after`.
    pub(crate) fn changed<'a>(&'a self, after: &'a Self) -> impl Iterator<Item = &'a Key> {
        let other = |(key, content): &(&Key, &String)| after.0.get(key) != Some(content);
        self.0.iter().filter(other).map(|(key, _)| key)
    }

    /// True for records of these regions, and for types that are sold in no other one.
    pub(crate) fn is_of(&self, key: &Key, regions: &[&str]) -> bool {
        let there = |key: &Key| {
            let region = key.region.as_deref();
            region.is_some_and(|region| regions.contains(&region))
        };
        let mut sold = self.0.keys().filter(|one| one.kind == "offers");
        let mut sold = sold
            .by_ref()
            .filter(|one| one.instance_type == key.instance_type);
        match key.kind == kind_name(InstanceTypes) {
            true => sold.next().is_some_and(there) && sold.all(there),
            false => there(key),
        }
    }

    /// Lists of regions or types that lack what a record refers to.
    pub(crate) fn dangling<'k>(&self, key: &'k Key) -> impl Iterator<Item = DataKind> + use<'k> {
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
        let types = has(InstanceTypes, |key| &key.instance_type);
        let all = [(Regions, regions), (InstanceTypes, types)];
        all.into_iter()
            .filter(|(_, has)| !has)
            .map(|(kind, _)| kind)
    }
}
