//! Pages: data in; text, HTML, JSON or CSV out. Opens no file, reads no clock, decides nothing.
//!
//! What a page says is a [`document::Document`], made once; [`terminal`] and [`html`] each print any document, and make
//! every string from outside harmless where they print it.

pub mod account;
pub mod bars;
pub mod clean;
pub mod comparison;
pub mod csv;
pub mod document;
pub mod figures;
pub mod html;
pub mod json;
pub mod latency;
pub mod moment;
pub mod stairs;
pub mod terminal;
pub mod variance;
pub mod waterfall;
