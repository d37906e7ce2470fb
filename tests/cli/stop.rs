//! SIGTERM under load: every request that was sent is answered, and the program ends in time.

use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::deployment::Deployment;

/// A running `fuxin serve`. Ends with the value.
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub fn start(place: &Deployment) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(place.path("fuxin.toml"))?;
        let port = text.lines().find_map(|line| line.strip_prefix("listen = \"127.0.0.1:"));
        let port =
            port.and_then(|rest| rest.trim_end_matches('"').parse().ok()).ok_or("no port")?;
        let server = Self { child: place.run(&["serve"]).start()?, port };
        for _ in 0..300 {
            if let Ok(mut talk) = Talk::open(port)
                && matches!(talk.ask("/health/ready"), Answer::Good { .. })
            {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(100));
        }
        Err("the server was not ready within half a minute".into())
    }

    /// Tells it to stop and waits for its end.
    pub fn stop(mut self) -> Result<ExitStatus, Box<dyn Error>> {
        self.terminate()?;
        Ok(self.child.wait()?)
    }

    fn terminate(&self) -> Outcome {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err("it was gone already".into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a request went.
enum Answer {
    /// A whole answer with status 200; whether the server ends the connection after it.
    Good { last: bool },
    /// Anything else.
    Bad(String),
}

/// A kept connection.
struct Talk(BufReader<TcpStream>);

impl Talk {
    fn open(port: u16) -> std::io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(15)))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    fn ask(&mut self, path: &str) -> Answer {
        match self.try_ask(path) {
            Ok((200, last)) => Answer::Good { last },
            Ok((status, _)) => Answer::Bad(format!("status {status}")),
            Err(error) => Answer::Bad(error.to_string()),
        }
    }

    fn try_ask(&mut self, path: &str) -> Result<(u16, bool), Box<dyn Error>> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut last) = (0, 0, false);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err("the connection ended before the answer".into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            } else if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest.get(..3).unwrap_or_default().parse()?;
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse()?;
            } else if line == "connection: close" {
                last = true;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        Ok((status, last))
    }
}

/// Asks without a pause until the server takes no new connection; counts answers. Any failed request is an error.
fn load(port: u16, path: &str) -> Result<u32, String> {
    let mut answered = 0;
    loop {
        let mut talk = match Talk::open(port) {
            Ok(talk) => talk,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(answered),
            Err(error) => return Err(format!("connecting: {error}")),
        };
        loop {
            match talk.ask(path) {
                Answer::Good { last } => {
                    answered += 1;
                    if last {
                        break;
                    }
                }
                Answer::Bad(why) => return Err(format!("after {answered} answers: {why}")),
            }
        }
        // A moment like another server's: who comes back at once would meet the listener as it closes.
        thread::sleep(Duration::from_millis(400));
    }
}

#[test]
fn a_stop_under_load_fails_no_request() -> Outcome {
    let place = Deployment::migrated()?;
    for round in 0..3 {
        let mut server = Server::start(&place)?;
        let port = server.port;
        let loads: Vec<_> =
            ["/jwks", "/health/ready", "/.well-known/openid-configuration", "/help"]
                .map(|path| thread::spawn(move || load(port, path)))
                .into();
        thread::sleep(Duration::from_millis(300));
        let told = Instant::now();
        server.terminate()?;
        let status = server.child.wait()?;
        let took = told.elapsed();
        for load in loads {
            let answered = load.join().map_err(|_| "a load panicked")??;
            assert!(answered > 0, "round {round}: no load");
        }
        assert!(status.success(), "round {round}: {status}");
        assert!(took < Duration::from_secs(10), "round {round}: it took {took:?}");
    }
    Ok(())
}

#[test]
fn a_silent_connection_does_not_hold_a_stop_up() -> Outcome {
    let place = Deployment::migrated()?;
    let server = Server::start(&place)?;
    let mut silent = Talk::open(server.port)?;
    silent.0.get_mut().write_all(b"GET /jwks HT")?;
    let told = Instant::now();
    assert!(server.stop()?.success());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    Ok(())
}
