//! The service as its callers meet it: through a socket.

mod door;
mod faults;
mod feed;
mod records;
mod tenants;
