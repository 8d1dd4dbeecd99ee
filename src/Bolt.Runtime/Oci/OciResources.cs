namespace Bolt.Oci;

/// <summary>linux.resources of config.json (config-linux.md#control-groups), also what `update --resources` reads.</summary>
internal sealed record OciResources
{
    public IReadOnlyList<OciDeviceRule>? Devices { get; init; }
    public OciMemory? Memory { get; init; }
    public OciCpu? Cpu { get; init; }
    public OciPids? Pids { get; init; }
    public OciBlockIo? BlockIo { get; init; }
    public IReadOnlyList<OciHugepageLimit>? HugepageLimits { get; init; }
    public OciNetworkClass? Network { get; init; }
    public IReadOnlyDictionary<string, OciRdma>? Rdma { get; init; }
    public IReadOnlyDictionary<string, string>? Unified { get; init; }
}

internal sealed record OciDeviceRule(bool Allow, string? Type, long? Major, long? Minor, string? Access);

internal sealed record OciMemory
{
    public long? Limit { get; init; }
    public long? Reservation { get; init; }
    public long? Swap { get; init; }
    public long? Kernel { get; init; }
    public long? KernelTcp { get; init; }
    public ulong? Swappiness { get; init; }
    public bool? DisableOomKiller { get; init; }
    public bool? UseHierarchy { get; init; }
    public bool? CheckBeforeUpdate { get; init; }
}

internal sealed record OciCpu
{
    public ulong? Shares { get; init; }
    public long? Quota { get; init; }
    public ulong? Burst { get; init; }
    public ulong? Period { get; init; }
    public long? RealtimeRuntime { get; init; }
    public ulong? RealtimePeriod { get; init; }
    public string? Cpus { get; init; }
    public string? Mems { get; init; }
    public long? Idle { get; init; }
}

internal sealed record OciPids(long? Limit);

internal sealed record OciBlockIo
{
    public ushort? Weight { get; init; }
    public ushort? LeafWeight { get; init; }
    public IReadOnlyList<OciWeightDevice>? WeightDevice { get; init; }
    public IReadOnlyList<OciThrottleDevice>? ThrottleReadBpsDevice { get; init; }
    public IReadOnlyList<OciThrottleDevice>? ThrottleWriteBpsDevice { get; init; }
    public IReadOnlyList<OciThrottleDevice>? ThrottleReadOperationsDevice { get; init; }
    public IReadOnlyList<OciThrottleDevice>? ThrottleWriteOperationsDevice { get; init; }
}

internal sealed record OciWeightDevice(long Major, long Minor, ushort? Weight, ushort? LeafWeight);

internal sealed record OciThrottleDevice(long Major, long Minor, ulong Rate);

internal sealed record OciHugepageLimit(string? PageSize, ulong Limit);

internal sealed record OciNetworkClass(uint? ClassId, IReadOnlyList<OciNetworkPriority>? Priorities);

internal sealed record OciNetworkPriority(string? Name, uint Priority);

internal sealed record OciRdma(uint? HcaHandles, uint? HcaObjects);
