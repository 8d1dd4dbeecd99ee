namespace Bolt.Launch;

/// <summary>
/// What one step of a launch does. The shim walks the steps in the order that they are listed and knows nothing else;
/// the comment says what A, B, C (texts) and X, Y, Z (numbers) mean. "In root" paths are resolved inside the new root.
/// </summary>
internal enum LaunchOperation
{
    // By the shim itself, on the host.
    MakeFolder,        // A host path, X mode, Y uid, Z gid; one that exists is taken as it is
    WriteFile,         // A host path, B content, X 1: may fail, 2: and is told then
    JoinCgroup,        // A cgroup folder: its cgroup.procs gets the init's pid, X 1: may fail, 2: and is told then
    OpenGroup,         // A cgroup folder of version 1, X slot: its tasks file, for EnterGroup
    OpenTree,          // A host path, X slot, Y 1: with the mounts below: slot holds a detached copy of its mount
    SetTree,           // X slot, Y MOUNT_ATTR_ set; with AttrIdMap as the capsule's user namespace maps, where the kernel can

    // By the process that has joined the sandbox, before it ends.
    CreateVeth,        // A bridge, B name on the bridge's side, X MTU: the other end is the init's eth0

    // By the init, as inner 0:0, with the host's mounts still in sight.
    EnterGroup,        // A cgroup folder for messages, X slot of OpenGroup
    SlaveMounts,       // no mount of the capsule reaches the host
    OpenPath,          // A host path, X slot: O_PATH
    MountHost,         // A type, B host path, C data, X MS_ flags: what stands below it is seen no more
    MakeStage,         // A host path, X mode: a folder on the stage
    Liken,             // X slot of a folder, Y slot of another: it gets the first one's owner and mode
    Overlay,           // A host path, X first lower slot (topmost), Y how many, Z slot of upper (work is the next), B more options
    OpenRoot,          // A host path: from here on "in root" means below it
    Folder,            // A in root, X mode, Y uid, Z gid (of a new last part): made with its parents
    File,              // A in root, B content, X mode; replaced
    Link,              // A target, B in root
    Mount,             // A type, B in root (made), C data, X MS_ flags, Y 1: may fail
    BindDevice,        // A host path, B in root (made, a file)
    Place,             // A in root (made as the source is, a folder or a file), X slot
    Sysctl,            // A key with dots, or with Y 1 with slashes, B value, X 1: may fail
    Mask,              // A in root: an empty read-only folder or /dev/null lies over it, if it exists
    ReadOnly,          // A in root: if it exists, it and all below it cannot be written
    ReadOnlyRoot,
    Terminal,          // a pseudo-terminal of the capsule's own /dev/pts; its other end goes to the shim, its name to /dev/console
    Pivot,             // the root becomes /, the host's mounts are gone
    Hostname,          // A name
    LoopbackUp,
    Address,           // X IPv4 address, Y prefix length, Z gateway, as host-order numbers: eth0 up with a default route
    NotifySocket,      // A abstract name: bound in the capsule's network namespace, the socket goes to the shim

    // By the service's process, and by every exec.
    Session,           // setsid, and the terminal, if any, as the controlling one
    Limit,             // X RLIMIT_, Y soft, Z hard: lowered to the host's hard limit
    Keyring,           // an own session keyring
    User,              // A user[:group], X 1: the map is single: another user than 0 gets a nested user namespace
    BoundingSet,       // X capabilities to keep; a nested user namespace starts with all
    Identity,          // groups, gid and uid of the user
    Capabilities,      // X permitted and effective (none for a user other than 0)
    NoNewPrivileges,
    WorkingFolder,     // A path
    Filter,            // the seccomp program

