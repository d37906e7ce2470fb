//! A wire to the database server that can be cut, as when the server is stopped: what is open closes, and nobody listens.

use fuxin::config::Location;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// A relay on a loopback port.
pub struct Wire {
    /// The database at its other end.
    pub location: Location,
    port: u16,
    server: (String, u16),
    relay: Option<AbortHandle>,
}

impl Wire {
    /// A wire to the server of this database.
    pub async fn to(location: &Location) -> Self {
        let Location::Postgres { url, password } = location else {
            panic!("no wire leads to a file");
        };
        let mut url = url.clone();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        let location = Location::Postgres { url, password: password.clone() };
        let relay = Some(relay(listener, server.clone()));
        Self { location, port, server, relay }
    }

    /// Cuts it, or mends it where it is cut.
    pub async fn is_cut(&mut self, cut: bool) {
        if let Some(relay) = self.relay.take() {
            relay.abort();
        }
        if cut {
            // The port is free once the task is gone.
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                tokio::task::yield_now().await;
            }
        } else {
            let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
            self.relay = Some(relay(listener, self.server.clone()));
        }
    }
}

fn relay(listener: TcpListener, server: (String, u16)) -> AbortHandle {
    let relay = tokio::spawn(async move {
        // With the task go its connections.
        let mut connections = JoinSet::new();
        while let Ok((mut client, _)) = listener.accept().await {
            let server = server.clone();
            connections.spawn(async move {
                let mut server = TcpStream::connect(server).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    relay.abort_handle()
}
