//! Is it spam: what a new box knows, what the owner taught, and the verdict on each message.

use crate::domain::spam::model::Model;
use std::sync::LazyLock;

/// What a new box knows.
pub fn starting_model() -> &'static Model {
    static START: LazyLock<Model> = LazyLock::new(Model::default);
    &START
}