    // OCI containers: by the launcher on the host.
    OpenNamespace,     // A path, X slot
    MakeNamespace,     // A uid map, B gid map as in /proc/PID/uid_map, X slot: a user namespace that only maps
    ListenStart,       // A folder, X slot: the socket "start" in it, on which the container awaits its start
    OutOfMemoryScore,  // X value for the init
    Affinity,          // A processors as "0-2,4": of whoever does it, and of those it forks
    SetMount,          // A name for messages, X slot of a tree, Y attributes set and (upper half) cleared, Z MountPropagation.Pack
    MapMount,          // A name for messages, X slot of a tree, Y slot of a user namespace or -1: the init's, Z 1: with what is below
    // By the process in between, before it forks the init.
    EnterNamespace,    // A path for messages, X slot, Y CLONE_NEW…
    InnerRoot,         // uid and gid 0 of the user namespace, without groups; X 1: may fail
    // By the init.
    Propagation,       // A host path, X MS_ flags
    RootTree,          // A host path: it becomes a mount of its own and the new root
    MountKind,         // A file system type, B source: of the next MountFrom
    MountFrom,         // A source for messages, B in root (made), C data, X MS_ flags, Y 1: may lie on procfs
    CopyUp,            // A in root: the next MountFrom at it starts with what lay there
    Attach,            // A in root (made as the source is), X slot, Y 1: may lie on procfs
    Remount,           // A in root, Y and Z as SetMount: changes what is mounted there
    Node,              // A in root, B host path to bind where nodes cannot be made, X mode with type, Y device, Z uid and (upper half) gid
    LinkMissing,       // A target, B in root, unless it exists
    ReadOnlyPath,      // A in root: if it exists, it cannot be written
    HostHooks,         // whoever launches runs its hooks now
    Hook,              // A path for messages, X which of the sheet's hooks
    MoveRoot,          // as Pivot, without pivot_root(2): for a root on ramfs
    DomainName,        // A name
    TimeOffsets,       // A lines of /proc/self/timens_offsets: a new time namespace from the execution on
    LabelFile,         // A host path in /proc, X slot: opened for Label
    // By the process that is executed.
    Streams,           // the terminal, if any, becomes 0, 1 and 2; signals are as at a program's start
    ExecTerminal,      // a pseudo-terminal of the /dev/pts that is in sight
    ExactLimit,        // A name, X RLIMIT_, Y soft, Z hard
    Personality,       // X
    SchedulerTimes,    // X runtime, Y deadline, Z period: of the next Scheduler
    Scheduler,         // X policy and (upper half) flags, Y nice, Z priority
    IoPriority,        // X
    FileMask,          // X umask
    Home,              // X uid: HOME, if the environment has none
    Ids,               // A groups with commas, X uid, Y gid: what Identity takes
    StreamOwners,      // 0, 1 and 2 belong to the uid of Ids
    KeepCapabilities,  // over Identity
    RaiseCapabilities, // all permitted ones are effective
    CapabilitySets,    // X effective, Y permitted, Z inheritable, as far as they can be granted
    Ambient,           // X capabilities, as far as they can be granted
    CheckFolder,       // A path for messages: the working folder lies in the root
    Locate,            // A name for messages: the command exists and may be executed
    WaitStart,         // X slot of ListenStart
    Descriptors,       // X: from this one on all are closed by the execution
    Announce,          // the execution comes next
    FilterWith,        // X flags of seccomp(2), Y 1: its listener goes to whoever waits
    Label,             // A text, X slot of LabelFile
    ExecuteNow,        // the command that Locate found; Announce was before
    Execute,           // the command, looked up in the environment's PATH
}

/// <summary>One step of a launch; which operands it has stands at <see cref="LaunchOperation"/>.</summary>
internal sealed record LaunchStep(LaunchOperation Operation, string A = "", string B = "", string C = "", long X = 0, long Y = 0, long Z = 0)
{
    public void Write(SheetWriter writer)
    {
        writer.Number((int)Operation);
        writer.Text(A);
        writer.Text(B);
        writer.Text(C);
        writer.Number(X);
        writer.Number(Y);
        writer.Number(Z);
    }

    public static LaunchStep Read(SheetReader reader) => new(
        (LaunchOperation)reader.Number(0, (int)LaunchOperation.Execute),
        reader.Text(), reader.Text(), reader.Text(), reader.Number(), reader.Number(), reader.Number());
}
