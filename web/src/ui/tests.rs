//! Rules that hold for all components together.
