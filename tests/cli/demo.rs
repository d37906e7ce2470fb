//! A running demonstration, as a browser reaches it: the outbox stands on the third port after the provider's, and only
//! there.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use crate::Outcome;
use crate::deployment::{Deployment, fuxin};

/// A running `fuxin demo`. Ends with the value.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The first of four ports in a row that were free a moment ago.
fn free_ports() -> Result<u16, Box<dyn Error>> {
    for _ in 0..50 {
        let first = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port().min(65_000);
        if (first..first + 4).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(first);
        }
    }
    Err("no four free ports in a row".into())
}

/// The whole answer to a request, its head included.
fn ask(port: u16, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The same, as soon as somebody listens there.
fn ask_when_ready(port: u16, path: &str) -> Result<String, Box<dyn Error>> {
    for _ in 0..600 {
        match ask(port, path) {
            Ok(answer) => return Ok(answer),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
    Err("the demonstration was not ready within a minute".into())
}

#[test]
fn a_demonstration_shows_its_outbox_and_stops_when_told() -> Outcome {
    let place = Deployment::folder()?;
    let first = free_ports()?;
    let port = first.to_string();
    let arguments = ["demo", "--data", &place.path("demo"), "--port", &port];
    let mut demo = Demo(fuxin(&arguments).start()?);
    let outbox = ask_when_ready(first + 3, "/")?;
    assert!(outbox.starts_with("HTTP/1.1 200"), "{outbox}");
    for part in ["寄件匣", "id=\"empty\"", "huang.lizhu", "default-src 'none'", "no-store"] {
        assert!(outbox.contains(part), "{part}: {outbox}");
    }
    assert!(outbox.contains(&format!("http://localhost:{}", first + 1)), "{outbox}");
    assert!(ask(first + 3, "/?lang=en")?.contains("There are no messages yet"));
    assert!(ask(first + 3, "/outbox.css")?.contains(".letter"));
    assert!(ask(first, "/outbox")?.starts_with("HTTP/1.1 404"), "the provider has no such page");

    Command::new("kill").args(["-TERM", &demo.0.id().to_string()]).status()?;
    assert!(demo.0.wait()?.success());
    Ok(())
}
