//! Profile REML: how much of a spread lies between clusters (sandboxes), and how much within.
//!
//! The model is `y = cell + level + cluster + error`: cells are fixed and a cluster lies in one cell, levels are fixed
//! and vary within a cluster, clusters are random. With one random factor everything but θ = σ²_between / σ²_within has a
//! closed form (Searle, Casella, McCulloch: Variance Components, 1992, chapter 6), so no matrix is larger than 4 by 4.

pub mod clusters;
pub mod fit;
mod profile;
mod search;
mod square;
