//! SQLite on a disk that is full, and on one that cannot be written to: 503, nothing acknowledged is lost, and all is
//! well again afterwards. The disk is a small tmpfs, which takes the right to mount; without it the tests fail.

use std::path::{Path, PathBuf};
use std::process::Command;

use fuxin::base::time::Lifetime;
use fuxin::store::{Budget, Store};

use crate::support::{NOW, Place, World, audit, block_on, digest, folder, limits};

/// A file system of its own, in memory.
struct Disk(PathBuf);

impl Disk {
    fn of(size: &str) -> Self {
        let folder = folder();
        let disk = Self(folder);
        disk.mount(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]);
        disk
    }

    fn mount(&self, arguments: &[&str]) {
        let output = Command::new("mount").args(arguments).arg(&self.0).output();
        let told = match output {
            Ok(output) if output.status.success() => return,
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        panic!(
            "a small file system could not be mounted: {told}\nThis test fills a real one and makes it read-only, which \
             takes root: run the tests as root, in a container with CAP_SYS_ADMIN, or in `unshare --map-root-user --mount`."
        );
    }

    fn file(&self) -> PathBuf {
        self.0.join("fuxin.db")
    }

    /// Takes all the space that is left.
    fn fill(&self) -> PathBuf {
        let ballast = self.0.join("ballast");
        let mut size = 1 << 20;
        let mut content = Vec::new();
        while size > 0 {
            content.resize(content.len() + size, 1);
            if std::fs::write(&ballast, &content).is_err() {
                content.truncate(content.len() - size);
                size /= 2;
            }
        }
        // The last attempt left what fitted.
        std::fs::write(&ballast, &content).unwrap();
        ballast
    }

    async fn world(&self) -> World {
        let world = World::at(Place::file(self.file()).await).await;
        world.store.migrate().await.unwrap();
        world
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: after a failed test files may still be open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

async fn is_spent(store: &Store, digest: fuxin::base::secret::Digest) -> bool {
    !store.spend_challenge(digest, NOW).await.unwrap().committed()
}

/// Every write that is a single statement, alone and in company, and every transaction.
#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept() {
    let disk = Disk::of("8m");
    block_on(async {
        let world = disk.world().await;
        let person = world.signed_in("amy").await;
        let before = world.raw().count("audit_events").await;
        let ballast = disk.fill();
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for n in 0..300 {
            let digest = digest();
            match world.store.spend_challenge(digest, NOW).await {
                Ok(spent) => {
                    assert!(spent.committed());
                    kept.push(digest);
                }
                Err(error) => {
                    assert!(error.is_unavailable(), "write {n}: {error}");
                    refused.push(digest);
                }
            }
        }
        assert!(!refused.is_empty(), "the disk was never full");
        let again = world.store.end_session(person.session, NOW, audit()).await;
        assert!(again.unwrap_err().is_unavailable());
        assert!(world.store.record(audit()).await.unwrap_err().is_unavailable());
        world.store.ping().await.unwrap();
        world.store.find_sign_on(&person.secret, None, NOW).await.unwrap().unwrap();

        std::fs::remove_file(ballast).unwrap();
        assert_eq!(world.raw().count("spent_challenges").await, i64::try_from(kept.len()).unwrap());
        assert_eq!(world.raw().count("audit_events").await, before);
        for digest in kept {
            assert!(is_spent(&world.store, digest).await, "acknowledged and lost");
        }
        for digest in refused {
            assert!(!is_spent(&world.store, digest).await, "refused and kept");
        }
        let ended = world.store.end_session(person.session, NOW, audit()).await.unwrap();
        assert!(ended.committed());
        world.store.close().await;
    });
}

/// The same through a crash: what was acknowledged on the full disk is read from a copy of the files as they lie.
#[test]
fn what_was_acknowledged_on_a_full_disk_survives_a_crash() {
    let disk = Disk::of("8m");
    block_on(async {
        let world = disk.world().await;
        let mut kept = Vec::new();
        for n in 0..300 {
            if n == 50 {
                disk.fill();
            }
            let digest = digest();
            if world
                .store
                .spend_challenge(digest, NOW)
                .await
                .is_ok_and(fuxin::store::Durable::committed)
            {
                kept.push(digest);
            }
        }
        assert!((50..300).contains(&kept.len()), "the disk was never full");
        let copy = copy_of(&disk.0);
        let after = World::at(Place::file(copy.join("fuxin.db")).await).await;
        for digest in kept {
            assert!(is_spent(&after.store, digest).await, "acknowledged and lost");
        }
        after.store.close().await;
        world.store.close().await;
        std::fs::remove_dir_all(copy).unwrap();
    });
}

fn copy_of(disk: &Path) -> PathBuf {
    let copy = folder();
    for name in ["fuxin.db", "fuxin.db-wal"] {
        std::fs::copy(disk.join(name), copy.join(name)).unwrap();
    }
    copy
}

/// Concurrent writes share a commit; when it fails, it fails for all of them.
#[test]
fn on_a_full_disk_a_whole_group_is_refused() {
    let disk = Disk::of("8m");
    block_on(async {
        let world = disk.world().await;
        let ballast = disk.fill();
        let mut sound = 0;
        // What is left of the last page of the log may take a few.
        for _ in 0..20 {
            let tasks: Vec<_> = (0..200)
                .map(|_| {
                    let store = world.store.clone();
                    tokio::spawn(async move { store.spend_challenge(digest(), NOW).await })
                })
                .collect();
            for task in tasks {
                match task.await.unwrap() {
                    Ok(spent) => sound += i64::from(spent.committed()),
                    Err(error) => assert!(error.is_unavailable(), "{error}"),
                }
            }
        }
        std::fs::remove_file(ballast).unwrap();
        assert!(sound < 4000, "the disk was never full");
        assert_eq!(world.raw().count("spent_challenges").await, sound);
        assert!(world.store.spend_challenge(digest(), NOW).await.unwrap().committed());
        world.store.close().await;
    });
}

/// A-TOK-10, the store's part.
#[test]
fn on_a_read_only_disk_nothing_is_acknowledged() {
    let disk = Disk::of("8m");
    block_on(async {
        let world = disk.world().await;
        let person = world.signed_in("amy").await;
        let row = world.grant(&person).await;
        let World { store, master_key, place } = world;
        store.close().await;
        let location = place.location.clone();
        place.remove().await;

        disk.mount(&["-o", "remount,ro"]);
        match Store::open(&location, &master_key).await {
            // The log of writes cannot be made.
            Err(error) => assert!(error.is_unavailable(), "{error}"),
            Ok(store) => {
                let revoked = store.revoke_grant(row.id, row.client_id, NOW, audit()).await;
                assert!(revoked.unwrap_err().is_unavailable());
                let reserved = store.reserve_attempt(digest(), Budget::Other, limits(), NOW).await;
                assert!(reserved.unwrap_err().is_unavailable());
                store.close().await;
            }
        }

        disk.mount(&["-o", "remount,rw"]);
        let store = Store::open(&location, &master_key).await.unwrap();
        assert!(store.find_grant(row.id, NOW).await.unwrap().is_some(), "as it was");
        let later = NOW.plus(Lifetime::seconds(1));
        let revoked = store.revoke_grant(row.id, row.client_id, later, audit()).await.unwrap();
        assert!(revoked.committed());
        store.close().await;
    });
}
