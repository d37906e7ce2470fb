//! `fuxin routes`: every route, one JSON object a line. Tests read it to find pages that nobody looks at.

use serde_json::json;

use super::{Outcome, say};
use crate::routes;

/// Runs the command.
#[expect(clippy::unnecessary_wraps, reason = "every command ends with an outcome")]
pub fn run() -> Outcome {
    for route in routes::table() {
        for method in route.methods {
            say(json!({ "method": method, "path": route.path, "group": route.group.as_str() }));
        }
    }
    Ok(())
}
