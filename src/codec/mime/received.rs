//! Our own `Received` line.

use crate::domain::transport::Arrival;

/// The line, with its CRLF.
pub fn line(_arrival: &Arrival, host: &str) -> String {
    format!("Received: by {host}\r\n")
}
