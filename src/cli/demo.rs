//! `fuxin demo`: the provider, two agency sites and the outbox, with people who can sign in.

use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout_at;

use super::serve::stopped;
use super::{Outcome, log, say};
use crate::base::secret::Secret;
use crate::demo::outbox;
use crate::demo::people::PEOPLE;
use crate::demo::relying_party::{self, Settings, Theme};
use crate::demo::state::{self, Demo, Site};
use crate::{job, routes, server};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that the demonstration keeps its data in.
    #[arg(long, value_name = "DIR", default_value = "./data/demo")]
    data: PathBuf,
    /// The provider's port; the sites and the outbox take the three after it.
    #[arg(long, default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..=65532))]
    port: u16,
    /// Begin anew: remove the folder first.
    #[arg(long)]
    reset: bool,
    /// Start nothing; print everything a script needs as one JSON object.
    #[arg(long)]
    describe: bool,
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    if arguments.reset {
        state::reset(&arguments.data)?;
    }
    let demo = state::prepare(&arguments.data, arguments.port).await?;
    if arguments.describe {
        say(demo.describe());
        demo.app.provider().store.close().await;
        return Ok(());
    }
    log::start(&demo.config.log);
    let port = arguments.port;
    let mut listeners = Vec::new();
    for offset in 0..=3 {
        listeners.push(listen(port + offset).await?);
    }
    let stop = stopped()?;
    let (stopping, stopped) = watch::channel(false);
    let mut sites = tokio::task::JoinSet::new();
    let mut listeners = listeners.into_iter();
    let provider = listeners.next().ok_or("no listener")?;
    for (site, listener) in demo.sites().iter().zip(listeners.by_ref()) {
        let stopped = stopped.clone();
        let settings = settings(&demo, site, port);
        sites.spawn(async move {
            let _ = relying_party::serve(settings, listener, until(stopped)).await;
        });
    }
    let patience = demo.config.server.shutdown;
    if let Some(listener) = listeners.next() {
        let outbox = outbox::router(demo.app.clone(), format!("http://localhost:{}", port + 1));
        sites.spawn(async move {
            server::serve(listener, outbox, until(stopped), patience).await;
        });
    }
    let jobs = job::start(&demo.app);
    announce(&demo, port);
    tracing::info!(issuer = demo.config.server.issuer.as_str(), "the demonstration is running");
    let end = server::serve(provider, routes::router(demo.app.clone()), stop, patience).await;
    let _ = stopping.send(true);
    let _ = timeout_at(end, async { while sites.join_next().await.is_some() {} }).await;
    drop(jobs);
    demo.app.stop(end).await;
    tracing::info!("stopped");
    Ok(())
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

async fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        format!("port {port} cannot be opened: {error}; choose another with --port (four in a row are needed)")
    })
}

fn settings(demo: &Demo, site: &Site, port: u16) -> Settings {
    let is_first = site.offset == 1;
    Settings {
        name_zh: site.name_zh.clone(),
        name_en: site.name_en.clone(),
        short: site.short.clone(),
        theme: if is_first { Theme::Indigo } else { Theme::Moss },
        issuer: demo.config.server.issuer.as_str().to_owned(),
        client_id: site.credentials.client_id.to_string(),
        client_secret: Secret::new(site.credentials.client_secret.clone()),
        port: site.port(port),
        cookie_name: if is_first { "ecpa-demo" } else { "gcis-demo" },
    }
}

fn announce(demo: &Demo, port: u16) {
    say("符信示範環境已啟動。Fuxin's demonstration is running.\n");
    say("開啟第一個網址，按「用符信登入」，再輸入下列任一位的帳號與密碼。");
    say(
        "Open the first address, choose “Sign in with Fuxin”, and enter one of the accounts below.\n",
    );
    for site in demo.sites() {
        say(format_args!(
            "  http://localhost:{}  {}  {}",
            site.port(port),
            site.name_zh,
            site.name_en
        ));
    }
    say(format_args!("  http://localhost:{port}  符信 Fuxin (the provider)"));
    say(format_args!("  http://localhost:{}  寄件匣 Outbox", port + 3));
    say("\n示範的人 People: 帳號 account, 密碼 password, 姓名 name, 情況 case");
    for person in &PEOPLE {
        say(format_args!(
            "  {:<14} {:<15} {}  {}",
            person.account,
            demo.password(person.account),
            person.name,
            person.case
        ));
    }
    say("\n按 Ctrl-C 結束。Press Ctrl-C to stop.");
}
