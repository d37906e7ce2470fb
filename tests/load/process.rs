//! A server that the driver starts itself, to kill it, to stop it, or to see how long it takes to be there.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::deployment::Deployment;
use crate::http::{Connection, Request};
use crate::measure::Server;

/// How long a start may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to start.
#[derive(Clone, Debug, clap::Args)]
pub struct Program {
    /// The folder that `load fill` made.
    #[arg(long)]
    pub data: PathBuf,
    /// The server's program.
    #[arg(long, default_value = "target/release/fuxin")]
    program: PathBuf,
}

/// A server that runs. Killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it answers.
    pub server: Server,
    /// From the start of the process to its first ready answer.
    pub start: Duration,
}

impl Program {
    /// The deployment that it serves.
    pub fn deployment(&self) -> Outcome<Deployment> {
        Deployment::open(&self.data)
    }

    /// Starts `fuxin serve` and waits until it is ready. Its log goes to a file in the folder.
    pub async fn start(&self) -> Outcome<Running> {
        let deployment = self.deployment()?;
        let log =
            OpenOptions::new().create(true).append(true).open(deployment.file("server.log"))?;
        let began = Instant::now();
        let child = Command::new(Path::new(&self.program))
            .arg("serve")
            .arg("--config")
            .arg(deployment.configuration_file())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", self.program.display()))?;
        let origin = deployment.origin()?;
        let issuer = deployment.issuer().to_owned();
        let server = Server { origin, issuer, pid: child.id() };
        let mut running = Running { child, server, start: Duration::ZERO };
        running.wait_until_ready(began).await?;
        running.start = began.elapsed();
        Ok(running)
    }
}

impl Running {
    async fn wait_until_ready(&mut self, began: Instant) -> Outcome {
        let ready = Request::get("/health/ready");
        loop {
            let mut connection = Connection::new(self.server.origin.clone());
            if let Ok(answer) = connection.send(&ready).await
                && answer.status == 200
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended at its start: {status}").into());
            }
            if began.elapsed() > PATIENCE {
                return Err("the server is not ready".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// SIGKILL: nothing is finished, nothing is closed.
    pub fn kill(mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM: it is asked to end.
    pub fn terminate(&self) -> Outcome {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        if sent.success() { Ok(()) } else { Err("the signal was not sent".into()) }
    }

    /// Waits for its end, at most so long.
    pub async fn ended_within(&mut self, time: Duration) -> Outcome<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if began.elapsed() > time {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // After `kill` there is nothing left to end, which is no fault.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
