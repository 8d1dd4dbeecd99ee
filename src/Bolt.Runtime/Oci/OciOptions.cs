namespace Bolt.Oci;

/// <summary>What `create` and `run` are asked for.</summary>
public sealed record OciCreateOptions
{
    /// <summary>Of the new container: letters, digits and _ + - .</summary>
    public required string Id { get; init; }
    /// <summary>The folder with config.json.</summary>
    public required string Bundle { get; init; }
    /// <summary>A unix socket that receives the master of the terminal.</summary>
    public string? ConsoleSocket { get; init; }
    /// <summary>A file that receives the container's pid.</summary>
    public string? PidFile { get; init; }
    /// <summary>How many descriptors from 3 on the program gets.</summary>
    public int PreservedDescriptors { get; init; }
    /// <summary>How many of socket activation (LISTEN_FDS) come before them.</summary>
    public int ListenDescriptors { get; init; }
    /// <summary>The root is moved instead of pivoted: for one on ramfs.</summary>
    public bool NoPivot { get; init; }
    /// <summary>The session keyring of the caller is kept.</summary>
    public bool NoNewKeyring { get; init; }
    /// <summary>cgroupsPath is slice:prefix:name, of systemd's.</summary>
    public bool SystemdCgroup { get; init; }
}

/// <summary>A container as `list` shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Pid">Its first process; 0 when it is stopped.</param>
/// <param name="Status">creating, created, running, paused or stopped.</param>
/// <param name="Bundle">Where its config.json was.</param>
/// <param name="Created">In UTC.</param>
/// <param name="Owner">The user who made it.</param>
public sealed record OciContainer(string Id, int Pid, string Status, string Bundle, DateTime Created, string Owner);
