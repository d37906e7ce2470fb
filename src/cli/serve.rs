//! `fuxin serve`: the provider, until SIGTERM or an interrupt.

use std::path::Path;
use std::sync::Arc;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{ConfigArgument, Outcome, configuration, log};
use crate::app::App;
use crate::base::metric;
use crate::base::time::SystemClock;
use crate::config::{Config, Location, Tls};
use crate::demo::state::MARKER;
use crate::server::tls::Acceptor;
use crate::{job, routes, server};

/// Runs the command.
pub async fn run(argument: &ConfigArgument) -> Outcome {
    let config = configuration(argument)?;
    refuse_demo(&config)?;
    log::start(&config.log);
    let metrics = config.server.metrics_listen.map(|_| recorder()).transpose()?;
    let app = App::build(&config, Arc::new(SystemClock), metrics).await?;
    for feature in config.policy.weak_features.iter() {
        tracing::warn!(
            feature = feature.as_str(),
            "a weak feature is offered: take it out of policy.weak_features as soon as no client needs it"
        );
        metrics::gauge!(metric::WEAK_FEATURES, "feature" => feature.as_str()).set(1.0);
    }
    for host in &config.outbound.private_hosts {
        tracing::warn!(%host, "fetches may go to a private address");
    }
    let listener = TcpListener::bind(config.server.listen).await.map_err(|error| {
        format!("server.listen: {} cannot be opened: {error}", config.server.listen)
    })?;
    let jobs = job::start(&app);
    if let Some(address) = config.server.metrics_listen {
        let metrics = TcpListener::bind(address).await.map_err(|error| {
            format!("server.metrics_listen: {address} cannot be opened: {error}")
        })?;
        let router = routes::metrics_router(app.clone());
        tokio::spawn(server::serve(
            metrics,
            router,
            std::future::pending(),
            config.server.shutdown,
        ));
    }
    let router = routes::router(app.clone());
    let patience = config.server.shutdown;
    let with_tls = match &config.tls {
        Some(tls) => Some(server::serve_tls(
            renewing(tls)?,
            TcpListener::bind(tls.listen)
                .await
                .map_err(|error| format!("tls.listen: {} cannot be opened: {error}", tls.listen))?,
            router.clone(),
            stopped()?,
            patience,
        )),
        None => None,
    };
    let plain = server::serve(listener, router, stopped()?, patience);
    tracing::info!(issuer = config.server.issuer.as_str(), listen = %config.server.listen, "serving");
    let end = match with_tls {
        Some(with_tls) => tokio::join!(plain, with_tls).0,
        None => plain.await,
    };
    drop(jobs);
    app.stop(end).await;
    tracing::info!("stopped");
    Ok(())
}

/// What keeps the numbers. Histograms have fixed buckets: those of several nodes can be added up.
fn recorder() -> Result<PrometheusHandle, BuildError> {
    const SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    const WRITES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(metric::REQUEST_SECONDS.to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full(metric::WRITE_GROUP.to_owned()), &WRITES)?
        .install_recorder()
}

/// What accepts TLS, whose certificate is read again from now on when its files change.
fn renewing(tls: &Tls) -> Result<Acceptor, Box<dyn std::error::Error>> {
    let acceptor = Acceptor::new(tls)?;
    tokio::spawn(acceptor.clone().renew());
    Ok(acceptor)
}

/// Resolves at SIGTERM or an interrupt.
pub fn stopped() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The demo's secrets are shown on a screen: nothing real is ever served with them.
fn refuse_demo(config: &Config) -> Result<(), String> {
    let database = match &config.database.location {
        Location::Sqlite(file) => Some(file.as_path()),
        Location::Postgres { .. } => None,
    };
    let files = [
        config.secrets.master_key_file.as_deref(),
        config.secrets.pairwise_salt_file.as_deref(),
        database,
    ];
    let of_demo = |file: &Path| file.parent().is_some_and(|folder| folder.join(MARKER).exists());
    match files.into_iter().flatten().find(|file| of_demo(file)) {
        Some(file) => Err(format!(
            "{} belongs to a demonstration, whose secrets are no secrets; make new ones for a real deployment",
            file.display()
        )),
        None => Ok(()),
    }
}
