//! Floor 4: the SMTP door, a receiver (RFC 5321). `smtp-proto` lives here only.
