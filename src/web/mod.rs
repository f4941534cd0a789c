//! Floor 4: the web door. `warp` and `askama` live here only.
