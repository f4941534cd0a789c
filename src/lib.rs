//! Caliopen: one person's whole mail service, and how private it is.
//!
//! The floors, from the bottom: [`domain`] · [`codec`], [`locale`] · [`store`], [`net`] ·
//! [`service`] · [`smtp`], [`web`], [`jobs`] · [`cli`], [`app`], [`config`]. A room uses lower floors
//! only, and rooms on one floor are strangers (ARCHITECTURE.md).

pub mod app;
pub mod cli;
pub mod codec;
pub mod config;
pub mod domain;
pub mod jobs;
pub mod locale;
pub mod net;
pub mod service;
pub mod smtp;
pub mod store;
pub mod web;
