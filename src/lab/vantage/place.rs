//! What a vantage's process sees of the machine: files of its own in the places of the system's.

use std::ffi::CString;
use std::path::Path;

use nix::errno::Errno;
use nix::libc;

/// From here on, mounts are of this process and its children only, and go with them; so are segments of memory and other
/// things that processes share by number, which databases leave behind when they are killed.
pub(super) fn own_mounts() -> Result<(), String> {
    let refused = |what: &str| format!("cannot {what}: {}", Errno::last().desc());
    // SAFETY: takes no pointers; only this process and its children see other mounts from here on.
    if unsafe { libc::unshare(libc::CLONE_NEWNS | libc::CLONE_NEWIPC) } != 0 {
        return Err(refused("make a mount namespace"));
    }
    // SAFETY: the path ends in a zero; the other pointers may be null for a change of propagation.
    if unsafe {
        libc::mount(
            std::ptr::null(),
            c"/".as_ptr(),
            std::ptr::null(),
            libc::MS_REC | libc::MS_PRIVATE,
            std::ptr::null(),
        )
    } != 0
    {
        return Err(refused("keep mounts to itself"));
    }
    Ok(())
}

/// Another file in the place of one of the system's. Where there is none, nothing: what is not there says nothing else.
pub(super) fn instead(place: &str, file: &Path) -> Result<(), String> {
    if !Path::new(place).exists() {
        return Ok(());
    }
    let path = |path: &[u8]| CString::new(path).map_err(|error| error.to_string());
    let (file, at) = (path(file.as_os_str().as_encoded_bytes())?, path(place.as_bytes())?);
    // SAFETY: both paths end in a zero and outlive the call; the other pointers may be null for a bind mount.
    if unsafe { libc::mount(file.as_ptr(), at.as_ptr(), std::ptr::null(), libc::MS_BIND, std::ptr::null()) } != 0 {
        return Err(format!("cannot mount its own {place}: {}", Errno::last().desc()));
    }
    Ok(())
}
