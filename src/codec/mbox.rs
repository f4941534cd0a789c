//! Mailbox files: mbox in its four kinds.
