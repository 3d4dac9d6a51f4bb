//! The table of instance types, with their accelerators and disks.

use std::sync::Arc;

use arrow_array::types::{UInt32Type, UInt64Type};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, DataType, Fields, Schema};

use super::columns::{
    always, list_type, lists, maybe, pairs, pairs_type, structs, texts, words, words_type,
};
use super::rows::{Columns, Damage, need};
use crate::contract::Label;
use crate::contract::cloudhost::provider::types::{Accelerator, Disk, InstanceType};

fn accelerator_fields() -> Fields {
    Fields::from(vec![
        always("kind", words_type()),
        always("name", words_type()),
        maybe("manufacturer", words_type()),
        maybe("count", DataType::UInt32),
        maybe("memory_mib", DataType::UInt64),
    ])
}

fn disk_fields() -> Fields {
    Fields::from(vec![
        always("count", DataType::UInt32),
        always("size_gb", DataType::UInt64),
        always("kind", words_type()),
    ])
}

pub(super) fn schema() -> Schema {
    Schema::new(vec![
        always("name", DataType::Utf8),
        always("family", words_type()),
        always("architectures", list_type(words_type())),
        maybe("cpu_manufacturer", words_type()),
        always("vcpus", DataType::UInt32),
        always("memory_mib", DataType::UInt64),
        always(
            "accelerators",
            list_type(DataType::Struct(accelerator_fields())),
        ),
        always("disks", list_type(DataType::Struct(disk_fields()))),
        maybe("network", words_type()),
        maybe("network_mbps", DataType::UInt64),
        always("bare_metal", DataType::Boolean),
        always("burstable", DataType::Boolean),
        always("free_tier", DataType::Boolean),
        always("current_generation", DataType::Boolean),
        always("markets", list_type(words_type())),
        always("attributes", pairs_type()),
    ])
}

pub(super) fn batch(types: &[InstanceType]) -> Result<RecordBatch, ArrowError> {
    let all = || types.iter();
    let flags = |field: fn(&InstanceType) -> bool| -> ArrayRef {
        Arc::new(
            all()
                .map(|kind| Some(field(kind)))
                .collect::<BooleanArray>(),
        )
    };
    let architectures = all()
        .flat_map(|kind| &kind.architectures)
        .map(|name| Some(name.as_str()));
    let markets = all()
        .flat_map(|kind| &kind.markets)
        .map(|market| Some(market.as_str()));
    let columns = vec![
        texts(all().map(|kind| &kind.name)),
        words(all().map(|kind| Some(kind.family.as_str())))?,
        lists(
            all().map(|kind| kind.architectures.len()),
            words(architectures)?,
        )?,
        words(all().map(|kind| kind.cpu_manufacturer.as_deref()))?,
        Arc::new(UInt32Array::from_iter_values(all().map(|kind| kind.vcpus))),
        Arc::new(UInt64Array::from_iter_values(
            all().map(|kind| kind.memory_mib),
        )),
        lists(
            all().map(|kind| kind.accelerators.len()),
            accelerators(types)?,
        )?,
        lists(all().map(|kind| kind.disks.len()), disks(types)?)?,
        words(all().map(|kind| kind.network.as_deref()))?,
        Arc::new(all().map(|kind| kind.network_mbps).collect::<UInt64Array>()),
        flags(|kind| kind.bare_metal),
        flags(|kind| kind.burstable),
        flags(|kind| kind.free_tier),
        flags(|kind| kind.current_generation),
        lists(all().map(|kind| kind.markets.len()), words(markets)?)?,
        pairs(all().map(|kind| &kind.attributes))?,
    ];
    RecordBatch::try_new(Arc::new(schema()), columns)
}

fn accelerators(types: &[InstanceType]) -> Result<ArrayRef, ArrowError> {
    let all = || types.iter().flat_map(|kind| &kind.accelerators);
    let columns: Vec<ArrayRef> = vec![
        words(all().map(|accelerator| Some(accelerator.kind.as_str())))?,
        words(all().map(|accelerator| Some(accelerator.name.as_str())))?,
        words(all().map(|accelerator| accelerator.manufacturer.as_deref()))?,
        Arc::new(
            all()
                .map(|accelerator| accelerator.count)
                .collect::<UInt32Array>(),
        ),
        Arc::new(
            all()
                .map(|accelerator| accelerator.memory_mib)
                .collect::<UInt64Array>(),
        ),
    ];
    structs(accelerator_fields(), columns)
}

