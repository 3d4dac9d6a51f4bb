//! Places for instances, set aside once: what a program that makes thousands of calls wants, and the command line,
//! which makes one or two, does not.

use wasmtime::PoolingAllocationConfig;

/// Memories of one plugin. A component that a compiler made of one program has one.
const MEMORIES: u32 = 4;
/// Tables of one plugin. A component has one for its program, and one for what the host calls through.
const TABLES: u32 = 8;
/// Core instances of one plugin. Components of Python are linked from about 20 libraries.
const INSTANCES: u32 = 64;
/// Entries of one table, of 16 bytes each: those that the host calls through, and functions with an address.
const TABLE_ENTRIES: usize = 1 << 16;
/// Stacks of one call: one for the call, one for each of its tasks that waits with its own.
const STACKS: u32 = 8;
/// Bytes at the start of a memory that are cleared by writing zeros instead of being given back: what small plugins
/// touch at all.
const RESIDENT: usize = 256 << 10;

/// How many places there are for instances of plugins.
///
/// A place is address space, and memory only while an instance uses it; a call gets a clean one. A plugin has to fit
/// into one: it has at most 4 memories and 8 tables of 65,536 entries, or it is refused when it is loaded. All
/// [`Limits`](super::Limits) hold as they do without a pool.
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
    /// Calls at once; more wait. Each sets 16 GiB of address space aside. Default: 64.
    pub calls: u32,
}

impl Default for Pool {
    fn default() -> Self {
        Self { calls: 64 }
    }
}

impl Pool {
    /// At least one call can run.
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
