//! Updates as the administrator's page sees them: a file is received, looked at and
//! written in the background, plugins are compiled ahead, then a start is chosen.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::statvfs::statvfs;
use tram_contract::Text;

use crate::error::Doing;
use crate::helper::{Ask, Client, Reply, Status, UsbDisk};
use crate::{Error, Place, files};

/// Room on the data partition that an upload must leave: what is opened only for
/// deletion and sign-in.
const RESERVE: u64 = 256 << 20;

/// Compiles the installed plugins with the program in the root of the next version.
pub type Compile = Box<dyn Fn(&Path) -> Result<(), Text> + Send + Sync>;

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// In words.
    pub step: Text,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0: not known.
    pub total: u64,
    /// Whether it still runs.
    pub running: bool,
    /// Why it ended without a version that could be tried.
    pub failed: Option<Text>,
}

/// Where an update file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It was sent through the page.
    Upload,
    /// It lies on a USB disk: kernel name of the partition, path of the file.
    Usb(String, PathBuf),
}

/// The updates of a box.
pub struct Updates {
    client: Client,
    folder: PathBuf,
    compile: Compile,
    work: Mutex<Option<Work>>,
}

impl std::fmt::Debug for Updates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Updates").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Updates {
    /// Of the box whose station lies in `place.data`.
    pub fn new(place: &Place, compile: Compile) -> Self {
        let folder = place.data.join("update");
        Self { client: Client::new(&place.socket()), folder, compile, work: Mutex::new(None) }
    }

    fn upload(&self) -> PathBuf {
        self.folder.join("upload.tram-update")
    }

    /// What runs and what is under way.
    ///
    /// # Errors
    /// The helper does not answer.
    pub fn status(&self) -> Result<Status, Error> {
        self.client.status()
    }

    /// What is being done, or how it ended.
    pub fn work(&self) -> Option<Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, work: Work) {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = Some(work);
    }

    /// A place for an upload of about `size` bytes.
    ///
    /// # Errors
    /// There is no room, or something is being done already.
    pub fn receive(&self, size: u64) -> Result<Incoming, Error> {
        if self.work().is_some_and(|work| work.running) {
            return Err(busy());
        }
        std::fs::create_dir_all(&self.folder).doing("update")?;
        let _ = std::fs::remove_file(self.upload());
        let aside = self.folder.join("upload.new");
        let _ = std::fs::remove_file(&aside);
        let space = statvfs(&self.folder).doing("update")?;
        let free = space.blocks_available() * space.fragment_size();
        if free < size.saturating_add(RESERVE) {
            let mb = |bytes: u64| bytes.div_ceil(1_000_000);
            return Err(Error::refused(
                format!(
                    "Ổ đĩa còn {} MB trống, tệp cập nhật cần {} MB. Hãy xoá bớt tài liệu hoặc cập nhật từ USB.",
                    mb(free),
                    mb(size.saturating_add(RESERVE))
                ),
                format!(
                    "The disk has {} MB free, the update file needs {} MB. Delete some materials, or update from USB.",
                    mb(free),
                    mb(size.saturating_add(RESERVE))
                ),
            ));
        }
        let file = files::create_new_private(&aside).doing("update")?;
        Ok(Incoming { file, aside, whole: self.upload(), sealed: false })
    }

    /// Begins to check and write a version, in the background.
    ///
    /// # Errors
    /// Something is being done already, or no thread is to be had.
    pub fn begin(self: &Arc<Self>, source: Source) -> Result<(), Error> {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if work.as_ref().is_some_and(|work| work.running) {
            return Err(busy());
        }
        let step = Text::vi_en("Đang kiểm tra tệp", "Checking the file");
        *work = Some(Work { step, done: 0, total: 0, running: true, failed: None });
        drop(work);
        let updates = Arc::clone(self);
        let spawned = std::thread::Builder::new().name("update".into()).spawn(move || {
            let done = updates.write(&source);
            // An upload is of no use once it is written or refused.
            let _ = std::fs::remove_file(updates.upload());
            if let Source::Usb(name, _) = source {
                let _ = updates.client.quick(&Ask::UnmountUsb { name });
            }
            let failed = done.err().map(|error| error.text());
            updates.say(Work { step: Text::default(), done: 0, total: 0, running: false, failed });
        });
        if let Err(error) = spawned {
            self.say(Work { step: Text::default(), done: 0, total: 0, running: false, failed: None });
            return Err(error).doing("thread");
        }
        Ok(())
    }

    fn write(&self, source: &Source) -> Result<(), Error> {
        let path = match source {
            Source::Upload => self.upload(),
            Source::Usb(_, path) => path.clone(),
        };
        self.client.ask(&Ask::WriteUpdate { path }, &mut |step, done, total| {
            self.say(Work { step: step.clone(), done, total, running: true, failed: None });
        })?;
        let step = Text::vi_en("Đang chuẩn bị các phần mở rộng", "Preparing the plugins");
        self.say(Work { step, done: 0, total: 0, running: true, failed: None });
        // What is not compiled ahead is compiled by the first start, which takes longer.
        match self.client.quick(&Ask::OpenNext) {
            Ok(Reply::At { path }) => {
                if let Err(reason) = (self.compile)(&path) {
                    log::warn!("plugins were not compiled ahead: {}", reason.get("en"));
                }
            }
            Ok(_) => {}
            Err(error) => log::warn!("plugins were not compiled ahead: {error}"),
        }
        self.client.quick(&Ask::CloseNext).map(|_| ())
    }

    /// Has the next start try what was written, and restarts at a time.
    ///
    /// # Errors
    /// Nothing was written, or the helper does not answer.
    pub fn arm(&self, restart_at: Option<i64>) -> Result<(), Error> {
        self.client.quick(&Ask::ArmUpdate { restart_at }).map(|_| ())
    }

    /// Forgets what was written.
    ///
    /// # Errors
    /// The helper does not answer.
    pub fn forget(&self) -> Result<(), Error> {
        *self.work.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.client.quick(&Ask::DropUpdate).map(|_| ())
    }

    /// Goes back to the version before, and restarts.
    ///
    /// # Errors
    /// There is none, or the helper does not answer.
    pub fn go_back(&self) -> Result<(), Error> {
        self.client.quick(&Ask::GoBack).map(|_| ())
    }

    /// USB disks that are there, mounted so that update files on them are seen.
    ///
    /// # Errors
    /// The helper does not answer.
    pub fn usb(&self) -> Result<Vec<UsbDisk>, Error> {
        let Reply::Usb { disks } = self.client.quick(&Ask::Usb)? else { return Ok(Vec::new()) };
        for disk in disks.iter().filter(|disk| disk.mounted.is_none()) {
            if let Err(error) = self.client.quick(&Ask::MountUsb { name: disk.name.clone(), writable: false }) {
                log::warn!("{}: {error}", disk.name);
            }
        }
        match self.client.quick(&Ask::Usb)? {
            Reply::Usb { disks } => Ok(disks),
            _ => Ok(Vec::new()),
        }
    }

    /// The helper, for what has no page of its own.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

