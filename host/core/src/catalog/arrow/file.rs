//! The Arrow IPC file around a table.

use std::{fs::File, io, panic, ptr::NonNull, sync::Arc};

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::{Block, convert, reader, reader::FileDecoder, root_as_footer, writer::FileWriter};
use arrow_schema::{ArrowError, Schema};

use super::{Damage, Table};

/// The last bytes of a file: the footer's length, and the mark `ARROW1`.
const TRAILER: usize = 10;
/// Bytes at the start of a block that the decoder reads without a bounds check.
const PREFIX: usize = 8;

/// Writes a table as a file of one record batch.
pub(super) fn write(batch: &RecordBatch) -> Result<Table, ArrowError> {
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    writer.finish()?;
    Ok(Table {
        bytes: writer.into_inner()?,
        rows: batch.num_rows() as u64,
    })
}

/// Reads a file whose schema must be `schema`.
///
/// arrow-ipc returns errors for damaged data, but asserts on some damaged offsets. The digest is checked before this
/// function runs, so only a deliberately crafted file reaches such an assertion. Where panics unwind, it is reported
/// as damage.
pub(super) fn read<R>(
    bytes: &Buffer,
    schema: Schema,
    records: fn(&RecordBatch, &mut Vec<R>) -> Result<(), Damage>,
) -> Result<Vec<R>, Damage> {
    let decode = panic::AssertUnwindSafe(|| {
        let mut list = Vec::new();
        batches(bytes, schema)?
            .iter()
            .try_for_each(|batch| records(batch, &mut list))?;
        Ok(list)
    });
    panic::catch_unwind(decode)
        .unwrap_or_else(|_| Err(Damage::new("invalid structure of an Arrow file")))
}

fn batches(bytes: &Buffer, expected: Schema) -> Result<Vec<RecordBatch>, Damage> {
    let short = || Damage::new("it is too short for an Arrow file");
    let (body, trailer) = bytes
        .as_slice()
        .split_last_chunk::<TRAILER>()
        .ok_or_else(short)?;
    let start = body
        .len()
        .checked_sub(reader::read_footer_length(*trailer)?)
        .ok_or_else(short)?;
    let footer = root_as_footer(body.get(start..).unwrap_or_default())
        .map_err(|error| Damage::new(format!("invalid footer: {error}")))?;
    let schema = footer
        .schema()
        .ok_or_else(|| Damage::new("it has no schema"))?;
    if convert::try_fb_to_schema(schema)? != expected {
        return Err(Damage::new("its columns are not the expected ones"));
    }
    // The decoder needs the schema of the file, for the identifiers of its dictionaries.
    let mut decoder = FileDecoder::new(
        Arc::new(convert::try_fb_to_schema(schema)?),
        footer.version(),
    );
    for block in footer.dictionaries().iter().flatten() {
        decoder.read_dictionary(block, &slice(bytes, block)?)?;
    }
    let mut batches = Vec::new();
    for block in footer.recordBatches().iter().flatten() {
        batches.extend(decoder.read_record_batch(block, &slice(bytes, block)?)?);
    }
    Ok(batches)
}

/// The bytes of a block, if they are inside the file.
fn slice(bytes: &Buffer, block: &Block) -> Result<Buffer, Damage> {
    let outside = || Damage::new("a block is outside the file");
    let number = |value: i64| usize::try_from(value).map_err(|_| outside());
    let (offset, meta) = (
        number(block.offset())?,
        number(i64::from(block.metaDataLength()))?,
    );
    let length = number(block.bodyLength())?
        .checked_add(meta)
        .filter(|length| *length >= PREFIX);
    let length = length.ok_or_else(outside)?;
    if offset
        .checked_add(length)
        .is_none_or(|end| end > bytes.len())
    {
        return Err(outside());
    }
    Ok(bytes.slice_with_length(offset, length))
}

/// Maps a file into memory as a buffer that Arrow uses in place.
#[allow(
    unsafe_code,
    reason = "a mapping is memory that another process could change"
)]
pub(in super::super) fn map(file: &File) -> io::Result<Buffer> {
    if file.metadata()?.len() == 0 {
        return Ok(Buffer::from_vec(Vec::<u8>::new()));
    }
    // SAFETY: a mapped file must not change or shrink while it is in use. The store's files do not: each is written
    // under a temporary name, reaches its own by rename, and is never opened for writing again; replacing and
    // removing leave the mapped inode as it is. They lie in directories that belong to this user and that no other
    // user can write to, as the store checks, so that only this user could break the rule, by hand.
    let map = unsafe { memmap2::Mmap::map(file)? };
    let length = map.len();
    let start = NonNull::from(map.as_ref()).cast::<u8>();
    // SAFETY: `start` and `length` are those of the mapping, which the buffer owns and so keeps alive; moving
    // the handle into the `Arc` does not move the mapped pages.
    Ok(unsafe { Buffer::from_custom_allocation(start, length, Arc::new(map)) })
}
