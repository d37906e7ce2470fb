//! A disk of its own, in memory, that can be made read-only under a database. It takes the right to mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small file system; gone when it is dropped.
pub struct Disk(PathBuf);

impl Disk {
    /// A new one at this folder.
    pub fn at(folder: PathBuf) -> Self {
        fs::create_dir(&folder).unwrap();
        let disk = Self(folder);
        disk.mount(&["-t", "tmpfs", "tmpfs"]);
        disk
    }

    /// The copy of a database as its files lie: a log that was not written back is what makes one readable here.
    pub fn copy(&self, database: &Path) -> PathBuf {
        for end in ["", "-wal", "-shm"] {
            let file = format!("{}{end}", database.display());
            fs::copy(file, self.0.join(format!("fuxin.db{end}"))).unwrap();
        }
        self.0.join("fuxin.db")
    }

    /// Allows or forbids every write. Nothing may be open for writing.
    pub fn allow_writes(&self, allowed: bool) {
        self.mount(&["-o", if allowed { "remount,rw" } else { "remount,ro" }]);
    }

    fn mount(&self, arguments: &[&str]) {
        let output = Command::new("mount").args(arguments).arg(&self.0).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tests/store/disk.rs says what a mount takes: {told}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: after a failed test files may still be open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = fs::remove_dir(&self.0);
    }
}