fn busy() -> Error {
    Error::refused(
        "Một lần cập nhật khác đang chạy. Hãy đợi nó xong.",
        "Another update is under way. Wait until it is done.",
    )
}

/// An upload on its way to the disk; gone when it is dropped unsealed.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    aside: PathBuf,
    whole: PathBuf,
    sealed: bool,
}

impl Incoming {
    /// Makes it whole.
    ///
    /// # Errors
    /// The disk failed.
    pub fn seal(mut self) -> Result<u64, Error> {
        self.file.sync_all().doing("update")?;
        std::fs::rename(&self.aside, &self.whole).doing("update")?;
        self.sealed = true;
        Ok(self.whole.metadata().map_or(0, |meta| meta.len()))
    }
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.sealed {
            let _ = std::fs::remove_file(&self.aside);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]
    use std::time::Duration;

    use super::*;
    use crate::fake::{Fake, bytes, root_of};
    use crate::helper::Helper;

    fn updates(fake: &Fake) -> Arc<Updates> {
        let helper = Helper::new(fake.place.clone(), None, None);
        let (sender, ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || helper.run(|| sender.send(()).unwrap()));
        ready.recv().unwrap();
        Arc::new(Updates::new(&fake.place, Box::new(|_| Ok(()))))
    }

    fn ended(updates: &Updates) -> Work {
        for _ in 0..600 {
            match updates.work() {
                Some(work) if !work.running => return work,
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        panic!("the work does not end");
    }

    #[test]
    fn a_damaged_upload_says_why_and_leaves_nothing() {
        let fake = Fake::new("0.1.0");
        let updates = updates(&fake);
        let before = fake.seen();
        let mut file = bytes(&fake.key, "0.2.0", "0.1.0", &root_of(2, 10), b"uki");
        file.pop();
        let mut incoming = updates.receive(file.len() as u64).unwrap();
        incoming.write_all(&file).unwrap();
        incoming.seal().unwrap();
        updates.begin(Source::Upload).unwrap();
        assert!(ended(&updates).failed.unwrap().get("vi").contains("thiếu"));
        assert!(!updates.upload().exists());
        assert_eq!(fake.entries(), ["tram_0.1.0.efi"]);
        assert_eq!(fake.seen().len(), before.len());
    }

    #[test]
    fn a_broken_off_upload_leaves_nothing_and_a_full_disk_is_refused_first() {
        let fake = Fake::new("0.1.0");
        let updates = updates(&fake);
        let mut incoming = updates.receive(10).unwrap();
        incoming.write_all(b"half").unwrap();
        drop(incoming);
        assert_eq!(std::fs::read_dir(fake.place.data.join("update")).unwrap().count(), 0);
        let Err(Error::Refused(text)) = updates.receive(u64::MAX / 2) else { panic!("there is no such disk") };
        assert!(text.get("vi").contains("MB"));
    }
}
