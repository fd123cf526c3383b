//! A name server of its own for one process and its children.

use std::ffi::CStr;
use std::ptr;

use nix::errno::Errno;
use nix::libc;

const PLACE: &CStr = c"/etc/resolv.conf";

/// Lays a file over `/etc/resolv.conf`, as this process and its children see it: the mount goes with the last of them.
/// It makes system calls only, so it may stand between fork and exec.
///
/// # Errors
/// What could not be done, and what the system said.
pub(in crate::lab) fn mount(file: &CStr) -> Result<(), (&'static str, Errno)> {
    let done = |what, result: libc::c_int| if result < 0 { Err((what, Errno::last())) } else { Ok(()) };
    // A file that is not there means a name server at 127.0.0.1, which is what it would say.
    // SAFETY: the path ends in a zero and is static.
    if unsafe { libc::access(PLACE.as_ptr(), libc::F_OK) } != 0 {
        return Ok(());
    }
    // SAFETY: takes no pointers; what is mounted from here on is seen by this process and its children only.
    done("make a mount namespace", unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (none, private) = (ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: the path ends in a zero and is static; the other pointers may be null for a change of propagation.
    done("keep mounts to itself", unsafe { libc::mount(none, c"/".as_ptr(), none, private, ptr::null()) })?;
    let (from, onto) = (file.as_ptr(), PLACE.as_ptr());
    // SAFETY: both paths end in a zero and outlive the call; the others may be null for a bind mount.
    done("mount its own /etc/resolv.conf", unsafe { libc::mount(from, onto, none, libc::MS_BIND, ptr::null()) })
}