fn disks(types: &[InstanceType]) -> Result<ArrayRef, ArrowError> {
    let all = || types.iter().flat_map(|kind| &kind.disks);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(all().map(|disk| disk.count))),
        Arc::new(UInt64Array::from_iter_values(
            all().map(|disk| disk.size_gb),
        )),
        words(all().map(|disk| Some(disk.kind.as_str())))?,
    ];
    structs(disk_fields(), columns)
}

pub(super) fn records(table: &RecordBatch, records: &mut Vec<InstanceType>) -> Result<(), Damage> {
    let columns = Columns::Table(table);
    let (name, family, network) = (
        columns.texts("name")?,
        columns.texts("family")?,
        columns.texts("network")?,
    );
    let cpu_manufacturer = columns.texts("cpu_manufacturer")?;
    let (vcpus, memory) = (
        columns.numbers::<UInt32Type>("vcpus")?,
        columns.numbers::<UInt64Type>("memory_mib")?,
    );
    let (bare_metal, burstable) = (columns.flags("bare_metal")?, columns.flags("burstable")?);
    let (free_tier, current) = (
        columns.flags("free_tier")?,
        columns.flags("current_generation")?,
    );
    let (architectures, markets) = (columns.lists("architectures")?, columns.lists("markets")?);
    let (architecture, market) = (architectures.texts()?, markets.texts()?);
    let network_mbps = columns.numbers::<UInt64Type>("network_mbps")?;
    let attributes = columns.pairs("attributes")?;
    let accelerators = columns.lists("accelerators")?;
    let accelerator = read_accelerator(accelerators.structs()?)?;
    let disks = columns.lists("disks")?;
    let disk = read_disk(disks.structs()?)?;
    for row in 0..table.num_rows() {
        records.push(InstanceType {
            name: name.text(row)?,
            family: family.text(row)?,
            architectures: architectures
                .items(row)?
                .map(|at| architecture.text(at))
                .collect::<Result<_, _>>()?,
            cpu_manufacturer: cpu_manufacturer.maybe(row),
            vcpus: need(vcpus.get(row))?,
            memory_mib: need(memory.get(row))?,
            accelerators: accelerators
                .items(row)?
                .map(&accelerator)
                .collect::<Result<_, _>>()?,
            disks: disks.items(row)?.map(&disk).collect::<Result<_, _>>()?,
            network: network.maybe(row),
            network_mbps: network_mbps.get(row),
            bare_metal: bare_metal.get(row)?,
            burstable: burstable.get(row)?,
            free_tier: free_tier.get(row)?,
            current_generation: current.get(row)?,
            markets: markets
                .items(row)?
                .map(|at| market.word(at))
                .collect::<Result<_, _>>()?,
            attributes: attributes.get(row)?,
        });
    }
    Ok(())
}

fn read_accelerator(
    columns: Columns<'_>,
) -> Result<impl Fn(usize) -> Result<Accelerator, Damage>, Damage> {
    let (kind, name, manufacturer) = (
        columns.texts("kind")?,
        columns.texts("name")?,
        columns.texts("manufacturer")?,
    );
    let count = columns.numbers::<UInt32Type>("count")?;
    let memory = columns.numbers::<UInt64Type>("memory_mib")?;
    Ok(move |at| {
        Ok(Accelerator {
            kind: kind.word(at)?,
            name: name.text(at)?,
            manufacturer: manufacturer.maybe(at),
            count: count.get(at),
            memory_mib: memory.get(at),
        })
    })
}

fn read_disk(columns: Columns<'_>) -> Result<impl Fn(usize) -> Result<Disk, Damage>, Damage> {
    let count = columns.numbers::<UInt32Type>("count")?;
    let size = columns.numbers::<UInt64Type>("size_gb")?;
    let kind = columns.texts("kind")?;
    Ok(move |at| {
        Ok(Disk {
            count: need(count.get(at))?,
            size_gb: need(size.get(at))?,
            kind: kind.word(at)?,
        })
    })
}
