//! A wire to the PostgreSQL server that can go dead, as a network or a machine does: what is sent is neither delivered
//! nor refused, and nobody closes anything.

use fuxin::store::Location;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;

/// A relay on a loopback port.
pub struct Wire {
    /// The database at its other end.
    pub location: Location,
    is_dead: watch::Sender<bool>,
}

impl Wire {
    /// A wire to the server of this database.
    pub async fn to(location: &Location) -> Self {
        let Location::Postgres { url, password, connections } = location else {
            panic!("no wire leads to a file");
        };
        let mut url = Url::parse(url).unwrap();
        let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let location = Location::Postgres {
            url: url.to_string(),
            password: password.clone(),
            connections: *connections,
        };
        let is_dead = watch::Sender::new(false);
        let state = is_dead.subscribe();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(relay(stream, server.clone(), state.clone()));
            }
        });
        Self { location, is_dead }
    }

    pub fn goes_dead(&self) {
        self.is_dead.send_replace(true);
    }

    /// New connections lead to the server again; those that were cut stay as they are.
    pub fn is_mended(&self) {
        self.is_dead.send_replace(false);
    }
}

async fn relay(mut client: TcpStream, server: (String, u16), mut is_dead: watch::Receiver<bool>) {
    if is_dead.wait_for(|dead| !dead).await.is_err() {
        return;
    }
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let was_cut = tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => false,
        cut = is_dead.wait_for(|dead| *dead) => cut.is_ok(),
    };
    if was_cut {
        // Both sockets stay open.
        std::future::pending::<()>().await;
    }
}
