//! One thing at a time, through the deployed program.
