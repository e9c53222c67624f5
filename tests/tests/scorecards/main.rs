//! Targets and scorecards through real sockets: by the command line as a sales manager uses it, by gRPC as a service does,
//! and in the scope of a rep.

mod people;
mod place;
mod services;
