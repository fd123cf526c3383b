//! A fleet's whole life by the scripts as they are: deployed, measuring, deployed again, changed and removed; and what they
//! refuse.

mod built;
mod leftovers;
mod life;
mod named;
mod needs;
mod place;
mod refused;
mod rules;
mod settings;
mod stand_in;
mod told;
mod unwatched;
mod waiting;
mod watched;
