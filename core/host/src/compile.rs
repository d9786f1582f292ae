//! Compiling components: caps first, then in a child process with limits, cached by
//! content. A compiled component is native code: none is ever taken from outside.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, setrlimit};
use tram_contract::Text;
use wasmparser::{Parser, Payload};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Error;
use crate::engine::baseline_engine;

/// Largest component, bytes, assets left out.
pub(crate) const MAX_SIZE: usize = 8 << 20;
/// Most functions of a component.
const MAX_FUNCTIONS: u32 = 40_000;
/// Longest function body, bytes: what the register allocator chokes on.
const MAX_BODY: u64 = 256 << 10;
/// Most modules and nested components of a component: its own, the glue of
/// `wit-component`, and a few for each extension point.
const MAX_MODULES: u32 = 64;

/// Memory and processor time of the child compiler.
const CHILD_MEMORY: u64 = 1 << 30;
const CHILD_SECONDS: u64 = 60;

/// Checks size, modules and functions before the compiler sees the component.
///
/// # Errors
/// Says what there is too much of.
pub(crate) fn check_size(component: &[u8]) -> Result<(), Error> {
    let too_much = |vi: String, en: String| Error::Package(Text::vi_en(vi, en));
    if component.len() > MAX_SIZE {
        return Err(too_much(
            format!("Phần mở rộng quá lớn: {} MB; tối đa 8 MB (không kể ảnh và tệp đi kèm).", component.len() >> 20),
            format!("The plugin is too large: {} MB; at most 8 MB (assets apart).", component.len() >> 20),
        ));
    }
    let (mut functions, mut modules) = (0u32, 0u32);
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|error| {
            too_much(format!("Tệp phần mở rộng bị hỏng: {error}."), format!("The plugin file is damaged: {error}."))
        })?;
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => modules += 1,
            Payload::FunctionSection(section) => functions = functions.saturating_add(section.count()),
            Payload::CodeSectionEntry(body) => {
                let length = body.range().end.saturating_sub(body.range().start);
                if length <= MAX_BODY {
                    continue;
                }
                return Err(too_much(
                    format!("Phần mở rộng có một hàm quá dài ({} KB; tối đa 256 KB).", length >> 10),
                    format!("The plugin has a function that is too long ({} KB; at most 256 KB).", length >> 10),
                ));
            }
            _ => {}
        }
        if functions > MAX_FUNCTIONS || modules > MAX_MODULES {
            return Err(too_much(
                format!("Phần mở rộng có quá nhiều hàm hay mô-đun (tối đa {MAX_FUNCTIONS} hàm, {MAX_MODULES} mô-đun)."),
                format!("The plugin has too many functions or modules (at most {MAX_FUNCTIONS} and {MAX_MODULES})."),
            ));
        }
    }
    Ok(())
}

/// Compiles the component in the file `input` into the file `output`, with limits on
/// this process: meant for a child process, whose memory and time may run out.
///
/// # Errors
/// The component is not one, is too large, or a file cannot be read or written.
pub fn compile_component(input: &Path, output: &Path) -> Result<(), Error> {
    let limit = |resource, value| setrlimit(resource, value, value).map_err(std::io::Error::from);
    limit(Resource::RLIMIT_AS, CHILD_MEMORY)?;
    limit(Resource::RLIMIT_CPU, CHILD_SECONDS)?;
    limit(Resource::RLIMIT_CORE, 0)?;
    // When memory is short on the box, it is the compiler that goes, not the server.
    #[allow(clippy::disallowed_methods, reason = "no file, but a setting of the kernel's")]
    let _ = fs::write("/proc/self/oom_score_adj", "800");
    compile_baseline(input, output)
}

/// Compiles without limits on the process: for the build.
///
/// # Errors
/// As [`compile_component`].
pub fn compile_baseline(input: &Path, output: &Path) -> Result<(), Error> {
    let bytes = fs::read(input)?;
    // A whole package compiles like its component; its assets are custom sections.
    let component = match tram_contract::package::Package::read(&bytes) {
        Ok(package) => package.component(),
        Err(_) => bytes,
    };
    check_size(&component)?;
    let compiled = baseline_engine()?.precompile_component(&component).map_err(Error::engine)?;
    #[allow(
        clippy::disallowed_methods,
        reason = "of a build or of a cache that is checked by its hash; half a file is compiled again"
    )]
    fs::write(output, compiled)?;
    Ok(())
}

/// The folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    /// Key of the seals: only this station makes files that this station loads.
    key: [u8; 32],
    compiler: Vec<OsString>,
}

