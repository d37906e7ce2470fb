//! `fuxin check-config`: reads the configuration as `serve` would and says everything that is wrong with it.
//!
//! One problem a line, on standard error, such as `error: server.isuer: unknown key; did you mean server.issuer?`.
//! Exit code 0 if the configuration is good, else 1. Nothing is started, created or connected to.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Config, Problem};

/// Runs the command on this file, if there is one, and the process's environment.
pub fn run(path: Option<&Path>) -> ExitCode {
    let result = match Config::load(path, config::environment()) {
        Ok(config) => {
            let issuer = config.server.issuer;
            writeln!(io::stdout().lock(), "The configuration of {issuer} is good.")
                .map(|()| ExitCode::SUCCESS)
        }
        Err(problems) => report(&problems, &mut io::stderr().lock()).map(|()| ExitCode::FAILURE),
    };
    // Nobody listens on the other side: nothing is left to tell.
    result.unwrap_or(ExitCode::FAILURE)
}

/// Writes every problem, one a line.
pub fn report(problems: &[Problem], to: &mut impl Write) -> io::Result<()> {
    problems.iter().try_for_each(|problem| writeln!(to, "error: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_one_line() {
        let text = "[server]\nisuer = \"https://sso.example.gov.tw\"\n[policy]\nlock_minutes = 1\n";
        let problems = Config::from_toml(text, Path::new("fuxin.toml")).unwrap_err();
        let mut out = Vec::new();
        report(&problems, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.lines().count(), problems.len());
        assert!(out.lines().all(|line| line.starts_with("error: ")), "{out}");
        let first =
            "error: server.isuer: unknown key; did you mean server.issuer? (fuxin.toml, line 2)\n";
        assert!(out.starts_with(first), "{out}");
    }
}
