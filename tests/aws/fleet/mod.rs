//! A fleet's whole life by the scripts as they are: deployed, measuring, deployed again, changed and removed; and what they
//! refuse.

mod life;
mod place;
mod refused;
mod watched;