impl Cache {
    /// Opens the folder; only the owner may enter it.
    pub(crate) fn open(folder: PathBuf, compiler: Vec<OsString>) -> Result<Self, Error> {
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        let path = folder.join("seal.key");
        let key = match fs::read(&path).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()) {
            Some(key) => key,
            None => {
                let mut key = [0; 32];
                getrandom::fill(&mut key).map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
                write_private(&path, &key)?;
                key
            }
        };
        Ok(Self { folder, key, compiler })
    }

    fn seal(&self, name: &str, compiled: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(name.as_bytes());
        hasher.update(&[0]);
        hasher.update(compiled);
        *hasher.finalize().as_bytes()
    }

    fn name(engine: &Engine, hash: &str) -> String {
        use std::hash::{Hash, Hasher};
        // The engine's own fingerprint of version, target and settings, fed to BLAKE3
        // so that the name is the same in every process.
        struct Fingerprint(blake3::Hasher);
        impl Hasher for Fingerprint {
            fn finish(&self) -> u64 {
                0
            }
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
        }
        let mut fingerprint = Fingerprint(blake3::Hasher::new());
        engine.precompile_compatibility_hash().hash(&mut fingerprint);
        let engine: String = fingerprint.0.finalize().to_hex().chars().take(16).collect();
        format!("{hash}-{engine}.cwasm")
    }

    /// The component, from the cache or compiled now (seconds).
    ///
    /// # Errors
    /// It does not compile within the limits.
    pub(crate) fn load(&self, engine: &Engine, hash: &str, component: &[u8]) -> Result<Component, Error> {
        let name = Self::name(engine, hash);
        if let Some(loaded) = self.cached(engine, &name) {
            return Ok(loaded);
        }
        check_size(component)?;
        let began = Instant::now();
        let compiled = self.compile(component)?;
        log::info!("a component of {} KB was compiled in {} ms", component.len() >> 10, began.elapsed().as_millis());
        let seal = self.seal(&name, &compiled);
        write_private(&self.folder.join(&name), &compiled)?;
        write_private(&self.folder.join(format!("{name}.seal")), &seal)?;
        self.cached(engine, &name).ok_or_else(|| Error::Engine("what was just compiled does not load".into()))
    }

    fn cached(&self, engine: &Engine, name: &str) -> Option<Component> {
        let path = self.folder.join(name);
        let seal: [u8; 32] = fs::read(self.folder.join(format!("{name}.seal"))).ok()?.try_into().ok()?;
        let compiled = fs::read(&path).ok()?;
        if blake3::Hash::from(self.seal(name, &compiled)) != blake3::Hash::from(seal) {
            log::warn!("a compiled component does not match its seal and is compiled anew");
            return None;
        }
        // SAFETY: the file is what this station compiled: it lies in a folder that
        // only its user enters, and its seal with the station's key has just been
        // checked over the bytes that are loaded.
        match unsafe { Component::deserialize(engine, &compiled) } {
            Ok(component) => Some(component),
            Err(error) => {
                log::info!("a compiled component is compiled anew: {error}");
                None
            }
        }
    }

    /// Compiles in a child process, or here when the host was given none (tests).
    fn compile(&self, component: &[u8]) -> Result<Vec<u8>, Error> {
        let Some((program, arguments)) = self.compiler.split_first() else {
            return baseline_engine()?.precompile_component(component).map_err(Error::engine);
        };
        let mut tag = [0; 8];
        getrandom::fill(&mut tag).map_err(|error| Error::Io(std::io::Error::other(error.to_string())))?;
        let tag = u64::from_le_bytes(tag);
        let input = self.folder.join(format!("{tag:016x}.in"));
        let output = self.folder.join(format!("{tag:016x}.out"));
        let compiled = (|| {
            write_private(&input, component)?;
            let child = Command::new(program)
                .args(arguments)
                .arg(&input)
                .arg(&output)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()?;
            wait(child)?;
            Ok(fs::read(&output)?)
        })();
        let _ = fs::remove_file(&input);
        let _ = fs::remove_file(&output);
        compiled
    }
}

/// Waits for the child, and ends it when it hangs beyond its processor time.
fn wait(mut child: std::process::Child) -> Result<(), Error> {
    use std::io::Read;
    let refused = |detail: &str| {
        Error::Package(Text::vi_en(
            format!("Không biên dịch được phần mở rộng trong giới hạn cho phép. {detail}"),
            format!("The plugin does not compile within the limits. {detail}"),
        ))
    };
    let until = Instant::now() + Duration::from_secs(CHILD_SECONDS * 3);
    let mut said = child.stderr.take();
    loop {
        if let Some(status) = child.try_wait()? {
            if status.success() {
                return Ok(());
            }
            let mut text = String::new();
            if let Some(said) = &mut said {
                let _ = said.take(2048).read_to_string(&mut text);
            }
            return Err(refused(text.lines().last().unwrap_or("")));
        }
        if Instant::now() > until {
            child.kill()?;
            child.wait()?;
            return Err(refused(""));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Writes a file that only its owner reads, whole or not at all.
#[allow(clippy::disallowed_methods, reason = "synced and renamed here")]
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let aside = path.with_extension("tmp");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    Ok(())
}
