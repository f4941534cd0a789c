//! Every test that needs more than one room, in one binary so that it links once.

mod appliance;
mod architecture;
mod browser;
mod crash;
mod hostile;
mod imports;
mod keeping;
mod mime;
mod peers;
mod privacy;
mod smtp;
mod story;
mod web;
