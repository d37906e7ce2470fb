//! A deployment in a folder of its own: configuration, secrets, database; and the program run on it.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes away with the value.
pub struct Deployment(PathBuf);

impl Deployment {
    /// An empty folder.
    pub fn folder() -> Result<Self, Box<dyn Error>> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("fuxin-cli-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self(folder))
    }

    /// A configuration that nothing is wrong with, on a port that nobody has.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        Self::with(&Self::text(&format!("http://localhost:{port}"), port))
    }

    /// The same with its schema.
    pub fn migrated() -> Result<Self, Box<dyn Error>> {
        let place = Self::new()?;
        place.run(&["migrate"]).succeeds()?;
        Ok(place)
    }

    /// Secrets, and this configuration.
    pub fn with(text: &str) -> Result<Self, Box<dyn Error>> {
        let place = Self::folder()?;
        for (name, digit) in [("master.key", "5a"), ("pairwise.salt", "c3")] {
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            options.open(place.path(name))?.write_all(digit.repeat(32).as_bytes())?;
        }
        fs::write(place.path("fuxin.toml"), text)?;
        Ok(place)
    }

    /// The text of a configuration.
    pub fn text(issuer: &str, port: u16) -> String {
        format!(
            "[server]\nissuer = \"{issuer}\"\nlisten = \"127.0.0.1:{port}\"\n\
             [database]\nurl = \"sqlite:fuxin.db\"\n\
             [secrets]\nmaster_key_file = \"master.key\"\npairwise_salt_file = \"pairwise.salt\"\n\
             [password_hash]\nthreads = 1\n[log]\nformat = \"text\"\n"
        )
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }

    /// The program with these arguments and this configuration.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let mut run = fuxin(arguments);
        run.0.args(["--config", &self.path("fuxin.toml")]);
        run
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(Path::new(&self.0));
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The program with these arguments.
pub fn fuxin(arguments: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuxin"));
    command.args(arguments);
    Run(command, String::new())
}

/// A run of the program that has not begun.
pub struct Run(Command, String);

impl Run {
    /// Something to read from standard input.
    pub fn given(mut self, input: &str) -> Self {
        input.clone_into(&mut self.1);
        self
    }

    /// Runs it; it must succeed. Its answer.
    pub fn succeeds(self) -> Result<String, Box<dyn Error>> {
        let output = self.output()?;
        if output.status.success() {
            return Ok(String::from_utf8(output.stdout)?);
        }
        Err(format!("it failed: {}", String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Runs it; it must fail by itself, not crash. Everything it said.
    pub fn fails(self) -> Result<String, Box<dyn Error>> {
        let output = self.output()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said)?;
        match output.status.code() {
            Some(1) if !said.contains("panicked") => Ok(said),
            code => Err(format!("exit code {code:?}: {said}").into()),
        }
    }

    /// Starts it and lets it run.
    pub fn start(mut self) -> std::io::Result<Child> {
        self.0.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    }

    fn output(mut self) -> std::io::Result<Output> {
        let mut child =
            self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read it may have ended already.
            let _ = input.write_all(self.1.as_bytes());
        }
        child.wait_with_output()
    }
}
