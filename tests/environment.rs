//! A probe knows where it runs, on a host and on Lambda.
