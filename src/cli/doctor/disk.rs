//! The disk that the database file lies on: whether there is room.

use std::path::Path;

use super::files::folder_of;
use super::finding::Finding;
use crate::config::{Config, Location};

/// Less free space than this is a fault.
const LEAST_FREE: u64 = 1024 * 1024 * 1024;
/// So is less than this share of the file system, in per cent.
const LEAST_SHARE: u64 = 5;

pub(super) fn examine(config: &Config) -> Finding {
    let Location::Sqlite(file) = &config.database.location else {
        return Finding::ok("disk", "the database is PostgreSQL's: look at the disk of its server");
    };
    let folder = folder_of(file);
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            space(folder, free, disk.f_blocks.saturating_mul(disk.f_frsize))
        }
        Err(error) => {
            Finding::fault("disk", format!("{}: {error}", folder.display()), "make the folder")
        }
    }
}

fn space(folder: &Path, free: u64, all: u64) -> Finding {
    let share = free.saturating_mul(100).checked_div(all).unwrap_or(0);
    let found = format!("{} MiB free in {} ({share} %)", free / (1024 * 1024), folder.display());
    if free < LEAST_FREE || share < LEAST_SHARE {
        let mend = format!("make room: at least 1 GiB and {LEAST_SHARE} % must be free");
        return Finding::fault("disk", found, mend);
    }
    Finding::ok("disk", found)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_disk_needs_a_gibibyte_and_a_twentieth() {
        let folder = Path::new("data");
        assert_eq!(space(folder, LEAST_FREE, LEAST_FREE * 20).state, State::Ok);
        assert_eq!(space(folder, LEAST_FREE - 1, LEAST_FREE).state, State::Fault);
        assert_eq!(space(folder, LEAST_FREE, LEAST_FREE * 21).state, State::Fault);
        assert_eq!(space(folder, 0, 0).state, State::Fault);
    }
}
