using System.Collections.Immutable;

namespace Bolt.Capsules;

/// <summary>
/// Limits; null leaves the host's. A limit that cannot be applied is an error, or a warning with <see cref="BestEffort"/>.
/// </summary>
internal sealed record CapsuleLimits(long? MemoryBytes = null, double? Cpus = null, long? Pids = null, bool BestEffort = false)
{
    /// <summary>Memory and swap together; -1: as much swap as there is; null with a memory limit: none.</summary>
    public long? SwapBytes { get; init; }
    /// <summary>Memory that is taken last.</summary>
    public long? ReservedBytes { get; init; }
    /// <summary>Weight of processor time, 2 to 262144.</summary>
    public int? CpuShares { get; init; }
    /// <summary>Processors, in cpuset(7)'s list format.</summary>
    public string? Cpuset { get; init; }
    /// <summary>Memory nodes, likewise.</summary>
    public string? Memset { get; init; }
    /// <summary>Weight of disk traffic, 10 to 1000.</summary>
    public int? IoWeight { get; init; }
    /// <summary>The same for single devices.</summary>
    public ImmutableArray<IoLimit> Io { get; init; } = [];
    /// <summary>Bytes of huge pages by page size, as "2MB".</summary>
    public ImmutableSortedDictionary<string, long> HugePages { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    public bool Any =>
        (MemoryBytes, Cpus, Pids, SwapBytes, ReservedBytes, CpuShares) != (null, null, null, null, null, null)
        || (Cpuset, Memset, IoWeight) != (null, null, null) || !Io.IsEmpty || !HugePages.IsEmpty;
}

/// <summary>What of one block device may be had.</summary>
internal enum IoMeasure
{
    Weight,
    ReadBytes,
    WriteBytes,
    ReadOperations,
    WriteOperations,
}

/// <summary>A limit of a block device's traffic, by its node's path.</summary>
internal sealed record IoLimit(string Device, IoMeasure Measure, long Value);
