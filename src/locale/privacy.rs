//! The sentences of the Privacy Index: its lines, reasons, tips and ceilings.
