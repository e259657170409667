//! What programs may rely on, whatever operation they call: cursors, limits, other sites' scripts, media types; and the
//! reference that says so.

mod changes;
mod cors;
mod cursors;
mod limits;
mod media;
mod reference;
