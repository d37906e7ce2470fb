//! SIGTERM under load: every request that was sent is answered, and the program ends in time.

use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::deployment::{Deployment, free_port};

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

    /// Kills it, as the machine would that loses its power.
    pub fn kill(mut self) -> Outcome {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
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

/// The form on the sign-in page: its address, its token, and the cookie of the browser.
fn sign_in_form(port: u16) -> Result<(String, String, String), Box<dyn Error>> {
    let get = |path: &str, cookie: &str| -> Result<String, Box<dyn Error>> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        stream.write_all(format!("{head}cookie: {cookie}\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let between = |text: &str, before: &str, after: char| {
        let rest = text.split_once(before).map(|(_, rest)| rest.to_owned());
        rest.and_then(|rest| rest.split_once(after).map(|(value, _)| value.to_owned()))
            .ok_or_else(|| format!("no {before} in {text}"))
    };
    let home = get("/", "")?;
    let address = between(&home, "\r\nlocation: ", '\r')?;
    let cookie = between(&home, "\r\nset-cookie: ", ';')?;
    let page = get(&address, &cookie)?;
    let form = page.split_once("id=\"sign-in-form\"").map(|(_, form)| form).unwrap_or_default();
    let token = between(form, "name=\"csrf\" value=\"", '"')?;
    Ok((address, token, cookie))
}

/// How many rows of the deployment's database this query counts.
pub fn count(place: &Deployment, query: &'static str) -> Result<i64, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let url = format!("sqlite:{}", place.path("fuxin.db"));
        let mut database = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await?;
        Ok(sqlx::query_scalar(query).fetch_one(&mut database).await?)
    })
}

/// Forty browsers that have sent a name and a wrong password.
fn sign_ins(port: u16) -> Result<Vec<TcpStream>, Box<dyn Error>> {
    let (address, token, cookie) = sign_in_form(port)?;
    let mut browsers = Vec::new();
    for number in 0..40 {
        let body = format!("csrf={token}&username=nobody{number}&password=wrong");
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let head = format!("POST {address} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n");
        let of_form = format!(
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(format!("{head}{of_form}").as_bytes())?;
        browsers.push(stream);
    }
    Ok(browsers)
}

/// Passwords are judged one after another here: a stop comes while most of those that were counted still wait.
#[test]
fn a_stop_judges_every_sign_in_that_was_counted_although_the_browsers_hung_up() -> Outcome {
    let place = Deployment::migrated()?;
    let server = Server::start(&place)?;
    let browsers = sign_ins(server.port)?;
    thread::sleep(Duration::from_millis(200));
    drop(browsers);
    let told = Instant::now();
    assert!(server.stop()?.success());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    let counted = count(&place, "SELECT COUNT(*) FROM name_throttles WHERE consecutive = 1")?;
    let failures = "SELECT COUNT(*) FROM audit_events WHERE event = 'sign_in_failed'";
    assert!(counted > 0, "nothing was counted");
    assert_eq!(count(&place, failures)?, counted);
    Ok(())
}

/// All that can take its time at once: a peer that never sends the rest of its form, and passwords that take a
/// minute to judge, of browsers that hung up. There is one end for all of it.
#[test]
fn a_stop_has_one_end_for_slow_peers_and_slow_work() -> Outcome {
    let port = free_port()?;
    let text = Deployment::text(&format!("http://localhost:{port}"), port)
        .replace("threads = 1", "threads = 1\nmemory_kib = 65536\niterations = 64");
    let place = Deployment::with(&text)?;
    place.run(&["migrate"]).succeeds()?;
    let server = Server::start(&place)?;
    let browsers = sign_ins(server.port)?;
    let mut slow = TcpStream::connect(("127.0.0.1", server.port))?;
    let head = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n";
    let of_form = "content-type: application/x-www-form-urlencoded\r\n\r\ngrant_type";
    slow.write_all(format!("{head}{of_form}").as_bytes())?;
    thread::sleep(Duration::from_millis(500));
    drop(browsers);
    let told = Instant::now();
    assert!(server.stop()?.success());
    let took = told.elapsed();
    assert!(took > Duration::from_secs(5), "nothing was under way: {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    Ok(())
}
