//! Tools of the build.
