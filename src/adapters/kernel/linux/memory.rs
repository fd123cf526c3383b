//! Memory that a process has freed.

/// More than one exchange ever needs at a time, short of a very large body that is kept.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 4 * 1024 * 1024;

/// Keeps what this process frees for its next use, up to 4 MiB.
///
/// By default glibc gives the top of the heap back to the kernel as soon as 128 KiB of it are free. A measurement frees
/// about that much at its end, so the next one would get it again page by page while its clock runs.
pub fn keep_freed_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes numbers, and the allocator's own lock orders it with other threads.
    unsafe {
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
    }
}
