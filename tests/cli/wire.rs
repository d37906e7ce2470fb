//! Requests as any program sends them, each on a connection of its own.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// The whole answer to a request, its head included.
pub fn ask(port: u16, path: &str) -> std::io::Result<String> {
    exchange(port, &format!("GET {path} HTTP/1.1\r\n\r\n"))
}

/// The same, as soon as somebody listens there.
pub fn ask_when_ready(port: u16, path: &str) -> Result<String, Box<dyn Error>> {
    for _ in 0..600 {
        match ask(port, path) {
            Ok(answer) => return Ok(answer),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
    Err(format!("nobody answered on port {port} within a minute").into())
}

/// What a client is answered to a form, with its id and secret in the header.
pub fn send_as(client: &Value, port: u16, path: &str, form: &str) -> Result<Value, Box<dyn Error>> {
    use base64::Engine as _;

    let word = |name: &str| client[name].as_str().ok_or_else(|| format!("no {name}: {client}"));
    let basic = format!("{}:{}", word("client_id")?, word("client_secret")?);
    let basic = base64::engine::general_purpose::STANDARD.encode(basic);
    let length = form.len();
    let answer = exchange(
        port,
        &format!(
            "POST {path} HTTP/1.1\r\nauthorization: Basic {basic}\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n{form}"
        ),
    )?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head")?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(answer.into());
    }
    Ok(serde_json::from_str(body)?)
}

/// The whole answer to a request that lacks only its host.
pub fn exchange(port: u16, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(15)))?;
    let request = request.replacen("\r\n", "\r\nhost: localhost\r\nconnection: close\r\n", 1);
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
