//! The engine: one configuration for compiling and for running, so that what a
//! build or a child process compiled loads everywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

use crate::Error;

/// Largest linear memory of an instance, bytes.
pub(crate) const MEMORY_MAX: usize = 64 << 20;
/// Length of an epoch: the grain of every deadline.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Every component is compiled for this processor: x86-64-v2, what a Celeron of
/// 2010 has. AVX is left out, since cheap Celerons lack it.
const BASELINE: &[&str] = &["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt", "has_cmpxchg16b"];

/// What compiling and running must agree on.
fn config() -> Result<Config, Error> {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.cranelift_opt_level(OptLevel::Speed);
    // Small reservations suit boxes and containers with a bound on address space,
    // and cost nothing measurable beside 4 GiB ones.
    config.memory_reservation(MEMORY_MAX as u64);
    config.memory_reservation_for_growth(0);
    config.memory_guard_size(1 << 20);
    // Traps are told to people in words; a backtrace costs each trap its symbols.
    config.wasm_backtrace_max_frames(None);
    if cfg!(target_arch = "x86_64") {
        config.target("x86_64-unknown-linux-gnu").map_err(Error::engine)?;
        for flag in BASELINE {
            // SAFETY: the flags only widen the instructions that Cranelift may use,
            // to those of x86-64-v2; `detected` makes the engine refuse code that
            // the processor at hand cannot run.
            unsafe { config.cranelift_flag_enable(flag) };
        }
    }
    Ok(config)
}

/// The engine that runs components: `instances` slots, allocated ahead.
///
/// # Errors
/// The address space for the pool cannot be had.
pub(crate) fn runtime_engine(instances: u32) -> Result<Engine, Error> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(8))
        .total_memories(instances)
        .total_tables(instances.saturating_mul(4))
        .max_memory_size(MEMORY_MAX)
        .max_memories_per_component(1)
        .max_core_instances_per_component(8)
        .max_tables_per_component(4)
        .max_unused_warm_slots(instances.min(8))
        .linear_memory_keep_resident(512 << 10)
        .table_keep_resident(16 << 10)
        // Where the kernel can say which pages were written (6.7), only those are wiped.
        .pagemap_scan(Enabled::Auto);
    let mut config = config()?;
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::new(&config).map_err(Error::engine)
}

/// The engine of extractors: few run at once and some need much, so their memory is
/// had when it is needed and given back.
///
/// # Errors
/// The compiler does not know the target.
pub(crate) fn extract_engine() -> Result<Engine, Error> {
    baseline_engine()
}

/// An engine that only compiles: for the build and for the child compiler. What it
/// makes loads in [`runtime_engine`] on every processor with x86-64-v2.
///
/// # Errors
/// The compiler does not know the target.
pub(crate) fn baseline_engine() -> Result<Engine, Error> {
    Engine::new(&config()?).map_err(Error::engine)
}

/// The thread that advances the epoch.
#[derive(Debug)]
pub(crate) struct Ticker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    /// Starts it; it ends when dropped, or with the engine.
    pub(crate) fn start(engine: &Engine) -> Result<Self, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let engine = engine.weak();
        let thread = std::thread::Builder::new()
            .name("tram-epoch".into())
            .spawn(move || {
                while !seen.load(Ordering::Relaxed) {
                    std::thread::sleep(TICK);
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })
            .map_err(Error::Io)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How many ticks make up a span, rounded up and one more, since the present tick
/// has begun already.
pub(crate) fn ticks(span: Duration) -> u64 {
    let tick = TICK.as_millis().max(1);
    u64::try_from(span.as_millis().div_ceil(tick)).unwrap_or(u64::MAX).saturating_add(1)
}
