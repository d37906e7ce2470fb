//! Attacks that others made on other providers, each named by its row, on both databases.
//!
//! A refusal has a twin here in which one change makes the same request succeed.

mod browser_sessions;
mod clients;
mod codes_and_tokens;
mod forms;
mod jose;
mod markup;
mod noise;
mod passwords;
mod pending_changes;
mod redirects;
mod stored;

/// The text with another character at this place.
fn altered(text: &str, at: usize) -> String {
    let mut altered = text.to_owned();
    altered.replace_range(at..=at, if &text[at..=at] == "A" { "B" } else { "A" });
    altered
}

/// Lets all of these happen at once.
pub async fn together<F>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    let local = tokio::task::LocalSet::new();
    let running: Vec<_> = futures.into_iter().map(|future| local.spawn_local(future)).collect();
    let mut outputs = Vec::new();
    for task in running {
        outputs.push(local.run_until(task).await.unwrap());
    }
    outputs
}
