//! What the appliance is told when it starts.
