//! Putting the house together.
