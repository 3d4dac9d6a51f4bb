//! Preallocated pool of instances, for programs that make thousands of calls. The command line makes one or two, and
//! uses none.

use wasmtime::PoolingAllocationConfig;

/// Memories of one plugin. A component that is compiled from one program has one.
const MEMORIES: u32 = 4;
/// Tables of one plugin. A component has one for its program, and one for the host's calls.
const TABLES: u32 = 8;
/// Core instances of one plugin. Components of Python are linked from about 20 libraries.
const INSTANCES: u32 = 64;
/// Entries of one table, of 16 bytes each: entry points for the host, and functions whose address is taken.
const TABLE_ENTRIES: usize = 1 << 16;
/// Stacks of one call: one for the call, one for each of its waiting tasks that has its own.
const STACKS: u32 = 8;
/// Bytes at the start of a memory that are zeroed instead of returned to the system: small plugins touch no more.
const RESIDENT: usize = 256 << 10;

/// Size of the pool of instances.
///
/// A slot is address space, and uses memory only while an instance runs in it. A call gets a clean one. A plugin has to
/// fit into a slot: it has at most 4 memories and 8 tables of 65,536 entries, or it is rejected when it is loaded. All
/// [`Limits`](super::Limits) apply as they do without a pool.
///
/// ```
/// use cloudhost::host::HostConfig;
/// use cloudhost::plugin::Pool;
///
/// let mut config = HostConfig::new("/var/cache/inventory");
/// let mut pool = Pool::default();
/// pool.calls = 16;
/// config.pool = Some(pool);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pool {
    /// Concurrent calls; further ones wait. Each reserves 16 GiB of address space. Default: 64.
    pub calls: u32,
}

impl Default for Pool {
    fn default() -> Self {
        Self { calls: 64 }
    }
}

impl Pool {
    /// Number of calls, at least one.
    pub(super) fn calls(self) -> u32 {
        self.calls.max(1)
    }

    pub(super) fn allocation(self) -> PoolingAllocationConfig {
        let all = |each: u32| self.calls().saturating_mul(each);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(self.calls())
            .total_core_instances(all(INSTANCES))
            .max_core_instances_per_component(INSTANCES)
            .total_memories(all(MEMORIES))
            .max_memories_per_component(MEMORIES)
            .max_memories_per_module(MEMORIES)
            .total_tables(all(TABLES))
            .max_tables_per_component(TABLES)
            .max_tables_per_module(TABLES)
            .table_elements(TABLE_ENTRIES)
            .total_stacks(all(STACKS))
            .linear_memory_keep_resident(RESIDENT)
            .table_keep_resident(TABLE_ENTRIES);
        pool
    }
}
