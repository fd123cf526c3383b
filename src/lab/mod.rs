//! Known causes: sites and paths whose truth is known, to measure and to judge explanations by.

pub mod site;
