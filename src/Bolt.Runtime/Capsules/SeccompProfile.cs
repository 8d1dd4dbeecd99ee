using System.Collections.Immutable;
using Bolt.Kernel;

namespace Bolt.Capsules;

/// <summary>
/// Which system calls a capsule may make: an allow-list, at least as strict as Docker's default profile. What is known and
/// not listed is refused with EPERM; what is newer than the list says ENOSYS, so that libc takes its older way; another
/// architecture's call kills the process.
/// </summary>
internal static class SeccompProfile
{
    /// <summary>The last call that this list judges.</summary>
    private const SystemCall LastKnown = SystemCall.open_tree_attr;

    // Docker's list, less modify_ldt (16-bit segments), fanotify_mark, clock_adjtime and the *_old and *_time64 names of
    // other architectures. io_uring, keyctl, userfaultfd, bpf, perf_event_open, the mount families, setns, unshare, kexec and
    // modules are on neither. The arguments of clone, personality, socket and ioctl are looked at below.
    private static readonly ImmutableArray<SystemCall> Allowed =
    [
        // files
        SystemCall.read, SystemCall.write, SystemCall.open, SystemCall.close, SystemCall.stat, SystemCall.fstat, SystemCall.lstat,
        SystemCall.lseek, SystemCall.pread64, SystemCall.pwrite64, SystemCall.readv, SystemCall.writev, SystemCall.preadv,
        SystemCall.pwritev, SystemCall.preadv2, SystemCall.pwritev2, SystemCall.access, SystemCall.faccessat, SystemCall.faccessat2,
        SystemCall.openat, SystemCall.openat2, SystemCall.creat, SystemCall.close_range, SystemCall.dup, SystemCall.dup2,
        SystemCall.dup3, SystemCall.fcntl, SystemCall.flock, SystemCall.fsync, SystemCall.fdatasync, SystemCall.sync, SystemCall.syncfs,
        SystemCall.sync_file_range, SystemCall.truncate, SystemCall.ftruncate, SystemCall.fallocate, SystemCall.fadvise64,
        SystemCall.readahead, SystemCall.getdents, SystemCall.getdents64, SystemCall.getcwd, SystemCall.chdir, SystemCall.fchdir,
        SystemCall.rename, SystemCall.renameat, SystemCall.renameat2, SystemCall.mkdir, SystemCall.mkdirat, SystemCall.rmdir,
        SystemCall.link, SystemCall.linkat, SystemCall.unlink, SystemCall.unlinkat, SystemCall.symlink, SystemCall.symlinkat,
        SystemCall.readlink, SystemCall.readlinkat, SystemCall.chmod, SystemCall.fchmod, SystemCall.fchmodat, SystemCall.fchmodat2,
        SystemCall.chown, SystemCall.fchown, SystemCall.lchown, SystemCall.fchownat, SystemCall.umask, SystemCall.utime,
        SystemCall.utimes, SystemCall.futimesat, SystemCall.utimensat, SystemCall.mknod, SystemCall.mknodat, SystemCall.statfs,
        SystemCall.fstatfs, SystemCall.newfstatat, SystemCall.statx, SystemCall.sendfile, SystemCall.copy_file_range,
        SystemCall.splice, SystemCall.tee, SystemCall.vmsplice, SystemCall.name_to_handle_at, SystemCall.cachestat,
        SystemCall.setxattr, SystemCall.lsetxattr, SystemCall.fsetxattr, SystemCall.getxattr, SystemCall.lgetxattr,
        SystemCall.fgetxattr, SystemCall.listxattr, SystemCall.llistxattr, SystemCall.flistxattr, SystemCall.removexattr,
        SystemCall.lremovexattr, SystemCall.fremovexattr, SystemCall.setxattrat, SystemCall.getxattrat, SystemCall.listxattrat,
        SystemCall.removexattrat, SystemCall.chroot,
        SystemCall.landlock_create_ruleset, SystemCall.landlock_add_rule, SystemCall.landlock_restrict_self,
        // waiting
        SystemCall.poll, SystemCall.ppoll, SystemCall.select, SystemCall.pselect6, SystemCall.epoll_create, SystemCall.epoll_create1,
        SystemCall.epoll_ctl, SystemCall.epoll_wait, SystemCall.epoll_pwait, SystemCall.epoll_pwait2, SystemCall.eventfd,
        SystemCall.eventfd2, SystemCall.signalfd, SystemCall.signalfd4, SystemCall.inotify_init, SystemCall.inotify_init1,
        SystemCall.inotify_add_watch, SystemCall.inotify_rm_watch, SystemCall.pipe, SystemCall.pipe2, SystemCall.io_setup,
        SystemCall.io_destroy, SystemCall.io_getevents, SystemCall.io_pgetevents, SystemCall.io_submit, SystemCall.io_cancel,
        // memory
        SystemCall.mmap, SystemCall.mprotect, SystemCall.munmap, SystemCall.brk, SystemCall.mremap, SystemCall.msync,
        SystemCall.mincore, SystemCall.madvise, SystemCall.mlock, SystemCall.mlock2, SystemCall.munlock, SystemCall.mlockall,
        SystemCall.munlockall, SystemCall.memfd_create, SystemCall.memfd_secret, SystemCall.membarrier, SystemCall.remap_file_pages,
        SystemCall.pkey_alloc, SystemCall.pkey_free, SystemCall.pkey_mprotect, SystemCall.map_shadow_stack, SystemCall.mseal,
        SystemCall.shmget, SystemCall.shmat, SystemCall.shmctl, SystemCall.shmdt, SystemCall.semget, SystemCall.semop,
        SystemCall.semctl, SystemCall.semtimedop, SystemCall.msgget, SystemCall.msgsnd, SystemCall.msgrcv, SystemCall.msgctl,
        SystemCall.mq_open, SystemCall.mq_unlink, SystemCall.mq_timedsend, SystemCall.mq_timedreceive, SystemCall.mq_notify,
        SystemCall.mq_getsetattr,
        // processes and threads
        SystemCall.fork, SystemCall.vfork, SystemCall.execve, SystemCall.execveat, SystemCall.exit, SystemCall.exit_group,
        SystemCall.wait4, SystemCall.waitid, SystemCall.kill, SystemCall.tkill, SystemCall.tgkill, SystemCall.pidfd_open,
        SystemCall.pidfd_send_signal, SystemCall.process_mrelease, SystemCall.futex, SystemCall.futex_waitv, SystemCall.futex_wake,
        SystemCall.futex_wait, SystemCall.futex_requeue, SystemCall.set_robust_list, SystemCall.get_robust_list, SystemCall.rseq,
        SystemCall.set_tid_address, SystemCall.gettid, SystemCall.getpid, SystemCall.getppid, SystemCall.getpgrp, SystemCall.getpgid,
        SystemCall.setpgid, SystemCall.getsid, SystemCall.setsid, SystemCall.getuid, SystemCall.geteuid, SystemCall.getgid,
        SystemCall.getegid, SystemCall.getresuid, SystemCall.getresgid, SystemCall.getgroups, SystemCall.setuid, SystemCall.setgid,
        SystemCall.setreuid, SystemCall.setregid, SystemCall.setresuid, SystemCall.setresgid, SystemCall.setgroups,
        SystemCall.setfsuid, SystemCall.setfsgid, SystemCall.capget, SystemCall.capset, SystemCall.prctl, SystemCall.arch_prctl,
        SystemCall.seccomp, SystemCall.set_thread_area, SystemCall.get_thread_area, SystemCall.getrlimit, SystemCall.setrlimit,
        SystemCall.prlimit64, SystemCall.getrusage, SystemCall.getpriority, SystemCall.setpriority, SystemCall.ioprio_get,
        SystemCall.ioprio_set, SystemCall.sched_yield, SystemCall.sched_getparam, SystemCall.sched_setparam,
        SystemCall.sched_getscheduler, SystemCall.sched_setscheduler, SystemCall.sched_getattr, SystemCall.sched_setattr,
        SystemCall.sched_get_priority_max, SystemCall.sched_get_priority_min, SystemCall.sched_rr_get_interval,
        SystemCall.sched_getaffinity, SystemCall.sched_setaffinity, SystemCall.getcpu, SystemCall.ptrace,
        SystemCall.process_vm_readv, SystemCall.process_vm_writev,
        // signals and time
        SystemCall.rt_sigaction, SystemCall.rt_sigprocmask, SystemCall.rt_sigreturn, SystemCall.rt_sigpending,
        SystemCall.rt_sigtimedwait, SystemCall.rt_sigqueueinfo, SystemCall.rt_tgsigqueueinfo, SystemCall.rt_sigsuspend,
        SystemCall.sigaltstack, SystemCall.restart_syscall, SystemCall.pause, SystemCall.alarm, SystemCall.nanosleep,
        SystemCall.clock_nanosleep, SystemCall.clock_gettime, SystemCall.clock_getres, SystemCall.gettimeofday, SystemCall.time,
        SystemCall.times, SystemCall.getitimer, SystemCall.setitimer, SystemCall.timer_create, SystemCall.timer_settime,
        SystemCall.timer_gettime, SystemCall.timer_getoverrun, SystemCall.timer_delete, SystemCall.timerfd_create,
        SystemCall.timerfd_settime, SystemCall.timerfd_gettime, SystemCall.adjtimex,
        // sockets and the rest
        SystemCall.socketpair, SystemCall.bind, SystemCall.connect, SystemCall.listen, SystemCall.accept, SystemCall.accept4,
        SystemCall.getsockname, SystemCall.getpeername, SystemCall.getsockopt, SystemCall.setsockopt, SystemCall.sendto,
        SystemCall.recvfrom, SystemCall.sendmsg, SystemCall.recvmsg, SystemCall.sendmmsg, SystemCall.recvmmsg, SystemCall.shutdown,
        SystemCall.uname, SystemCall.sysinfo, SystemCall.getrandom,
    ];

