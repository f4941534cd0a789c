//! Floor 4: the clock's door. Work that nobody is waiting for is a row in the store with a due time;
//! one loop runs what is due.
