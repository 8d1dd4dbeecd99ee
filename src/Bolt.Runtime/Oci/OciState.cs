namespace Bolt.Oci;

/// <summary>What a container's folder says about it; its status is asked of the kernel.</summary>
internal sealed record OciState
{
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    public required string Bundle { get; init; }
    public required string Rootfs { get; init; }
    /// <summary>The init, and when it began in clock ticks: together they name one process for ever.</summary>
    public required int Pid { get; init; }
    public required long Started { get; init; }
    public required DateTime Created { get; init; }
    public required uint Uid { get; init; }
    /// <summary>False until all its hooks before the start have run.</summary>
    public required bool Complete { get; init; }
    public required IReadOnlyList<string> Cgroups { get; init; }
    /// <summary>The scope of systemd's that is its group.</summary>
    public string? Unit { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The state as runtime.md#state has it: what hooks read.</summary>
internal sealed record OciStateReport
{
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    public required string Status { get; init; }
    public int Pid { get; init; }
    public required string Bundle { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The state with what runc adds to it: what `state` and `list` print.</summary>
internal sealed record OciListing
{
    public required string OciVersion { get; init; }
    public required string Id { get; init; }
    public required int Pid { get; init; }
    public required string Status { get; init; }
    public required string Bundle { get; init; }
    public required string Rootfs { get; init; }
    public required DateTime Created { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
    public required string Owner { get; init; }
}

/// <summary>What comes with the listener of a seccomp filter (config-linux.md#containerprocessstate).</summary>
internal sealed record OciProcessState
{
    public required string OciVersion { get; init; }
    public IReadOnlyList<string> Fds { get; } = ["seccompFd"];
    public required int Pid { get; init; }
    public string? Metadata { get; init; }
    public required OciStateReport State { get; init; }
}