    /// <summary>The program as the kernel takes it: struct sock_filter, 8 bytes an instruction.</summary>
    public static ImmutableArray<byte> Program { get; } = Assemble();

    private static ImmutableArray<byte> Assemble()
    {
        var byNumber = Allowed.ToDictionary(call => (int)call, _ => BpfProgram.Allow);
        byNumber[(int)SystemCall.clone] = Clone();
        // Its flags lie behind a pointer that a filter cannot follow; without it libc uses clone.
        byNumber[(int)SystemCall.clone3] = [BpfProgram.Refuse(Errno.ENOSYS)];
        byNumber[(int)SystemCall.personality] = OneOf(0, [0, 8, 0x20000, 0x20008, 0xFFFFFFFF], Errno.EPERM);
        // UNIX, INET, INET6, NETLINK: the others (VSOCK reaches the hypervisor, ALG, PACKET, …) are kernel code without use here.
        byNumber[(int)SystemCall.socket] = OneOf(0, [1, 2, 10, 16], Errno.EAFNOSUPPORT);
        byNumber[(int)SystemCall.ioctl] = NoneOf(1, [0x5412 /* TIOCSTI */, 0x541C /* TIOCLINUX */], Errno.EPERM);

        var program = new BpfProgram();
        program.RequireX64();
        var refused = ImmutableArray.Create(BpfProgram.Refuse(Errno.EPERM));
        var branches = new List<(uint From, ImmutableArray<BpfInstruction> Code)>();
        for (var number = 0; number <= (int)LastKnown; number++)
        {
            var code = byNumber.GetValueOrDefault(number, refused);
            if (branches.Count == 0 || branches[^1].Code != code)
                branches.Add(((uint)number, code));
        }

        // The numbers of x32 (bit 30) lie up here too.
        branches.Add(((uint)LastKnown + 1, [BpfProgram.Refuse(Errno.ENOSYS)]));
        program.Choose(branches);
        return program.ToBytes();
    }

    // CLONE_NEW… of any kind but time's, which clone does not take.
    private static ImmutableArray<BpfInstruction> Clone() =>
    [
        BpfProgram.LoadArgument(0),
        BpfProgram.JumpIfAny(0x7E020000, 1, 0),
        .. BpfProgram.Allow,
        BpfProgram.Refuse(Errno.EPERM),
    ];

    private static ImmutableArray<BpfInstruction> OneOf(int argument, uint[] values, Errno otherwise) =>
    [
        BpfProgram.LoadArgument(argument),
        .. values.Select((value, i) => BpfProgram.JumpIfEqual(value, (byte)(values.Length - i), 0)),
        BpfProgram.Refuse(otherwise),
        .. BpfProgram.Allow,
    ];

    private static ImmutableArray<BpfInstruction> NoneOf(int argument, uint[] values, Errno errno) =>
    [
        BpfProgram.LoadArgument(argument),
        .. values.Select((value, i) => BpfProgram.JumpIfEqual(value, (byte)(values.Length - i), 0)),
        .. BpfProgram.Allow,
        BpfProgram.Refuse(errno),
    ];
}
