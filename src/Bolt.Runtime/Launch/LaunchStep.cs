namespace Bolt.Launch;

/// <summary>
/// What one step of a launch does. The shim walks the steps in the order that they are listed and knows nothing else;
/// the comment says what A, B, C (texts) and X, Y, Z (numbers) mean. "In root" paths are resolved inside the new root.
/// </summary>
internal enum LaunchOperation
{
    // By the shim itself, on the host.
    MakeFolder,        // A host path, X mode, Y uid, Z gid; one that exists is taken as it is
    WriteFile,         // A host path, B content, X 1: may fail
    JoinCgroup,        // A cgroup folder: its cgroup.procs gets the init's pid, X 1: may fail
    OpenTree,          // A host path, X slot, Y 1: with the mounts below: slot holds a detached copy of its mount
    SetTree,           // X slot, Y MOUNT_ATTR_ set; with AttrIdMap as the capsule's user namespace maps, where the kernel can

    // By the process that has joined the sandbox, before it ends.
    CreateVeth,        // A bridge, B name on the bridge's side, X MTU: the other end is the init's eth0

    // By the init, as inner 0:0, with the host's mounts still in sight.
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
    Sysctl,            // A key with dots, B value, X 1: may fail
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
