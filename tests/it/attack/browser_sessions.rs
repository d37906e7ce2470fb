//! browser_sessions
